using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Lanes;
using HybridEmu.Reference;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>A random sequence of loads, streams, products, zeros and drains that is legal on its array.</summary>
/// <param name="Shape">Index into <see cref="Shapes"/>.</param>
/// <param name="Steps">Descriptors.</param>
/// <param name="Stall">Edges of a hundred at which a scratchpad port is not granted.</param>
/// <param name="Look">Looks at the registers in so many of a thousand edges.</param>
/// <param name="Ahead">Descriptors that are queued before the one before them is reported.</param>
/// <param name="Core">Reads of the core from the accumulators meanwhile.</param>
internal sealed record PinnedCase(int Shape, ulong Seed, int Steps, int Stall, int Look, int Ahead, int Core, bool Packs, bool Single)
{
    public static readonly (int Rows, int Columns, int Latency)[] Shapes =
        [(8, 8, 2), (5, 7, 2), (1, 1, 1), (3, 40, 1), (40, 3, 4), (16, 16, 3), (32, 32, 2), (1, 20, 2), (20, 1, 2), (17, 33, 2)];

    private const int OperandBytes = 0x8000, ResultBytes = 0x2000, Results = 24;

    public MatrixConfig Config => new(
        Shapes[Shape].Rows, Shapes[Shape].Columns, 32768, Shapes[Shape].Latency, Int8Packing: Packs ? 4 : 1, Int4Packing: Packs ? 8 : 1,
        SinglePortedAccumulators: Single, Simd: (Seed & 3) switch { 1 => SimdWidth.Scalar, 2 => SimdWidth.Vector128, _ => SimdWidth.Widest });

    public MatrixBench Run(ArrayEngine engine, bool everyEdge, Func<long, bool>? looks = null)
    {
        bool Looks(long edge) => Look > 0 && new MatrixStimulus(Seed ^ ((ulong)edge << 20)).Next(1000) < Look;
        var bench = new MatrixBench(Config with { Engine = engine }, Stall, Seed) { Hashes = [], HashAt = looks ?? Looks, EveryEdge = everyEdge, Ahead = Ahead };
        Fill(bench.Scratchpad.Bytes);
        foreach (Descriptor descriptor in Program())
            bench.Program.Enqueue(descriptor);
        var random = new MatrixStimulus(Seed + 9);
        for (int i = 0; i < Core; i++)
            bench.CoreProgram.Enqueue(new ScratchpadRequest { Address = (uint)random.Next(8191) * 4, Length = 4 });
        bench.Run(3);
        return bench;
    }

    /// <summary>What the reference leaves in the scratchpad.</summary>
    public byte[] Expected()
    {
        var start = new byte[1 << 20];
        Fill(start);
        var scratchpad = new ReferenceMemory(1 << 20);
        scratchpad.Load(0, start.AsSpan(0, OperandBytes));
        MatrixConfig config = Config;
        var tensor = new ReferenceTensor(
            new ReferenceTensorConfig
            {
                Rows = config.Rows,
                Columns = config.Columns,
                Int8Packing = config.Int8Packing,
                Int4Packing = config.Int4Packing,
                AccumulatorBytes = config.AccumulatorBytes,
            },
            new ReferenceMemory(1ul << 32), scratchpad);
        foreach (Descriptor descriptor in Program())
            Assert.Equal(QueueFaultCause.None, tensor.Execute(descriptor));
        return scratchpad.Bytes(0, OperandBytes + (Results * ResultBytes));
    }

    public static byte[] Written(MatrixBench bench) => bench.Scratchpad.Bytes[..(OperandBytes + (Results * ResultBytes))];

    public IEnumerable<Descriptor> Program()
    {
        var random = new MatrixStimulus(Seed);
        MatrixConfig config = Config;
        var slots = new (int M, int N, ElementType Type)[4];
        Descriptor? loaded = null;
        int drains = 0;
        for (int step = 0; step < Steps; step++)
        {
            int kind = random.Next(12), at = random.Next(4);
            ref (int M, int N, ElementType Type) slot = ref slots[at];
            if (kind < 3)
            {
                (ElementType a, ElementType b) = MatrixCase.Types[random.Next(MatrixCase.Types.Count)];
                int deepest = config.Rows * MatrixConfig.PackingOf(a, b, config.Int8Packing, config.Int4Packing);
                Descriptor load = Product(DescriptorOpcode.MxLoad, a, b, 0, 1 + random.Next(Math.Min(60, deepest)), 1 + random.Next(config.Columns), random);
                loaded = load;
                yield return load;
            }
            else if (kind < 8 && loaded is { } weights)
            {
                int m = slot.M > 0 && slot.N == weights.N2 ? slot.M : 1 + random.Next(24);
                Descriptor stream = Product(DescriptorOpcode.MxStream, weights.TypeA, weights.TypeB, m, weights.N1, weights.N2, random);
                stream.Slot = (byte)at;
                stream.Accumulate = slot == (m, stream.N2, stream.TypeAccumulator) && random.Next(3) > 0;
                slot = (m, stream.N2, stream.TypeAccumulator);
                yield return stream;
            }
            else if (kind < 9)
            {
                (ElementType a, ElementType b) = MatrixCase.Types[random.Next(MatrixCase.Types.Count)];
                Descriptor product = Product(DescriptorOpcode.MxMatmul, a, b, 1 + random.Next(24), 1 + random.Next(60), 1 + random.Next(60), random);
                product.Slot = (byte)at;
                slot = (product.N0, product.N2, product.TypeAccumulator);
                loaded = null;
                yield return product;
            }
            else if (kind < 10 || slot.M == 0)
            {
                slot = (1 + random.Next(24), 1 + random.Next(60), random.Next(2) == 0 ? ElementType.Fp32 : ElementType.Int32);
                yield return new Descriptor { Opcode = DescriptorOpcode.MxZero, Version = 1, TypeAccumulator = slot.Type, N0 = slot.M, N2 = slot.N, Slot = (byte)at };
            }
            else
            {
                yield return Drain(slot, at, drains++ % Results);
            }
        }

        for (int at = 0; at < slots.Length; at++)
        {
            if (slots[at].M > 0)
                yield return Drain(slots[at], at, drains++ % Results);
        }
    }

    public IEnumerable<PinnedCase> Shrink()
    {
        if (Stall > 0)
            yield return this with { Stall = 0 };
        if (Core > 0)
            yield return this with { Core = 0 };
        if (Steps > 1)
            yield return this with { Steps = Steps / 2 };
        if (Steps > 1)
            yield return this with { Steps = Steps - 1 };
        if (Ahead > 0)
            yield return this with { Ahead = Ahead - 1 };
        if (Single)
            yield return this with { Single = false };
        if (Packs)
            yield return this with { Packs = false };
        if (Look is > 0 and < 1000)
            yield return this with { Look = 1000 };
        if (Shape > 0)
            yield return this with { Shape = Shape - 1 };
    }

    private static Descriptor Drain((int M, int N, ElementType Type) slot, int at, int result) => new()
    {
        Opcode = DescriptorOpcode.MxDrain,
        Version = 1,
        TypeAccumulator = slot.Type,
        TypeOut = slot.Type,
        D = AddressMap.Scratchpad + OperandBytes + ((ulong)result * ResultBytes),
        N0 = slot.M,
        N2 = slot.N,
        PitchD = ((slot.N * 4) + 15) / 16 * 16,
        Slot = (byte)at,
    };

    private static Descriptor Product(DescriptorOpcode opcode, ElementType a, ElementType b, int m, int k, int n, MatrixStimulus random)
    {
        bool load = opcode == DescriptorOpcode.MxLoad, stream = opcode == DescriptorOpcode.MxStream;
        var d = new Descriptor { Opcode = opcode, Version = 1, TypeA = a, TypeB = b, N0 = m, N1 = k, N2 = n };
        bool transposeA = random.Next(3) == 0, transposeB = random.Next(3) == 0;
        int addressA = random.Next(256) * 16, addressB = 0x4000 + (random.Next(256) * 16);
        if (!load)
        {
            d.TypeAccumulator = a == ElementType.Bf16 ? ElementType.Fp32 : ElementType.Int32;
            d.TransposeA = transposeA;
            d.A = AddressMap.Scratchpad + (ulong)addressA;
            d.PitchA = Pitch(transposeA ? m : k, a);
        }

        if (!stream)
        {
            d.TransposeB = transposeB;
            d.B = AddressMap.Scratchpad + (ulong)addressB;
            d.PitchB = Pitch(transposeB ? k : n, b);
        }

        return d;
    }

    private static int Pitch(int elements, ElementType type) => ((type == ElementType.Int4 ? (elements + 1) / 2 : elements * type.SizeBytes()) + 15) / 16 * 16;

    /// <summary>Numbers of moderate size to bf16, any byte to integers, and here and there an infinity, a NaN or a subnormal.</summary>
    private void Fill(byte[] scratchpad)
    {
        ushort[] awkward = [0x0000, 0x8000, 0x7F80, 0xFF80, 0x7FC1, 0x0001, 0x7F7F];
        var random = new MatrixStimulus(Seed + 5);
        for (int at = 0; at < OperandBytes; at += 2)
        {
            bool plain = (Seed & 4) != 0 || random.Next(60) != 0;
            BitConverter.TryWriteBytes(scratchpad.AsSpan(at), plain ? Bf16.FromFloat((random.Next(2001) - 1000) / 300f) : awkward[random.Next(awkward.Length)]);
        }
    }
}
