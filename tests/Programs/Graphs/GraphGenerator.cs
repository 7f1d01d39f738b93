using System.Runtime.InteropServices;
using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// Draws legal descriptors from the table: any operation, types, sizes, pitches and places that the checks pass. Drains
/// and accumulating products name slots as an earlier descriptor left them.
/// </summary>
internal sealed class GraphGenerator(ulong seed)
{
    private const int Tries = 400;

    // Operations that take an element before they write it, whatever the lanes: D may be A.
    private static readonly string[] s_inPlace = ["vx.add", "vx.mul", "vx.max", "vx.relu_grad", "vx.exp", "vx.rsqrt", "vx.reciprocal", "vx.convert"];

    private readonly GraphRandom _random = new(seed);
    private readonly (int Rows, int Columns, ElementType Type)?[] _slots = new (int, int, ElementType)?[GraphMemory.Slots];
    private (int K, int N, ElementType TypeA, ElementType TypeB)? _weights; // that the array holds
    private readonly Region[] _regions = new Region[DescriptorFootprint.MaximumRegions];

    /// <summary>Operations to draw from; all by default.</summary>
    public DescriptorRow[] Rows { get; init; } = DescriptorTable.Rows.ToArray();


    public List<Descriptor> Draw(int count)
    {
        var graph = new List<Descriptor>(count);
        while (graph.Count < count)
            graph.Add(Next((ushort)graph.Count));
        return graph;
    }

    private Descriptor Next(ushort id)
    {
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            DescriptorRow row = _random.Of(Rows);
            if (Candidate(row) is not { } d || DescriptorCheck.Check(in d) != QueueFaultCause.None || !Fits(in d) || !IsDefined(in d) || !FitsSlot(row, in d))
                continue;
            d.DebugId = id;
            if (row.Slot == SlotUse.Write)
                _slots[d.Slot] = (d.N0, d.N2, d.TypeAccumulator);
            if (d.Opcode is DescriptorOpcode.MxLoad or DescriptorOpcode.MxMatmul)
                _weights = d.Opcode == DescriptorOpcode.MxLoad ? (d.N1, d.N2, d.TypeA, d.TypeB) : null;
            return d;
        }

        throw new InvalidOperationException($"No legal descriptor in {Tries} draws (seed {seed}).");
    }

    private Descriptor? Candidate(DescriptorRow row)
    {
        Descriptor d = new() { Opcode = row.Opcode, Version = DescriptorTable.Version };
        DescriptorTypes types = _random.Of(row.Types);
        d.TypeA = Member(types.A);
        d.TypeB = Member(types.B);
        d.TypeAccumulator = Member(types.Accumulator);
        d.TypeOut = Member(types.Out);
        foreach (string flag in (string[])["accumulate", "transposea", "transposeb"])
        {
            int bit = DescriptorTable.Header.ToArray().First(f => f.Key == flag).Bit & 7;
            if ((row.Flags >> bit & 1) != 0 && _random.Chance(40))
                d.Flags |= (byte)(1 << bit);
        }

        foreach (DescriptorField field in row.Fields)
        {
            if (field.Kind is not (FieldKind.Count or FieldKind.Slot or FieldKind.Window or FieldKind.Value or FieldKind.Bits))
                continue;
            Set(ref d, field, field.Kind switch
            {
                FieldKind.Slot => _random.Below(GraphMemory.Slots),
                FieldKind.Window => _random.From(1, 3),
                FieldKind.Value => _random.Chance(50) ? 0 : _random.Below(7),
                FieldKind.Bits => _random.Bits(),
                _ => field.Key == "dims" ? _random.From(1, 3) : _random.Chance(15) ? _random.From(1, 70) : _random.From(1, 17),
            });
        }

        if (d.Opcode == DescriptorOpcode.MxLoad)
            (d.N1, d.N2) = (_random.From(1, GraphMemory.ArrayRows), _random.From(1, GraphMemory.ArrayColumns));
        if (d.Opcode == DescriptorOpcode.MxStream)
        {
            if (_weights is not { } loaded)
                return null;
            (d.N1, d.N2, d.TypeA, d.TypeB) = loaded;
            d.TypeAccumulator = d.TypeA == ElementType.Bf16 ? ElementType.Fp32 : ElementType.Int32;
        }

        if (row.Slot != SlotUse.None && (row.Slot == SlotUse.Read || d.Accumulate))
        {
            if (_slots[d.Slot] is not { } slot || (d.Opcode == DescriptorOpcode.MxStream && (slot.Columns, slot.Type) != (d.N2, d.TypeAccumulator)))
                return null;
            (d.N0, d.N2, d.TypeAccumulator) = slot;
        }

        if (row.Copy)
            Strides(ref d);
        else
            Pitches(row, ref d);
        foreach (DescriptorField field in row.Fields)
        {
            if (field.Kind == FieldKind.Address)
                Place(row, ref d, field);
        }

        if (row.Activation && _random.Chance(50) && row.Field("params") is not null && !(d.TypeOut == ElementType.Int32))
            d.Activation = (Activation)_random.Below(Enum.GetValues<Activation>().Length);
        if (row.Stochastic && _random.Chance(50))
            d.Rounding = Rounding.Stochastic; // the check refuses it where it may not be
        bool sameShape = s_inPlace.Contains(row.Mnemonic) && d.TypeA.SizeBytes() == d.TypeOut.SizeBytes() && d.TypeA.SizeBytes() > 0;
        if (sameShape && _random.Chance(15))
            (d.D, d.PitchD) = (d.A, d.PitchA);
        return d;
    }

    private void Strides(ref Descriptor d)
    {
        int n0 = d.N0, n1 = d.Dimensions > 1 ? d.N1 : 0, n2 = d.Dimensions > 2 ? d.N2 : 0;
        (d.N1, d.N2) = (n1, n2);

        // int4 lies two in a byte, and only without gaps.
        int from = Math.Max(1, d.TypeA.SizeBytes()), to = Math.Max(1, d.TypeOut.SizeBytes());
        bool packed = d.TypeA == ElementType.Int4 || d.TypeOut == ElementType.Int4;
        int source0 = d.TypeA.SizeBytes() * (packed || _random.Chance(70) ? 1 : 2), destination0 = d.TypeOut.SizeBytes() * (packed || _random.Chance(70) ? 1 : 3);
        int padded = n0 + (d.Opcode == DescriptorOpcode.LdCopy ? d.PadBefore + d.PadAfter : 0);
        int source1 = n1 == 0 ? 0 : Gap(n0 * from * 2, from), destination1 = n1 == 0 ? 0 : Gap(padded * to * 3, to);
        int source2 = n2 == 0 ? 0 : Gap(n1 * source1, from), destination2 = n2 == 0 ? 0 : Gap(n1 * destination1, to);
        if (n1 > 0 && _random.Chance(10))
            source1 = -source1;
        if (n1 > 0 && _random.Chance(10))
            destination1 = -destination1;
        (d.PitchA, d.PitchB, d.PitchD) = (source0, source1, source2);
        Span<uint> words = MemoryMarshal.Cast<Descriptor, uint>(MemoryMarshal.CreateSpan(ref d, 1));
        (words[13], words[14], words[15]) = ((uint)destination0, (uint)destination1, (uint)destination2);
    }

    private int Gap(int bytes, int element) => bytes + (_random.Chance(50) ? 0 : element * _random.From(1, 9));

    private void Pitches(DescriptorRow row, ref Descriptor d)
    {
        foreach (DescriptorOperand operand in row.Operands)
        {
            if (operand.PitchByte == 0)
                continue;
            DescriptorField field = Array.Find(row.Fields, f => f.Kind == FieldKind.Pitch && f.Byte == operand.PitchByte)!;
            int columns = operand.Columns switch { Extent.M => d.N0, Extent.K => d.N1, Extent.N => d.N2, _ => 1 };
            int rows = operand.Rows switch { Extent.M => d.N0, Extent.K => d.N1, Extent.N => d.N2, _ => 1 };
            if (operand.SwapFlag != 0 && (d.Flags & operand.SwapFlag) != 0)
                columns = rows;
            int bytes = ((columns * 4) + 15) & -16;
            bool same = (operand.Access & RegionAccess.Write) == 0 && operand.Role == RegionRole.B && operand.Key == "b" && _random.Chance(20);
            Set(ref d, field, same ? 0 : bytes + (16 * (_random.Chance(60) ? 0 : _random.From(1, 4))));
        }
    }

    private void Place(DescriptorRow row, ref Descriptor d, DescriptorField field)
    {
        DescriptorOperand? operand = Array.Find(row.Operands, o => o.Key == field.Key);
        if (operand is { Role: RegionRole.Params })
        {
            if (!field.Optional || _random.Chance(60))
                Set(ref d, field, (long)AddressMap.Scratchpad + GraphMemory.ParametersAt + (64 * _random.Below(GraphMemory.ParameterBlocks)));
            return;
        }

        if (operand is { Role: RegionRole.B, Optional: true } && d.TypeB == ElementType.None)
            return;
        bool hbm = operand?.Space == RegionSpace.Hbm;
        int bytes = hbm ? GraphMemory.StreamBytes : GraphMemory.DataBytes;
        int alignment = field.Alignment > 0 ? field.Alignment : Math.Max(1, (operand!.Role == RegionRole.A ? d.TypeA : d.TypeOut).SizeBytes());
        long at = _random.Below(bytes / alignment) * alignment;
        Set(ref d, field, (hbm ? GraphProgram.StreamAddress : (long)AddressMap.Scratchpad) + at);
    }

    /// <summary>
    /// Whether no operand overlaps another that is written, in-place use apart; what such a descriptor leaves is nowhere
    /// defined.
    /// </summary>
    public static bool IsDefined(in Descriptor d)
    {
        var regions = new Region[DescriptorFootprint.MaximumRegions];
        int count = DescriptorFootprint.Enumerate(in d, regions);
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                ref Region region = ref regions[i], other = ref regions[j];
                bool written = ((region.Access | other.Access) & RegionAccess.Write) != 0;
                bool exact = region.Address == other.Address && region.Pitch == other.Pitch && region.ElementBytes == other.ElementBytes
                    && other.Role == RegionRole.A && region.Role == RegionRole.D && s_inPlace.Contains(DescriptorTable.Find((byte)d.Opcode)!.Mnemonic);
                if (written && region.Space == other.Space && !exact && region.Lowest < other.End && other.Lowest < region.End)
                    return false;
            }
        }

        return true;
    }

    /// <summary>Whether all regions lie in the graph's data.</summary>
    private bool Fits(in Descriptor d)
    {
        int count = DescriptorFootprint.Enumerate(in d, _regions);
        foreach (ref readonly Region region in _regions.AsSpan(0, count))
        {
            bool hbm = region.Space == RegionSpace.Hbm;
            long first = hbm ? GraphProgram.StreamAddress : (long)AddressMap.Scratchpad;
            long end = first + (hbm ? GraphMemory.StreamBytes : region.Role == RegionRole.Params ? GraphMemory.SlotDumpAt : GraphMemory.DataBytes);
            if (region.Lowest < first || region.End > end)
                return false;
        }

        return true;
    }

    private static bool FitsSlot(DescriptorRow row, in Descriptor d)
    {
        if (row.Slot == SlotUse.None)
            return true;
        int pitch = ((d.N2 * sizeof(float)) + 15) & -16;
        return d.N0 * pitch <= GraphMemory.SlotDumpBytes;
    }

    private ElementType Member(ushort set)
    {
        ElementType[] members = [.. Enum.GetValues<ElementType>().Where(t => (set >> (int)t & 1) != 0)];
        return _random.Of(members);
    }

    private static void Set(ref Descriptor d, DescriptorField field, long value)
    {
        ref ulong word = ref MemoryMarshal.Cast<Descriptor, ulong>(MemoryMarshal.CreateSpan(ref d, 1))[field.Bit >> 6];
        ulong mask = ((1UL << field.Bits) - 1) << (field.Bit & 63);
        word = (word & ~mask) | (((ulong)value << (field.Bit & 63)) & mask);
    }
}
