using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>
/// Reads lists of layers in SCALE-Sim's two forms, which a file may mix: name, image height, width, filter height, width,
/// channels, filters, stride; or name, M, N, K. A first line without numbers is a header; a comma may end a line.
/// </summary>
public static class LayerFile
{
    private const int MaximumErrors = 20;
    private const int MaximumLayers = 10_000;

    private static readonly string[] ConvolutionFields = ["name", "image height", "image width", "filter height", "filter width", "channels", "filters", "stride"];
    private static readonly string[] ProductFields = ["name", "M", "N", "K"];

    /// <exception cref="DataException">The file cannot be read or has mistakes: all of them, each with line and column.</exception>
    public static IReadOnlyList<Layer> Read(string file)
    {
        const long MostBytes = 16 << 20;
        try
        {
            if (!File.Exists(file))
                throw new DataException(file, "there is no such file (check the path)");
            if (new FileInfo(file).Length > MostBytes)
                throw new DataException(file, "is larger than 16 MiB, which no list of layers is");
            return Parse(file, File.ReadAllText(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(file, $"cannot be read: {e.Message}");
        }
    }

    /// <param name="file">Named in messages.</param>
    /// <param name="text">Its content.</param>
    /// <exception cref="DataException">As for <see cref="Read"/>.</exception>
    public static IReadOnlyList<Layer> Parse(string file, string text)
    {
        var layers = new List<Layer>();
        var errors = new List<DataError>();
        int number = 0;
        bool first = true;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            number++;
            var line = new LayerLine(raw.ToString().TrimStart('\uFEFF'));
            if (line.IsBlank)
                continue;
            bool header = first && line.HasNoNumbers;
            first = false;
            if (header)
                continue;
            if (LayerOf(line, layers.Count, out int column, out string mistake) is { } layer)
                layers.Add(layer);
            else
                errors.Add(new DataError(string.Create(CultureInfo.InvariantCulture, $"{file}:{number}:{column}"), 0, mistake));
            if (errors.Count == MaximumErrors || layers.Count > MaximumLayers)
            {
                errors.Add(new DataError(file, 0, layers.Count > MaximumLayers ? $"has more than {MaximumLayers} layers; split it" : "more mistakes follow"));
                break;
            }
        }

        if (errors.Count == 0 && layers.Count == 0)
            errors.Add(new DataError(file, 0, $"{(text.Trim().Length == 0 ? "is empty" : "has no layers")}; a line is '{string.Join(", ", ProductFields)}' or '{string.Join(", ", ConvolutionFields)}'"));
        return errors.Count == 0 ? layers : throw new DataException(errors);
    }

    private static Layer? LayerOf(LayerLine line, int number, out int column, out string mistake)
    {
        string[] fields = line.Count == ProductFields.Length ? ProductFields : ConvolutionFields;
        column = 1;
        if (line.Count != fields.Length)
        {
            column = line.Column(Math.Min(line.Count, ConvolutionFields.Length));
            mistake = $"has {line.Count} fields; a product has {ProductFields.Length} ({string.Join(", ", ProductFields)}), a convolution {ConvolutionFields.Length} ({string.Join(", ", ConvolutionFields)})";
            return null;
        }

        int[] values = new int[fields.Length];
        for (int i = 1; i < fields.Length; i++)
        {
            column = line.Column(i);
            bool isNumber = long.TryParse(line[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value);
            if (!isNumber && (line[i].Length == 0 || !LayerLine.IsWhole(line[i])))
            {
                mistake = $"{fields[i]} is '{line[i]}'; write a whole number";
                return null;
            }

            if (!isNumber || value is < 1 or > Layer.MostSide)
            {
                mistake = $"{fields[i]} is {line[i]}; it must be 1 to {Layer.MostSide}";
                return null;
            }

            values[i] = (int)value;
        }

        string name = line[0].Length > 0 ? line[0] : string.Create(CultureInfo.InvariantCulture, $"layer{number}");
        Layer layer;
        if (fields.Length == ProductFields.Length)
        {
            layer = new Layer(name, values[1], values[2], values[3]);
        }
        else
        {
            var image = new Convolution(values[1], values[2], values[3], values[4], values[5], values[6], values[7]);
            (int Field, string Text)? wrong =
                image.FilterHeight > image.Height ? (3, "is higher than the image; padding belongs to the image's height")
                : image.FilterWidth > image.Width ? (4, "is wider than the image; padding belongs to the image's width")
                : image.FilterWidth > Convolution.MostWindow && (image.Width - image.FilterWidth) % image.Stride != 0
                    ? (4, $"is above {Convolution.MostWindow} and its last windows hang over the image's edge; widen the image to a whole number of strides more than the filter")
                : image.Height > Convolution.MostPixels ? (1, $"is above {Convolution.MostPixels}")
                : image.Width > Convolution.MostPixels ? (2, $"is above {Convolution.MostPixels}")
                : image.Channels > Convolution.MostPixels ? (5, $"is above {Convolution.MostPixels}")
                : image.Stride > Convolution.MostStride ? (7, $"is above {Convolution.MostStride}")
                : (long)image.WindowsDown * image.WindowsAcross > int.MaxValue || (long)image.FilterHeight * image.FilterWidth * image.Channels > Layer.MostSide
                    ? (3, $"and what follows make a product of M above {int.MaxValue} or K above {Layer.MostSide}")
                : null;
            if (wrong is { } field)
            {
                column = line.Column(field.Field);
                mistake = $"{fields[field.Field]} {line[field.Field]} {field.Text}";
                return null;
            }

            layer = Layer.Of(name, image);
        }

        column = line.Column(1);
        mistake = $"its operands have {layer.Elements} elements; {Layer.MostElements} is the most, so split the layer";
        return layer.Elements > Layer.MostElements ? null : layer;
    }
}

/// <summary>A line of a list of layers, taken apart at its commas; those that end it do not count.</summary>
internal sealed class LayerLine
{
    private readonly List<string> _fields = [];
    private readonly List<int> _columns = [];

    public LayerLine(string text)
    {
        int begin = 0;
        string line = text.TrimEnd().TrimEnd(',', ' ', '\t');
        IsBlank = line.Length == 0;
        foreach (string field in line.Split(','))
        {
            _fields.Add(field.Trim());
            _columns.Add(begin + (field.Length - field.TrimStart().Length) + 1);
            begin += field.Length + 1;
        }
    }

    public bool IsBlank { get; }

    public int Count => _fields.Count;

    public bool HasNoNumbers => _fields.Count > 1 && !_fields.Skip(1).Any(IsWhole);

    public string this[int field] => _fields[field];

    /// <summary>Where a field begins, from 1; behind the line for one that is not there.</summary>
    public int Column(int field) => field < _columns.Count ? _columns[field] : _columns[^1] + _fields[^1].Length;

    /// <summary>Digits, maybe with a sign, however many.</summary>
    public static bool IsWhole(string field) => field.TrimStart('-', '+') is { Length: > 0 } digits && digits.All(char.IsAsciiDigit);
}
