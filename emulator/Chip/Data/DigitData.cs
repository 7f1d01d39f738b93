using System.Buffers.Binary;

namespace HybridEmu.Chip;

/// <summary>Labelled 8x8 images of digits, and how they lie in memory.</summary>
/// <remarks>
/// A header of sixteen little-endian words: magic 'HXDS', count, features, classes, row pitch in bytes, offset of the
/// images, offset of the labels, largest pixel, eight zeros. Then the images, one row of uint8 pixels each, and the
/// labels, one uint32 each, both from a multiple of 64 bytes.
/// </remarks>
/// <param name="Pixels">64 a row, 0 to 16.</param>
/// <param name="Labels">One a row, 0 to 9.</param>
public sealed record DigitData(byte[] Pixels, byte[] Labels)
{
    public const uint Magic = 0x5344_5848;
    public const int Features = 64;
    public const int Classes = 10;
    public const int MaximumPixel = 16;
    public const int HeaderBytes = 64;
    public const int RowPitchBytes = 64;

    public int Count => Labels.Length;

    /// <summary>The memory image.</summary>
    public byte[] ToBytes()
    {
        int labels = HeaderBytes + (Count * RowPitchBytes);
        byte[] bytes = new byte[labels + (((Count * 4) + 63) / 64 * 64)];
        ReadOnlySpan<uint> header =
            [Magic, (uint)Count, Features, Classes, RowPitchBytes, HeaderBytes, (uint)labels, MaximumPixel];
        for (int i = 0; i < header.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 * i), header[i]);
        for (int i = 0; i < Count; i++)
        {
            Pixels.AsSpan(i * Features, Features).CopyTo(bytes.AsSpan(HeaderBytes + (i * RowPitchBytes)));
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(labels + (4 * i)), Labels[i]);
        }

        return bytes;
    }
}
