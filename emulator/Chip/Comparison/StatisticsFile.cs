using System.Globalization;
using System.Text.Json;

namespace HybridEmu.Chip;

/// <summary>One value of a statistics file.</summary>
/// <param name="Group">Which table of the comparison it belongs to.</param>
/// <param name="Name">Its place in the group: tile0.matrix Busy.</param>
/// <param name="Number">Null for texts.</param>
/// <param name="Text">As the file has it.</param>
public sealed record StatisticsValue(string Group, string Name, double? Number, string Text);

/// <summary>A file of statistics that is none, or one that this version cannot read.</summary>
public sealed class StatisticsFileException(string message) : Exception(message);

/// <summary>What a run wrote with --stats, flattened to values with names, in the file's order.</summary>
public sealed class StatisticsFile
{
    /// <summary>In the order in which groups are told; the first is what the runs were asked to be.</summary>
    public static readonly string[] Groups =
    [
        "Configuration", "Outcome", "Run", "Phases (cycles)", "MACs", "Descriptors", "Power (W)", "Energy (pJ)", "Area (mm2)", "Heat", "HBM", "PCIe", "Fabric",
        "Scratchpad", "Units (cycles)", "Other",
    ];

    /// <summary>Those of which a reader wants every change.</summary>
    public static readonly string[] Headlines = ["Configuration", "Run", "Power (W)"];

    private const int ConfigurationGroup = 0, OutcomeGroup = 1, RunGroup = 2, PowerGroup = 6, OtherGroup = 15;

    private const string Settings = "settings", Energy = "energyPicojoules", Time = "emulatedPicoseconds";

    /// <summary>Without these a JSON file is of something else.</summary>
    private static readonly string[] s_required = ["configuration", "outcome", "cycles", Time, "units", "hbm", Energy];

    private static readonly Dictionary<string, int> s_groups = new()
    {
        [Settings] = ConfigurationGroup,
        ["configuration"] = ConfigurationGroup,
        ["seed"] = ConfigurationGroup,
        ["coreMegahertz"] = ConfigurationGroup,
        ["outcome"] = OutcomeGroup,
        ["exitCode"] = OutcomeGroup,
        ["cycles"] = RunGroup,
        [Time] = RunGroup,
        ["instructionsRetired"] = RunGroup,
        ["phases"] = 3,
        ["macs"] = 4,
        ["descriptors"] = 5,
        [Energy] = 7,
        ["areaSquareMillimetres"] = 8,
        ["thermal"] = 9,
        ["hbm"] = 10,
        ["pcie"] = 11,
        ["fabric"] = 12,
        ["scratchpadConflicts"] = 13,
        ["scratchpadBankConflicts"] = 13,
        ["scratchpadEcc"] = 13,
        ["units"] = 14,
    };

    /// <summary>What tells an element of a list from the others; all else that it has are values.</summary>
    private static readonly string[] s_identities = ["name", "scratchpad", "bank", "winner", "waiting"];

    /// <summary>Keys that say nothing their group does not.</summary>
    private static readonly string[] s_silent = ["causes", "terms", "units", "blocks"];

    private readonly Dictionary<(string Group, string Name), StatisticsValue> _values = [];
    private readonly List<StatisticsValue> _order = [];

    private StatisticsFile(string name) => Name = name;

    /// <summary>As the user named it.</summary>
    public string Name { get; }

    public IReadOnlyList<StatisticsValue> Values => _order;

    /// <summary>Files of versions before settings were written say only their configuration's name.</summary>
    public bool HasSettings { get; private set; }

    public StatisticsValue? Find(string group, string name) => _values.GetValueOrDefault((group, name));

    /// <exception cref="StatisticsFileException">What is wrong, where, and what to do.</exception>
    public static StatisticsFile Read(string name, ReadOnlyMemory<byte> json)
    {
        const string Advice = "write one with 'hybridemu run ... --stats FILE'";
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            throw new StatisticsFileException(string.Create(
                CultureInfo.InvariantCulture, $"{name}:{e.LineNumber + 1}:{e.BytePositionInLine + 1}: is not JSON; {Advice}"));
        }

        using (document)
        {
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                throw new StatisticsFileException($"{name}: is JSON but no statistics of a run; {Advice}");
            if (root.TryGetProperty(StatisticsJson.FormatKey, out JsonElement format))
                CheckFormat(name, format);
            string[] missing = [.. s_required.Where(k => !root.TryGetProperty(k, out _))];
            if (missing.Length > 0)
                throw new StatisticsFileException($"{name}: is no statistics of a run: it has no '{missing[0]}'; {Advice}");
            foreach (string number in (string[])["cycles", Time])
            {
                if (root.GetProperty(number).ValueKind != JsonValueKind.Number)
                    throw new StatisticsFileException($"{name}: '{number}' is not a number; {Advice}");
            }

            var file = new StatisticsFile(name) { HasSettings = root.TryGetProperty(Settings, out _) };
            foreach (JsonProperty property in root.EnumerateObject())
            {
                // The host is no part of what was emulated, and the format none of the run.
                if (property.Name is "host" or StatisticsJson.FormatKey)
                    continue;
                if (!file.HasSettings || property.Name is not ("seed" or "coreMegahertz")) // settings have them too
                    file.Flatten(Groups[s_groups.GetValueOrDefault(property.Name, OtherGroup)], Title(property.Name), property.Value);
            }

            file.AddPower();
            return file;
        }
    }

    private static void CheckFormat(string name, JsonElement format)
    {
        if (format.ValueKind != JsonValueKind.Number || !format.TryGetInt32(out int version) || version < 1)
            throw new StatisticsFileException($"{name}: '{StatisticsJson.FormatKey}' is {format.GetRawText()} instead of a number from 1 to {StatisticsJson.Format}");
        if (version > StatisticsJson.Format)
        {
            throw new StatisticsFileException(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: is of format {version}, and this version reads up to {StatisticsJson.Format}; compare with the hybridemu that wrote it, or a newer one"));
        }
    }

    // Single values keep their key; of objects and lists the group's name says enough.
    private static string Title(string key) => key switch
    {
        "scratchpadConflicts" => "conflicts",
        "scratchpadBankConflicts" => "banks",
        "scratchpadEcc" => "ecc",
        _ when s_groups.GetValueOrDefault(key, OtherGroup) is > RunGroup and < OtherGroup => "",
        Settings => "",
        _ => key,
    };

    private void Flatten(string group, string name, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                    Flatten(group, s_silent.Contains(property.Name) ? name : Join(name, property.Name), property.Value);
                break;
            case JsonValueKind.Array:
                int index = 0;
                foreach (JsonElement item in element.EnumerateArray())
                    FlattenItem(group, name, item, index++);
                break;
            case JsonValueKind.Number:
                Add(new StatisticsValue(group, name, element.GetDouble(), element.GetRawText()));
                break;
            default:
                Add(new StatisticsValue(group, name, null, element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText()));
                break;
        }
    }

    private void FlattenItem(string group, string name, JsonElement item, int index)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            Flatten(group, Join(name, index.ToString(CultureInfo.InvariantCulture)), item);
            return;
        }

        string[] identity = [.. s_identities.Where(i => item.TryGetProperty(i, out _)).Select(i => item.GetProperty(i).ToString())];
        string place = Join(name, identity.Length > 0 ? string.Join(' ', identity) : index.ToString(CultureInfo.InvariantCulture));
        foreach (JsonProperty property in item.EnumerateObject().Where(p => !s_identities.Contains(p.Name)))
            Flatten(group, s_silent.Contains(property.Name) ? place : Join(place, property.Name), property.Value);
    }

    private static string Join(string name, string part) => name.Length == 0 ? part : $"{name} {part}";

    private void Add(StatisticsValue value)
    {
        if (_values.TryAdd((value.Group, value.Name), value))
            _order.Add(value);
    }

    // Picojoules a picosecond are watts.
    private void AddPower()
    {
        if (Find(Groups[RunGroup], Time)?.Number is not { } time || time <= 0)
            return;
        foreach (StatisticsValue energy in _order.Where(v => v.Group == Groups[s_groups[Energy]] && v.Number is not null).ToList())
        {
            double watts = energy.Number!.Value / time;
            Add(new StatisticsValue(Groups[PowerGroup], energy.Name, watts, watts.ToString("R", CultureInfo.InvariantCulture)));
        }
    }
}
