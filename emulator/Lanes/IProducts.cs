using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HybridEmu.Lanes;

/// <summary>What the tiles of <see cref="FoldTiles"/> add up: products of a word of x and sixteen words of weights.</summary>
internal interface IProducts
{
    /// <summary>Sums begin at 0 and are added to what memory holds, as they have another format.</summary>
    static abstract bool Apart { get; }

    static abstract Vector512<int> Add(Vector512<int> x, Vector512<int> weights, Vector512<int> sums);

    /// <summary>What is stored: from the sums, and from what memory holds where they are apart.</summary>
    static abstract Vector512<int> Finish(Vector512<int> sums, ref int memory);
}

/// <summary>fp32, fused.</summary>
internal readonly struct FloatProducts : IProducts
{
    public static bool Apart => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Add(Vector512<int> x, Vector512<int> weights, Vector512<int> sums) =>
        Vector512.FusedMultiplyAdd(x.AsSingle(), weights.AsSingle(), sums.AsSingle()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Finish(Vector512<int> sums, ref int memory) => CanonicalLanes.Of(sums.AsSingle()).AsInt32();
}

/// <summary>Two 16-bit integers a word.</summary>
internal readonly struct PairProducts : IProducts
{
    public static bool Apart => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Add(Vector512<int> x, Vector512<int> weights, Vector512<int> sums) =>
        sums + Avx512BW.MultiplyAddAdjacent(x.AsInt16(), weights.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Finish(Vector512<int> sums, ref int memory) => sums;
}

/// <summary>Four bytes a word, whose products are so small that two of them fit 16 bits for a while.</summary>
internal readonly struct NibbleProducts : IProducts
{
    public static bool Apart => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Add(Vector512<int> x, Vector512<int> weights, Vector512<int> sums) =>
        (sums.AsInt16() + Avx512BW.MultiplyAddAdjacent(x.AsByte(), weights.AsSByte())).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Finish(Vector512<int> sums, ref int memory) =>
        Vector512.LoadUnsafe(ref memory) + Avx512BW.MultiplyAddAdjacent(sums.AsInt16(), Vector512.Create((short)1));
}
