using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>The values in force after a chain of files and overrides, each with the place it comes from.</summary>
internal sealed class ConfigurationValues
{
    private readonly SortedDictionary<string, (decimal Number, ConfigurationEntry Entry)> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, decimal> _defaults = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _read = new(StringComparer.Ordinal);

    /// <summary>Entries in force, by key.</summary>
    public IEnumerable<ConfigurationEntry> Entries => _values.Values.Select(v => v.Entry);

    /// <summary>Keys that something has asked for.</summary>
    public IReadOnlySet<string> Read => _read;

    public bool Has(string key) => _values.ContainsKey(key);

    public void Set(ConfigurationEntry entry, decimal number)
    {
        _values[entry.Key] = (number, entry);
        if (ConfigurationLoader.IsOurs(entry))
            _defaults[entry.Key] = number;
    }

    /// <summary>Whether a user gave a key another value than presets and standards do.</summary>
    public bool IsChanged(string key) => !_defaults.TryGetValue(key, out decimal number) || number != _values[key].Number;

    /// <summary>Drops a list, which a later file replaces as a whole.</summary>
    public void Clear(string prefix)
    {
        foreach (string key in _values.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).ToList())
            _values.Remove(key);
    }

    public ConfigurationEntry Entry(string key) => Get(key).Entry;

    public int Integer(string key) => (int)Get(key).Number;

    public long Long(string key) => (long)Get(key).Number;

    public ulong Unsigned(string key) => (ulong)Get(key).Number;

    public double Real(string key) => (double)Get(key).Number;

    public string Text(string key) => Get(key).Entry.Text;

    /// <summary>The value as the configuration file would have it, in canonical form.</summary>
    public string Canonical(string key)
    {
        (decimal number, ConfigurationEntry entry) = _values[key];
        ConfigurationKey row = ConfigurationSchema.Find(key)!;
        return row.Choices.Length > 0 || row.Quantity == Quantity.Name ? entry.Text : row.Quantity.Format(number);
    }

    /// <summary>Number of elements of a list.</summary>
    public int Length(string list)
    {
        int count = 0;
        while (Has(string.Create(CultureInfo.InvariantCulture, $"{list}[{count}].")))
            count++;
        return count;

        bool Has(string element) => _values.Keys.Any(k => k.StartsWith(element, StringComparison.Ordinal));
    }

    private (decimal Number, ConfigurationEntry Entry) Get(string key)
    {
        _read.Add(ConfigurationSchema.WithoutIndices(key));
        return _values.TryGetValue(key, out (decimal, ConfigurationEntry) value)
            ? value
            : throw new InvalidOperationException($"The configuration has no value for {key}.");
    }
}
