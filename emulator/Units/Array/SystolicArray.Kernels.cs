using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>
/// The sweep over the grid: from the bottom row up, so that each row reads what the row above held before the edge, and the
/// sums move down without a copy. One body a vector width, its scalar twin beside.
/// </summary>
/// <remarks>
/// Sums and weights lie on the host's cache lines; act streams cannot, as they move a word a step. A load of act is two lines,
/// so wide rows load each line once and put the vectors together from two.
/// </remarks>
public sealed partial class SystolicArray
{
    // From so many columns on the permutation is cheaper than the second line of a load.
    private const int PermutedWidth = 64;

    private void Multiply<TMac>()
        where TMac : struct, IMac
    {
        if (_simd == SimdWidth.Vector512)
            Multiply512<TMac>();
        else if (_simd == SimdWidth.Vector256)
            Multiply256<TMac>();
        else if (_simd == SimdWidth.Vector128)
            Multiply128<TMac>();
        else
            MultiplyScalar<TMac>();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply512<TMac>()
        where TMac : struct, IMac
    {
        nint pitch = _pitch;
        nint actPitch = _actPitch;
        nint width = _width;
        ref int act = ref _act[_actAt + ((Rows - 1) * _actPitch) + _state.Position];
        ref int weight = ref _grid[_weightAt + ((Rows - 1) * _pitch)];
        ref int above = ref _grid[_psumAt + ((Rows - 1) * _pitch)];
        nint offset = _state.Position & (CacheLines.Words - 1);
        bool permutes = Avx512F.IsSupported && width >= PermutedWidth;
        Vector512<int> fromOffset = Vector512<int>.Indices + Vector512.Create((int)offset);
        ref RowEnable enables = ref MemoryMarshal.GetArrayDataReference(_rowEnable);
        for (int r = Rows - 1; r >= 0; r--)
        {
            RowEnable enable = Unsafe.Add(ref enables, r);
            ref int below = ref Unsafe.Add(ref above, pitch);
            if (enable == RowEnable.All && permutes)
            {
                ref int line = ref Unsafe.Subtract(ref act, offset);
                Vector512<int> low = Vector512.LoadUnsafe(ref line);
                for (nint c = 0; c < width; c += 16)
                {
                    Vector512<int> high = Vector512.LoadUnsafe(ref line, (nuint)c + 16);
                    TMac.Apply(
                        Avx512F.PermuteVar16x32x2(low, fromOffset, high), Vector512.LoadUnsafe(ref weight, (nuint)c), Vector512.LoadUnsafe(ref above, (nuint)c))
                        .StoreUnsafe(ref below, (nuint)c);
                    low = high;
                }
            }
            else if (enable == RowEnable.All)
            {
                for (nint c = 0; c < width; c += 16)
                {
                    TMac.Apply(
                        Vector512.LoadUnsafe(ref act, (nuint)c), Vector512.LoadUnsafe(ref weight, (nuint)c), Vector512.LoadUnsafe(ref above, (nuint)c))
                        .StoreUnsafe(ref below, (nuint)c);
                }
            }
            else if (enable == RowEnable.None)
            {
                for (nint c = 0; c < width; c += 16)
                    Vector512.LoadUnsafe(ref above, (nuint)c).StoreUnsafe(ref below, (nuint)c);
            }
            else
            {
                for (nint c = 0; c < width; c += 16)
                {
                    Vector512<int> passed = Vector512.LoadUnsafe(ref above, (nuint)c);
                    Vector512<int> sum = TMac.Apply(Vector512.LoadUnsafe(ref act, (nuint)c), Vector512.LoadUnsafe(ref weight, (nuint)c), passed);
                    Vector512.ConditionalSelect(Mask512(EnablesFrom(r, (int)c)), sum, passed).StoreUnsafe(ref below, (nuint)c);
                }
            }

            act = ref Unsafe.Subtract(ref act, actPitch);
            weight = ref Unsafe.Subtract(ref weight, pitch);
            above = ref Unsafe.Subtract(ref above, pitch);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply256<TMac>()
        where TMac : struct, IMac
    {
        for (int r = Rows - 1; r >= 0; r--)
        {
            ref int act = ref _act[_actAt + (r * _actPitch) + _state.Position];
            ref int weight = ref _grid[_weightAt + (r * _pitch)];
            ref int above = ref _grid[_psumAt + (r * _pitch)];
            ref int below = ref Unsafe.Add(ref above, _pitch);
            bool all = _rowEnable[r] == RowEnable.All;
            for (int c = 0; c < _width; c += 8)
            {
                Vector256<int> passed = Vector256.LoadUnsafe(ref above, (nuint)c);
                Vector256<int> sum = TMac.Apply(Vector256.LoadUnsafe(ref act, (nuint)c), Vector256.LoadUnsafe(ref weight, (nuint)c), passed);
                if (!all)
                    sum = Vector256.ConditionalSelect(Mask256(EnablesFrom(r, c)), sum, passed);
                sum.StoreUnsafe(ref below, (nuint)c);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply128<TMac>()
        where TMac : struct, IMac
    {
        for (int r = Rows - 1; r >= 0; r--)
        {
            ref int act = ref _act[_actAt + (r * _actPitch) + _state.Position];
            ref int weight = ref _grid[_weightAt + (r * _pitch)];
            ref int above = ref _grid[_psumAt + (r * _pitch)];
            ref int below = ref Unsafe.Add(ref above, _pitch);
            bool all = _rowEnable[r] == RowEnable.All;
            for (int c = 0; c < _width; c += 4)
            {
                Vector128<int> passed = Vector128.LoadUnsafe(ref above, (nuint)c);
                Vector128<int> sum = TMac.Apply(Vector128.LoadUnsafe(ref act, (nuint)c), Vector128.LoadUnsafe(ref weight, (nuint)c), passed);
                if (!all)
                    sum = Vector128.ConditionalSelect(Mask128(EnablesFrom(r, c)), sum, passed);
                sum.StoreUnsafe(ref below, (nuint)c);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyScalar<TMac>()
        where TMac : struct, IMac
    {
        for (int r = Rows - 1; r >= 0; r--)
        {
            for (int c = 0; c < Columns; c++)
            {
                int sum = _grid[_psumAt + (r * _pitch) + c];
                if (Enable(r, c))
                    sum = TMac.Apply(Act(r, c), Weight(r, c), sum);
                _grid[_psumAt + ((r + 1) * _pitch) + c] = sum;
            }
        }
    }

    /// <summary>Enables of a row; bit 0 is the column's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong EnablesFrom(int row, int column) => _enable[(row * _words) + (column >> 6)] >> (column & 63);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Mask512(ulong bits)
    {
        Vector512<int> lane = Vector512.Create(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        return Vector512.Equals(Vector512.Create((int)bits) & lane, lane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Mask256(ulong bits)
    {
        Vector256<int> lane = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        return Vector256.Equals(Vector256.Create((int)bits) & lane, lane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Mask128(ulong bits)
    {
        Vector128<int> lane = Vector128.Create(1, 2, 4, 8);
        return Vector128.Equals(Vector128.Create((int)bits) & lane, lane);
    }
}
