using System.Runtime.CompilerServices;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>
/// The loops over the rows of a group of columns. Into a row come the sums of the row above: at the first i of a sweep the one that is kept
/// there, at the others what the row above made at the i before. So eight sums walk down in host registers, and of a row only its last stays.
/// </summary>
public sealed partial class SystolicArray
{
    /// <summary>Rows that are enabled, and whose weights stay.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Plain<TLanes, TMac>(long i, int group, int first, int end)
        where TLanes : struct, ILanes<TLanes>
        where TMac : struct, IMac
    {
        ref int psum = ref _psum[_psumAt + PlaceOf(first, group * TLanes.Count)];
        ref int weight = ref _weight[_weightAt + PlaceOf(first, group * TLanes.Count)];
        ref int x = ref X(i - first - (group * TLanes.Count), first);
        nint down = sizeof(int) * (1 - (nint)_xPitch), later = sizeof(int) * (nint)_xPitch;
        nint x1 = later, x2 = 2 * later, x3 = 3 * later, x4 = 4 * later, x5 = 5 * later, x6 = 6 * later, x7 = 7 * later;
        ref int into = ref _into[_intoAt];
        TLanes s0 = TLanes.Load(ref into), s1 = TLanes.Load(ref Unsafe.Add(ref into, CacheLines.Words)),
            s2 = TLanes.Load(ref Unsafe.Add(ref into, 2 * CacheLines.Words)), s3 = TLanes.Load(ref Unsafe.Add(ref into, 3 * CacheLines.Words));
        TLanes s4 = TLanes.Load(ref Unsafe.Add(ref into, 4 * CacheLines.Words)), s5 = TLanes.Load(ref Unsafe.Add(ref into, 5 * CacheLines.Words)),
            s6 = TLanes.Load(ref Unsafe.Add(ref into, 6 * CacheLines.Words)), s7 = TLanes.Load(ref Unsafe.Add(ref into, 7 * CacheLines.Words));
        for (int r = first; r < end; r++)
        {
            TLanes held = TLanes.Load(ref psum), w = TLanes.Load(ref weight);
            TLanes.Mac<TMac>(TLanes.Same(Unsafe.AddByteOffset(ref x, x7)), w, s7).Store(ref psum);
            s7 = TLanes.Mac<TMac>(TLanes.Same(Unsafe.AddByteOffset(ref x, x6)), w, s6);
            s6 = TLanes.Mac<TMac>(TLanes.Same(Unsafe.AddByteOffset(ref x, x5)), w, s5);
            s5 = TLanes.Mac<TMac>(TLanes.Same(Unsafe.AddByteOffset(ref x, x4)), w, s4);
            s4 = TLanes.Mac<TMac>(TLanes.Same(Unsafe.AddByteOffset(ref x, x3)), w, s3);
            s3 = TLanes.Mac<TMac>(TLanes.Same(Unsafe.AddByteOffset(ref x, x2)), w, s2);
            s2 = TLanes.Mac<TMac>(TLanes.Same(Unsafe.AddByteOffset(ref x, x1)), w, s1);
            s1 = TLanes.Mac<TMac>(TLanes.Same(x), w, s0);
            s0 = held;
            psum = ref Unsafe.Add(ref psum, CacheLines.Words);
            weight = ref Unsafe.Add(ref weight, CacheLines.Words);
            x = ref Unsafe.AddByteOffset(ref x, down);
        }

        s0.Store(ref into);
        s1.Store(ref Unsafe.Add(ref into, CacheLines.Words));
        s2.Store(ref Unsafe.Add(ref into, 2 * CacheLines.Words));
        s3.Store(ref Unsafe.Add(ref into, 3 * CacheLines.Words));
        s4.Store(ref Unsafe.Add(ref into, 4 * CacheLines.Words));
        s5.Store(ref Unsafe.Add(ref into, 5 * CacheLines.Words));
        s6.Store(ref Unsafe.Add(ref into, 6 * CacheLines.Words));
        s7.Store(ref Unsafe.Add(ref into, 7 * CacheLines.Words));
    }

    /// <summary>Rows that a switch token comes to, each an i later than the row above: enabled before and after.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Crossed<TLanes, TMac>(long i, int group, int first, int end, long step)
        where TLanes : struct, ILanes<TLanes>
        where TMac : struct, IMac
    {
        int column = group * TLanes.Count;
        int at = (int)(step + first + column - i); // of the eight
        long token = TokenOfSwitch(step) - first;
        WeightTokens tokens = _tokens;
        ref int psum = ref _psum[_psumAt + PlaceOf(first, column)];
        ref int weight = ref _weight[_weightAt + PlaceOf(first, column)];
        ref int x = ref X(i - first - column, first);
        nint down = sizeof(int) * (1 - (nint)_xPitch), later = sizeof(int) * (nint)_xPitch;
        nint x1 = later, x2 = 2 * later, x3 = 3 * later, x4 = 4 * later, x5 = 5 * later, x6 = 6 * later, x7 = 7 * later;
        ref int into = ref _into[_intoAt];
        TLanes s0 = TLanes.Load(ref into), s1 = TLanes.Load(ref Unsafe.Add(ref into, CacheLines.Words)),
            s2 = TLanes.Load(ref Unsafe.Add(ref into, 2 * CacheLines.Words)), s3 = TLanes.Load(ref Unsafe.Add(ref into, 3 * CacheLines.Words));
        TLanes s4 = TLanes.Load(ref Unsafe.Add(ref into, 4 * CacheLines.Words)), s5 = TLanes.Load(ref Unsafe.Add(ref into, 5 * CacheLines.Words)),
            s6 = TLanes.Load(ref Unsafe.Add(ref into, 6 * CacheLines.Words)), s7 = TLanes.Load(ref Unsafe.Add(ref into, 7 * CacheLines.Words));
        for (int r = first; r < end; r++, at++, token--)
        {
            TLanes held = TLanes.Load(ref psum), before = TLanes.Load(ref weight), w = TLanes.Load(ref tokens.Word(token, column));
            w.Store(ref weight);
            TLanes.Mac<TMac>(TLanes.Same(Unsafe.AddByteOffset(ref x, x7)), w, s7).Store(ref psum);
            if (at == 7)
                w = before;
            s7 = TLanes.Mac<TMac>(TLanes.Same(Unsafe.AddByteOffset(ref x, x6)), w, s6);
            if (at == 6)
                w = before;
            s6 = TLanes.Mac<TMac>(TLanes.Same(Unsafe.AddByteOffset(ref x, x5)), w, s5);
            if (at == 5)
                w = before;
            s5 = TLanes.Mac<TMac>(TLanes.Same(Unsafe.AddByteOffset(ref x, x4)), w, s4);
            if (at == 4)
                w = before;
            s4 = TLanes.Mac<TMac>(TLanes.Same(Unsafe.AddByteOffset(ref x, x3)), w, s3);
            if (at == 3)
                w = before;
            s3 = TLanes.Mac<TMac>(TLanes.Same(Unsafe.AddByteOffset(ref x, x2)), w, s2);
            if (at == 2)
                w = before;
            s2 = TLanes.Mac<TMac>(TLanes.Same(Unsafe.AddByteOffset(ref x, x1)), w, s1);
            if (at == 1)
                w = before;
            s1 = TLanes.Mac<TMac>(TLanes.Same(x), w, s0);
            s0 = held;
            psum = ref Unsafe.Add(ref psum, CacheLines.Words);
            weight = ref Unsafe.Add(ref weight, CacheLines.Words);
            x = ref Unsafe.AddByteOffset(ref x, down);
        }

        s0.Store(ref into);
        s1.Store(ref Unsafe.Add(ref into, CacheLines.Words));
        s2.Store(ref Unsafe.Add(ref into, 2 * CacheLines.Words));
        s3.Store(ref Unsafe.Add(ref into, 3 * CacheLines.Words));
        s4.Store(ref Unsafe.Add(ref into, 4 * CacheLines.Words));
        s5.Store(ref Unsafe.Add(ref into, 5 * CacheLines.Words));
        s6.Store(ref Unsafe.Add(ref into, 6 * CacheLines.Words));
        s7.Store(ref Unsafe.Add(ref into, 7 * CacheLines.Words));
    }

    /// <summary>Anything: fewer steps than a block, lanes that do some of them, tokens and enables at any of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void General<TLanes, TMac>(long i, int count, int group, int first, int end, bool whole)
        where TLanes : struct, ILanes<TLanes>
        where TMac : struct, IMac
    {
        int column = group * TLanes.Count;
        for (int r = first; r < end; r++)
        {
            ref int psum = ref _psum[_psumAt + PlaceOf(r, column)];
            ref int weight = ref _weight[_weightAt + PlaceOf(r, column)];
            ref int into = ref _into[_intoAt];
            ref int masks = ref _masks[_masksAt + (whole ? Block * CacheLines.Words : 0)];
            long entered = i - r - column;
            ref int x = ref X(entered, r);
            ushort enables = _enable[(group * Rows) + r];
            TLanes sum = TLanes.Load(ref psum), w = TLanes.Load(ref weight), enabled = TLanes.Mask(enables), active = default;
            bool switches = false;
            for (int j = 0; j < count; j++)
            {
                active = TLanes.Load(ref masks);
                ref StepRecord record = ref Record(entered + j);
                if ((record.Flags & StepFlags.SwitchToken) != 0)
                {
                    long token = record.Tokens - (long)(record.Flags & StepFlags.ShiftToken) - r;
                    w = TLanes.Choose(active, TLanes.Load(ref _tokens.Word(token, column)), w);
                    uint bits = TLanes.Bits(active);
                    enables = (ushort)(_tokens.Enabled(token) ? enables | bits : enables & ~bits);
                    enabled = TLanes.Mask(enables);
                    switches = true;
                }

                TLanes above = TLanes.Load(ref into), before = sum;
                TLanes made = TLanes.Mac<TMac>(TLanes.Same(x), w, above);
                sum = TLanes.Choose(active, TLanes.Choose(enabled, made, above), sum);
                before.Store(ref into);
                into = ref Unsafe.Add(ref into, CacheLines.Words);
                masks = ref Unsafe.Add(ref masks, CacheLines.Words);
                x = ref Unsafe.Add(ref x, _xPitch);
            }

            sum.Store(ref psum);
            if (!switches)
                continue;
            w.Store(ref weight);
            SetEnable(group, r, enables);
        }
    }

    private int PlaceOf(int row, int column) =>
        ((column & -CacheLines.Words) * Rows) + (row * CacheLines.Words) + (column & (CacheLines.Words - 1));

    private ref int X(long step, int row) => ref _x[_xAt + ((int)(step - _xFirst) * _xPitch) + row];
}
