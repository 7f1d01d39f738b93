using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <content>
/// Trains of bursts, see <see cref="HbmPseudoChannel.BeginTrain"/>: while both pseudo-channels have nothing but such bursts of their stream
/// ports, the channel is evaluated when more come, not at their commands. It ends a train when something else comes, a refresh falls due, or
/// somebody looks.
/// </content>
public sealed partial class HbmChannel
{
    private const int LeastBursts = 3; // that a train is begun for
    private const int Patience = 8; // cycles after an attempt that came to nothing
    private const int Foresight = 32; // cycles: what is settled further ahead is taken back as often as not

    private readonly bool _mayTrain;
    private readonly int _trainSource;
    private bool _onTrain;
    private long _trainBegan, _trainEnd, _trainWake, _noTrainBefore;

    /// <summary>Bursts that went by train so far; for tests.</summary>
    public long BurstsByTrain { get; private set; }

    /// <summary>Ends the train that is under way, if there is one, after an edge that is over, and has the channel evaluated at the next one.</summary>
    public void EndTrain(long edge)
    {
        if (!_onTrain)
            return;
        LeaveTrain(edge);
        _domain.WakeAt(_unit, edge + 1);
    }

    /// <summary>
    /// Whether bursts can follow each other as trains take it: the oldest first, whose data follow each other on the bus without a gap, and with room
    /// for all their answers; nothing closes rows or sleeps in between.
    /// </summary>
    private static bool CanTrain(HbmConfig config)
    {
        HbmTiming t = config.Timing;
        return config.Scheduler == HbmScheduler.FrFcfs && config.Buses == HbmBuses.RowAndColumn && config.Queue == HbmQueueKind.Shared
            && config.Page == HbmPage.Open && config.PowerDown == 0 && config.SelfRefresh == 0 && config.Postpone == 0
            && t.CcdShort == t.Burst && Math.Max(t.Cl, t.Cwl) + t.Burst <= (config.ResponseEntries - 1) * t.CcdShort;
    }

    /// <summary>Goes on with the train that is under way, or begins one, if what comes at an edge can be had so.</summary>
    /// <returns>False when the edge is to be evaluated.</returns>
    private bool TryTrain(long edge)
    {
        HbmPseudoChannel zero = _controller.PseudoChannel(0), one = _controller.PseudoChannel(1);
        if (_onTrain)
        {
            bool holds = edge >= _trainEnd || ExtendTrain(edge);
            if (edge < _trainEnd && holds)
                return true;
            bool another = !holds || zero.IsTrainFull || one.IsTrainFull;
            LeaveTrain(edge - 1);
            if (!another)
                return false;
        }

        if (edge < _noTrainBefore || !IsTimeForTrain(edge))
            return false;
        _trainBegan = edge - 1;
        _trainEnd = RefreshDueAt;
        if (!zero.BeginTrain(edge - 1, _trainSource) || !one.BeginTrain(edge - 1, _trainSource))
        {
            _noTrainBefore = edge + Patience;
            return false;
        }

        if (ExtendTrain(edge) && zero.Granted + one.Granted >= LeastBursts && _trainEnd > edge + LeastBursts)
            return _onTrain = true;
        LeaveTrain(edge - 1);
        _noTrainBefore = edge + Patience;
        return false;
    }

    private long RefreshDueAt => Math.Min(State.PseudoChannels[0].RefreshDueAt, State.PseudoChannels[1].RefreshDueAt);

    /// <summary>Whether enough bursts are in sight and nothing is in their way at first sight.</summary>
    private bool IsTimeForTrain(long edge)
    {
        int bursts = 0;
        for (int p = 0; p < PseudoChannels; p++)
        {
            Crossing<HbmRequest> requests = _requests[p][_trainSource];
            if (!requests.MayGoAhead)
                return false;
            bursts += State.PseudoChannels[p].QueueCount + requests.Count;
        }

        return bursts >= LeastBursts && State.RowBusFreeAt <= edge && _controller.Log is null;
    }

    /// <summary>Settles the bursts that are known to come within <see cref="Foresight"/>. Returns whether what was settled before still holds.</summary>
    private bool ExtendTrain(long edge)
    {
        HbmPseudoChannel zero = _controller.PseudoChannel(0), one = _controller.PseudoChannel(1);
        for (int p = 0; p < PseudoChannels; p++)
        {
            // What other sources ask for ends the train when it is taken.
            for (int source = 0; source < _requests[p].Length; source++)
            {
                if (source != _trainSource)
                    _trainEnd = Math.Min(_trainEnd, _requests[p][source].ShownAt);
            }
        }

        while (true)
        {
            zero.FetchForTrain(_requests[0][_trainSource], edge - 1, ref _trainEnd);
            one.FetchForTrain(_requests[1][_trainSource], edge - 1, ref _trainEnd);
            long from = Math.Min(zero.HeadFrom, one.HeadFrom);
            if (from >= Math.Min(_trainEnd, edge + Foresight))
                break;

            // The one that did not have the bus last goes first.
            long last = Math.Max(zero.LastOfTrain, one.LastOfTrain);
            bool both = zero.HeadFrom == one.HeadFrom, zeroLast = last < 0 ? State.LastColumn == 0 : last == zero.LastOfTrain;
            bool zeroFirst = both ? !zeroLast : zero.HeadFrom == from;
            HbmPseudoChannel granted = zeroFirst ? zero : one, other = zeroFirst ? one : zero;
            if (other.LastOfTrain >= from && other.IssuesAt(from))
                return false;
            if (both)
                other.HoldTrain();
            granted.GrantTrain(_responses[zeroFirst ? 0 : 1][_trainSource], ref _trainEnd);
        }

        bool waits = zero.HeadFrom != Wake.Never || one.HeadFrom != Wake.Never || !_requests[0][_trainSource].IsEmpty || !_requests[1][_trainSource].IsEmpty;
        _trainWake = waits ? Math.Min(_trainEnd, edge + Foresight) : _trainEnd < RefreshDueAt ? _trainEnd : Wake.Never;
        return true;
    }

    private void LeaveTrain(long edge)
    {
        _onTrain = false;
        ChargeTrain(edge);
        long last = -1;
        for (int p = 0; p < PseudoChannels; p++)
        {
            HbmPseudoChannel pseudoChannel = _controller.PseudoChannel(p);
            BurstsByTrain += pseudoChannel.IssuedBy(edge);
            if (pseudoChannel.TakenBy(edge) > 0)
                State.PseudoChannels[p].NextSource = (byte)((_trainSource + 1) % _requests[p].Length);
            long issued = pseudoChannel.EndTrain(_trainBegan, edge, _requests[p][_trainSource], _responses[p][_trainSource]);
            if (issued > last)
            {
                last = issued;
                State.LastColumn = (byte)p;
            }
        }
    }

    /// <summary>Charges the channel's cycles of the train up to an edge, as evaluations would have.</summary>
    private void ChargeTrain(long to)
    {
        ReadOnlySpan<HbmTrainBurst> zero = _controller.PseudoChannel(0).Train, one = _controller.PseudoChannel(1).Train;
        var first = new Progress(zero, in State.PseudoChannels[0], _trainBegan, _controller.PseudoChannel(0).TrainLatency);
        var second = new Progress(one, in State.PseudoChannels[1], _trainBegan, _controller.PseudoChannel(1).TrainLatency);
        long busyUntil = State.BusyUntil, edge = _trainBegan;
        while (true)
        {
            long next = Math.Min(first.NextAfter(edge), second.NextAfter(edge));
            if (first.Waiting + second.Waiting == 0 && busyUntil > edge)
                next = Math.Min(next, busyUntil);
            if (next > to)
                break;
            edge = next;
            bool issued = first.MoveTo(edge, ref busyUntil) | second.MoveTo(edge, ref busyUntil);
            int waiting = first.Waiting + second.Waiting == 0
                ? busyUntil > edge ? BurstInFlight : Ledger.Idle
                : first.Hit || second.Hit ? ColumnTiming : RowTiming;
            State.Ledger.Charge(edge, issued ? Ledger.Busy : waiting, waiting);
        }
    }

    /// <summary>What the channel's account depends on of one pseudo-channel's train.</summary>
    private ref struct Progress
    {
        private readonly ReadOnlySpan<HbmTrainBurst> _bursts;
        private readonly int _latency;
        private int _accepted, _issued;

        public Progress(ReadOnlySpan<HbmTrainBurst> bursts, in HbmPseudoChannelState state, long began, int latency)
        {
            _bursts = bursts;
            _latency = latency;
            while (_accepted < bursts.Length && bursts[_accepted].AcceptedAt <= began)
                _accepted++;
            Waiting = state.QueueCount;
            Hit = state.HasHit != 0 && Waiting > 0;
        }

        /// <summary>Requests in the queue.</summary>
        public int Waiting { get; private set; }

        /// <summary>Whether the scheduler has looked at one of them.</summary>
        public bool Hit { get; private set; }

        /// <summary>The next edge at which something changes.</summary>
        public readonly long NextAfter(long edge)
        {
            long next = Waiting > 0 && !Hit ? edge + 1 : Wake.Never;
            if (_accepted < _bursts.Length)
                next = Math.Min(next, _bursts[_accepted].AcceptedAt);
            return _issued < _bursts.Length ? Math.Min(next, _bursts[_issued].IssuedAt) : next;
        }

        /// <summary>Moves to an edge, none of which has been left out. Returns whether a command goes at it.</summary>
        public bool MoveTo(long edge, ref long busyUntil)
        {
            Hit |= Waiting > 0;
            if (_accepted < _bursts.Length && _bursts[_accepted].AcceptedAt == edge)
            {
                _accepted++;
                Waiting++;
            }

            if (_issued == _bursts.Length || _bursts[_issued].IssuedAt != edge)
                return false;
            _issued++;
            Hit = --Waiting > 0;
            busyUntil = Math.Max(busyUntil, edge + _latency);
            return true;
        }
    }
}
