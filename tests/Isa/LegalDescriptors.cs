using System.Runtime.InteropServices;
using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

/// <summary>Builds a legal descriptor for a row and a choice of types, from the table alone.</summary>
internal static class LegalDescriptors
{
    /// <summary>Every row with every combination of types that its sets allow.</summary>
    public static IEnumerable<(DescriptorRow Row, Descriptor Descriptor)> All()
    {
        foreach (DescriptorRow row in DescriptorTable.Rows.ToArray())
        {
            foreach (DescriptorTypes sets in row.Types)
            {
                foreach (ElementType a in Members(sets.A))
                    foreach (ElementType b in Members(sets.B))
                        foreach (ElementType accumulator in Members(sets.Accumulator))
                            foreach (ElementType result in Members(sets.Out))
                                yield return (row, Build(row, a, b, accumulator, result));
            }
        }
    }

    /// <summary>One per row, with its first types.</summary>
    public static IEnumerable<(DescriptorRow Row, Descriptor Descriptor)> OneEach() => All().DistinctBy(x => x.Row.Opcode);

    public static Descriptor Build(DescriptorRow row, ElementType a, ElementType b, ElementType accumulator, ElementType result)
    {
        Descriptor d = new()
        {
            Opcode = row.Opcode,
            Version = DescriptorTable.Version,
            TypeA = a,
            TypeB = b,
            TypeAccumulator = accumulator,
            TypeOut = result,
        };
        foreach (DescriptorField field in row.Fields)
        {
            if (field.Optional && !(field.Key == "bias" && b != ElementType.None))
                continue;
            Set(ref d, field, field.Kind switch
            {
                FieldKind.Address => 0x4000_1000,
                FieldKind.Count => field.Key == "dims" ? 3u : 5u,
                FieldKind.Pitch => 64,
                FieldKind.Stride when field.Key == "src0" && (a == ElementType.Int4 || result == ElementType.Int4) => (ulong)a.SizeBytes(),
                FieldKind.Stride when field.Key == "dst0" && result == ElementType.Int4 => 0,
                FieldKind.Stride => 16,
                _ => 1,
            });
        }

        return d;
    }

    /// <summary>Writes the bits of a field.</summary>
    public static void Set(ref Descriptor d, DescriptorField field, ulong value)
    {
        ref ulong word = ref MemoryMarshal.Cast<Descriptor, ulong>(MemoryMarshal.CreateSpan(ref d, 1))[field.Bit >> 6];
        ulong mask = ((1UL << field.Bits) - 1) << (field.Bit & 63);
        word = (word & ~mask) | ((value << (field.Bit & 63)) & mask);
    }

    public static void FlipBit(ref Descriptor d, int bit) =>
        MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref d, 1))[bit >> 3] ^= (byte)(1 << (bit & 7));

    private static IEnumerable<ElementType> Members(ushort set) => Enum.GetValues<ElementType>().Where(t => (set >> (int)t & 1) != 0);
}
