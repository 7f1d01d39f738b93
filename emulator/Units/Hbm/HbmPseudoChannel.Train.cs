using System.Numerics;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>A burst of a train: when its request is taken into the queue, and when its column command goes.</summary>
internal struct HbmTrainBurst
{
    public long AcceptedAt;

    /// <summary>Or <see cref="Wake.Never"/> while the bus is not granted yet.</summary>
    public long IssuedAt;

    /// <summary>Slot of the queue that it was in when the train began, or <see cref="HbmQueue.None"/>.</summary>
    public short Slot;
    public byte Bank;
}

/// <content>
/// Trains: bursts of one kind to open rows, of which it is known how they follow each other as soon as it is known when they come. The oldest
/// goes first, starved or not, as soon as pseudo-channel and column bus let it, if neither its bank nor its bank group holds it up. So each one's commands and
/// answer are one event: <see cref="FetchForTrain"/> and <see cref="GrantTrain"/>, ahead of their edges. What they leave behind in queue, banks and
/// accounts is caught up with by <see cref="EndTrain"/>: all but the last command in one go, the last one as ever, so that what is scheduled next
/// follows from the same code.
/// </content>
internal sealed partial class HbmPseudoChannel
{
    private const int MostBursts = 96; // of a train: what waits, and four transactions

    private readonly HbmTrainBurst[] _train = new HbmTrainBurst[MostBursts];
    private readonly HbmRequest[] _trainRequests = new HbmRequest[MostBursts];
    private readonly long[] _roomFrom = new long[MostBursts]; // edges at which those that take room leave the queue
    private readonly long[] _groupFrom;
    private int _trained, _granted, _waited; // bursts, those whose column commands and answers are settled, and those that waited in the queue before
    private int _takingRoom, _leavings; // of the train's bursts those that take room in the queue, and of these those granted the bus
    private int _waitingSlot; // of the next request of the queue
    private int _kind, _source;
    private int _held; // cycles for which the first burst that waits for the bus finds it taken
    private long _acceptedTo, _busFrom;

    /// <summary>Bursts of the train.</summary>
    public ReadOnlySpan<HbmTrainBurst> Train => _train.AsSpan(0, _trained);

    /// <summary>Whether no burst more fits.</summary>
    public bool IsTrainFull => _trained == MostBursts;

    /// <summary>Bursts whose column commands are settled.</summary>
    public int Granted => _granted;

    /// <summary>Edge from which the column bus may be granted to the first burst that waits for it, or <see cref="Wake.Never"/>.</summary>
    public long HeadFrom => _granted == _trained ? Wake.Never : Math.Max(_busFrom, _train[_granted].AcceptedAt + 1) + _held;

    /// <summary>Edge of the last command of the train so far, or -1.</summary>
    public long LastOfTrain => _granted == 0 ? -1 : _train[_granted - 1].IssuedAt;

    /// <summary>Cycles from the train's column commands to the ends of their bursts.</summary>
    public int TrainLatency => _config.Timing.Burst + (_kind == Write ? _config.Timing.Cwl : _config.Timing.Cl);

    /// <summary>Begins a train without bursts, behind an edge that has passed. Returns whether it can.</summary>
    /// <param name="edge">That edge.</param>
    /// <param name="source">All its bursts come from there.</param>
    public bool BeginTrain(long edge, int source)
    {
        ref HbmPseudoChannelState s = ref State;
        _trained = _granted = _waited = _takingRoom = _leavings = _held = 0;
        if (s.Refresh != HbmRefreshPhase.None || s.RefreshBank != 0 || s.NoRoom != 0 || s.ReadyCount != 0 || Bursts.HasUnsent)
            return false;
        _source = source;
        _waitingSlot = Queue.Oldest;
        _acceptedTo = edge;
        if (s.QueueCount == 0)
        {
            _kind = None;
            return true;
        }

        int kind = Queue.Waiting(Read) != 0 ? Read : Write;
        return (Queue.Waiting(kind) & ~Queue.Hits(kind)) == 0 && Queue.Free(kind) == s.QueueCount
            && SetKind(kind, edge + 1, edge);
    }

    /// <summary>Puts requests behind the train as far as it is known when they are taken.</summary>
    /// <param name="requests">Of its source.</param>
    /// <param name="edge">The last one that is over.</param>
    /// <param name="end">First edge behind the train; lowered where something else comes that ends it.</param>
    public void FetchForTrain(Crossing<HbmRequest> requests, long edge, ref long end)
    {
        while (_waitingSlot != None)
        {
            if (!FetchWaiting())
            {
                end = edge + 1;
                return;
            }
        }

        while (!requests.IsEmpty)
        {
            long at = Math.Max(requests.ShownAt, _acceptedTo + 1);
            int before = _takingRoom - _config.QueueEntries; // who has to leave first
            if (before >= _leavings)
                return;
            if (before >= 0)
                at = Math.Max(at, _roomFrom[before]);
            if (at >= end)
                return;
            if (_trained == MostBursts || !FetchComing(in requests.Head, at, edge))
            {
                end = at;
                return;
            }

            requests.PopAhead(at);
            _acceptedTo = at;
        }
    }

    /// <summary>The column bus is taken at an edge at which the first burst that waits for it could have had it.</summary>
    public void HoldTrain() => _held++;

    /// <summary>
    /// The column command of the first burst that waits for the bus goes at <see cref="HeadFrom"/>, and its answer with it, unless the train ends
    /// before that.
    /// </summary>
    /// <param name="answers">Of its source.</param>
    /// <param name="end">First edge behind the train; lowered to that of the command when something holds it up.</param>
    public void GrantTrain(Crossing<HbmResponse> answers, ref long end)
    {
        ref HbmTrainBurst burst = ref _train[_granted];
        long at = HeadFrom, ready = at - _held;
        int group = Banks.GroupOf(burst.Bank);
        bool free = Math.Max(_groupFrom[group], Banks.EarliestOwn(Column(_kind))[burst.Bank]) <= ready;
        if (!free || !Bursts.AnswerAhead(in _trainRequests[_granted], answers, at + TrainLatency))
        {
            end = Math.Min(end, ready);
            return;
        }

        _held = 0;
        burst.IssuedAt = at;
        _granted++;
        _busFrom = at + _config.Timing.CcdShort;
        _groupFrom[group] = at + _config.Timing.CcdLong;
        if (TakesRoom(in burst))
            _roomFrom[_leavings++] = at + 1;
    }

    /// <summary>Whether a column command of the train goes at an edge.</summary>
    public bool IssuesAt(long edge)
    {
        for (int i = _granted - 1; i >= 0 && _train[i].IssuedAt >= edge; i--)
        {
            if (_train[i].IssuedAt == edge)
                return true;
        }

        return false;
    }

    /// <summary>Bursts of the train whose column commands go up to an edge.</summary>
    public int IssuedBy(long edge)
    {
        int issued = _granted;
        while (issued > 0 && _train[issued - 1].IssuedAt > edge)
            issued--;
        return issued;
    }

    /// <summary>Requests that the train takes from its source up to an edge, not counting those that waited before.</summary>
    public int TakenBy(long edge)
    {
        int taken = _trained;
        while (taken > _waited && _train[taken - 1].AcceptedAt > edge)
            taken--;
        return taken - _waited;
    }

    /// <summary>Brings everything to where stepping would have it after an edge, and takes back what was ahead of that.</summary>
    /// <param name="began">Edge behind which the train began.</param>
    /// <param name="edge">Not before it.</param>
    /// <param name="requests">Crossing of the train's requests.</param>
    /// <param name="answers">And of its answers.</param>
    /// <returns>Edge of the last command up to there, or -1.</returns>
    public long EndTrain(long began, long edge, Crossing<HbmRequest> requests, Crossing<HbmResponse> answers)
    {
        int issued = IssuedBy(edge), accepted = _waited + TakenBy(edge);
        if (accepted < _trained)
            requests.PutBack(_trained - accepted);
        if (issued < _granted)
            answers.Retract(_granted - issued);
        Bursts.Complete(edge);
        long from = began, last = issued > 0 ? _train[issued - 1].IssuedAt : -1;
        int at = Math.Max(_waited, issued - 1); // the next to be accepted
        if (issued > 0)
        {
            Account(began + 1, 0); // before that nothing has changed
            IssueTrain(issued - 1, edge);
            for (; at < accepted && _train[at].AcceptedAt <= last; at++)
                AcceptOfTrain(at);
            ChargeTrain(in _train[issued - 1]);
            ColumnCandidate = Queue.Oldest;
            IssueColumn(last);
            Bursts.WasAnswered();
            Schedule(last + 1);
            from = last;
        }

        ref HbmPseudoChannelState s = ref State;
        while (true)
        {
            long next = at < accepted ? _train[at].AcceptedAt : Wake.Never;
            from = Math.Max(from + 1, Math.Min(next, s.ScheduleAt));
            if (from > edge)
                break;
            if (next == from)
                AcceptOfTrain(at++);
            if (s.ScheduleAt <= from)
                Schedule(from);
        }

        _trained = _granted = 0;
        Bursts.Complete(edge);
        return last;
    }

    /// <summary>All there is to the first column commands of the train, which are over.</summary>
    private void IssueTrain(int count, long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        HbmTiming t = _config.Timing;
        HbmCommand command = Column(_kind);
        int latency = TrainLatency;
        ulong banks = 0;
        Span<long> lastOf = stackalloc long[64];
        for (int i = 0; i < count; i++)
        {
            ref HbmTrainBurst burst = ref _train[i];
            ChargeTrain(in burst);
            s.AccountedTo += t.Burst;
            s.LatencyCycles += burst.IssuedAt + latency - burst.AcceptedAt;
            int met = 0;
            banks |= 1UL << burst.Bank;
            lastOf[burst.Bank] = burst.IssuedAt;
            if (burst.Slot != None)
            {
                met = Queue.Entry(burst.Slot).Met;
                Queue.Remove(burst.Slot);
                s.QueueCount--;
            }
            else
            {
                Queue.Passed();
            }

            if (met == 0)
                s.RowHits++;
            else if (met == 1)
                s.RowClosed++;
            else
                s.RowConflicts++;
            Bursts.StartAnswered(ref _trainRequests[i], _source, burst.IssuedAt + latency, edge);
        }

        // Each rule counts from the last command that it is about.
        for (; banks != 0; banks &= banks - 1)
        {
            int bank = BitOperations.TrailingZeroCount(banks);
            Banks.Issue(command, bank, 0, lastOf[bank]);
        }

        s.BusyDataCycles += (long)count * t.Burst;
        if (_kind == Write)
            s.Writes += count;
        else
            s.Reads += count;
    }

    /// <summary>Charges the cycles before a column command: to nobody having asked for it, then to the column bus.</summary>
    private void ChargeTrain(in HbmTrainBurst burst)
    {
        ref HbmPseudoChannelState s = ref State;
        long there = Math.Min(burst.AcceptedAt + 1, burst.IssuedAt);
        if (there > s.AccountedTo)
        {
            s.Lost[(int)HbmLoss.FrontEnd] += there - s.AccountedTo;
            s.AccountedTo = there;
        }

        if (burst.IssuedAt <= s.AccountedTo)
            return;
        s.Lost[(int)HbmLoss.ColumnBus] += burst.IssuedAt - s.AccountedTo;
        s.AccountedTo = burst.IssuedAt;
    }

    /// <summary>Whether the train can be one of a kind, its first burst coming at an edge: the bus need not turn round, and no write is under way to what it reads.</summary>
    private bool SetKind(int kind, long from, long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        ReadOnlySpan<long> around = Banks.EarliestAround(Column(kind));
        if (around[0] > Math.Max(from, s.AccountedTo))
            return false;
        if (kind == Read && s.LastWrite != 0)
        {
            Bursts.Complete(edge);
            if (s.FlightCount > 0)
                return false;
        }

        _kind = kind;
        _busFrom = Math.Max(around[0], from);
        around[1..].CopyTo(_groupFrom);
        return true;
    }

    private bool FetchWaiting()
    {
        ref HbmQueueEntry entry = ref Queue.Entry(_waitingSlot);
        if (_trained == MostBursts || entry.Source != _source || Banks.OpenRow(entry.Bank) != entry.Row)
            return false;
        Put(in Queue.Request(_waitingSlot), _waitingSlot, entry.Bank, entry.AcceptedAt);
        _waited++;
        _waitingSlot = entry.Newer;
        return true;
    }

    private bool FetchComing(in HbmRequest request, long at, long edge)
    {
        if ((_kind == None && !SetKind(request.Write, at + 1, edge)) || _kind != request.Write)
            return false;
        HbmLocation place = _controller.Locate(in request, _index);
        int bank = BankOf(in place);
        if (Banks.OpenRow(bank) != place.Row)
            return false;
        Put(in request, None, bank, at);
        return true;
    }

    private void Put(in HbmRequest request, int slot, int bank, long at)
    {
        _trainRequests[_trained] = request;
        ref HbmTrainBurst burst = ref _train[_trained++];
        burst.AcceptedAt = at;
        burst.IssuedAt = Wake.Never;
        burst.Slot = (short)slot;
        burst.Bank = (byte)bank;
        _takingRoom += TakesRoom(in burst) ? 1 : 0;
    }

    private bool TakesRoom(in HbmTrainBurst burst) => burst.Slot == None || Queue.Entry(burst.Slot).Registered == 0;

    private void AcceptOfTrain(int index)
    {
        ref readonly HbmRequest request = ref _trainRequests[index];
        Accept(in request, _source, _controller.Locate(in request, _index), _train[index].AcceptedAt);
    }
}
