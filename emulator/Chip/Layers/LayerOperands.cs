using System.Buffers.Binary;
using HybridEmu.Isa;

namespace HybridEmu.Chip;

/// <summary>Where a layer's operands lie in streaming memory, and the numbers in them, drawn from a seed.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Type">Of all its elements.</param>
/// <param name="Seed">Of the numbers.</param>
/// <param name="Base">Address of the first byte that may be used.</param>
public sealed record LayerOperands(Layer Layer, LayerType Type, ulong Seed, ulong Base)
{
    private const int Line = 64;

    public int ElementBytes => Type == LayerType.Int8 ? 1 : 2;

    /// <summary>Bytes from row to row of A, B and C; an image has no rows apart.</summary>
    public long PitchA => Pitch(Layer.K);

    public long PitchB => Pitch(Layer.N);

    public long PitchC => Pitch(Layer.N);

    public ulong A => Base;

    public ulong B => A + (ulong)BytesA;

    public ulong C => B + (ulong)(PitchB * Layer.K);

    public ulong End => C + (ulong)(PitchC * Layer.M);

    /// <summary>fp32 scale of every sum on its way out: int8 results fill their range, bf16 ones are the sums.</summary>
    public float Scale => Type == LayerType.Bf16 ? 1 : ScaleOfInt8(Layer.K);

    /// <summary>A power of two that brings the sums of k products of random int8 to some 40, as a standard deviation.</summary>
    internal static float ScaleOfInt8(int k)
    {
        const double Product = 74.0 * 74.0, Wanted = 40;
        double scale = 1;
        while (scale * scale * Product * Product * k > Wanted * Wanted)
            scale /= 2;
        return (float)scale;
    }

    private long BytesA => Layer.Image is { } image ? Pitch((int)Math.Min(image.Pixels, int.MaxValue)) : PitchA * Layer.M;

    /// <summary>A matrix or image as it lies in memory.</summary>
    public byte[] BytesOfA() => Layer.Image is null ? Draw(0, Layer.M, Layer.K, PitchA) : Draw(0, 1, (int)Layer.Image.Pixels, BytesA);

    public byte[] BytesOfB() => Draw(1, Layer.K, Layer.N, PitchB);

    private long Pitch(int elements) => (((long)elements * ElementBytes) + Line - 1) / Line * Line;

    /// <summary>Element (i, j) has number i * columns + j of its operand, so that pitches change no number.</summary>
    private byte[] Draw(ulong operand, int rows, int columns, long pitch)
    {
        byte[] bytes = new byte[rows * pitch];
        ulong seed = (Seed << 1) + operand;
        Span<byte> drawn = stackalloc byte[16];
        long bytesDrawn = 0;
        for (int row = 0; row < rows; row++)
        {
            Span<byte> line = bytes.AsSpan(checked((int)(row * pitch)), columns * ElementBytes);
            while (!line.IsEmpty)
            {
                int phase = (int)(bytesDrawn % drawn.Length);
                if (phase == 0)
                    Fill(seed, (ulong)(bytesDrawn / drawn.Length), drawn);
                int take = Math.Min(drawn.Length - phase, line.Length);
                drawn.Slice(phase, take).CopyTo(line);
                line = line[take..];
                bytesDrawn += take;
            }
        }

        return bytes;
    }

    /// <summary>Sixteen bytes of int8, or eight numbers in [-1, 1).</summary>
    private void Fill(ulong seed, ulong counter, Span<byte> drawn)
    {
        uint c0 = (uint)counter, c1 = (uint)(counter >> 32), c2 = 0, c3 = 0;
        CounterRandom.Philox(ref c0, ref c1, ref c2, ref c3, (uint)seed, (uint)(seed >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(drawn, c0);
        BinaryPrimitives.WriteUInt32LittleEndian(drawn[4..], c1);
        BinaryPrimitives.WriteUInt32LittleEndian(drawn[8..], c2);
        BinaryPrimitives.WriteUInt32LittleEndian(drawn[12..], c3);
        for (int i = 0; Type == LayerType.Bf16 && i < drawn.Length; i += 2)
        {
            float value = BinaryPrimitives.ReadInt16LittleEndian(drawn[i..]) / 32768f;
            BinaryPrimitives.WriteUInt16LittleEndian(drawn[i..], Bf16.FromFloat(value));
        }
    }
}
