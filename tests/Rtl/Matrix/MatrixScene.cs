using System.Buffers.Binary;
using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>What the numbers in the scratchpad are like.</summary>
internal enum MatrixData
{
    /// <summary>Sums stay finite.</summary>
    Ordinary,

    /// <summary>-0, infinities, NaN, subnormals and the greatest numbers among them.</summary>
    Awkward,

    /// <summary>Any bits.</summary>
    Raw,
}

/// <summary>Types of X and W.</summary>
internal enum MatrixTypes
{
    Bf16,
    Int4,
    Int8,
    Int16ByInt8,
    Int8ByInt16,
}

internal static class MatrixTypesOfOperands
{
    /// <summary>X's and W's.</summary>
    public static (ElementType A, ElementType W) OfOperands(this MatrixTypes types) => types switch
    {
        MatrixTypes.Bf16 => (ElementType.Bf16, ElementType.Bf16),
        MatrixTypes.Int4 => (ElementType.Int4, ElementType.Int4),
        MatrixTypes.Int8 => (ElementType.Int8, ElementType.Int8),
        MatrixTypes.Int16ByInt8 => (ElementType.Int16, ElementType.Int8),
        _ => (ElementType.Int8, ElementType.Int16),
    };
}

/// <summary>One descriptor before it is known what its slot holds then: what does not fit becomes something that does.</summary>
/// <param name="Kind">Any of queue MX; a stream of no weights becomes a load.</param>
/// <param name="M">Rows of what starts a slot; what goes on with one has the slot's.</param>
/// <param name="K">Of a stream the load's, which is cut to what the array holds.</param>
/// <param name="N">Columns, likewise.</param>
/// <param name="Place">Where operands lie, and how far apart their rows.</param>
internal sealed record MatrixOperation(DescriptorOpcode Kind, int Slot, int M, int K, int N, bool Accumulate, MatrixTypes Types, int Place)
{
    /// <summary>Whether sums are int32.</summary>
    public bool Integer => Types != MatrixTypes.Bf16;

    public bool TransposeA { get; init; }

    public bool TransposeB { get; init; }

    /// <summary>Of a drain.</summary>
    public ElementType Out { get; init; } = ElementType.Fp32;

    public bool Scaled { get; init; }

    public bool Biased { get; init; }

    public bool Relu { get; init; }
}

/// <summary>A few descriptors, how soon channels answer, and what lies in the scratchpad.</summary>
/// <param name="Size">Which of <see cref="MatrixSizes"/>.</param>
/// <param name="StallPercent">Edges at which a channel's other end does nothing.</param>
/// <param name="LatencyEdges">From a granted request to its answer.</param>
internal sealed record MatrixScene(int Size, MatrixOperation[] Operations, int StallPercent, int LatencyEdges, MatrixData Data, int Seed)
{
    /// <summary>Turns of some edges, of a hundred, in which nobody takes a report.</summary>
    public int ReportStallPercent { get; init; }

    public const int ScratchpadBytes = 1 << 16;

    private static readonly ushort[] AwkwardBf16 = [0x0000, 0x8000, 0x7F80, 0xFF80, 0x7FC1, 0x0001, 0x8001, 0x7F7F, 0xFF7F, 0x0080];

    public override string ToString() =>
        $"size {Size} ({MatrixSizes.All[Size]}), stalls {StallPercent} % ({ReportStallPercent} % of reports), latency {LatencyEdges}, {Data} data, seed {Seed}:\n"
        + string.Join('\n', Operations.Select(o => "  " + o));

    /// <summary>Descriptors that dispatch would let through, in order.</summary>
    public List<Descriptor> Descriptors()
    {
        MatrixSize size = MatrixSizes.All[Size];
        var slots = new (int M, int N, bool Integer)[4];
        var descriptors = new List<Descriptor>();
        MatrixOperation? load = null;
        foreach (MatrixOperation drawn in Operations)
        {
            MatrixOperation operation = drawn;
            switch (drawn.Kind)
            {
                case DescriptorOpcode.MxLoad:
                case DescriptorOpcode.MxStream when load is null:
                    int deepest = size.Config.Rows * size.PackingOf(drawn.Types);
                    load = drawn with { Kind = DescriptorOpcode.MxLoad, K = Math.Min(drawn.K, deepest), N = Math.Min(drawn.N, size.Config.Columns) };
                    descriptors.Add(Descriptor(load, 0, load.N, load.Integer, false));
                    continue;
                case DescriptorOpcode.MxStream:
                    operation = drawn with { K = load.K, N = load.N, Types = load.Types };
                    break;
                case DescriptorOpcode.MxMatmul:
                    load = null;
                    break;
            }

            ref (int M, int N, bool Integer) slot = ref slots[operation.Slot];
            bool accumulates = operation.Accumulate && slot.Integer == operation.Integer && (operation.Kind == DescriptorOpcode.MxMatmul
                || (operation.Kind == DescriptorOpcode.MxStream && slot.N == operation.N));
            bool goesOn = slot.M > 0 && (accumulates || operation.Kind == DescriptorOpcode.MxDrain);
            if (operation.Kind == DescriptorOpcode.MxDrain && !goesOn)
                continue;
            if (!goesOn)
            {
                int blocks = Math.Min((operation.N + size.Config.Columns - 1) / size.Config.Columns, size.SlotLines);
                slot = (Math.Min(operation.M, size.SlotLines / blocks), Math.Min(operation.N, blocks * size.Config.Columns), operation.Integer);
            }

            descriptors.Add(Descriptor(operation, slot.M, slot.N, slot.Integer, goesOn));
        }

        return descriptors;
    }

    /// <summary>The scratchpad before the first descriptor.</summary>
    public byte[] Scratchpad()
    {
        var bytes = new byte[ScratchpadBytes];
        var random = new Random(Seed);
        random.NextBytes(bytes);
        if (Data == MatrixData.Raw)
            return bytes;
        for (int i = 0; i < bytes.Length; i += 2)
        {
            ushort element = Data == MatrixData.Awkward && random.Next(8) == 0
                ? AwkwardBf16[random.Next(AwkwardBf16.Length)]
                : Bf16.FromFloat((random.Next(2001) - 1000) / 300f);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i), element);
        }

        return bytes;
    }

    /// <summary>Smaller scenes, to find the smallest that still fails.</summary>
    public IEnumerable<MatrixScene> Smaller()
    {
        for (int i = 0; i < Operations.Length; i++)
            yield return this with { Operations = [.. Operations[..i], .. Operations[(i + 1)..]] };
        if (StallPercent > 0)
            yield return this with { StallPercent = 0 };
        if (ReportStallPercent > 0)
            yield return this with { ReportStallPercent = 0 };
        if (LatencyEdges > 1)
            yield return this with { LatencyEdges = 1 };
        if (Data != MatrixData.Ordinary)
            yield return this with { Data = MatrixData.Ordinary };
        for (int i = 0; i < Operations.Length; i++)
        {
            MatrixOperation o = Operations[i];
            foreach (MatrixOperation smaller in new[]
            {
                o with { M = o.M / 2 }, o with { K = o.K / 2 }, o with { N = o.N / 2 },
                o with { M = o.M - 1 }, o with { K = o.K - 1 }, o with { N = o.N - 1 },
                o with { Place = 0 }, o with { Slot = 0 }, o with { Accumulate = false }, o with { Relu = false }, o with { Scaled = false }, o with { Biased = false },
                o with { TransposeA = false }, o with { TransposeB = false }, o with { Types = MatrixTypes.Int8 },
            })
            {
                if (smaller != o && smaller.M > 0 && smaller.K > 0 && smaller.N > 0)
                    yield return this with { Operations = [.. Operations[..i], smaller, .. Operations[(i + 1)..]] };
            }
        }
    }

    private static Descriptor Descriptor(MatrixOperation operation, int m, int n, bool integer, bool goesOn)
    {
        (ElementType a, ElementType w) = operation.Types.OfOperands();
        var random = new Random(operation.Place);
        var descriptor = new Descriptor
        {
            Opcode = operation.Kind,
            Version = 1,
            N0 = m,
            N2 = n,
        };
        bool rows = operation.Kind is DescriptorOpcode.MxMatmul or DescriptorOpcode.MxStream;
        bool weights = operation.Kind is DescriptorOpcode.MxMatmul or DescriptorOpcode.MxLoad;
        if (operation.Kind != DescriptorOpcode.MxLoad)
        {
            descriptor.TypeAccumulator = integer ? ElementType.Int32 : ElementType.Fp32;
            descriptor.Slot = (byte)operation.Slot;
        }

        if (rows || weights)
        {
            descriptor.TypeA = a;
            descriptor.TypeB = w;
            descriptor.N1 = operation.K;
        }

        if (rows)
        {
            descriptor.Accumulate = goesOn;
            descriptor.TransposeA = operation.TransposeA;
            (int stored, int elements) = operation.TransposeA ? (operation.K, m) : (m, operation.K);
            (descriptor.A, descriptor.PitchA) = Place(random, stored, RowBytes(elements, a), operation.Place == 0);
        }

        if (weights)
        {
            descriptor.TransposeB = operation.TransposeB;
            (int stored, int elements) = operation.TransposeB ? (n, operation.K) : (operation.K, n);
            (descriptor.B, descriptor.PitchB) = Place(random, stored, RowBytes(elements, w), operation.Place == 0);
        }

        if (operation.Kind == DescriptorOpcode.MxDrain)
        {
            descriptor.TypeOut = operation.Out;
            descriptor.MatrixParameters = operation.Scaled ? (uint)(AddressMap.Scratchpad + (ulong)(64 * random.Next(ScratchpadBytes / 64))) : 0;
            if (operation.Biased)
            {
                descriptor.TypeB = ElementType.Fp32;
                (descriptor.B, _) = Place(random, 1, n * sizeof(float), operation.Place == 0);
            }

            descriptor.Activation = operation.Relu ? Activation.Relu : Activation.None;
            (descriptor.D, descriptor.PitchD) = Place(random, m, n * operation.Out.SizeBytes(), operation.Place == 0);
        }

        return descriptor;
    }

    private static int RowBytes(int elements, ElementType type) =>
        type == ElementType.Int4 ? Int4.RowBytes(elements) : elements * type.SizeBytes();

    private static (ulong Address, int Pitch) Place(Random random, int rows, int rowBytes, bool plain)
    {
        int pitch = (rowBytes + 15) / 16 * 16;
        pitch += plain ? 0 : 16 * random.Next(4);
        int room = (ScratchpadBytes - (((rows - 1) * pitch) + rowBytes)) / 16;
        int at = plain ? 0 : 16 * random.Next(room + 1);
        return (AddressMap.Scratchpad + (ulong)at, pitch);
    }
}
