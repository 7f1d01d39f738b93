using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>
/// Pooling: windows of an image, channels as columns. What is pooled into a row of the result enters an access at a time,
/// a group of columns each: the pixels of a window, or, for gradients, the windows over a pixel.
/// </summary>
public sealed partial class VectorUnit
{
    /// <summary>The windows over a pixel: the first, and how many across and in all.</summary>
    private readonly record struct Cover(int First, int Across, int Count);

    private Cover Covering(int pixel)
    {
        ref VectorPlan plan = ref State.Plan;
        (int y, int x) = Math.DivRem(pixel, plan.Window.Width);
        (int top, int down) = Covering(y, plan.Window.Rows, plan.Window.Down, plan.WindowsDown);
        (int left, int across) = Covering(x, plan.Window.Columns, plan.Window.Across, plan.WindowsAcross);
        return new Cover((top * plan.WindowsAcross) + left, across, down * across);
    }

    /// <summary>Along one side: windows w of so many with 0 &lt;= at - w * step &lt; extent.</summary>
    private static (int First, int Count) Covering(int at, int extent, int step, int windows)
    {
        int first = at < extent ? 0 : ((at - extent) / step) + 1;
        int last = Math.Min(at / step, windows - 1);
        return (first, Math.Max(0, last - first + 1));
    }

    /// <summary>Row of A that the beat takes: a pixel of the window, or a window over the pixel. And its number in the window.</summary>
    private (int Row, int Place) Source(in BeatCursor at)
    {
        ref VectorPlan plan = ref State.Plan;
        int width = plan.Window.Width;
        if (plan.FromWindows == 0)
        {
            (int windowY, int windowX) = Math.DivRem(at.Row, plan.WindowsAcross);
            (int y, int x) = Math.DivRem(at.Position, plan.Window.Columns);
            return ((((windowY * plan.Window.Down) + y) * width) + (windowX * plan.Window.Across) + x, at.Position);
        }

        Cover cover = Covering(at.Row);
        (int down, int across) = Math.DivRem(at.Position, cover.Across);
        int window = cover.First + (down * plan.WindowsAcross) + across;
        (int top, int left) = Math.DivRem(window, plan.WindowsAcross);
        (int pixelY, int pixelX) = Math.DivRem(at.Row, width);
        return (window, ((pixelY - (top * plan.Window.Down)) * plan.Window.Columns) + pixelX - (left * plan.Window.Across));
    }

    /// <summary>Beats of a row of the result and a group of columns. A pixel under no window takes one, without operands.</summary>
    private int PositionsOf(int row) =>
        State.Plan.FromWindows == 0 ? State.Plan.Window.Rows * State.Plan.Window.Columns : Math.Max(1, Covering(row).Count);

    private void AdvanceInWindow(ref BeatCursor at)
    {
        ref VectorPlan plan = ref State.Plan;
        if (++at.Position < PositionsOf(at.Row))
            return;
        at.Position = 0;
        at.Column += plan.BlockColumns;
        if (at.Column < plan.Columns)
            return;
        at.Column = 0;
        at.Finished = ++at.Row >= plan.Rows ? 1 : 0;
    }

    private bool IssuePooled(long edge)
    {
        ref VectorPlan plan = ref State.Plan;
        ref BeatCursor at = ref State.Issue;
        int count = BeatLength(at);
        if (plan.FromWindows == 0 || Covering(at.Row).Count > 0)
        {
            if (!_readA.Request.CanPush(edge) || (plan.ReadsB != 0 && !_readB.Request.CanPush(edge)))
                return false;
            int row = Source(at).Row;
            Ask(_readA, plan.A + (uint)((row * plan.PitchA) + (at.Column * plan.SizeA)), count * plan.SizeA, edge);
            if (plan.ReadsB != 0)
                Ask(_readB, plan.B + (uint)((row * plan.PitchB) + at.Column), count, edge);
        }

        State.BeatsInFlight++;
        Advance(ref at, count);
        return true;
    }

    private void PoolingBeat(long edge, int count, bool takesOperands)
    {
        ref VectorPlan plan = ref State.Plan;
        ref BeatCursor at = ref State.Execute;
        Span<float> pooled = _pooled.AsSpan(0, count);
        if (at.Position == 0)
        {
            pooled.Clear();
            _places.AsSpan().Clear();
        }

        if (takesOperands)
        {
            Span<float> x = _x.AsSpan(0, count);
            TakeOperand(_readA, edge, plan.TypeA, x);
            if (plan.Opcode == DescriptorOpcode.PoolMax)
                TakeGreater(x, pooled, at.Position);
            else if (plan.Opcode == DescriptorOpcode.PoolMaxGrad)
                AddFromPlace(x, pooled, edge);
            else
                AddTo(pooled, x);
        }

        if (at.Position + 1 < PositionsOf(at.Row))
            return;
        switch (plan.Opcode)
        {
            case DescriptorOpcode.PoolMax:
                Encode(pooled, Emit(AddressD(at), count * plan.SizeD, edge + _pipeline), at.Row, at.Column);
                _places.AsSpan(0, count).CopyTo(Emit(AddressB(at), count, edge + _pipeline));
                return;
            case DescriptorOpcode.PoolMaxGrad:
                break;
            default:
                Span<float> scaled = _z.AsSpan(0, count);
                for (int i = 0; i < count; i++)
                    scaled[i] = pooled[i] * Constant(0);
                State.LaneOperations += count;
                pooled = scaled;
                break;
        }

        Encode(pooled, Emit(AddressD(at), count * plan.SizeD, edge + (2 * _pipeline)), at.Row, at.Column);
    }

    private void TakeGreater(ReadOnlySpan<float> x, Span<float> greatest, int position)
    {
        for (int i = 0; i < x.Length; i++)
        {
            if (position == 0 || x[i] > greatest[i])
            {
                greatest[i] = CanonicalNaN.Of(x[i]);
                _places[i] = (byte)position;
            }
        }

        State.LaneOperations += x.Length;
    }

    /// <summary>A comparison of the window's place with this pixel's, and an add.</summary>
    private void AddFromPlace(ReadOnlySpan<float> x, Span<float> sum, long edge)
    {
        int place = Source(State.Execute).Place;
        ReadOnlySpan<byte> places = _readB.BytesOf(in _readB.Response.Peek(edge));
        for (int i = 0; i < x.Length; i++)
        {
            if (places[i] == place)
                sum[i] = CanonicalNaN.Of(sum[i] + x[i]);
        }

        _readB.DiscardRead(edge);
        State.LaneOperations += 2 * x.Length;
    }

    private void AddTo(Span<float> sum, ReadOnlySpan<float> x)
    {
        for (int i = 0; i < x.Length; i++)
            sum[i] = CanonicalNaN.Of(sum[i] + x[i]);
        State.LaneOperations += x.Length;
    }
}
