using System.Runtime.CompilerServices;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>
/// One step of PEs that all stand at the same step, for whoever looks every few steps: a sweep would do it lane by lane. Rows from the
/// bottom up, so that each reads what the row above held before the edge.
/// </summary>
public sealed partial class SystolicArray
{
    private readonly int[] _line; // what enters the top of each column, then the act words of a group
    private readonly int _lineAt;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void StepOnce<TLanes, TMac>(long step)
        where TLanes : struct, ILanes<TLanes>
        where TMac : struct, IMac
    {
        SwitchDiagonals(step);
        TakeTop(step);
        int atOnce = _groups * TLanes.Count;
        ref int acts = ref _line[_lineAt + atOnce];
        for (int group = 0; group < _groups; group++)
        {
            int column = group * TLanes.Count;
            for (int r = Rows - 1; r >= 0; r--)
            {
                ref int x = ref X(step - r - column, r);
                for (int lane = 0; lane < TLanes.Count; lane++)
                    Unsafe.Add(ref acts, lane) = Unsafe.Subtract(ref x, (nint)lane * _xPitch);
                ref int psum = ref _psum[_psumAt + PlaceOf(r, column)];
                TLanes above = TLanes.Load(ref r == 0 ? ref _line[_lineAt + column] : ref Unsafe.Subtract(ref psum, CacheLines.Words));
                TLanes sum = TLanes.Mac<TMac>(TLanes.Load(ref acts), TLanes.Load(ref _weight[_weightAt + PlaceOf(r, column)]), above);
                ushort enables = _enable[(group * Rows) + r];
                if (enables != AllLanes)
                    sum = TLanes.Choose(TLanes.Mask(enables), sum, above);
                sum.Store(ref psum);
            }
        }
    }

    /// <summary>A switch token stands on one anti-diagonal of the grid.</summary>
    private void SwitchDiagonals(long step)
    {
        for (long entered = Record(step).Switch; step - entered < Rows + Columns - 1; entered = Record(entered - 1).Switch)
        {
            int age = (int)(step - entered);
            long token = TokenOfSwitch(entered);
            for (int r = Math.Max(0, age - Columns + 1); r <= Math.Min(Rows - 1, age); r++)
            {
                _weight[_weightAt + PlaceOf(r, age - r)] = _tokens.Word(token - r, age - r);
                WriteEnable(r, age - r, _tokens.Enabled(token - r));
            }
        }
    }

    /// <summary>What enters the top, and what the bottom row held before goes to the accumulators.</summary>
    private void TakeTop(long step)
    {
        Span<int> top = _line.AsSpan(_lineAt, Columns);
        top.Clear();
        if (_sums is not null)
            _sums.StepOnce(step, top, HeldAtBottom());
        else if ((Record(step).Flags & StepFlags.Top) != 0)
            TopOf(step).CopyTo(top);
    }

    private Span<int> HeldAtBottom()
    {
        for (int c = 0; c < Columns; c++)
            _bottom[c] = _psum[_psumAt + PlaceOf(Rows - 1, c)];
        return _bottom;
    }
}
