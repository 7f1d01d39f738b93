using HybridEmu.Isa;

namespace HybridEmu.Rtl.Tests;

/// <summary>A graph of descriptors, what the core does beside it, and how slow memory and core are.</summary>
/// <param name="Seed">Of bytes, stalls and times.</param>
/// <param name="StallPercent">Cycles in which core or memory take or give nothing.</param>
/// <param name="LatencyCycles">The most that memory takes for a transaction.</param>
/// <param name="Commands">What the core asks of dispatch.</param>
/// <param name="Accesses">What the core does in the scratchpad.</param>
internal sealed record TileCase(ulong Seed, int StallPercent, int LatencyCycles, CoreCommand[] Commands, PortAccess[] Accesses)
{
    private const int Slots = 4;

    // What the arrays of all tiles hold.
    private const int MostLoadedRows = 3, MostLoadedColumns = 4;

    public override string ToString() =>
        $"seed {Seed}, stalls {StallPercent} %, latency up to {LatencyCycles}:\n{string.Join('\n', Commands.Select(c => c.ToString()))}\n"
        + string.Join('\n', Accesses.Select(a => a.ToString()));

    public static TileCase Of(ulong seed)
    {
        var random = new Seeded(seed);
        int stall = random.Of(0, 0, 20, 50), latency = random.Of(1, 10, 40, 150);
        var program = new CoreProgram(new Seeded(seed + 1), random.Of(2, 5, 12), random.Of(1, 4, 20), mayHang: false);
        var slots = new (int M, int N, ElementType Sum)[Slots];
        LoadedWeights? weights = null;
        bool pins = random.OneIn(2);
        int length = random.Between(4, 28);
        while (program.Commands.Count < length)
        {
            int kind = random.Next(12);
            if (kind == 0)
                program.Interlude();
            else if (kind < 4)
                program.Issue(Load(ref random));
            else if (kind < 6)
                program.Issue(CopyCase.AnyCopy(true, 0, TileRig.ScratchpadBytes, ref random));
            else if (pins && random.Next(4) > 0)
                program.Issue(Pinned(slots, ref weights, ref random), maySkip: false); // what comes after it counts on its slot, or its weights
            else
                program.Issue(Matrix(slots, ref weights, ref random), maySkip: false);
        }

        var accesses = new PortAccess[random.Next(30)];
        foreach (ref PortAccess access in accesses.AsSpan())
        {
            int size = random.Of(1, 2, 4);
            access = new(0, random.Next(30), size * random.Next(TileRig.ScratchpadBytes / size), size, random.OneIn(2));
        }

        return new(seed, stall, latency, [.. program.Commands], accesses);
    }

    public IEnumerable<TileCase> Smaller()
    {
        if (StallPercent > 0)
            yield return this with { StallPercent = 0 };
        if (LatencyCycles > 1)
            yield return this with { LatencyCycles = 1 };
        foreach (CoreCommand[] fewer in RandomCases.Fewer(Commands))
        {
            if (ProductsAreLegal(fewer))
                yield return this with { Commands = fewer };
        }

        foreach (PortAccess[] fewer in RandomCases.Fewer(Accesses))
            yield return this with { Accesses = fewer };
    }

    private static Descriptor Load(ref Seeded random)
    {
        if (random.OneIn(2))
            return CopyCase.AnyCopy(false, 0, TileRig.ScratchpadBytes, ref random);
        ElementType type = random.Of(ElementType.Bf16, ElementType.Int8);
        int rows = random.Between(1, 16), columns = random.Between(1, 24), pitch = random.Of(48, 64);
        return Descriptors.Rows(false, 64 * random.Next(300), 128, Place(rows * pitch, ref random), pitch, type, rows, columns);
    }

    /// <summary>A load, or a stream of the weights that are loaded.</summary>
    private static Descriptor Pinned((int M, int N, ElementType Sum)[] slots, ref LoadedWeights? loaded, ref Seeded random)
    {
        if (loaded is not { } weights || random.OneIn(4))
        {
            (ElementType a, ElementType w) = random.Of(
                (ElementType.Bf16, ElementType.Bf16), (ElementType.Int8, ElementType.Int8), (ElementType.Int16, ElementType.Int8), (ElementType.Int8, ElementType.Int16));
            weights = new(a, w, random.Between(1, MostLoadedRows), random.Between(1, MostLoadedColumns));
            loaded = weights;
            return Descriptors.Load(weights, Operand(weights.K, weights.N, w.SizeBytes(), random.OneIn(4), ref random));
        }

        int at = random.Next(Slots);
        ref (int M, int N, ElementType Sum) slot = ref slots[at];
        ElementType sum = Descriptors.SumOf(weights.A);
        bool accumulate = slot.M > 0 && (slot.N, slot.Sum) == (weights.N, sum) && random.OneIn(2);
        slot = (accumulate ? slot.M : random.Between(1, random.Of(3, 18)), weights.N, sum);
        return Descriptors.Stream(at, accumulate, slot.M, weights, Operand(slot.M, weights.K, weights.A.SizeBytes(), random.OneIn(4), ref random));
    }

    private static Descriptor Matrix((int M, int N, ElementType Sum)[] slots, ref LoadedWeights? loaded, ref Seeded random)
    {
        int slot = random.Next(Slots), kind = random.Next(6);
        (int m, int n, ElementType sum) = slots[slot];
        if (kind < 2 && m > 0)
            return Drain(slot, slots[slot], ref random);
        bool accumulate = kind < 4 && m > 0;
        if (!accumulate)
            (m, n, sum) = (random.Between(1, 18), random.Between(1, 14), random.Of(ElementType.Fp32, ElementType.Int32));
        slots[slot] = (m, n, sum);
        if (kind == 5)
            return Descriptors.Zero(slot, sum, m, n);
        loaded = null;
        ElementType type = sum == ElementType.Fp32 ? ElementType.Bf16 : ElementType.Int8;
        int k = random.Between(1, 14);
        MatrixOperand a = Operand(m, k, type.SizeBytes(), random.OneIn(4), ref random), w = Operand(k, n, type.SizeBytes(), random.OneIn(4), ref random);
        return Descriptors.Matmul(slot, accumulate, type, (m, k, n), a, w);
    }

    private static Descriptor Drain(int slot, (int M, int N, ElementType Sum) held, ref Seeded random)
    {
        ElementType to = random.Of(ElementType.Bf16, ElementType.Fp32, ElementType.Int8);
        bool raw = held.Sum == ElementType.Int32 && random.OneIn(2);
        if (raw)
            to = ElementType.Int32;
        int? parameters = raw || !random.OneIn(3) ? null : 64 * random.Next(TileRig.ScratchpadBytes / 64);
        int? bias = raw || !random.OneIn(3) ? null : Place(4 * held.N, ref random);
        MatrixOperand result = Operand(held.M, held.N, to.SizeBytes(), false, ref random);
        return Descriptors.Drain(slot, held.Sum, to, (held.M, held.N), result, parameters, bias, !raw && random.OneIn(3));
    }

    private static MatrixOperand Operand(int rows, int columns, int elementBytes, bool transposed, ref Seeded random)
    {
        (int stored, int across) = transposed ? (columns, rows) : (rows, columns);
        int pitch = (((across * elementBytes) + 15) / 16 * 16) + (16 * random.Next(2));
        return new(Place(stored * pitch, ref random), pitch, transposed);
    }

    private static int Place(int bytes, ref Seeded random) => 16 * random.Next(((TileRig.ScratchpadBytes - bytes) / 16) + 1);

    /// <summary>Whether every slot has the shape that its reader says, and the array the weights.</summary>
    private static bool ProductsAreLegal(CoreCommand[] commands)
    {
        var slots = new (int M, int N, ElementType Sum)[Slots];
        LoadedWeights? weights = null;
        foreach (CoreCommand command in commands)
        {
            Descriptor d = command.Command.Descriptor;
            var named = new LoadedWeights(d.TypeA, d.TypeB, d.N1, d.N2);
            if (d.Opcode == DescriptorOpcode.MxLoad)
                weights = named;
            else if (d.Opcode == DescriptorOpcode.MxMatmul)
                weights = null;
            else if (d.Opcode == DescriptorOpcode.MxStream && weights != named)
                return false;
            if (d.Opcode is not (DescriptorOpcode.MxMatmul or DescriptorOpcode.MxStream or DescriptorOpcode.MxDrain or DescriptorOpcode.MxZero))
                continue;
            (int, int, ElementType) shape = (d.N0, d.N2, d.TypeAccumulator);
            if ((d.Opcode == DescriptorOpcode.MxDrain || d.Accumulate) && slots[d.Slot] != shape)
                return false;
            slots[d.Slot] = shape;
        }

        return true;
    }
}
