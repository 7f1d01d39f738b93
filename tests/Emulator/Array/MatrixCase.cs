using System.Buffers.Binary;
using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>One matmul (or a few that accumulate) with its operands in a scratchpad, and what a triple loop makes of it.</summary>
internal sealed record MatrixCase(int M, int K, int N, bool Integer, bool TransposeA, bool TransposeB, int Products, bool Awkward, ulong Seed)
{
    private const int OffsetD = 0x80000;
    private const int ProductBytes = 0x20000;

    private static readonly ushort[] AwkwardBf16 = [0x0000, 0x8000, 0x7F80, 0xFF80, 0x7FC1, 0x0001, 0x8001, 0x7F7F, 0x0080];

    private int ElementBytes => Integer ? 1 : 2;

    private int StoredA => TransposeA ? M : K;

    private int StoredB => TransposeB ? K : N;

    /// <summary>The raw 32-bit words of the slot, row by row, NaN canonical.</summary>
    public uint[] Expected()
    {
        var scratchpad = new byte[1 << 20];
        Fill(scratchpad);
        var sums = new uint[M * N];
        for (int p = 0; p < Products; p++)
        {
            for (int i = 0; i < M; i++)
            {
                for (int j = 0; j < N; j++)
                    sums[(i * N) + j] = Reduce(scratchpad, p, i, j, sums[(i * N) + j]);
            }
        }

        return sums;
    }

    /// <summary>What the unit under test drains.</summary>
    public uint[] Run(MatrixConfig config, int stallPercent = 0, int latency = 1) =>
        Run(new MatrixBench(config, stallPercent, Seed + 7, latency));

    public uint[] Run(MatrixBench bench)
    {
        Fill(bench.Scratchpad.Bytes);
        for (int p = 0; p < Products; p++)
            bench.Program.Enqueue(Matmul(p));
        bench.Program.Enqueue(RawDrain());
        bench.Run();
        var words = new uint[M * N];
        for (int i = 0; i < M; i++)
        {
            for (int j = 0; j < N; j++)
                words[(i * N) + j] = BinaryPrimitives.ReadUInt32LittleEndian(bench.Scratchpad.Bytes.AsSpan(OffsetD + (i * PitchD) + (j * 4)));
        }

        return words;
    }

    public Descriptor Matmul(int product) => new()
    {
        Opcode = DescriptorOpcode.MxMatmul,
        Accumulate = product > 0,
        TransposeA = TransposeA,
        TransposeB = TransposeB,
        TypeA = Integer ? ElementType.Int8 : ElementType.Bf16,
        TypeB = Integer ? ElementType.Int8 : ElementType.Bf16,
        TypeAccumulator = Integer ? ElementType.Int32 : ElementType.Fp32,
        Version = 1,
        A = AddressMap.Scratchpad + (ulong)OffsetA(product),
        B = AddressMap.Scratchpad + (ulong)OffsetB(product),
        N0 = M,
        N1 = K,
        N2 = N,
        PitchA = Pitch(StoredA),
        PitchB = Pitch(StoredB),
        Slot = 1,
    };

    public Descriptor RawDrain() => new()
    {
        Opcode = DescriptorOpcode.MxDrain,
        TypeAccumulator = Integer ? ElementType.Int32 : ElementType.Fp32,
        TypeOut = Integer ? ElementType.Int32 : ElementType.Fp32,
        Version = 1,
        D = AddressMap.Scratchpad + OffsetD,
        N0 = M,
        N2 = N,
        PitchD = PitchD,
        Slot = 1,
    };

    public int PitchD => (N * 4 + 15) / 16 * 16;

    public void Fill(byte[] scratchpad)
    {
        var random = new MatrixStimulus(Seed);
        for (int p = 0; p < Products; p++)
        {
            Fill(scratchpad, OffsetA(p), TransposeA ? K : M, StoredA, random);
            Fill(scratchpad, OffsetB(p), TransposeB ? N : K, StoredB, random);
        }
    }

    private static int OffsetA(int product) => (product * ProductBytes) + 48;

    private static int OffsetB(int product) => (product * ProductBytes) + (ProductBytes / 2) + 16;

    private int Pitch(int elements) => ((elements * ElementBytes) + 15) / 16 * 16;

    private void Fill(byte[] scratchpad, int offset, int rows, int columns, MatrixStimulus random)
    {
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                int at = offset + (i * Pitch(columns)) + (j * ElementBytes);
                if (Integer)
                    scratchpad[at] = (byte)random.Next(256);
                else
                    BinaryPrimitives.WriteUInt16LittleEndian(scratchpad.AsSpan(at), Element(random));
            }
        }
    }

    private ushort Element(MatrixStimulus random)
    {
        if (Awkward && random.Next(10) == 0)
            return AwkwardBf16[random.Next(AwkwardBf16.Length)];
        return Bf16.FromFloat((random.Next(2001) - 1000) / 300f);
    }

    private uint Reduce(byte[] scratchpad, int product, int i, int j, uint sum)
    {
        float accumulator = BitConverter.UInt32BitsToSingle(sum);
        int integer = (int)sum;
        for (int k = 0; k < K; k++)
        {
            int a = OffsetA(product) + (TransposeA ? (k * Pitch(M)) + (i * ElementBytes) : (i * Pitch(K)) + (k * ElementBytes));
            int b = OffsetB(product) + (TransposeB ? (j * Pitch(K)) + (k * ElementBytes) : (k * Pitch(N)) + (j * ElementBytes));
            if (Integer)
                integer = unchecked(integer + ((sbyte)scratchpad[a] * (sbyte)scratchpad[b]));
            else
                accumulator = Fp32.Fma(Float(scratchpad, a), Float(scratchpad, b), accumulator);
        }

        return Integer ? (uint)integer : CanonicalNaN.BitsOf(accumulator);
    }

    private static float Float(byte[] bytes, int at) => Bf16.ToFloat(BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at)));
}
