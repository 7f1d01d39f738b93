using HybridEmu.Isa;
using HybridEmu.Reference;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>
/// A descriptor of queue VX made from the table: every operand in a place of its own, with pitches and starts off 64 bytes, and
/// memory to match.
/// </summary>
/// <param name="M">Rows, or windows; where an image is the result, its height.</param>
/// <param name="Types">Which of the operation's combinations of types.</param>
/// <param name="Awkward">Every sixth element is a NaN, an infinity, a zero, a subnormal or close to overflow.</param>
/// <param name="Window">Height and width of a window, steps down and across, pixels that an image is wider.</param>
internal sealed record VectorTableCase(
    DescriptorOpcode Opcode, int M, int N, int Types, bool Awkward, bool Stochastic, bool Parameters,
    (int Rows, int Columns, int Down, int Across, int Wider) Window, ulong Seed)
{
    private const int MostBytes = 1024 * 1024;

    private static readonly uint[] AwkwardBits =
        [0, 0x8000_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC1_2345, 0xFFA0_0001, 1, 0x8000_0001, 0x0080_0000, 0x7F7F_FFFF, 0xFF7F_FFFF, 0x007F_FFFF];

    private DescriptorRow Row => DescriptorTable.Find((byte)Opcode)!;

    /// <summary>Every operand and row starts at a multiple of 64 bytes.</summary>
    public bool Aligned { get; init; }

    private bool IsPooling => Row.Field("kh") is not null;

    /// <summary>The descriptor; its operands follow one another in the scratchpad.</summary>
    public Descriptor Descriptor()
    {
        DescriptorRow row = Row;
        List<ResolvedTypes> combinations = [.. Combinations(row)];
        ResolvedTypes types = combinations[Types % combinations.Count];
        bool narrow = types.Out is ElementType.Bf16 or ElementType.Int8;
        bool stochastic = Stochastic && row.Stochastic && narrow;
        var d = new Descriptor
        {
            Opcode = Opcode,
            Version = DescriptorTable.Version,
            TypeA = types.A,
            TypeB = types.B,
            TypeOut = types.Out,
            Rounding = stochastic ? Rounding.Stochastic : Rounding.NearestEven,
            N0 = M,
            N2 = N,
        };
        int width = Window.Columns + Window.Wider;
        if (IsPooling)
        {
            d.N1 = width;
            (ulong, DescriptorField)[] window =
                [((ulong)Window.Rows, row.Field("kh")!), ((ulong)Window.Columns, row.Field("kw")!), ((ulong)Window.Down, row.Field("sh")!), ((ulong)Window.Across, row.Field("sw")!)];
            foreach ((ulong value, DescriptorField field) in window)
                Set(ref d, field.Byte, field.Bits, value);
            if (Array.Exists(row.Operands, o => o.Rows == Extent.Windows))
                d.N0 = Math.Max(M, Window.Rows) * width;
        }

        Place(ref d, row, withParameters: Parameters || stochastic);
        return d;
    }

    /// <summary>A scratchpad with operands of their types, sensible parameters, and a record.</summary>
    public byte[] Memory()
    {
        Descriptor d = Descriptor();
        Span<Region> regions = stackalloc Region[DescriptorFootprint.MaximumRegions];
        int count = DescriptorFootprint.Enumerate(in d, regions);
        long end = 0;
        for (int r = 0; r < count; r++)
            end = Math.Max(end, regions[r].End - (long)AddressMap.Scratchpad);
        byte[] memory = new byte[(end + 127) / 64 * 64];
        for (int i = 0; i < memory.Length; i++)
            memory[i] = (byte)(i * 167);
        for (int r = 0; r < count; r++)
            Fill(memory, in regions[r], in d);
        return memory;
    }

    /// <summary>The scratchpad after the reference has executed the descriptor.</summary>
    public byte[] Expected() => Expected(Memory(), Descriptor());

    public static byte[] Expected(byte[] memory, params Descriptor[] program)
    {
        var scratchpad = new ReferenceMemory((ulong)memory.Length);
        scratchpad.Load(0, memory);
        var tensor = new ReferenceTensor(new ReferenceTensorConfig { ScratchpadBytes = (uint)memory.Length }, new ReferenceMemory(1 << 20), scratchpad);
        foreach (Descriptor d in program)
            Assert.Equal(QueueFaultCause.None, tensor.Execute(in d));
        return scratchpad.Bytes(0, memory.Length);
    }

    /// <summary>The unit after it has executed the descriptor.</summary>
    public VectorBench Run(int lanes, uint stallPercent) =>
        new VectorBench(Memory(), [Descriptor()], new VectorConfig { Lanes = lanes }, stallPercent: stallPercent, seed: Seed).Run(5_000_000);

    /// <summary>Smaller and plainer cases.</summary>
    public IEnumerable<VectorTableCase> Smaller()
    {
        foreach (int m in new[] { 1, M / 2, M - 1 }.Where(m => m >= 1 && m < M))
            yield return this with { M = m };
        foreach (int n in new[] { 1, N / 2, N - 1 }.Where(n => n >= 1 && n < N))
            yield return this with { N = n };
        if (Awkward)
            yield return this with { Awkward = false };
        if (Stochastic)
            yield return this with { Stochastic = false };
        if (Window != (1, 1, 1, 1, 0))
            yield return this with { Window = (Math.Max(1, Window.Rows / 2), Math.Max(1, Window.Columns / 2), Math.Max(1, Window.Down / 2), Math.Max(1, Window.Across / 2), Window.Wider / 2) };
    }

    private static IEnumerable<ResolvedTypes> Combinations(DescriptorRow row)
    {
        foreach (DescriptorTypes sets in row.Types)
        {
            foreach (ElementType a in Members(sets.A))
            {
                foreach (ElementType b in Members(sets.B))
                {
                    foreach (ElementType result in Members(sets.Out))
                        yield return new ResolvedTypes(a, b, ElementType.None, result);
                }
            }
        }
    }

    private static IEnumerable<ElementType> Members(ushort set) => Enum.GetValues<ElementType>().Where(t => (set >> (int)t & 1) != 0);

    private void Place(ref Descriptor d, DescriptorRow row, bool withParameters)
    {
        // First pitches, from the shape that the footprint gives a row; then places, from the extent that the pitches give.
        foreach (DescriptorOperand operand in row.Operands)
        {
            if (!operand.Optional || withParameters)
                Set(ref d, operand.AddressByte, 32, AddressMap.Scratchpad);
        }

        Span<Region> regions = stackalloc Region[DescriptorFootprint.MaximumRegions];
        int count = DescriptorFootprint.Enumerate(in d, regions);
        for (int r = 0; r < count; r++)
        {
            DescriptorOperand operand = Operand(row, regions, r);
            if (operand.PitchByte == 0)
                continue;
            uint random = CounterRandom.Bits(Seed, (ulong)operand.PitchByte);
            bool same = operand.Access == RegionAccess.Read && random % 7 == 0; // one row for all
            Set(ref d, operand.PitchByte, 32, same ? 0 : (ulong)(((regions[r].RowBytes + 15) / 16 * 16) + (16 * (random >> 8) % 48)));
            if (Aligned)
                Set(ref d, operand.PitchByte, 32, (ulong)((regions[r].RowBytes + 63) / 64 * 64));
        }

        count = DescriptorFootprint.Enumerate(in d, regions);
        ulong next = 0;
        for (int r = 0; r < count; r++)
        {
            DescriptorOperand operand = Operand(row, regions, r);
            ulong alignment = (ulong)Array.Find(row.Fields, f => f.Byte == operand.AddressByte && f.Kind == FieldKind.Address)!.Alignment;
            next = ((next + 63) / 64 * 64) + (Aligned ? 0 : CounterRandom.Bits(Seed + 1, (ulong)r) % 4 * alignment);
            Set(ref d, operand.AddressByte, 32, AddressMap.Scratchpad + next);
            next += (ulong)(regions[r].End - regions[r].Lowest);
        }

        Assert.InRange(next, 0ul, (ulong)MostBytes);
        Assert.Equal(QueueFaultCause.None, DescriptorCheck.Check(in d));
    }

    // Regions come in the order of the operands, without the absent ones.
    private static DescriptorOperand Operand(DescriptorRow row, ReadOnlySpan<Region> regions, int index)
    {
        RegionRole role = regions[index].Role;
        int before = 0;
        for (int i = 0; i < index; i++)
            before += regions[i].Role == role ? 1 : 0;
        return row.Operands.Where(o => o.Role == role).ElementAt(before);
    }

    private static void Set(ref Descriptor d, int atByte, int bits, ulong value)
    {
        Span<byte> bytes = stackalloc byte[HybridEmu.Isa.Descriptor.SizeBytes];
        d.Write(bytes);
        for (int i = 0; i < bits / 8; i++)
            bytes[atByte + i] = (byte)(value >> (8 * i));
        d = HybridEmu.Isa.Descriptor.Read(bytes);
    }

    private void Fill(byte[] memory, in Region region, in Descriptor d)
    {
        int start = (int)(region.Address - AddressMap.Scratchpad);
        if (region.Role == RegionRole.Params)
        {
            FillParameters(memory.AsSpan(start, 64));
            return;
        }

        ElementType type = region.Role switch
        {
            RegionRole.A => d.TypeA,
            RegionRole.B => d.TypeB,
            RegionRole.Aux or RegionRole.Record => ElementType.Fp32,
            _ => ElementType.None,
        };
        bool labels = Row.Field("labels") is not null && region.Role == RegionRole.Aux;
        int length = region.Role == RegionRole.Record ? 64 : (int)(region.End - region.Lowest);
        for (int at = 0; at < length; at += Math.Max(1, type.SizeBytes()))
        {
            uint random = CounterRandom.Bits(Seed + 2, (ulong)(start + at));
            byte[] bytes = (type, region.Role) switch
            {
                _ when labels => BitConverter.GetBytes(random % (uint)(N + 2)),
                (_, RegionRole.Index) => [(byte)(random % (uint)((Window.Rows * Window.Columns) + 1))],
                (ElementType.Fp32, _) => BitConverter.GetBytes(Element(random, (ulong)(start + at))),
                (ElementType.Bf16, _) => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(Element(random, (ulong)(start + at))) >> 16)),
                _ => BitConverter.GetBytes(random)[..Math.Max(1, type.SizeBytes())],
            };
            bytes.CopyTo(memory, start + at);
        }
    }

    /// <summary>Mostly -2 to 2; a variance or record is mostly positive, as squares are.</summary>
    private float Element(uint random, ulong at)
    {
        if (Awkward && random % 6 == 0)
            return BitConverter.UInt32BitsToSingle(AwkwardBits[CounterRandom.Bits(Seed + 3, at) % AwkwardBits.Length]);
        return ((random >> 8) - 8388608f) / 4194304f;
    }

    private void FillParameters(Span<byte> block)
    {
        float random = (CounterRandom.Bits(Seed, 999) >> 8) / 16777216f;
        float[] constants = [random - 0.25f, 0.9f, 0.99f, 1e-5f, 0.01f * random, 1f + random, 1f + (10 * random), 0.1f + (4 * random)];
        for (int i = 0; i < 8; i++)
            BitConverter.TryWriteBytes(block[(4 * i)..], constants[i]);
        BitConverter.TryWriteBytes(block[32..], Seed * 0x9E37_79B9_7F4A_7C15);
        BitConverter.TryWriteBytes(block[40..], Seed % 1000);
        BitConverter.TryWriteBytes(block[48..], (uint)(N + (int)(Seed % 5)));
        BitConverter.TryWriteBytes(block[52..], 20 + (60 * random));
    }
}
