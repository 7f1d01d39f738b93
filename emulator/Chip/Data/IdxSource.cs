using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>
/// What stands behind idx: in a --data argument: FILE[,labels=FILE][,rows=A:B]. Images and labels in MNIST's form; without
/// labels=, 'images-idx3' in the file's name is replaced by 'labels-idx1'. Rows count from 0, A up to but without B.
/// </summary>
/// <param name="Images">File of images.</param>
/// <param name="Labels">File of labels; null when neither option nor name says which.</param>
/// <param name="First">First image.</param>
/// <param name="End">The image behind the last one; null: all.</param>
/// <param name="Source">The argument, for messages.</param>
internal sealed record IdxSource(string Images, string? Labels, int First, int? End, string Source)
{
    private const string Form = "FILE[,labels=FILE][,rows=A:B]";
    private const string LabelsOption = ",labels=", RowsOption = ",rows=", Compressed = ".gz";
    private const int MaximumPixel = byte.MaxValue;

    // As yann.lecun.com names them, and as they are called where the archives were unpacked by hand.
    private static readonly (string Images, string Labels)[] Names = [("images-idx3", "labels-idx1"), ("images.idx3", "labels.idx1")];

    /// <summary>The files it reads.</summary>
    public IReadOnlyList<string> Files => Labels is null ? [Images] : [Images, Labels];

    /// <exception cref="DataException">It has not that form.</exception>
    public static IdxSource Parse(string text, string source)
    {
        // Cut off from the back, each once, so that a file's name may have commas.
        string? labels = null, rows = null;
        while (true)
        {
            int atLabels = labels is null ? text.LastIndexOf(LabelsOption, StringComparison.Ordinal) : -1;
            int atRows = rows is null ? text.LastIndexOf(RowsOption, StringComparison.Ordinal) : -1;
            if (atLabels <= 0 && atRows <= 0)
                break;
            if (atLabels > atRows)
                labels = text[(atLabels + LabelsOption.Length)..];
            else
                rows = text[(atRows + RowsOption.Length)..];
            text = text[..Math.Max(atLabels, atRows)];
        }

        if (labels is "")
            throw new DataException(source, $"labels= names no file ({Form})");
        (int first, int? end) = rows is null ? (0, null) : ParseRows(rows, source);
        return new IdxSource(text, labels ?? LabelsBeside(text), first, end, source);
    }

    /// <summary>Reads both files.</summary>
    /// <exception cref="DataException">With what is wrong, and in which file.</exception>
    public DigitData Read()
    {
        if (!File.Exists(Images))
            throw new DataException(Source, $"there is no file '{Images}'");
        IdxFile images = IdxFile.ReadImages(Images);
        if (Labels is null)
            throw new DataException(Source, $"'{Path.GetFileName(Images)}' has no 'images-idx3' to find its labels by; name their file: idx:{Images},labels=FILE");
        if (!File.Exists(Labels))
            throw new DataException(Source, $"there is no file '{Labels}' with the labels; name it: idx:{Images},labels=FILE");
        IdxFile labels = IdxFile.ReadLabels(Labels);
        if (labels.Count != images.Count)
            throw new DataException(Labels, Text($"has {labels.Count} labels, but {Images} has {images.Count} images: the two do not belong together"));
        int wrong = labels.Values.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(DigitData.Classes - 1));
        if (wrong >= 0)
            throw new DataException(Labels, Text($"label {labels.Values[wrong]} of image {wrong} is not in 0 to {DigitData.Classes - 1}"));

        int end = End ?? images.Count, features = images.Sizes[1] * images.Sizes[2];
        if (First >= images.Count || end > images.Count)
            throw new DataException(Source, Text($"rows {First}:{end} are not there: {Images} has {images.Count} images"));
        var data = new DigitData(images.Values[(First * features)..(end * features)], labels.Values[First..end], features, MaximumPixel);
        return data.SizeBytes <= Array.MaxLength ? data : throw new DataException(Source, "is too large; take fewer images by rows=A:B");
    }

    private static (int First, int? End) ParseRows(string rows, string source)
    {
        int colon = rows.IndexOf(':', StringComparison.Ordinal);
        ulong first = 0, end = 0;
        bool open = colon == rows.Length - 1;
        if (colon < 0 || (colon > 0 && !DataArgument.Number(rows[..colon], out first)) || (!open && !DataArgument.Number(rows[(colon + 1)..], out end)))
            throw new DataException(source, $"'{rows}' is not of the form rows=A:B, as in rows=0:50000 or rows=50000:");
        if (first > int.MaxValue || end > int.MaxValue || (!open && end <= first))
            throw new DataException(source, $"rows={rows} takes no images: A must be below B");
        return ((int)first, open ? null : (int)end);
    }

    private static string? LabelsBeside(string images)
    {
        string folder = images[..^Path.GetFileName(images).Length], name = Path.GetFileName(images);
        foreach ((string of, string by) in Names)
        {
            if (!name.Contains(of, StringComparison.Ordinal))
                continue;
            string labels = folder + name.Replace(of, by, StringComparison.Ordinal);
            string other = labels.EndsWith(Compressed, StringComparison.Ordinal) ? labels[..^Compressed.Length] : labels + Compressed;
            return !File.Exists(labels) && File.Exists(other) ? other : labels;
        }

        return null;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
