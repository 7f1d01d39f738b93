using System.Numerics;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Which request's command goes next, and what holds the data bus back when none can.</summary>
internal sealed partial class HbmPseudoChannel
{
    private const int Read = 0, Write = 1, BothKinds = 3;

    // Of the scheduling under way: the first edge at which anything can change, and the requests whose commands may go soonest.
    private long _next;
    private long _columnAt, _rowAt;
    private int _columnSoonest, _rowSoonest;
    private ulong _passed; // banks that no request is looked for in
    private int _kinds; // kinds of column commands that are looked for, one bit each

    /// <summary>
    /// The request whose column command goes at an edge, and the one whose row command does, by the configured scheduler; a
    /// starved request goes first.
    /// </summary>
    public void Schedule(long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        if (_scheduledFor == edge && s.ScheduleAt == edge && s.Refresh == HbmRefreshPhase.None)
            return;
        ColumnCandidate = RowCandidate = CloseCandidate = None;
        if (s.ScheduleAt > edge || s.Refresh != HbmRefreshPhase.None)
            return;

        Account(edge, 0);
        s.HasHit = 0;
        s.NoRoom = 0;
        _next = _columnAt = _rowAt = Wake.Never;
        _columnSoonest = _rowSoonest = None;
        if (s.QueueCount > 0)
            FindRequests(ref s, edge);
        if (RowCandidate == None && (Banks.Open & _pages.Closing) != 0)
            FindUnwantedRow(edge);
        bool any = ColumnCandidate != None || RowCandidate != None || CloseCandidate != None;
        s.ScheduleAt = any ? edge : _next;
        s.Loss = (byte)LossOf(ref s);
        _scheduledFor = edge;
    }

    private void FindRequests(ref HbmPseudoChannelState s, long edge)
    {
        int oldest = Queue.Oldest;
        ref HbmQueueEntry entry = ref Queue.Entry(oldest);
        long starvesAt = entry.AcceptedAt + _config.StarvationCycles;
        _passed = BlockedBanks;
        _kinds = BothKinds;
        if (_config.Scheduler == HbmScheduler.Fcfs)
        {
            FindAlone(ref s, oldest, edge);
            return;
        }

        if (starvesAt > edge)
            _next = starvesAt;
        else if (!Bursts.HasRoom(entry.Source))
            s.NoRoom = 1; // a port that takes no answers starves itself, not the others
        else
            ServeStarved(ref s, oldest, edge);

        switch (_config.Scheduler)
        {
            case HbmScheduler.FrFcfsGrouped:
                int kind = ChooseKind(ref s);
                FindColumn(ref s, kind, edge);
                FindRow(Queue.Waiting(kind) & ~(Queue.Wanted(Read) | Queue.Wanted(Write)), kind, kind, edge);
                if (RowCandidate == None) // banks with nothing of this kind make ready for the other
                    FindRow(Queue.Waiting(1 - kind) & ~Queue.Waiting(kind) & ~(Queue.Wanted(Read) | Queue.Wanted(Write)), 1 - kind, 1 - kind, edge);
                break;
            default:
                FindColumn(ref s, Read, edge);
                FindColumn(ref s, Write, edge);
                FindRow((Queue.Waiting(Read) | Queue.Waiting(Write)) & ~(Queue.Wanted(Read) | Queue.Wanted(Write)), Read, Write, edge);
                break;
        }
    }

    /// <summary>
    /// Reads or writes. Writes from the high mark on, or when no read is there or finds its row open; reads again at the low
    /// mark, or when no write finds its row open. Neither answer undoes the other at the same edge.
    /// </summary>
    private int ChooseKind(ref HbmPseudoChannelState s)
    {
        int reads = Queue.Free(Read), writes = Queue.Free(Write);
        bool readHits = Queue.Hits(Read) != 0, writeHits = Queue.Hits(Write) != 0;
        if (s.Writing == 0)
        {
            bool many = writes >= _config.WriteHigh && (writeHits || !readHits);
            bool only = (reads == 0 && writes > 0) || (!readHits && writeHits);
            s.Writing = (byte)(many || only ? 1 : 0);
        }
        else if (writes == 0 || (readHits && (writes <= _config.WriteLow || !writeHits)))
        {
            s.Writing = 0;
        }

        return s.Writing;
    }

    /// <summary>
    /// The starved request goes first: no other one to its bank, and once its row is open no burst the other way round,
    /// which would keep the bus from turning.
    /// </summary>
    private void ServeStarved(ref HbmPseudoChannelState s, int slot, long edge)
    {
        FindAlone(ref s, slot, edge);
        ref HbmQueueEntry entry = ref Queue.Entry(slot);
        _passed |= 1UL << entry.Bank;
        if (Banks.OpenRow(entry.Bank) == entry.Row)
            _kinds = 1 << entry.Write;
    }

    private void FindAlone(ref HbmPseudoChannelState s, int slot, long edge)
    {
        ref HbmQueueEntry entry = ref Queue.Entry(slot);
        int open = Banks.OpenRow(entry.Bank);
        if ((BlockedBanks >> entry.Bank & 1) != 0)
            return;
        if (open == entry.Row)
        {
            s.HasHit = 1;
            long at = Math.Max(Banks.Earliest(Column(entry.Write), entry.Bank), entry.AcceptedAt + 1);
            if (at > edge)
                Later(at, slot, ref _columnAt, ref _columnSoonest);
            else if (Bursts.HasRoom(entry.Source))
                ColumnCandidate = slot;
            else
                s.NoRoom = 1;
        }
        else
        {
            HbmCommand command = open == HbmBanks.Closed ? HbmCommand.Activate : HbmCommand.Precharge;
            long at = Math.Max(Banks.Earliest(command, entry.Bank), entry.AcceptedAt + 1);
            if (at > edge)
                Later(at, slot, ref _rowAt, ref _rowSoonest);
            else
                RowCandidate = slot;
        }
    }

    /// <summary>The oldest request of a kind with its row open that may go now and is older than the candidate so far.</summary>
    private void FindColumn(ref HbmPseudoChannelState s, int kind, long edge)
    {
        ulong banks = Queue.Hits(kind) & ~_passed;
        if (banks == 0 || (_kinds >> kind & 1) == 0 || ColumnCandidate == Queue.Oldest)
            return;
        s.HasHit = 1;
        ReadOnlySpan<long> around = Banks.EarliestAround(Column(kind)), own = Banks.EarliestOwn(Column(kind));
        if (around[0] > edge)
        {
            Later(around[0], Queue.FirstHit(BitOperations.TrailingZeroCount(banks), kind), ref _columnAt, ref _columnSoonest);
            return;
        }

        for (; banks != 0; banks &= banks - 1)
        {
            int bank = BitOperations.TrailingZeroCount(banks), slot = Queue.FirstHit(bank, kind);
            long at = Math.Max(around[1 + Banks.GroupOf(bank)], own[bank]);
            if (at > edge)
            {
                Later(at, slot, ref _columnAt, ref _columnSoonest);
                continue;
            }

            while (slot != None && !Bursts.HasRoom(Queue.Entry(slot).Source))
            {
                s.NoRoom = 1;
                slot = Queue.NextHit(slot);
            }

            if (slot != None && IsOlder(slot, ColumnCandidate) && IsThere(slot, edge, ref _columnAt, ref _columnSoonest))
                ColumnCandidate = slot;
        }
    }

    /// <summary>The oldest of the first requests to some banks, of one kind or of both, that may open or close a row now.</summary>
    private void FindRow(ulong banks, int firstKind, int lastKind, long edge)
    {
        banks &= ~_passed;
        if (banks == 0 || RowCandidate == Queue.Oldest)
            return;
        ulong open = Banks.Open;
        ReadOnlySpan<long> around = Banks.EarliestAround(HbmCommand.Activate);
        ReadOnlySpan<long> activate = Banks.EarliestOwn(HbmCommand.Activate), precharge = Banks.EarliestOwn(HbmCommand.Precharge);
        if (around[0] > edge && (banks & ~open) is var closed and not 0)
        {
            Later(around[0], First(BitOperations.TrailingZeroCount(closed), firstKind, lastKind), ref _rowAt, ref _rowSoonest);
            banks &= open;
        }

        for (; banks != 0; banks &= banks - 1)
        {
            int bank = BitOperations.TrailingZeroCount(banks);
            long at = (open >> bank & 1) != 0 ? precharge[bank] : Math.Max(around[1 + Banks.GroupOf(bank)], activate[bank]);
            if (at > edge)
            {
                _next = Math.Min(_next, at);
                if (at < _rowAt)
                    (_rowAt, _rowSoonest) = (at, First(bank, firstKind, lastKind));
                continue;
            }

            int slot = First(bank, firstKind, lastKind);
            if (IsOlder(slot, RowCandidate) && IsThere(slot, edge, ref _rowAt, ref _rowSoonest))
                RowCandidate = slot;
        }
    }

    /// <summary>The oldest request to a bank, of one kind or of both.</summary>
    private int First(int bank, int firstKind, int lastKind)
    {
        int slot = Queue.Head(bank, firstKind);
        if (firstKind == lastKind)
            return slot;
        int other = Queue.Head(bank, lastKind);
        return slot < 0 || (other >= 0 && IsOlder(other, slot)) ? other : slot;
    }

    private void Later(long at, int slot, ref long soonestAt, ref int soonest)
    {
        _next = Math.Min(_next, at);
        if (at < soonestAt)
            (soonestAt, soonest) = (at, slot);
    }

    /// <summary>Whether a request had arrived before this edge; else it is noted when it will have.</summary>
    private bool IsThere(int slot, long edge, ref long soonestAt, ref int soonest)
    {
        if (Queue.Entry(slot).AcceptedAt < edge)
            return true;
        Later(edge + 1, slot, ref soonestAt, ref soonest);
        return false;
    }

    private void FindUnwantedRow(long edge)
    {
        ulong banks = Banks.Open & _pages.Closing & ~(Queue.Wanted(Read) | Queue.Wanted(Write)) & ~BlockedBanks;
        for (; banks != 0; banks &= banks - 1)
        {
            int bank = BitOperations.TrailingZeroCount(banks);
            long at = Banks.Earliest(HbmCommand.Precharge, bank);
            if (at > edge)
                _next = Math.Min(_next, at);
            else if (CloseCandidate == None)
                CloseCandidate = bank;
        }
    }

    private bool IsOlder(int slot, int than) => than < 0 || Queue.Entry(slot).Age < Queue.Entry(than).Age;

    /// <summary>
    /// What keeps the data bus from its next burst, seen from the request that can have it first. It depends on what the
    /// scheduler saw and not on the edge.
    /// </summary>
    private HbmLoss LossOf(ref HbmPseudoChannelState s)
    {
        if (ColumnCandidate != None)
            return HbmLoss.ColumnBus;
        if (s.QueueCount == 0)
            return HbmLoss.FrontEnd;
        if (s.NoRoom != 0)
            return HbmLoss.ResponseFull;
        if (_columnSoonest != None)
        {
            ref HbmQueueEntry entry = ref Queue.Entry(_columnSoonest);
            if (_columnAt <= Around(Column(entry.Write), entry.Bank))
                return entry.Write != s.LastWrite ? HbmLoss.TurnRound : HbmLoss.BankGroup;
            if (_columnAt <= entry.AcceptedAt + 1)
                return HbmLoss.FrontEnd;
        }

        // A row is being opened. More could be, were it not for the bus or for the rate of ACT.
        if (RowCandidate != None)
            return HbmLoss.RowBus;
        if (_rowSoonest != None)
        {
            ref HbmQueueEntry entry = ref Queue.Entry(_rowSoonest);
            HbmCommand command = Banks.OpenRow(entry.Bank) == HbmBanks.Closed ? HbmCommand.Activate : HbmCommand.Precharge;
            if (_rowAt <= _controller.State.ReadyAt)
                return HbmLoss.Asleep;
            if (_rowAt <= Around(command, entry.Bank))
                return HbmLoss.ActivateRate;
            if (_columnSoonest == None && _rowAt <= entry.AcceptedAt + 1)
                return HbmLoss.FrontEnd;
            if (_columnSoonest == None && Banks.IsRefreshing(entry.Bank))
                return HbmLoss.Refresh;
        }

        if (_columnSoonest != None || _rowSoonest != None)
            return HbmLoss.RowCycle;
        return BlockedBanks != 0 ? HbmLoss.Refresh : HbmLoss.TurnRound;
    }

    private long Around(HbmCommand command, int bank)
    {
        ReadOnlySpan<long> around = Banks.EarliestAround(command);
        return Math.Max(around[0], around[1 + Banks.GroupOf(bank)]);
    }
}
