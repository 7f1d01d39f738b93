using System.Buffers.Binary;
using System.IO.Compression;
using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

/// <summary>Writes files in MNIST's form.</summary>
internal static class Idx
{
    public const int Side = 28;

    /// <summary>Mark, size of each dimension, bytes.</summary>
    public static byte[] Bytes(byte[] values, params int[] sizes)
    {
        byte[] bytes = new byte[4 + (4 * sizes.Length) + values.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, 0x800 | sizes.Length);
        for (int i = 0; i < sizes.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 * (1 + i)), sizes[i]);
        values.CopyTo(bytes.AsSpan(4 * (1 + sizes.Length)));
        return bytes;
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionMode.Compress))
            stream.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>Drawn digits of 8x8 pixels to 16, spread over MNIST's 28x28 pixels to 255.</summary>
    public static DigitData Enlarge(DigitData small)
    {
        const int SmallSide = 8;
        byte[] pixels = new byte[small.Count * Side * Side];
        for (int i = 0; i < pixels.Length; i++)
        {
            int column = i % Side * SmallSide / Side, row = i / Side % Side * SmallSide / Side, image = i / (Side * Side);
            pixels[i] = (byte)(small.Pixels[(image * small.Features) + (row * SmallSide) + column] * byte.MaxValue / small.MaximumPixel);
        }

        return new DigitData(pixels, small.Labels, Side * Side, byte.MaxValue);
    }
}
