using System.Buffers.Binary;
using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>One matmul (or a few that accumulate) with its operands in a scratchpad, and what a triple loop makes of it.</summary>
internal sealed record MatrixCase(int M, int K, int N, bool Integer, bool TransposeA, bool TransposeB, int Products, bool Awkward, ulong Seed)
{
    private const int OffsetD = 0x80000;
    private const int ProductBytes = 0x20000;

    /// <summary>Every pair of operand types that there is.</summary>
    public static readonly IReadOnlyList<(ElementType A, ElementType B)> Types =
    [
        (ElementType.Bf16, ElementType.Bf16), (ElementType.Int8, ElementType.Int8), (ElementType.Int4, ElementType.Int4),
        (ElementType.Int16, ElementType.Int8), (ElementType.Int8, ElementType.Int16),
    ];

    private static readonly ushort[] AwkwardBf16 = [0x0000, 0x8000, 0x7F80, 0xFF80, 0x7FC1, 0x0001, 0x8001, 0x7F7F, 0x0080];

    /// <summary>Operand types; int8 or bf16 unless said otherwise.</summary>
    public ElementType TypeA { get; init; } = Integer ? ElementType.Int8 : ElementType.Bf16;

    public ElementType TypeB { get; init; } = Integer ? ElementType.Int8 : ElementType.Bf16;

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
                    sums[(i * N) + j] = Reduce(scratchpad, p, i, j, sums[(i * N) + j], 0, K);
            }
        }

        return sums;
    }

    /// <summary>The same for bf16 where sums of so many k each are added below the array.</summary>
    public uint[] Expected(int rows)
    {
        var scratchpad = new byte[1 << 20];
        Fill(scratchpad);
        var sums = new uint[M * N];
        for (int at = 0; at < sums.Length; at++)
        {
            for (int fold = 0; fold < Products * ((K + rows - 1) / rows); fold++)
            {
                int first = fold % ((K + rows - 1) / rows) * rows;
                uint sum = Reduce(scratchpad, fold / ((K + rows - 1) / rows), at / N, at % N, 0, first, Math.Min(K, first + rows));
                sums[at] = fold == 0 ? sum : CanonicalNaN.BitsOf(BitConverter.UInt32BitsToSingle(sums[at]) + BitConverter.UInt32BitsToSingle(sum));
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
        TypeA = TypeA,
        TypeB = TypeB,
        TypeAccumulator = Integer ? ElementType.Int32 : ElementType.Fp32,
        Version = 1,
        A = AddressMap.Scratchpad + (ulong)OffsetA(product),
        B = AddressMap.Scratchpad + (ulong)OffsetB(product),
        N0 = M,
        N1 = K,
        N2 = N,
        PitchA = Pitch(StoredA, TypeA),
        PitchB = Pitch(StoredB, TypeB),
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
            Fill(scratchpad, OffsetA(p), TransposeA ? K : M, StoredA, TypeA, random);
            Fill(scratchpad, OffsetB(p), TransposeB ? N : K, StoredB, TypeB, random);
        }
    }

    private static int OffsetA(int product) => (product * ProductBytes) + 48;

    private static int OffsetB(int product) => (product * ProductBytes) + (ProductBytes / 2) + 16;

    private static int Pitch(int elements, ElementType type) => (RowBytes(elements, type) + 15) / 16 * 16;

    private static int RowBytes(int elements, ElementType type) => type == ElementType.Int4 ? (elements + 1) / 2 : elements * type.SizeBytes();

    private void Fill(byte[] scratchpad, int offset, int rows, int columns, ElementType type, MatrixStimulus random)
    {
        int pitch = Pitch(columns, type);
        for (int i = 0; i < rows; i++)
        {
            Span<byte> row = scratchpad.AsSpan(offset + (i * pitch), pitch);
            if (type == ElementType.Bf16)
            {
                for (int j = 0; j < columns; j++)
                    BinaryPrimitives.WriteUInt16LittleEndian(row[(2 * j)..], Element(random));
                continue;
            }

            // Up to the pitch, as nobody may take what lies behind a row for zeros.
            foreach (ref byte value in row)
                value = (byte)random.Next(256);
        }
    }

    private ushort Element(MatrixStimulus random)
    {
        if (Awkward && random.Next(10) == 0)
            return AwkwardBf16[random.Next(AwkwardBf16.Length)];
        return Bf16.FromFloat((random.Next(2001) - 1000) / 300f);
    }

    private uint Reduce(byte[] scratchpad, int product, int i, int j, uint sum, int firstK, int endK)
    {
        float accumulator = BitConverter.UInt32BitsToSingle(sum);
        int integer = (int)sum;
        for (int k = firstK; k < endK; k++)
        {
            (int aRow, int aColumn) = TransposeA ? (k, i) : (i, k);
            (int bRow, int bColumn) = TransposeB ? (j, k) : (k, j);
            ReadOnlySpan<byte> a = scratchpad.AsSpan(OffsetA(product) + (aRow * Pitch(StoredA, TypeA)));
            ReadOnlySpan<byte> b = scratchpad.AsSpan(OffsetB(product) + (bRow * Pitch(StoredB, TypeB)));
            if (TypeA == ElementType.Bf16)
                accumulator = Fp32.Fma(Float(a, aColumn), Float(b, bColumn), accumulator);
            else
                integer = unchecked(integer + (Integral(a, aColumn, TypeA) * Integral(b, bColumn, TypeB)));
        }

        return Integer ? (uint)integer : CanonicalNaN.BitsOf(accumulator);
    }

    private static float Float(ReadOnlySpan<byte> row, int at) => Bf16.ToFloat(BinaryPrimitives.ReadUInt16LittleEndian(row[(2 * at)..]));

    private static int Integral(ReadOnlySpan<byte> row, int at, ElementType type) => type switch
    {
        ElementType.Int4 => (sbyte)(row[at / 2] >> (at % 2 * 4) << 4) >> 4,
        ElementType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(row[(2 * at)..]),
        _ => (sbyte)row[at],
    };
}
