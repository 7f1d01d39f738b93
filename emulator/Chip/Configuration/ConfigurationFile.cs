using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace HybridEmu.Chip;

/// <summary>A value as a file writes it.</summary>
/// <param name="Key">Dotted key with list indices: thermal.floorplan[3].x.</param>
internal sealed record ConfigurationEntry(string Key, string Text, string File, long Line);

/// <summary>One YAML file flattened to dotted keys in file order, not checked yet.</summary>
internal sealed class ConfigurationFile
{
    private const int MaximumDepth = 8;
    private const int MaximumEntries = 10_000;

    private readonly List<ConfigurationEntry> _entries = [];
    private readonly List<ConfigurationError> _errors;

    /// <summary>That there is too much has been said, and is said once.</summary>
    private bool _full;

    private ConfigurationFile(string name, List<ConfigurationError> errors)
    {
        Name = name;
        _errors = errors;
    }

    public string Name { get; }

    public IReadOnlyList<ConfigurationEntry> Entries => _entries;

    /// <summary>The file's base as it names it, or null.</summary>
    public ConfigurationEntry? Base { get; private set; }

    public static ConfigurationFile Read(string name, string text, List<ConfigurationError> errors)
    {
        var file = new ConfigurationFile(name, errors);
        var stream = new YamlStream();
        try
        {
            stream.Load(new BoundedYaml(new StringReader(text)));
        }
        catch (YamlException e)
        {
            errors.Add(new ConfigurationError(name, e.Start.Line, "", $"not YAML: {OneLine(e.Message)}", ""));
            return file;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException)
        {
            errors.Add(new ConfigurationError(name, 0, "", $"not YAML: {OneLine(e.Message)}", ""));
            return file;
        }

        if (stream.Documents.Count > 1)
            errors.Add(new ConfigurationError(name, stream.Documents[1].RootNode.Start.Line, "", "more than one YAML document", "one"));
        if (stream.Documents.Count > 0 && !IsEmpty(stream.Documents[0].RootNode))
            file.Flatten("", stream.Documents[0].RootNode, 0);
        return file;
    }

    private static bool IsEmpty(YamlNode node) => node is YamlScalarNode { Value: null or "" };

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");

    private void Flatten(string key, YamlNode node, int depth)
    {
        if (_full)
            return;
        if (depth > MaximumDepth || _entries.Count > MaximumEntries)
        {
            _full = true;
            Mistake(node, key, "nested too deeply, or too many values");
            return;
        }

        switch (node)
        {
            case YamlScalarNode scalar when key.Length > 0:
                var entry = new ConfigurationEntry(key, (scalar.Value ?? "").Trim(), Name, scalar.Start.Line);
                if (key == "base")
                    Base = entry;
                else
                    _entries.Add(entry);
                break;
            case YamlMappingNode mapping:
                foreach ((YamlNode child, YamlNode value) in mapping.Children)
                {
                    if (child is YamlScalarNode { Value: { Length: > 0 } name })
                        Flatten(key.Length == 0 ? name : $"{key}.{name}", value, depth + 1);
                    else
                        Mistake(child, key, "a key is not a name");
                }

                break;
            case YamlSequenceNode sequence when key.Length > 0:
                int index = 0;
                foreach (YamlNode child in sequence.Children)
                    Flatten($"{key}[{index++}]", child, depth + 1);
                break;
            default:
                Mistake(node, key, "the file is not a list of keys");
                break;
        }
    }

    private void Mistake(YamlNode node, string key, string message) =>
        _errors.Add(new ConfigurationError(Name, node.Start.Line, key, message, "key: value"));
}
