using System.Buffers.Binary;

namespace HybridEmu.Chip;

/// <summary>Labelled images of digits, and how they lie in memory.</summary>
/// <remarks>
/// A header of sixteen little-endian words: magic 'HXDS', count, features, classes, row pitch in bytes, offset of the
/// images, offset of the labels, largest pixel, eight zeros. Then the images, one row of uint8 pixels each, rows padded
/// to a multiple of 16 bytes, and the labels, one uint32 each, both from a multiple of 64 bytes.
/// </remarks>
/// <param name="Pixels"><see cref="Features"/> a row, 0 to <see cref="MaximumPixel"/>.</param>
/// <param name="Labels">One a row, 0 to 9.</param>
/// <param name="Features">Pixels of an image.</param>
/// <param name="MaximumPixel">The largest value a pixel may have; networks see pixel / largest.</param>
public sealed record DigitData(byte[] Pixels, byte[] Labels, int Features = DigitData.OptdigitsFeatures, int MaximumPixel = DigitData.OptdigitsMaximum)
{
    public const uint Magic = 0x5344_5848;
    public const int Classes = 10;
    public const int HeaderBytes = 64;

    /// <summary>Optdigits has 8x8 pixels, each a count of black dots in a 4x4 block.</summary>
    public const int OptdigitsFeatures = 64, OptdigitsMaximum = 16;

    private const int RowAlignment = 16, PartAlignment = 64;

    public int Count => Labels.Length;

    public int RowPitchBytes => (int)Padded(Features, RowAlignment);

    /// <summary>Bytes of the memory image.</summary>
    public long SizeBytes => LabelsOffset + Padded(4L * Count, PartAlignment);

    private long LabelsOffset => HeaderBytes + Padded((long)Count * RowPitchBytes, PartAlignment);

    /// <summary>The memory image.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[SizeBytes];
        int labels = (int)LabelsOffset;
        ReadOnlySpan<uint> header =
            [Magic, (uint)Count, (uint)Features, Classes, (uint)RowPitchBytes, HeaderBytes, (uint)labels, (uint)MaximumPixel];
        for (int i = 0; i < header.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 * i), header[i]);
        for (int i = 0; i < Count; i++)
        {
            Pixels.AsSpan(i * Features, Features).CopyTo(bytes.AsSpan(HeaderBytes + (i * RowPitchBytes)));
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(labels + (4 * i)), Labels[i]);
        }

        return bytes;
    }

    private static long Padded(long bytes, int alignment) => (bytes + alignment - 1) / alignment * alignment;
}
