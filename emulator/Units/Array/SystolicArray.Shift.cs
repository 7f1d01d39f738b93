using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HybridEmu.Units;

/// <summary>
/// The shadow's shift chain. A token reaches all PEs with the same r + c at once, so shadows and the weights leaving them are
/// kept by anti-diagonal, r ascending: a token then moves whole runs of words, without masks. A diagonal takes from the one
/// before it, one row up; from the last to the first, so that each reads what that one held before the edge.
/// </summary>
public sealed partial class SystolicArray
{
    private int Diagonals => Rows + Columns - 1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ShiftWeights()
    {
        ref int top = ref _weightSkew[(int)(_state.Time % Columns) * _stride];
        int last = Diagonals - 1;
        for (int word = last >> 6; word >= 0; word--)
        {
            ulong tokens = _shiftHistory[word];
            if (word == last >> 6)
                tokens &= ulong.MaxValue >> (63 - (last & 63));
            while (tokens != 0)
            {
                int bit = 63 - BitOperations.LeadingZeroCount(tokens);
                tokens ^= 1UL << bit;
                int diagonal = (word * 64) + bit;
                ShiftWords(diagonal);
                ShiftEnables(diagonal, _enableHistory[word] >> bit & 1);
                if (diagonal < Columns)
                    _shadow[DiagonalAt(diagonal)] = Unsafe.Add(ref top, diagonal);
            }
        }
    }

    /// <summary>Where row 0 of a diagonal is; rows that are not in the grid hold nothing that a row in it reads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int DiagonalAt(int diagonal) => Lanes + (diagonal * _diagonalStride);

    /// <summary>weightOut = shadow; shadow = weightOut of the PE above, which is a row up on the diagonal before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ShiftWords(int diagonal)
    {
        int at = DiagonalAt(diagonal);
        if (_simd != SimdWidth.Vector512)
        {
            _shadow.AsSpan(at, Rows).CopyTo(_weightOut.AsSpan(at));
            if (diagonal > 0)
                _weightOut.AsSpan(at - _diagonalStride, Rows - 1).CopyTo(_shadow.AsSpan(at + 1));
            return;
        }

        ref int shadow = ref _shadow[at];
        ref int leaving = ref _weightOut[at];
        ref int above = ref diagonal > 0 ? ref _weightOut[at - _diagonalStride - 1] : ref _weightOut[at];
        for (int r = 0; r < Rows; r += Lanes)
        {
            Vector512<int> held = Vector512.LoadUnsafe(ref shadow, (nuint)r);
            Vector512<int> entering = Vector512.LoadUnsafe(ref above, (nuint)r);
            held.StoreUnsafe(ref leaving, (nuint)r);
            entering.StoreUnsafe(ref shadow, (nuint)r);
        }
    }

    private void ShiftEnables(int diagonal, ulong entering)
    {
        int here = diagonal * _rowWords;
        for (int word = _rowWords - 1; word >= 0; word--)
        {
            ulong above = diagonal == 0 ? 0 : _enableOut[here - _rowWords + word];
            ulong below = diagonal == 0 || word == 0 ? 0 : _enableOut[here - _rowWords + word - 1] >> 63;
            _enableOut[here + word] = _enableShadow[here + word];
            _enableShadow[here + word] = ((above << 1) | below) & _onDiagonal[here + word];
        }

        if (diagonal < Columns)
            _enableShadow[here] = (_enableShadow[here] & ~1UL) | entering;
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
