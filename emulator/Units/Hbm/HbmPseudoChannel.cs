using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// One pseudo-channel behind the shared buses: its queue, its banks, and which command it would issue next. It proposes;
/// the controller grants the buses.
/// </summary>
internal sealed class HbmPseudoChannel
{
    public const int None = -1;

    private readonly HbmController _controller;
    private readonly HbmConfig _config;
    private readonly int _index;
    private readonly byte[] _hits; // waiting requests to the open row of each bank
    private readonly int _bankBits;
    private int _hitCount; // sum of _hits
    private long _scheduledFor = -1; // edge that the candidates are for; rebuilt when it is another

    public HbmPseudoChannel(HbmController controller, HbmConfig config, int index, int sources)
    {
        _controller = controller;
        _config = config;
        _index = index;
        Banks = new HbmBanks(config);
        Queue = new HbmQueue(config.QueueEntries);
        Bursts = new HbmBursts(controller, config, index, sources);
        _hits = new byte[Banks.Count];
        _bankBits = config.Map.Bits(HbmField.Bank);
        State.RefreshDueAt = config.Refresh ? config.Timing.Refi : Wake.Never;
    }

    public HbmBanks Banks { get; }

    public HbmQueue Queue { get; }

    public HbmBursts Bursts { get; }

    /// <summary>Queue index of the request whose column or row command could issue now, or <see cref="None"/>.</summary>
    public int ColumnCandidate { get; private set; } = None;

    public int RowCandidate { get; private set; } = None;

    private ref HbmPseudoChannelState State => ref _controller.State.PseudoChannels[_index];

    public void Accept(in HbmRequest request, int source, in HbmLocation at, long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        int bank = (at.BankGroup << _bankBits) | at.Bank;
        bool waits = Queue.Add(request, source, bank, at.Row, s.QueueCount, edge);
        int open = Banks.OpenRow(bank);
        bool hit = open == at.Row;
        if (hit)
        {
            _hits[bank]++;
            _hitCount++;
            if (RowCandidate != None)
                _scheduledFor = -1; // it may want to close the row that is now wanted
        }

        // Among others that the scheduler has looked at, a request matters from when its own command may go.
        long from = edge + 1;
        if (s.QueueCount++ > 0 && s.ScheduleAt > from && (!hit || s.HasHit != 0))
        {
            HbmCommand command = hit ? request.Write != 0 ? HbmCommand.Write : HbmCommand.Read : open == HbmBanks.Closed ? HbmCommand.Activate : HbmCommand.Precharge;
            from = waits && hit ? Wake.Never : Math.Max(from, Banks.Earliest(command, bank));
        }

        s.ScheduleAt = Math.Min(s.ScheduleAt, from);
    }

    /// <summary>
    /// FR-FCFS: the oldest request with its row open that may go at an edge, and the oldest that may open or close a row. An
    /// open row that some request still wants is closed for a starved request only; a starved request lets no other one pass.
    /// </summary>
    public void Schedule(long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        if (_scheduledFor == edge && s.ScheduleAt == edge && s.Refresh == HbmRefreshPhase.None)
            return;
        ColumnCandidate = None;
        RowCandidate = None;
        if (s.ScheduleAt > edge || s.Refresh != HbmRefreshPhase.None)
            return;

        long next = Wake.Never;
        int column = None, row = None;
        uint seen = 0;
        s.HasHit = 0;
        s.NoRoom = 0;
        ReadOnlySpan<HbmQueueEntry> entries = Queue.Entries[..s.QueueCount];
        bool misses = _hitCount < entries.Length;
        bool starved = false;
        if (entries.Length > 0)
        {
            long starvesAt = entries[0].AcceptedAt + _config.StarvationCycles;
            if (starvesAt > edge)
                next = starvesAt;
            else if (Bursts.HasRoom(entries[0].Source))
                starved = true;
            else
                s.NoRoom = 1; // a port that takes no answers starves itself, not the others
        }

        for (int i = 0; i < entries.Length; i++)
        {
            ref readonly HbmQueueEntry entry = ref entries[i];
            if (entry.AcceptedAt >= edge)
            {
                next = Math.Min(next, edge + 1);
                break;
            }

            if (starved && i > 0)
                break;
            int open = Banks.OpenRow(entry.Bank);
            if (open == entry.Row)
            {
                s.HasHit = 1;
                if (column != None || Queue.Waits(entry.Slot))
                    continue;
                long at = Banks.Earliest(entry.Write != 0 ? HbmCommand.Write : HbmCommand.Read, entry.Bank);
                if (at > edge)
                    next = Math.Min(next, at);
                else if (!Bursts.HasRoom(entry.Source))
                    s.NoRoom = 1;
                else
                    column = i;
            }
            else if ((seen >> entry.Bank & 1) == 0)
            {
                seen |= 1u << entry.Bank;
                if (row != None || (open != HbmBanks.Closed && _hits[entry.Bank] != 0 && !starved))
                    continue;
                long at = Banks.Earliest(open == HbmBanks.Closed ? HbmCommand.Activate : HbmCommand.Precharge, entry.Bank);
                if (at > edge)
                    next = Math.Min(next, at);
                else
                    row = i;
            }

            if (column != None && (row != None || !misses))
                break;
        }

        ColumnCandidate = column;
        RowCandidate = row;
        s.ScheduleAt = column != None || row != None ? edge : next;
        _scheduledFor = edge;
    }

    /// <summary>Opens or closes the row that the row candidate needs; returns which of the two.</summary>
    public HbmCommand IssueRow(long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        ref HbmQueueEntry entry = ref Queue.Entry(RowCandidate);
        if (Banks.OpenRow(entry.Bank) != HbmBanks.Closed)
        {
            Banks.Issue(HbmCommand.Precharge, entry.Bank, 0, edge);
            _controller.Log?.Add(edge, HbmCommand.Precharge, _index, entry.Bank, 0, 0);
            _hitCount -= _hits[entry.Bank];
            _hits[entry.Bank] = 0;
            entry.Met = 2;
            s.Precharges++;
            return HbmCommand.Precharge;
        }

        Banks.Issue(HbmCommand.Activate, entry.Bank, entry.Row, edge);
        _controller.Log?.Add(edge, HbmCommand.Activate, _index, entry.Bank, entry.Row, 0);
        entry.Met = Math.Max(entry.Met, (byte)1);
        s.Activates++;
        byte hits = 0;
        foreach (ref readonly HbmQueueEntry other in Queue.Entries[..s.QueueCount])
        {
            if (other.Bank == entry.Bank && other.Row == entry.Row)
                hits++;
        }

        _hits[entry.Bank] = hits;
        _hitCount += hits;
        return HbmCommand.Activate;
    }

    /// <summary>Reads or writes for the column candidate, which leaves the queue.</summary>
    public void IssueColumn(long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        HbmQueueEntry entry = Queue.Entry(ColumnCandidate);
        HbmTiming t = _config.Timing;
        HbmCommand command = entry.Write != 0 ? HbmCommand.Write : HbmCommand.Read;
        Banks.Issue(command, entry.Bank, entry.Row, edge);
        ref readonly HbmRequest request = ref Queue.Request(entry.Slot);
        _controller.Log?.Add(edge, command, _index, entry.Bank, entry.Row, _config.Map.Decode(request.Address).Column);
        long end = edge + t.Burst + (entry.Write != 0 ? t.Cwl : t.Cl);
        Bursts.Start(request, entry.Source, end);
        Queue.Remove(ColumnCandidate, s.QueueCount);
        s.QueueCount--;
        _hits[entry.Bank]--;
        _hitCount--;
        s.BusyDataCycles += t.Burst;
        s.LatencyCycles += end - entry.AcceptedAt;
        if (entry.Write != 0)
            s.Writes++;
        else
            s.Reads++;
        if (entry.Met == 0)
            s.RowHits++;
        else if (entry.Met == 1)
            s.RowClosed++;
        else
            s.RowConflicts++;
    }

    /// <summary>Gives the room of a source's head answer back.</summary>
    public void Release(int source, long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        Bursts.Release(source);
        if (s.NoRoom == 0)
            return;
        s.ScheduleAt = Math.Min(s.ScheduleAt, edge);
        _scheduledFor = -1;
    }

    /// <summary>Begins a refresh that is due and ends one that is over. Returns whether something changed.</summary>
    public bool StepRefresh(long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        if (s.Refresh == HbmRefreshPhase.Refreshing && edge >= s.RefreshEndAt)
        {
            s.Refresh = HbmRefreshPhase.None;
            s.ScheduleAt = edge;
            _scheduledFor = -1;
        }

        if (s.Refresh != HbmRefreshPhase.None || edge < s.RefreshDueAt)
            return false;
        s.Refresh = HbmRefreshPhase.Draining;
        s.HasHit = 0;
        s.NoRoom = 0;
        return true;
    }

    /// <summary>Edge from which the next command of a refresh under way may go, the row bus being free.</summary>
    public long RefreshNextAt() => Banks.EarliestAll(Banks.OpenCount > 0 ? HbmCommand.PrechargeAll : HbmCommand.RefreshAll);

    /// <summary>Issues PREA or REF of a refresh under way, the row bus being free. Returns whether it did.</summary>
    public bool IssueRefresh(long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        if (s.Refresh != HbmRefreshPhase.Draining || RefreshNextAt() > edge)
            return false;
        if (Banks.OpenCount > 0)
        {
            s.Precharges += Banks.OpenCount;
            Banks.Issue(HbmCommand.PrechargeAll, 0, 0, edge);
            _controller.Log?.Add(edge, HbmCommand.PrechargeAll, _index, 0, 0, 0);
            _hits.AsSpan().Clear();
            _hitCount = 0;
            return true;
        }

        Banks.Issue(HbmCommand.RefreshAll, 0, 0, edge);
        _controller.Log?.Add(edge, HbmCommand.RefreshAll, _index, 0, 0, 0);
        s.Refresh = HbmRefreshPhase.Refreshing;
        s.RefreshEndAt = edge + _config.Timing.Rfc - 1; // an ACT then has its second cycle at RFC
        s.RefreshDueAt += _config.Timing.Refi;
        s.Refreshes++;
        return true;
    }

    public void Walk(StateArchive archive)
    {
        Banks.Walk(archive);
        Queue.Walk(archive);
        Bursts.Walk(archive);
        archive.Array("hits", _hits);
        if (!archive.IsLoad)
            return;
        _hitCount = 0;
        foreach (byte hits in _hits)
            _hitCount += hits;
        _scheduledFor = -1;
    }
}
