using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>
/// The shadow's shift chain. From the bottom row up, 64 columns of tokens at a time: the enables as bits on every host, the
/// words by vector with the scalar twin beside.
/// </summary>
public sealed partial class SystolicArray
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ShiftWeights()
    {
        int stride = _stride;
        int words = _words;
        SimdWidth simd = _simd;
        ref ulong history = ref MemoryMarshal.GetArrayDataReference(_shiftHistory);
        ref ulong fullRow = ref MemoryMarshal.GetArrayDataReference(_fullRow);
        ref ulong enableOut = ref MemoryMarshal.GetArrayDataReference(_enableOut);
        ref ulong enableShadow = ref MemoryMarshal.GetArrayDataReference(_enableShadow);
        ref int shadows = ref _grid[_shadowAt];
        ref int weightsOut = ref _grid[_weightOutAt];
        ref int top = ref _weightSkew[(int)(_state.Time % Columns) * stride];
        for (int r = Rows - 1; r >= 0; r--)
        {
            for (int word = 0; word < words; word++)
            {
                int first = word * 64;
                ulong full = Unsafe.Add(ref fullRow, word);
                ulong tokens = Window(ref history, r + first) & full;
                if (tokens == 0)
                    continue;

                int here = (r * words) + word;
                ref ulong heldEnables = ref Unsafe.Add(ref enableShadow, here);
                ref ulong leavingEnables = ref Unsafe.Add(ref enableOut, here);
                ulong entering = r == 0 ? Window(_enableHistory, first) : Unsafe.Add(ref leavingEnables, -words);
                ulong held = heldEnables;
                leavingEnables = (leavingEnables & ~tokens) | (held & tokens);
                heldEnables = (held & ~tokens) | (entering & tokens);

                ref int shadow = ref Unsafe.Add(ref shadows, (r * stride) + first);
                ref int below = ref Unsafe.Add(ref weightsOut, (r * stride) + first);
                ref int above = ref Unsafe.Subtract(ref below, stride);
                if (r == 0)
                    above = ref Unsafe.Add(ref top, first);
                int count = Math.Min(64, stride - first);
                if (simd == SimdWidth.Vector512)
                    ShiftRow512(ref shadow, ref below, ref above, count, tokens, full);
                else if (simd == SimdWidth.Vector256)
                    ShiftRow256(ref shadow, ref below, ref above, count, tokens, full);
                else
                    ShiftRowScalar(ref shadow, ref below, ref above, tokens);
            }
        }
    }

    /// <summary>Where a token stands: below = shadow, shadow = above. Lanes beyond C hold nothing, so a full row needs no mask.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ShiftRow512(ref int shadow, ref int below, ref int above, int count, ulong tokens, ulong full)
    {
        for (int c = 0; c < count; c += Lanes)
        {
            uint bits = (uint)(tokens >> c) & 0xFFFF;
            if (bits == 0)
                continue;
            Vector512<int> held = Vector512.LoadUnsafe(ref shadow, (nuint)c);
            Vector512<int> entering = Vector512.LoadUnsafe(ref above, (nuint)c);
            Vector512<int> leaving = held;
            if (bits != ((uint)(full >> c) & 0xFFFF))
            {
                Vector512<int> mask = Mask512(bits);
                leaving = Vector512.ConditionalSelect(mask, held, Vector512.LoadUnsafe(ref below, (nuint)c));
                entering = Vector512.ConditionalSelect(mask, entering, held);
            }

            leaving.StoreUnsafe(ref below, (nuint)c);
            entering.StoreUnsafe(ref shadow, (nuint)c);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ShiftRow256(ref int shadow, ref int below, ref int above, int count, ulong tokens, ulong full)
    {
        for (int c = 0; c < count; c += Lanes / 2)
        {
            uint bits = (uint)(tokens >> c) & 0xFF;
            if (bits == 0)
                continue;
            Vector256<int> held = Vector256.LoadUnsafe(ref shadow, (nuint)c);
            Vector256<int> entering = Vector256.LoadUnsafe(ref above, (nuint)c);
            Vector256<int> leaving = held;
            if (bits != ((uint)(full >> c) & 0xFF))
            {
                Vector256<int> mask = Mask256(bits);
                leaving = Vector256.ConditionalSelect(mask, held, Vector256.LoadUnsafe(ref below, (nuint)c));
                entering = Vector256.ConditionalSelect(mask, entering, held);
            }

            leaving.StoreUnsafe(ref below, (nuint)c);
            entering.StoreUnsafe(ref shadow, (nuint)c);
        }
    }

    private static void ShiftRowScalar(ref int shadow, ref int below, ref int above, ulong tokens)
    {
        for (int c = 0; tokens >> c != 0; c++)
        {
            if ((tokens >> c & 1) != 0)
            {
                Unsafe.Add(ref below, c) = Unsafe.Add(ref shadow, c);
                Unsafe.Add(ref shadow, c) = Unsafe.Add(ref above, c);
            }

            if (c == 63)
                return;
        }
    }

    /// <summary>Bits first .. first + 63 of a history, which is long enough for any PE.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Window(ref ulong history, int first)
    {
        ref ulong word = ref Unsafe.Add(ref history, first >> 6);
        int shift = first & 63;
        return shift == 0 ? word : (word >> shift) | (Unsafe.Add(ref word, 1) << (64 - shift));
    }

    private static ulong Window(ulong[] history, int first) => Window(ref MemoryMarshal.GetArrayDataReference(history), first);
}
