using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HybridEmu.Isa;

/// <summary>
/// The sixteen partial sums of an fp32 reduction. Element i joins partial i mod 16, ascending, from +0; then partial p
/// takes p + 8, then p + 4, p + 2, p + 1. Sixteen belongs to the ISA, not to a lane count.
/// </summary>
[InlineArray(Count)]
public struct Reduction
{
    public const int Count = 16;

    private float _first;

    /// <summary>Adds the element with this index. Call in ascending order.</summary>
    public void Add(int index, float value)
    {
        ref float partial = ref this[index & (Count - 1)];
        partial = CanonicalNaN.Of(partial + value); // partials are state, and state is hashed
    }

    /// <summary>The sum of the partials, which stay as they are. NaN is canonical.</summary>
    public readonly float Total()
    {
        Reduction folded = this;
        return Fold(MemoryMarshal.CreateSpan(ref folded[0], Count));
    }

    /// <summary>Folds sixteen partials in place into element 0 and returns it. NaN is canonical.</summary>
    public static float Fold(Span<float> partials)
    {
        for (int width = Count / 2; width >= 1; width /= 2)
        {
            for (int p = 0; p < width; p++)
                partials[p] += partials[p + width];
        }

        return CanonicalNaN.Of(partials[0]);
    }

    /// <summary>The reduction of a whole span.</summary>
    public static float Sum(ReadOnlySpan<float> values)
    {
        Reduction partials = default;
        for (int i = 0; i < values.Length; i++)
            partials.Add(i, values[i]);
        return partials.Total();
    }
}
