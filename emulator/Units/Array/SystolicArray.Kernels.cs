using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>
/// The sweeps over the grid. All run from the bottom row up, so that each row reads what the row above held before the edge.
/// 128 bits run the scalar twin.
/// </summary>
public sealed partial class SystolicArray
{
    private void Multiply(MacKind kind)
    {
        if (_simd < SimdWidth.Vector256)
            MultiplyScalar(kind);
        else if (kind == MacKind.Bf16 && _simd == SimdWidth.Vector512)
            MultiplyFloat512();
        else if (kind == MacKind.Bf16)
            MultiplyFloat256();
        else if (kind == MacKind.Int8x4)
            MultiplyInteger<FourProducts>();
        else if (kind == MacKind.Int4x8)
            MultiplyInteger<EightProducts>();
        else
            MultiplyInteger<OneProduct>();
    }

    private void MultiplyInteger<TProducts>()
        where TProducts : IIntegerProducts
    {
        if (_simd == SimdWidth.Vector512)
            MultiplyInteger512<TProducts>();
        else
            MultiplyInteger256<TProducts>();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyFloat512()
    {
        int stride = _stride;
        ref float act = ref Unsafe.As<int, float>(ref _act[((Rows - 1) * _actStride) + _state.Position]);
        ref float weight = ref Unsafe.As<int, float>(ref _grid[_weightAt + ((Rows - 1) * stride)]);
        ref float above = ref Unsafe.As<int, float>(ref _grid[PsumAt + ((Rows - 1) * stride)]);
        for (int r = Rows - 1; r >= 0; r--)
        {
            RowEnable enable = _rowEnable[r];
            if (enable == RowEnable.All)
            {
                for (int c = 0; c < stride; c += Lanes)
                {
                    Vector512<float> sum = Vector512.FusedMultiplyAdd(
                        Vector512.LoadUnsafe(ref act, (nuint)c),
                        Vector512.LoadUnsafe(ref weight, (nuint)c),
                        Vector512.LoadUnsafe(ref above, (nuint)c));
                    sum.StoreUnsafe(ref above, (nuint)(c + stride));
                }
            }
            else if (enable == RowEnable.None)
            {
                for (int c = 0; c < stride; c += Lanes)
                    Vector512.LoadUnsafe(ref above, (nuint)c).StoreUnsafe(ref above, (nuint)(c + stride));
            }
            else
            {
                for (int c = 0; c < stride; c += Lanes)
                {
                    Vector512<float> passed = Vector512.LoadUnsafe(ref above, (nuint)c);
                    Vector512<float> sum = Vector512.FusedMultiplyAdd(
                        Vector512.LoadUnsafe(ref act, (nuint)c), Vector512.LoadUnsafe(ref weight, (nuint)c), passed);
                    Vector512<int> mask = Mask512(_enable[(r * _words) + (c >> 6)] >> (c & 63));
                    Vector512.ConditionalSelect(mask.AsSingle(), sum, passed).StoreUnsafe(ref above, (nuint)(c + stride));
                }
            }

            act = ref Unsafe.Subtract(ref act, _actStride);
            weight = ref Unsafe.Subtract(ref weight, stride);
            above = ref Unsafe.Subtract(ref above, stride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyFloat256()
    {
        int stride = _stride;
        for (int r = Rows - 1; r >= 0; r--)
        {
            ref float act = ref Unsafe.As<int, float>(ref _act[(r * _actStride) + _state.Position]);
            ref float weight = ref Unsafe.As<int, float>(ref _grid[_weightAt + (r * stride)]);
            ref float above = ref Unsafe.As<int, float>(ref _grid[PsumAt + (r * stride)]);
            if (_rowEnable[r] == RowEnable.None)
            {
                _grid.AsSpan(PsumAt + (r * stride), stride).CopyTo(_grid.AsSpan(PsumAt + ((r + 1) * stride)));
                continue;
            }

            bool mixed = _rowEnable[r] == RowEnable.Mixed;
            for (int c = 0; c < stride; c += Lanes / 2)
            {
                Vector256<float> passed = Vector256.LoadUnsafe(ref above, (nuint)c);
                Vector256<float> sum = Vector256.FusedMultiplyAdd(
                    Vector256.LoadUnsafe(ref act, (nuint)c), Vector256.LoadUnsafe(ref weight, (nuint)c), passed);
                if (mixed)
                    sum = Vector256.ConditionalSelect(Mask256(_enable[(r * _words) + (c >> 6)] >> (c & 63)).AsSingle(), sum, passed);
                sum.StoreUnsafe(ref above, (nuint)(c + stride));
            }
        }
    }

    /// <summary>The twin of all others, one PE at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyScalar(MacKind kind)
    {
        for (int r = Rows - 1; r >= 0; r--)
        {
            ReadOnlySpan<int> act = _act.AsSpan((r * _actStride) + _state.Position, Columns);
            ReadOnlySpan<int> weight = _grid.AsSpan(_weightAt + (r * _stride), Columns);
            ReadOnlySpan<int> above = _grid.AsSpan(PsumAt + (r * _stride), Columns);
            Span<int> psum = _grid.AsSpan(PsumAt + ((r + 1) * _stride), Columns);
            for (int c = 0; c < Columns; c++)
            {
                bool enabled = (_enable[(r * _words) + (c >> 6)] >> (c & 63) & 1) != 0;
                psum[c] = enabled ? kind.Multiply(act[c], weight[c], above[c]) : above[c];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyInteger512<TProducts>()
        where TProducts : IIntegerProducts
    {
        int stride = _stride;
        for (int r = Rows - 1; r >= 0; r--)
        {
            ref int act = ref _act[(r * _actStride) + _state.Position];
            ref int weight = ref _grid[_weightAt + (r * stride)];
            ref int above = ref _grid[PsumAt + (r * stride)];
            RowEnable enable = _rowEnable[r];
            for (int c = 0; c < stride; c += Lanes)
            {
                Vector512<int> passed = Vector512.LoadUnsafe(ref above, (nuint)c);
                Vector512<int> product = TProducts.Of(Vector512.LoadUnsafe(ref act, (nuint)c), Vector512.LoadUnsafe(ref weight, (nuint)c));
                if (enable != RowEnable.All)
                    product &= Mask512(_enable[(r * _words) + (c >> 6)] >> (c & 63));
                (passed + product).StoreUnsafe(ref above, (nuint)(c + stride));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyInteger256<TProducts>()
        where TProducts : IIntegerProducts
    {
        int stride = _stride;
        for (int r = Rows - 1; r >= 0; r--)
        {
            ref int act = ref _act[(r * _actStride) + _state.Position];
            ref int weight = ref _grid[_weightAt + (r * stride)];
            ref int above = ref _grid[PsumAt + (r * stride)];
            RowEnable enable = _rowEnable[r];
            for (int c = 0; c < stride; c += Lanes / 2)
            {
                Vector256<int> passed = Vector256.LoadUnsafe(ref above, (nuint)c);
                Vector256<int> product = TProducts.Of(Vector256.LoadUnsafe(ref act, (nuint)c), Vector256.LoadUnsafe(ref weight, (nuint)c));
                if (enable != RowEnable.All)
                    product &= Mask256(_enable[(r * _words) + (c >> 6)] >> (c & 63));
                (passed + product).StoreUnsafe(ref above, (nuint)(c + stride));
            }
        }
    }

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
}
