using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>A unit as a configuration file spells it, and how much of the canonical unit it is.</summary>
internal readonly record struct MeasureUnit(string Name, decimal Factor);

/// <summary>
/// What kind of value a key takes and in which units. Values are exact decimals in the kind's first unit, so that
/// <c>1 MiB</c> and <c>1024 KiB</c> are one value.
/// </summary>
/// <param name="units">Units a value may carry, the canonical one first; empty: the value is a bare number.</param>
/// <param name="whole">The canonical value must be an integer.</param>
internal sealed class Quantity(MeasureUnit[] units, bool whole)
{
    public static readonly Quantity Count = new([], true);
    public static readonly Quantity Ratio = new([], false);
    public static readonly Quantity Bytes = new([new("B", 1), new("KiB", 1024), new("MiB", 1 << 20), new("GiB", 1 << 30)], true);
    public static readonly Quantity Frequency = new([new("MHz", 1), new("GHz", 1000)], true);
    public static readonly Quantity Bandwidth = new([new("MB/s", 1), new("GB/s", 1000)], true);
    public static readonly Quantity Cycles = new([new("cycles", 1)], true);
    public static readonly Quantity Time = new([new("ps", 1), new("ns", 1000), new("us", 1_000_000), new("ms", 1_000_000_000)], true);
    public static readonly Quantity Length = new([new("mm", 1), new("um", 0.001m)], false);
    public static readonly Quantity Temperature = new([new("C", 1)], false);
    public static readonly Quantity Conductivity = new([new("W/mK", 1)], false);
    public static readonly Quantity HeatCapacity = new([new("J/m3K", 1)], false);
    public static readonly Quantity Resistance = new([new("K/W", 1)], false);
    public static readonly Quantity Capacitance = new([new("J/K", 1)], false);
    public static readonly Quantity PerKelvin = new([new("1/K", 1)], false);
    public static readonly Quantity Energy = new([new("pJ", 1), new("nJ", 1000), new("fJ", 0.001m)], false);
    public static readonly Quantity EnergyPerByte = new([new("pJ/B", 1), new("pJ/bit", 8)], false);
    public static readonly Quantity Power = new([new("mW", 1), new("W", 1000)], false);
    public static readonly Quantity PowerDensity = new([new("mW/mm2", 1), new("W/cm2", 10)], false);
    public static readonly Quantity Area = new([new("um2", 1), new("mm2", 1_000_000)], false);
    public static readonly Quantity AreaPerKibibyte = new([new("um2/KiB", 1)], false);
    public static readonly Quantity Voltage = new([new("V", 1), new("mV", 0.001m)], false);

    /// <summary>One of a key's named choices.</summary>
    public static readonly Quantity Choice = new([], false);

    /// <summary>A name, such as that of a floorplan block.</summary>
    public static readonly Quantity Name = new([], false);

    /// <summary>Reads a value with its unit.</summary>
    /// <returns>Null when it was read, else what is wrong with it.</returns>
    public string? Parse(string text, out decimal value)
    {
        value = 0;
        int split = text.Length;
        while (split > 0 && !char.IsAsciiDigit(text[split - 1]) && text[split - 1] != '.')
            split--;

        // The unit may hold digits of its own (J/m3K, 1/K): prefer the first space where there is one.
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        if (space > 0)
            split = space;
        else
            split = units.Where(u => text.EndsWith(u.Name, StringComparison.Ordinal)).Select(u => text.Length - u.Name.Length).DefaultIfEmpty(split).Min();
        string digits = text[..split].Replace("_", "", StringComparison.Ordinal);
        string unit = text[split..].Trim();
        if (!decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number))
            return $"'{text}' is not a number";
        if (units.Length == 0)
        {
            if (unit.Length > 0)
                return $"'{text}' carries the unit '{unit}' but this is a bare number";
            value = number;
        }
        else
        {
            if (unit.Length == 0)
                return $"'{text}' has no unit; write it as '{digits} {units[0].Name}' (units: {UnitNames})";
            int index = Array.FindIndex(units, u => u.Name == unit);
            if (index < 0)
                return $"'{unit}' is not a unit of this value (units: {UnitNames})";
            try
            {
                value = number * units[index].Factor;
            }
            catch (OverflowException)
            {
                return $"'{text}' is too large";
            }
        }

        return whole && value != decimal.Truncate(value) ? $"'{text}' is not a whole number{(units.Length > 0 ? $" of {units[0].Name}" : "")}" : null;
    }

    /// <summary>A canonical value in the largest unit that divides it.</summary>
    public string Format(decimal value)
    {
        if (units.Length == 0)
            return Plain(value);
        MeasureUnit best = units[0];
        if (value != 0)
        {
            foreach (MeasureUnit unit in units)
            {
                if (unit.Factor > best.Factor && value % unit.Factor == 0)
                    best = unit;
            }
        }

        return $"{Plain(value / best.Factor)} {best.Name}";
    }

    private string UnitNames => string.Join(", ", units.Select(u => u.Name));

    private static string Plain(decimal value) => value.ToString("0.############################", CultureInfo.InvariantCulture);
}
