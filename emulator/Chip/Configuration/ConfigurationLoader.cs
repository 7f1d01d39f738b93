using System.Globalization;
using System.Text;
using HybridEmu.Isa;

namespace HybridEmu.Chip;

/// <summary>
/// Presets, user files and overrides to a checked <see cref="ChipConfiguration"/>. A file is a diff against its
/// <c>base</c>, which is a preset or another file; all mistakes of all files are reported together.
/// </summary>
public sealed class ConfigurationLoader
{
    private const int MaximumChain = 16;
    private const string RootPreset = "base";
    private const string RootStandard = "HBM2";
    private const string OverrideFile = "--set";
    private const string Floorplan = "thermal.floorplan";

    /// <summary>Each is compared with each; sixteen tiles have five units each, and the chip three.</summary>
    private const int MaximumBlocks = 256;

    /// <summary>What a block of thermal.floorplan has.</summary>
    private static readonly string[] BlockFields = ["name", "width", "height", "x", "y"];

    private readonly List<ConfigurationError> _errors = [];
    private readonly ConfigurationValues _values = new();

    private ConfigurationLoader()
    {
    }

    /// <summary>Presets a user can name, with the first comment line of each; the root that they share is not among them.</summary>
    public static IReadOnlyList<(string Name, string Summary)> Presets { get; } = ListPresets();

    /// <summary>Loads a preset or file with overrides on top.</summary>
    /// <param name="nameOrFile">Name of a preset or path of a YAML file.</param>
    /// <param name="overrides">Each key=value.</param>
    /// <exception cref="ConfigurationException">With every mistake found.</exception>
    public static ChipConfiguration Load(string nameOrFile, IEnumerable<string>? overrides = null) =>
        Run(nameOrFile, overrides).Configuration;

    /// <summary>As a file that defines every key, each with the place its value comes from.</summary>
    /// <exception cref="ConfigurationException">With every mistake found.</exception>
    public static string Show(string nameOrFile, IEnumerable<string>? overrides = null)
    {
        (_, ConfigurationValues values) = Run(nameOrFile, overrides);
        var text = new StringBuilder();
        foreach (ConfigurationKey key in ConfigurationSchema.Keys.Where(k => !k.IsOfList))
            text.Append(Line(key.Name, values)).Append('\n');
        for (int i = 0; i < values.Length("thermal.floorplan"); i++)
        {
            string at = string.Create(CultureInfo.InvariantCulture, $"thermal.floorplan[{i}]");
            if (i == 0)
                text.Append("thermal.floorplan:\n");
            text.Append(CultureInfo.InvariantCulture, $"  - {{ {string.Join(", ", BlockFields.Select(f => $"{f}: {values.Canonical($"{at}.{f}")}"))} }}\n");
        }

        return text.ToString();
    }

    /// <summary>Schema keys that building a configuration did not look at: a key silently ignored is a defect.</summary>
    internal static IReadOnlyList<string> UnreadKeys(string preset)
    {
        (_, ConfigurationValues values) = Run(preset, null);
        return [.. ConfigurationSchema.Keys.Select(k => k.Name).Where(k => !values.Read.Contains(k))];
    }

    private static string Line(string key, ConfigurationValues values)
    {
        ConfigurationEntry entry = values.Entry(key);
        string value = $"{key}: {values.Canonical(key)}";
        return entry.Line > 0 ? $"{value,-47} # {entry.File}:{entry.Line}" : $"{value,-47} # {entry.File}";
    }

    private static (ChipConfiguration Configuration, ConfigurationValues Values) Run(string nameOrFile, IEnumerable<string>? overrides)
    {
        var loader = new ConfigurationLoader();
        var mistakes = new List<ConfigurationError>();
        loader.LoadChain(nameOrFile, Overrides(overrides ?? [], mistakes));
        loader._errors.AddRange(mistakes);
        foreach (ConfigurationKey key in ConfigurationSchema.Keys)
        {
            if (!key.IsOfList && !loader._values.Has(key.Name) && loader._errors.Count == 0)
                loader._errors.Add(new ConfigurationError(nameOrFile, 0, key.Name, "has no value", key.LegalRange));
        }

        loader.CompleteBlocks();
        bool complete = ConfigurationSchema.Keys.All(k => k.IsOfList || loader._values.Has(k.Name));
        if (!complete)
            throw new ConfigurationException(loader._errors);
        ChipConfiguration configuration = ChipConfiguration.From(nameOrFile, loader._values);
        ConfigurationRules.Check(configuration, loader._values, loader._errors);
        return loader._errors.Count == 0 ? (configuration, loader._values) : throw new ConfigurationException(loader._errors);
    }

    private void LoadChain(string nameOrFile, List<ConfigurationEntry> overrides)
    {
        var chain = new List<ConfigurationFile>();
        string? next = nameOrFile;
        var from = new ConfigurationEntry("", nameOrFile, nameOrFile, 0);
        string directory = "";
        while (next is not null)
        {
            if (chain.Count == MaximumChain || chain.Any(f => f.Name == next))
            {
                _errors.Add(new ConfigurationError(from.File, from.Line, from.Key, $"'{next}' is its own base", "a chain that ends"));
                next = RootPreset;
            }

            if (ReadText(next, directory, from, out string name) is not { } text)
            {
                name = RootPreset;
                text = PresetText(RootPreset)!;
            }

            ConfigurationFile file = ConfigurationFile.Read(name, text, _errors);
            chain.Add(file);
            if (PresetText(next) is null)
                directory = Path.GetDirectoryName(name) ?? "";
            from = file.Base ?? from;
            next = file.Base?.Text ?? (name == RootPreset ? null : RootPreset);
        }

        ApplyStandard([.. overrides, .. chain.SelectMany(f => f.Entries)]);
        for (int i = chain.Count - 1; i >= 0; i--)
            Apply(chain[i].Entries);
        Apply(overrides);
    }

    /// <summary>What the memory's standard says comes below everything else.</summary>
    /// <param name="entries">All that is said, the strongest first.</param>
    private void ApplyStandard(List<ConfigurationEntry> entries)
    {
        string? named = entries.FirstOrDefault(e => e.Key == "hbm.standard")?.Text;
        string text = (named is null ? null : ResourceText($"standard/{named}")) ?? ResourceText($"standard/{RootStandard}")!;
        Apply(ConfigurationFile.Read(named ?? RootStandard, text, _errors).Entries);
    }

    private string? ReadText(string nameOrFile, string directory, ConfigurationEntry from, out string name)
    {
        name = nameOrFile;
        if (PresetText(nameOrFile) is { } preset)
            return preset;
        name = Path.Combine(directory, nameOrFile);
        string problem;
        try
        {
            if (File.Exists(name))
                return File.ReadAllText(name);
            problem = $"'{nameOrFile}' is neither a preset nor a file{NearestName.Aside(nameOrFile, Presets.Select(p => p.Name))}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"cannot be read: {e.Message}";
        }

        _errors.Add(new ConfigurationError(from.File, from.Line, from.Key, problem, string.Join(" | ", Presets.Select(p => p.Name)) + " | a YAML file"));
        return null;
    }

    private static List<ConfigurationEntry> Overrides(IEnumerable<string> overrides, List<ConfigurationError> errors)
    {
        var entries = new List<ConfigurationEntry>();
        foreach (string text in overrides)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
                errors.Add(new ConfigurationError(OverrideFile, 0, text, "has no '='", "key=value"));
            else
                entries.Add(new ConfigurationEntry(text[..equals].Trim(), text[(equals + 1)..].Trim(), $"{OverrideFile} {text}", 0));
        }

        return entries;
    }

    private void Apply(IReadOnlyList<ConfigurationEntry> entries)
    {
        // A list replaces its base's list; an override of one element (--set thermal.floorplan[0].x=...) does not.
        if (entries.Any(e => e.Line > 0 && e.Key.StartsWith("thermal.floorplan[", StringComparison.Ordinal)))
            _values.Clear("thermal.floorplan[");
        foreach (ConfigurationEntry entry in entries)
        {
            ConfigurationKey? key = ConfigurationSchema.Find(entry.Key);
            if (key is null)
            {
                string[] names = [.. ConfigurationSchema.Keys.Select(k => k.Name)];
                bool section = names.Any(n => n.StartsWith(entry.Key + ".", StringComparison.Ordinal));
                string message = section ? "is a section, not a value" : $"unknown key{NearestName.Aside(entry.Key, names)}";
                _errors.Add(new ConfigurationError(entry.File, entry.Line, entry.Key, message, ""));
            }
            else if (key.Check(entry.Text, out decimal value) is { } mistake)
            {
                _errors.Add(new ConfigurationError(entry.File, entry.Line, entry.Key, mistake, key.LegalRange));
            }
            else
            {
                _values.Set(entry, value);
            }
        }
    }

    /// <summary>A floorplan block must have all its fields; one with a mistake is dropped after the mistake is reported.</summary>
    private void CompleteBlocks()
    {
        int blocks = _values.Length(Floorplan);
        foreach (ConfigurationEntry entry in _values.Entries.Where(e => e.Key.StartsWith(Floorplan + "[", StringComparison.Ordinal)).ToList())
        {
            string index = entry.Key[(Floorplan.Length + 1)..entry.Key.IndexOf(']', StringComparison.Ordinal)];
            bool there = int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < blocks && number.ToString(CultureInfo.InvariantCulture) == index;
            if (!there)
                _errors.Add(new ConfigurationError(entry.File, entry.Line, entry.Key, blocks == 0 ? "there is no block, as there is no floorplan" : "there is no such block", blocks == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{Floorplan}[0] to [{blocks - 1}]")));
        }

        if (blocks > MaximumBlocks)
        {
            string over = string.Create(CultureInfo.InvariantCulture, $"{Floorplan}[{MaximumBlocks}].");
            ConfigurationEntry first = _values.Entries.First(e => e.Key.StartsWith(over, StringComparison.Ordinal));
            _errors.Add(new ConfigurationError(first.File, first.Line, first.Key, "there are too many blocks", string.Create(CultureInfo.InvariantCulture, $"{MaximumBlocks} at most")));
            _values.Clear(Floorplan + "[");
            return;
        }

        for (int i = 0; i < blocks; i++)
        {
            foreach (string field in BlockFields)
            {
                string at = string.Create(CultureInfo.InvariantCulture, $"thermal.floorplan[{i}]");
                if (_values.Has($"{at}.{field}"))
                    continue;
                ConfigurationEntry any = _values.Entries.First(e => e.Key.StartsWith(at + ".", StringComparison.Ordinal));
                if (!_errors.Any(e => e.Key == $"{at}.{field}"))
                    _errors.Add(new ConfigurationError(any.File, any.Line, $"{at}.{field}", "is missing", "name, width, height, x and y"));
                _values.Clear("thermal.floorplan[");
                return;
            }
        }
    }

    /// <summary>Whether a value comes from a preset or a standard, and not from a user.</summary>
    internal static bool IsOurs(ConfigurationEntry entry) =>
        entry.Line > 0 && (PresetText(entry.File) is not null || ResourceText($"standard/{entry.File}") is not null);

    private static string? PresetText(string name) => ResourceText(name + ".yaml");

    private static string? ResourceText(string name)
    {
        using Stream? stream = typeof(ConfigurationLoader).Assembly.GetManifestResourceStream(name);
        if (stream is null)
            return null;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static List<(string Name, string Summary)> ListPresets()
    {
        var presets = new List<(string, string)>();
        foreach (string resource in typeof(ConfigurationLoader).Assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            string name = resource.Replace(".yaml", "", StringComparison.Ordinal);
            if (resource.EndsWith(".yaml", StringComparison.Ordinal) && name != RootPreset)
                presets.Add((name, PresetText(name)!.Split('\n')[0].TrimStart('#', ' ')));
        }

        return presets;
    }
}
