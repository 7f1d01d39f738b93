using HybridEmu.Isa;

namespace HybridEmu.Chip;

/// <summary>One key of a configuration: what it takes and what is legal.</summary>
/// <param name="Name">Dotted name; [] stands for any index of a list.</param>
/// <param name="Quantity">Kind of value.</param>
/// <param name="Minimum">Smallest legal value in the canonical unit.</param>
/// <param name="Maximum">Largest legal value in the canonical unit.</param>
internal sealed record ConfigurationKey(string Name, Quantity Quantity, decimal Minimum = 0, decimal Maximum = decimal.MaxValue)
{
    public bool PowerOfTwo { get; init; }

    /// <summary>It may occur any number of times, under an index.</summary>
    public bool IsOfList => Name.Contains("[]", StringComparison.Ordinal);

    public string[] Choices { get; init; } = [];

    public string LegalRange
    {
        get
        {
            if (Choices.Length > 0)
                return string.Join(" | ", Choices);
            if (Quantity == Quantity.Name)
                return "a name";
            string range = Maximum == decimal.MaxValue
                ? $"{Quantity.Format(Minimum)} or more"
                : $"{Quantity.Format(Minimum)} to {Quantity.Format(Maximum)}";
            return PowerOfTwo ? $"a power of two, {range}" : range;
        }
    }

    /// <summary>Reads and checks a value.</summary>
    /// <returns>Null when it is legal, else what is wrong.</returns>
    public string? Check(string text, out decimal value)
    {
        value = 0;
        if (Quantity == Quantity.Name)
            return text.Length == 0 ? "the name is empty" : null;
        if (Choices.Length > 0)
        {
            value = Array.IndexOf(Choices, text);
            return value < 0 ? $"'{text}' is not a choice{NearestName.Aside(text, Choices)}" : null;
        }

        if (Quantity.Parse(text, out value) is { } mistake)
            return mistake;
        if (value < Minimum || value > Maximum)
            return $"{Quantity.Format(value)} is out of range";
        return PowerOfTwo && !System.Numerics.BitOperations.IsPow2((ulong)value)
            ? $"{Quantity.Format(value)} is not a power of two"
            : null;
    }
}
