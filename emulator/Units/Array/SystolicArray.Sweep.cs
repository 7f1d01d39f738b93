using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>
/// Sweeps: steps that are recorded are made up for, eight at once, group by group of columns. Every PE computes its sum of every one of these
/// steps; those between the first and the last of a sweep only pass through host registers.
/// </summary>
/// <remarks>
/// All lanes of a group take the same word of X and their new weights at once if lane l does step i + l where lane 0 does step i: so
/// that is what a sweep over i does ("at i"), and between sweeps column c of a group is c steps ahead of its first. Nothing goes from one
/// column to the next but X and tokens, which are known as soon as they have entered. Whoever looks has the lanes that are behind
/// catch up, by masks: then all PEs stand at the same step.
/// </remarks>
public sealed partial class SystolicArray
{
    /// <summary>Steps of a sweep.</summary>
    private const int Block = 8;

    // Of steps that are recorded and not made up for by all lanes: 2 lanes + a block at most.
    internal const int MostPending = 64;

    // Steps between two moves of the rows of X back to the start of their buffer.
    private const int XSlack = 256;

    private readonly int[] _into;  // sums that come into a row from above, at each i of a sweep
    private readonly int _intoAt;
    private readonly int[] _masks; // lanes that do a step, at each i; then as many with all lanes
    private readonly int _masksAt;

    private long _next;   // i of the next sweep
    private long _lowest; // lanes have done all steps before this one
    private long _due;    // time at which all lanes can do a block

    /// <summary>Makes up for all steps: registers and sums are then those of this time.</summary>
    public void Settle()
    {
        long time = _time;
        if (_lowest == time)
            return;
        Sweep(time);
        RestFrom(time);
        _sums?.Retire(_next);
    }

    /// <summary>All lanes have done the steps before this time, and none another.</summary>
    private void RestFrom(long time)
    {
        _next = time - _lanes + 1;
        _lowest = time;
        _due = time + _lanes - 1 + Block;
    }

    private void SweepWhatIsDue()
    {
        Sweep(_due - _lanes + 1);
        _due = _next + _lanes - 1 + Block;
    }

    private void Sweep(long end)
    {
        if (_simd == SimdWidth.Vector512)
            Sweep<Lanes16>(end);
        else if (_simd == SimdWidth.Vector256)
            Sweep<Lanes8>(end);
        else if (_simd == SimdWidth.Vector128)
            Sweep<Lanes4>(end);
        else
            Sweep<Lanes1>(end);
    }

    private void Sweep<TLanes>(long end)
        where TLanes : struct, ILanes<TLanes>
    {
        switch (_kind)
        {
            case MacKind.Integer:
                Sweep<TLanes, MacInteger>(end);
                break;
            case MacKind.Bf16:
                Sweep<TLanes, MacBf16>(end);
                break;
            case MacKind.Int8x4:
                Sweep<TLanes, MacInt8x4>(end);
                break;
            default:
                Sweep<TLanes, MacInt4x8>(end);
                break;
        }
    }

    /// <summary>Goes on up to an i, with lanes that do no step that they have done, nor one that is not recorded.</summary>
    private void Sweep<TLanes, TMac>(long end)
        where TLanes : struct, ILanes<TLanes>
        where TMac : struct, IMac
    {
        bool alike = _next + TLanes.Count - 1 == _lowest;
        if (alike && _time - _lowest <= TLanes.Count / 4)
        {
            for (long step = _lowest; step < _time; step++)
                StepOnce<TLanes, TMac>(step);
            return;
        }

        int most = Math.Min(Block, _sums?.ShortestReuse ?? Block);
        while (_next < end)
        {
            long i = _next;
            bool ramp = i < _lowest;
            int count = (int)Math.Min(most, (ramp ? Math.Min(_lowest, end) : end) - i);
            bool whole = !ramp && i + count + TLanes.Count - 1 <= _time;
            for (int j = 0; !whole && j < count; j++)
                TLanes.Mask(ActiveLanes(i + j)).Store(ref _masks[_masksAt + (j * CacheLines.Words)]);
            for (int group = 0; group < _groups; group++)
            {
                int column = group * TLanes.Count;
                TakeTops(i, count, column);
                if (whole && count == Block)
                    SweepGroup<TLanes, TMac>(i, group);
                else
                    General<TLanes, TMac>(i, count, group, 0, Rows, whole);
                if (_sums is not null)
                    GiveSums(i, count, column, whole);
            }

            _next += count;
        }

        _sums?.Retire(_next);
    }

    /// <summary>Lanes whose step at an i is neither done nor still to be entered.</summary>
    private uint ActiveLanes(long i)
    {
        uint all = (1u << _lanes) - 1;
        int first = (int)Math.Clamp(_lowest - i, 0, _lanes);
        int end = (int)Math.Clamp(_time - i, 0, _lanes);
        return (all << first) & (all >> (_lanes - end)) & all;
    }

    /// <summary>A whole block of one group: rows between switch tokens, and rows that a token comes to.</summary>
    private void SweepGroup<TLanes, TMac>(long i, int group)
        where TLanes : struct, ILanes<TLanes>
        where TMac : struct, IMac
    {
        int row = 0;
        int column = group * TLanes.Count;
        long earliest = i - column - Rows;
        for (long token = Record(_time - 1).Switch; token > earliest;)
        {
            // PE (r, column) takes it at i = token + r + column.
            long first = i - column - token;
            long older = Record(token - 1).Switch;
            int end = (int)Math.Min(first + Block, Rows);
            if (end > 0)
            {
                int begin = (int)Math.Max(first, 0);
                Between<TLanes, TMac>(i, group, row, begin);
                bool alone = true;
                for (; older > earliest && i - column - older < end; older = Record(older - 1).Switch)
                {
                    end = (int)Math.Min(i - column - older + Block, Rows);
                    alone = false;
                }

                if (alone && AllEnabled(group, begin, end, token))
                    Crossed<TLanes, TMac>(i, group, begin, end, token);
                else
                    General<TLanes, TMac>(i, Block, group, begin, end, whole: true);
                row = end;
            }

            token = older;
        }

        Between<TLanes, TMac>(i, group, row, Rows);
    }

    /// <summary>Rows whose weights and enables stay.</summary>
    private void Between<TLanes, TMac>(long i, int group, int first, int end)
        where TLanes : struct, ILanes<TLanes>
        where TMac : struct, IMac
    {
        if (first == end)
            return;
        if (_notFull[group] == 0)
        {
            Plain<TLanes, TMac>(i, group, first, end);
            return;
        }

        ReadOnlySpan<ushort> enables = _enable.AsSpan(group * Rows, Rows);
        while (first < end)
        {
            ushort enable = enables[first];
            int alike = first + 1;
            while (alike < end && enables[alike] == enable)
                alike++;
            if (enable == AllLanes)
                Plain<TLanes, TMac>(i, group, first, alike);
            else if (enable == 0)
                Plain<TLanes, MacPassing>(i, group, first, alike);
            else
                General<TLanes, TMac>(i, Block, group, first, alike, whole: true);
            first = alike;
        }
    }

    private ushort AllLanes => (ushort)((1u << _lanes) - 1);

    private bool AllEnabled(int group, int first, int end, long step)
    {
        if (_notFull[group] != 0 && _enable.AsSpan((group * Rows) + first, end - first).IndexOfAnyExcept(AllLanes) >= 0)
            return false;
        long token = TokenOfSwitch(step);
        for (int r = first; r < end; r++)
        {
            if (!_tokens.Enabled(token - r))
                return false;
        }

        return true;
    }

    /// <summary>The shift token whose row a switch token brings to row 0; row r gets the one r tokens before it.</summary>
    private long TokenOfSwitch(long step)
    {
        ref StepRecord record = ref Record(step);
        return record.Tokens - (long)(record.Flags & StepFlags.ShiftToken); // a shift token at the same edge comes after
    }

    private void SetEnable(int group, int row, ushort enable)
    {
        ref ushort held = ref _enable[(group * Rows) + row];
        _notFull[group] += (held == AllLanes ? 1 : 0) - (enable == AllLanes ? 1 : 0);
        held = enable;
    }

    /// <summary>What comes in above row 0.</summary>
    private void TakeTops(long i, int count, int column)
    {
        Span<int> into = _into.AsSpan(_intoAt, count * CacheLines.Words);
        into.Clear();
        _sums?.Read(i, count, column, _lanes, into);
        for (long step = i; step <= _lastTop && step < i + count + _lanes; step++)
        {
            if ((Record(step).Flags & StepFlags.Top) == 0 || step == _time)
                continue;
            for (int lane = 0; lane < _lanes && column + lane < Columns; lane++)
            {
                long j = step - lane - i;
                if (j >= 0 && j < count)
                    into[((int)j * CacheLines.Words) + lane] = TopOf(step)[column + lane];
            }
        }
    }

    /// <summary>What the bottom row held before each step goes to the accumulators.</summary>
    private void GiveSums(long i, int count, int column, bool whole)
    {
        for (int j = 0; j < count; j++)
            _sums!.Write(i + j, column, _lanes, whole ? AllLanes : ActiveLanes(i + j), _into.AsSpan(_intoAt + (j * CacheLines.Words), CacheLines.Words));
    }
}
