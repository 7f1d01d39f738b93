using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;

namespace HybridEmu.Chip;

/// <summary>
/// A file in MNIST's IDX form, plain or gzip: 00 00 08 (bytes), the number of dimensions, each one's size as a big-endian
/// word, then the bytes, the last dimension innermost (LeCun, Cortes and Burges, "The MNIST database").
/// </summary>
/// <param name="Sizes">Of each dimension; the first counts images or labels.</param>
internal sealed record IdxFile(string Path, int[] Sizes, byte[] Values)
{
    private const uint Mark = 0x0000_0800; // or the number of dimensions
    private const int LabelDimensions = 1, ImageDimensions = 3;
    private const ushort GzipMark = 0x1F8B; // RFC 1952
    private const int BlockBytes = 1 << 16;

    public int Count => Sizes[0];

    /// <exception cref="DataException">It cannot be read, or is not a whole file of images.</exception>
    public static IdxFile ReadImages(string path) => Read(path, ImageDimensions);

    /// <exception cref="DataException">It cannot be read, or is not a whole file of labels.</exception>
    public static IdxFile ReadLabels(string path) => Read(path, LabelDimensions);

    private static IdxFile Read(string path, int dimensions)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] mark = new byte[2];
            int marked = file.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false);
            if (marked == 0)
                throw new DataException(path, "is empty");
            file.Position = 0;
            bool gzip = marked == mark.Length && BinaryPrimitives.ReadUInt16BigEndian(mark) == GzipMark;
            using Stream content = gzip ? new GZipStream(file, CompressionMode.Decompress) : file;
            return Read(path, content, dimensions);
        }
        catch (InvalidDataException e)
        {
            throw new DataException(path, $"is not a whole gzip file ({e.Message.TrimEnd('.')}): fetch it again");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"cannot be read: {e.Message}");
        }
    }

    private static IdxFile Read(string path, Stream content, int dimensions)
    {
        byte[] header = new byte[4 * (1 + dimensions)];
        int read = content.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (read >= 4)
            CheckMark(path, BinaryPrimitives.ReadUInt32BigEndian(header), dimensions);
        if (read < header.Length)
            throw new DataException(path, Text($"is cut off: {read} bytes, fewer than the {header.Length} of an IDX header"));
        int[] sizes = new int[dimensions];
        long bytes = 1;
        for (int i = 0; i < dimensions; i++)
        {
            uint size = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4 * (1 + i)));
            if (size == 0)
                throw new DataException(path, i == 0 ? $"holds no {Things(dimensions)}" : "holds images without pixels");
            if (size > Array.MaxLength / bytes)
                throw new DataException(path, Text($"announces more than {Array.MaxLength} bytes in its header: it is damaged, or too large"));
            sizes[i] = (int)size;
            bytes *= size;
        }

        // One byte more than announced, to see that there is none. What a damaged header announces is never allocated.
        using var values = new MemoryStream();
        byte[] block = new byte[BlockBytes];
        while (values.Length <= bytes && (read = content.Read(block, 0, (int)Math.Min(block.Length, bytes + 1 - values.Length))) > 0)
            values.Write(block, 0, read);
        string announced = Text($"the {string.Join(" x ", sizes)} = {bytes} bytes that its header announces");
        if (values.Length < bytes)
            throw new DataException(path, Text($"is cut off: {values.Length} of {announced}"));
        return values.Length == bytes ? new IdxFile(path, sizes, values.ToArray()) : throw new DataException(path, $"goes on behind {announced}");
    }

    private static void CheckMark(string path, uint mark, int dimensions)
    {
        uint expected = Mark | (uint)dimensions;
        if (mark == expected)
            return;
        string hint = mark switch
        {
            Mark | LabelDimensions => "it is a file of labels; name the file of images as idx:IMAGES, labels behind it as ,labels=FILE",
            Mark | ImageDimensions => "it is a file of images; name the file of labels as idx:IMAGES,labels=LABELS",
            _ => "it is no IDX file",
        };
        throw new DataException(path, Text($"begins with 0x{mark:x8}, not with 0x{expected:x8}, the mark of {Things(dimensions)}: {hint}"));
    }

    private static string Things(int dimensions) => dimensions == ImageDimensions ? "images" : "labels";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
