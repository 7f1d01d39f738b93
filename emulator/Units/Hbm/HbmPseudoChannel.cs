using System.Numerics;
using System.Runtime.CompilerServices;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// One pseudo-channel behind the shared buses: its queue, its banks, and which command it would issue next. It proposes;
/// the controller grants the buses.
/// </summary>
internal sealed partial class HbmPseudoChannel
{
    public const int None = -1;

    private readonly HbmController _controller;
    private readonly HbmConfig _config;
    private readonly int _index;
    private readonly int _bankBits;
    private readonly HbmPages _pages;
    private long _scheduledFor = -1; // edge that the candidates are for; rebuilt when it is another

    public HbmPseudoChannel(HbmController controller, HbmConfig config, int index, int sources)
    {
        _controller = controller;
        _config = config;
        _index = index;
        Banks = new HbmBanks(config);
        Queue = new HbmQueue(config);
        Bursts = new HbmBursts(controller, config, index, sources);
        _pages = new HbmPages(config.Page, Banks.Count);
        _bankBits = config.Map.Bits(HbmField.Bank);
        _groupFrom = new long[config.Map.BankGroups];
        State.RefreshShift = controller.State.RefreshShift;
        State.RefreshDueAt = FirstRefresh();
    }

    public HbmBanks Banks { get; }

    public HbmQueue Queue { get; }

    public HbmBursts Bursts { get; }

    /// <summary>Slot of the request whose column command could issue now, or <see cref="None"/>.</summary>
    public int ColumnCandidate { get; private set; } = None;

    /// <summary>Slot of the request whose ACT or PRE could issue now, or <see cref="None"/>.</summary>
    public int RowCandidate { get; private set; } = None;

    /// <summary>Bank whose row nobody wants and the page policy closes now, or <see cref="None"/>.</summary>
    public int CloseCandidate { get; private set; } = None;

    public bool WantsRowBus => RowCandidate != None || CloseCandidate != None;

    private ref HbmPseudoChannelState State => ref _controller.State.PseudoChannels[_index];

    public bool HasRoom(in HbmLocation at, int write) => Queue.HasRoom(BankOf(in at), write);

    public void Accept(in HbmRequest request, int source, in HbmLocation at, long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        int bank = BankOf(in at);
        int open = Banks.OpenRow(bank);
        bool hit = open == at.Row;
        int slot = Queue.Add(request, source, bank, at, open, edge);
        if (hit && WantsRowBus)
            _scheduledFor = -1; // it may want to close the row that is now wanted

        // Among others that the scheduler has looked at, a request matters from when its own command may go.
        long from = edge + 1;
        if (s.QueueCount++ > 0 && s.ScheduleAt > from && (!hit || s.HasHit != 0) && _config.Scheduler != HbmScheduler.FrFcfsGrouped)
        {
            HbmCommand command = hit ? Column(request.Write) : open == HbmBanks.Closed ? HbmCommand.Activate : HbmCommand.Precharge;
            from = hit && Queue.Entry(slot).WaitsFor > 0 ? Wake.Never : Math.Max(from, Banks.Earliest(command, bank));
        }

        s.ScheduleAt = Math.Min(s.ScheduleAt, from);
        if (_controller.Sleeps)
        {
            Account(edge + 1, 0);
            s.Loss = (byte)HbmLoss.Asleep;
        }
    }

    /// <summary>Opens or closes the row that the row candidate needs, or closes the close candidate's; returns which of the two.</summary>
    public HbmCommand IssueRow(long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        if (RowCandidate == None)
        {
            ClosePage(CloseCandidate, edge);
            return HbmCommand.Precharge;
        }

        ref HbmQueueEntry entry = ref Queue.Entry(RowCandidate);
        int bank = entry.Bank;
        if (Banks.OpenRow(bank) != HbmBanks.Closed)
        {
            _pages.Conflict(bank);
            entry.Met = 2;
            CloseRow(bank, edge);
            return HbmCommand.Precharge;
        }

        Banks.Issue(HbmCommand.Activate, bank, entry.Row, edge);
        _controller.Log?.Add(edge, HbmCommand.Activate, _index, bank, entry.Row, 0);
        _controller.RowOpened(edge);
        _pages.Opened(bank, entry.Row);
        entry.Met = Math.Max(entry.Met, (byte)1);
        s.Activates++;
        Queue.Opened(RowCandidate);
        return HbmCommand.Activate;
    }

    /// <summary>Reads or writes for the column candidate, which leaves the queue.</summary>
    public void IssueColumn(long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        ref HbmQueueEntry entry = ref Queue.Entry(ColumnCandidate); // its slot is not filled again before this is over
        HbmTiming t = _config.Timing;
        HbmCommand command = Column(entry.Write);
        Banks.Issue(command, entry.Bank, entry.Row, edge);
        _controller.Log?.Add(edge, command, _index, entry.Bank, entry.Row, entry.Column);
        long end = edge + t.Burst + (entry.Write != 0 ? t.Cwl : t.Cl);
        Bursts.Start(Queue.Request(ColumnCandidate), entry.Source, end);
        Queue.Remove(ColumnCandidate);
        Account(edge, t.Burst);
        s.LastWrite = entry.Write;
        s.QueueCount--;
        s.BusyDataCycles += t.Burst;
        s.LatencyCycles += end - entry.AcceptedAt;
        _controller.State.BusyUntil = Math.Max(_controller.State.BusyUntil, end);
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
        Bursts.Release(source);
        RoomCame(edge);
    }

    /// <summary>There is room for answers again.</summary>
    public void RoomCame(long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        if (s.NoRoom == 0)
            return;
        s.ScheduleAt = Math.Min(s.ScheduleAt, edge);
        _scheduledFor = -1;
    }

    /// <summary>Closes all rows, of which there is one.</summary>
    public void CloseAll(long edge)
    {
        for (ulong open = Banks.Open; open != 0; open &= open - 1)
            Queue.Closed(BitOperations.TrailingZeroCount(open));
        State.Precharges += BitOperations.PopCount(Banks.Open);
        Banks.Issue(HbmCommand.PrechargeAll, 0, 0, edge);
        _controller.Log?.Add(edge, HbmCommand.PrechargeAll, _index, 0, 0, 0);
        _controller.RowClosed(edge);
    }

    /// <summary>
    /// When a row may be closed, of which there is one: all together; one by one where a bank may be under a refresh of its
    /// own, which a PREA would have to wait for.
    /// </summary>
    public long CloseAt()
    {
        if (_config.Refresh != HbmRefresh.PerBank)
            return Banks.EarliestAll(HbmCommand.PrechargeAll);
        ReadOnlySpan<long> precharge = Banks.EarliestOwn(HbmCommand.Precharge);
        long at = long.MaxValue;
        for (ulong open = Banks.Open; open != 0; open &= open - 1)
            at = Math.Min(at, precharge[BitOperations.TrailingZeroCount(open)]);
        return at;
    }

    /// <summary>Closes what <see cref="CloseAt"/> lets close at this edge, by one command.</summary>
    public void CloseForSleep(long edge)
    {
        ulong open = Banks.Open;
        while (_config.Refresh == HbmRefresh.PerBank && Banks.Earliest(HbmCommand.Precharge, BitOperations.TrailingZeroCount(open)) > edge)
            open &= open - 1;
        if (_config.Refresh == HbmRefresh.PerBank)
            CloseRow(BitOperations.TrailingZeroCount(open), edge);
        else
            CloseAll(edge);
        LookAgain(edge + 1);
    }

    /// <summary>Has the scheduler look at everything anew at an edge.</summary>
    public void LookAgain(long edge)
    {
        State.ScheduleAt = edge;
        _scheduledFor = -1;
    }

    /// <summary>Brings the account of the data bus up to an edge.</summary>
    public void Settle(long edge) => Account(edge, 0);

    public void Walk(StateArchive archive)
    {
        Banks.Walk(archive);
        Queue.Walk(archive);
        Bursts.Walk(archive);
        _pages.Walk(archive);
        if (archive.IsLoad)
            _scheduledFor = -1;
    }

    private static HbmCommand Column(int write) => write != 0 ? HbmCommand.Write : HbmCommand.Read;

    private int BankOf(in HbmLocation at) => (at.BankGroup << _bankBits) | at.Bank;

    private void ClosePage(int bank, long edge)
    {
        _pages.ClosedUnwanted(bank, Banks.OpenRow(bank));
        CloseRow(bank, edge);
    }

    private void CloseRow(int bank, long edge)
    {
        Banks.Issue(HbmCommand.Precharge, bank, 0, edge);
        _controller.Log?.Add(edge, HbmCommand.Precharge, _index, bank, 0, 0);
        _controller.RowClosed(edge);
        Queue.Closed(bank);
        State.Precharges++;
    }

    /// <summary>Charges the cycles since the last account to what held the bus back, and takes those of a burst that begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Account(long edge, int burst)
    {
        ref HbmPseudoChannelState s = ref State;
        if (edge > s.AccountedTo)
        {
            s.Lost[s.Loss] += edge - s.AccountedTo;
            s.AccountedTo = edge;
        }

        s.AccountedTo += burst;
    }
}
