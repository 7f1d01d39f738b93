using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>
/// Reads digits in the form of UCI's optdigits: an optional header line, then 64 integers 0 to 16 and a label 0 to 9 a
/// line. Every mistake of a file is reported with its line, up to a limit.
/// </summary>
public static class DigitCsv
{
    private const int MaximumErrors = 20;
    private const int Fields = DigitData.OptdigitsFeatures + 1;

    /// <exception cref="DataException">The file has mistakes.</exception>
    public static DigitData Read(string file, string text)
    {
        var pixels = new List<byte>();
        var labels = new List<byte>();
        var errors = new List<DataError>();
        int number = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            number++;
            ReadOnlySpan<char> line = raw.Trim().TrimStart('\uFEFF');
            if (line.IsEmpty)
                continue;
            string[] fields = line.ToString().Split(',');
            bool header = number == 1 && !fields.Any(f => int.TryParse(f, NumberStyles.AllowLeadingSign | NumberStyles.AllowTrailingWhite | NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out _));
            if (header)
                continue;
            if (ReadRow(fields, pixels, labels) is { } mistake)
                errors.Add(new DataError(file, number, mistake));
            if (errors.Count == MaximumErrors)
            {
                errors.Add(new DataError(file, 0, "more mistakes follow"));
                break;
            }
        }

        if (errors.Count == 0 && labels.Count == 0)
            errors.Add(new DataError(file, 0, text.Length == 0 ? "is empty" : "has no rows of data"));
        return errors.Count == 0 ? new DigitData([.. pixels], [.. labels]) : throw new DataException(errors);
    }

    private static string? ReadRow(string[] fields, List<byte> pixels, List<byte> labels)
    {
        if (fields.Length != Fields)
            return $"has {fields.Length} fields instead of {Fields} ({DigitData.OptdigitsFeatures} pixels and a label)";
        Span<byte> row = stackalloc byte[Fields];
        for (int i = 0; i < Fields; i++)
        {
            string field = fields[i].Trim();
            bool label = i == DigitData.OptdigitsFeatures;
            if (!int.TryParse(field, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value))
                return $"field {i + 1}: '{field}' is not {(label ? "a label (an integer 0 to 9)" : "an integer")}";
            if (label && (value is < 0 or >= DigitData.Classes))
                return $"label {value} is not in 0 to {DigitData.Classes - 1}";
            if (!label && (value is < 0 or > DigitData.OptdigitsMaximum))
                return $"field {i + 1}: pixel {value} is not in 0 to {DigitData.OptdigitsMaximum}";
            row[i] = (byte)value;
        }

        pixels.AddRange(row[..DigitData.OptdigitsFeatures]);
        labels.Add(row[DigitData.OptdigitsFeatures]);
        return null;
    }
}
