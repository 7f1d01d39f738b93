using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HybridEmu.Lanes;

/// <summary>One fp32 operation of two operands, scalar and at each vector width. All four give the same bits.</summary>
public interface IBinaryLane
{
    static abstract float Apply(float a, float b);

    static abstract Vector128<float> Apply(Vector128<float> a, Vector128<float> b);

    static abstract Vector256<float> Apply(Vector256<float> a, Vector256<float> b);

    static abstract Vector512<float> Apply(Vector512<float> a, Vector512<float> b);
}

/// <summary>
/// Drives an <see cref="IBinaryLane"/> over spans at the widest width the host has. The width is a constant to the JIT,
/// so nothing is chosen at run time.
/// </summary>
internal static class ElementwiseDriver
{
    /// <summary>d[i] = op(a[i], b[i]). The destination may be one of the sources; no other overlap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLane>(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> destination)
        where TLane : struct, IBinaryLane
    {
        int length = destination.Length;
        ArgumentOutOfRangeException.ThrowIfNotEqual(a.Length, length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(b.Length, length);
        ref float x = ref MemoryMarshal.GetReference(a);
        ref float y = ref MemoryMarshal.GetReference(b);
        ref float d = ref MemoryMarshal.GetReference(destination);
        nuint i = 0;
        nuint n = (nuint)length;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i + 16 <= n; i += 16)
                TLane.Apply(Vector512.LoadUnsafe(ref x, i), Vector512.LoadUnsafe(ref y, i)).StoreUnsafe(ref d, i);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            for (; i + 8 <= n; i += 8)
                TLane.Apply(Vector256.LoadUnsafe(ref x, i), Vector256.LoadUnsafe(ref y, i)).StoreUnsafe(ref d, i);
        }

        if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 4 <= n; i += 4)
                TLane.Apply(Vector128.LoadUnsafe(ref x, i), Vector128.LoadUnsafe(ref y, i)).StoreUnsafe(ref d, i);
        }

        for (; i < n; i++)
            Unsafe.Add(ref d, i) = TLane.Apply(Unsafe.Add(ref x, i), Unsafe.Add(ref y, i));
    }

    /// <summary>d[i] = op(a[i], b): the second operand is one value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLane>(ReadOnlySpan<float> a, float b, Span<float> destination)
        where TLane : struct, IBinaryLane
    {
        int length = destination.Length;
        ArgumentOutOfRangeException.ThrowIfNotEqual(a.Length, length);
        ref float x = ref MemoryMarshal.GetReference(a);
        ref float d = ref MemoryMarshal.GetReference(destination);
        nuint i = 0;
        nuint n = (nuint)length;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> y = Vector512.Create(b);
            for (; i + 16 <= n; i += 16)
                TLane.Apply(Vector512.LoadUnsafe(ref x, i), y).StoreUnsafe(ref d, i);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            Vector256<float> y = Vector256.Create(b);
            for (; i + 8 <= n; i += 8)
                TLane.Apply(Vector256.LoadUnsafe(ref x, i), y).StoreUnsafe(ref d, i);
        }

        if (Vector128.IsHardwareAccelerated)
        {
            Vector128<float> y = Vector128.Create(b);
            for (; i + 4 <= n; i += 4)
                TLane.Apply(Vector128.LoadUnsafe(ref x, i), y).StoreUnsafe(ref d, i);
        }

        for (; i < n; i++)
            Unsafe.Add(ref d, i) = TLane.Apply(Unsafe.Add(ref x, i), b);
    }

    /// <summary>The plain loop that every width must agree with.</summary>
    public static void Scalar<TLane>(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> destination)
        where TLane : struct, IBinaryLane
    {
        for (int i = 0; i < destination.Length; i++)
            destination[i] = TLane.Apply(a[i], b[i]);
    }
}
