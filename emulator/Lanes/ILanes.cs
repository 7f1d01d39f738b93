using System.Runtime.CompilerServices;

namespace HybridEmu.Lanes;

/// <summary>Neighbouring columns of the array as one value of the host: a kernel over these is written once for every vector width and for scalars.</summary>
/// <typeparam name="TSelf">The value.</typeparam>
public interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    /// <summary>Columns side by side: 1, 4, 8 or 16.</summary>
    static abstract int Count { get; }

    static abstract TSelf Load(ref int words);

    /// <summary>One word in every lane.</summary>
    static abstract TSelf Same(int word);

    /// <summary>All bits of a lane as the lane's bit says.</summary>
    static abstract TSelf Mask(uint bits);

    /// <summary>A bit a lane of a mask.</summary>
    static abstract uint Bits(TSelf mask);

    /// <summary>The lanes of one or the other value, by a mask.</summary>
    static abstract TSelf Choose(TSelf mask, TSelf set, TSelf clear);

    static abstract TSelf Mac<TMac>(TSelf act, TSelf weight, TSelf sum)
        where TMac : struct, IMac;

    void Store(ref int words);
}

/// <summary>One column: the scalar twin.</summary>
public readonly struct Lanes1 : ILanes<Lanes1>
{
    private readonly int _word;

    private Lanes1(int word) => _word = word;

    public static int Count => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Load(ref int words) => new(words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Same(int word) => new(word);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Mask(uint bits) => new(-(int)(bits & 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bits(Lanes1 mask) => (uint)mask._word & 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Choose(Lanes1 mask, Lanes1 set, Lanes1 clear) => mask._word != 0 ? set : clear;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Mac<TMac>(Lanes1 act, Lanes1 weight, Lanes1 sum)
        where TMac : struct, IMac => new(TMac.Apply(act._word, weight._word, sum._word));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref int words) => words = _word;
}
