using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HybridEmu.Lanes;

/// <summary>Four columns.</summary>
public readonly struct Lanes4 : ILanes<Lanes4>
{
    private readonly Vector128<int> _words;

    private Lanes4(Vector128<int> words) => _words = words;

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Load(ref int words) => new(Vector128.LoadUnsafe(ref words));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Same(int word) => new(Vector128.Create(word));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Mask(uint bits)
    {
        Vector128<int> lane = Vector128.Create(1, 2, 4, 8);
        return new(Vector128.Equals(Vector128.Create((int)bits) & lane, lane));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bits(Lanes4 mask) => mask._words.ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Choose(Lanes4 mask, Lanes4 set, Lanes4 clear) => new(Vector128.ConditionalSelect(mask._words, set._words, clear._words));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Mac<TMac>(Lanes4 act, Lanes4 weight, Lanes4 sum)
        where TMac : struct, IMac => new(TMac.Apply(act._words, weight._words, sum._words));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref int words) => _words.StoreUnsafe(ref words);
}

/// <summary>Eight columns.</summary>
public readonly struct Lanes8 : ILanes<Lanes8>
{
    private readonly Vector256<int> _words;

    private Lanes8(Vector256<int> words) => _words = words;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Load(ref int words) => new(Vector256.LoadUnsafe(ref words));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Same(int word) => new(Vector256.Create(word));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Mask(uint bits)
    {
        Vector256<int> lane = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        return new(Vector256.Equals(Vector256.Create((int)bits) & lane, lane));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bits(Lanes8 mask) => mask._words.ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Choose(Lanes8 mask, Lanes8 set, Lanes8 clear) => new(Vector256.ConditionalSelect(mask._words, set._words, clear._words));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Mac<TMac>(Lanes8 act, Lanes8 weight, Lanes8 sum)
        where TMac : struct, IMac => new(TMac.Apply(act._words, weight._words, sum._words));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref int words) => _words.StoreUnsafe(ref words);
}

/// <summary>Sixteen columns.</summary>
public readonly struct Lanes16 : ILanes<Lanes16>
{
    private readonly Vector512<int> _words;

    private Lanes16(Vector512<int> words) => _words = words;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Load(ref int words) => new(Vector512.LoadUnsafe(ref words));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Same(int word) => new(Vector512.Create(word));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Mask(uint bits)
    {
        Vector512<int> lane = Vector512.Create(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        return new(Vector512.Equals(Vector512.Create((int)bits) & lane, lane));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bits(Lanes16 mask) => (uint)mask._words.ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Choose(Lanes16 mask, Lanes16 set, Lanes16 clear) => new(Vector512.ConditionalSelect(mask._words, set._words, clear._words));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Mac<TMac>(Lanes16 act, Lanes16 weight, Lanes16 sum)
        where TMac : struct, IMac => new(TMac.Apply(act._words, weight._words, sum._words));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref int words) => _words.StoreUnsafe(ref words);
}
