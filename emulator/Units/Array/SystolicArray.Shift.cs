using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HybridEmu.Units;

/// <summary>
/// The shadow's shift chain. A token reaches all PEs with the same r + c at once, so shadows and the weights leaving them are
/// kept by anti-diagonal, r ascending: tokens that follow each other move one block of words, without masks. A diagonal takes
/// from the one before it, one row up; from the last to the first, so that each reads what that one held before the edge.
/// </summary>
public sealed partial class SystolicArray
{
    private int Diagonals => Rows + Columns - 1;

    private void ShiftWeights()
    {
        int below = Diagonals;
        while ((below = Highest(_shiftHistory, below, 0)) >= 0)
        {
            int last = below;
            int first = Highest(_shiftHistory, last, ulong.MaxValue) + 1;
            ShiftBlock(first, last);
            below = first;
        }
    }

    /// <summary>The highest bit under <paramref name="below"/> that is set (or, flipped, that is clear); -1 for none.</summary>
    private static int Highest(ulong[] history, int below, ulong flip)
    {
        for (int word = (below - 1) >> 6; word >= 0; word--)
        {
            ulong bits = history[word] ^ flip;
            int limit = below - (word * 64);
            if (limit < 64)
                bits &= (1UL << limit) - 1;
            if (bits != 0)
                return (word * 64) + 63 - BitOperations.LeadingZeroCount(bits);
        }

        return -1;
    }

    /// <summary>Where row 0 of a diagonal is; rows that are not in the grid hold nothing that a row in it reads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int DiagonalAt(int diagonal) => Lanes + ((diagonal + 1) * _diagonalStride);

    /// <summary>
    /// On neighbouring diagonals: weightOut = shadow; shadow = weightOut of the PE above, which is a row up on the diagonal
    /// before, or the word that entered for the column. The enables go the same way.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ShiftBlock(int first, int last)
    {
        int start = DiagonalAt(first);
        int back = _diagonalStride + 1;
        ref int shadow = ref MemoryMarshal.GetArrayDataReference(_shadow);
        ref int leaving = ref MemoryMarshal.GetArrayDataReference(_weightOut);
        int at = DiagonalAt(last + 1) - Lanes;
        if (_simd == SimdWidth.Vector512)
        {
            for (; at >= start; at -= Lanes)
            {
                Vector512<int> held = Vector512.LoadUnsafe(ref shadow, (nuint)at);
                Vector512<int> entering = Vector512.LoadUnsafe(ref leaving, (nuint)(at - back));
                held.StoreUnsafe(ref leaving, (nuint)at);
                entering.StoreUnsafe(ref shadow, (nuint)at);
            }
        }
        else
        {
            for (at += Lanes - 1; at >= start; at--)
            {
                int held = Unsafe.Add(ref shadow, at);
                Unsafe.Add(ref shadow, at) = Unsafe.Add(ref leaving, at - back);
                Unsafe.Add(ref leaving, at) = held;
            }
        }

        ref int top = ref _weightSkew[(int)(_state.Time % Columns) * _stride];
        for (int diagonal = Math.Min(last, Columns - 1); diagonal >= first; diagonal--)
            Unsafe.Add(ref shadow, DiagonalAt(diagonal)) = Unsafe.Add(ref top, diagonal);
        if (_rowWords == 1)
        {
            ShiftShortEnables(first, last);
            return;
        }

        for (int diagonal = last; diagonal >= first; diagonal--)
            ShiftEnables(diagonal);
    }

    /// <summary>As <see cref="ShiftEnables"/> where one word has the rows of a diagonal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ShiftShortEnables(int first, int last)
    {
        ref ulong shadow = ref MemoryMarshal.GetArrayDataReference(_enableShadow);
        ref ulong leaving = ref MemoryMarshal.GetArrayDataReference(_enableOut);
        ref ulong present = ref MemoryMarshal.GetArrayDataReference(_onDiagonal);
        ref ulong entering = ref MemoryMarshal.GetArrayDataReference(_enableHistory);
        for (int d = last; d >= first; d--)
        {
            // Diagonals from C on have no row 0, so what their history bit would bring is masked away.
            ulong above = d == 0 ? 0 : Unsafe.Add(ref leaving, d - 1) << 1;
            ulong top = Unsafe.Add(ref entering, d >> 6) >> (d & 63) & 1;
            Unsafe.Add(ref leaving, d) = Unsafe.Add(ref shadow, d);
            Unsafe.Add(ref shadow, d) = (above | top) & Unsafe.Add(ref present, d);
        }
    }

    private void ShiftEnables(int diagonal)
    {
        int here = diagonal * _rowWords;
        for (int word = _rowWords - 1; word >= 0; word--)
        {
            ulong above = diagonal == 0 ? 0 : _enableOut[here - _rowWords + word];
            ulong carry = diagonal == 0 || word == 0 ? 0 : _enableOut[here - _rowWords + word - 1] >> 63;
            _enableOut[here + word] = _enableShadow[here + word];
            _enableShadow[here + word] = ((above << 1) | carry) & _onDiagonal[here + word];
        }

        if (diagonal < Columns)
            _enableShadow[here] = (_enableShadow[here] & ~1UL) | (_enableHistory[diagonal >> 6] >> (diagonal & 63) & 1);
    }

    /// <summary>Bits first .. first + 63 of a history, which is long enough for any PE.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Window(ulong[] history, int first)
    {
        int word = first >> 6;
        int shift = first & 63;
        return shift == 0 ? history[word] : (history[word] >> shift) | (history[word + 1] << (64 - shift));
    }
}
