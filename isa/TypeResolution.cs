namespace HybridEmu.Isa;

/// <summary>
/// How the readable form's type keys become the four types of a descriptor. typea, typeb, acc and out say one each; type
/// says the rest as far as it fits. The first row of the table's combinations that agrees wins; in it a position that is
/// still open takes 'type' if that is legal there, else its only legal type.
/// </summary>
public static class TypeResolution
{
    /// <summary>Finds the types of an operation.</summary>
    /// <param name="row">The operation.</param>
    /// <param name="hasB">Whether operand B is given; matters where it is optional (the bias of a drain).</param>
    /// <param name="type">Key type, or null.</param>
    /// <param name="a">Key typea, or null.</param>
    /// <param name="b">Key typeb, or null.</param>
    /// <param name="accumulator">Key acc, or null.</param>
    /// <param name="result">Key out, or null.</param>
    /// <param name="types">The four types when found.</param>
    /// <returns>False when no combination agrees, or a position stays open.</returns>
    public static bool TryResolve(
        DescriptorRow row, bool hasB, ElementType? type, ElementType? a, ElementType? b, ElementType? accumulator, ElementType? result,
        out ResolvedTypes types)
    {
        bool optionalB = Array.Exists(row.Operands, o => o.Role == RegionRole.B && o.Optional);
        foreach (DescriptorTypes sets in row.Types)
        {
            if (optionalB && hasB != (sets.B != 1 << (int)ElementType.None))
                continue;
            if (Choose(sets.A, type, a) is ElementType chosenA && Choose(sets.B, type, b) is ElementType chosenB
                && Choose(sets.Accumulator, type, accumulator) is ElementType chosenAccumulator
                && Choose(sets.Out, type, result) is ElementType chosenResult)
            {
                types = new ResolvedTypes(chosenA, chosenB, chosenAccumulator, chosenResult);
                if (type is null || types.Mentions(type.Value))
                    return true;
            }
        }

        types = default;
        return false;
    }

    private static ElementType? Choose(ushort set, ElementType? type, ElementType? stated)
    {
        if (stated is ElementType one)
            return (set >> (int)one & 1) != 0 ? one : null;
        if (type is ElementType many && (set >> (int)many & 1) != 0)
            return many;
        return ushort.IsPow2(set) ? (ElementType)ushort.TrailingZeroCount(set) : null;
    }
}

/// <summary>The four types of a descriptor.</summary>
public readonly record struct ResolvedTypes(ElementType A, ElementType B, ElementType Accumulator, ElementType Out)
{
    public static ResolvedTypes Of(in Descriptor descriptor) =>
        new(descriptor.TypeA, descriptor.TypeB, descriptor.TypeAccumulator, descriptor.TypeOut);

    public bool Mentions(ElementType type) => A == type || B == type || Accumulator == type || Out == type;
}
