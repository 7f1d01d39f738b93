using System.Numerics;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Refresh: of all banks together, or of one after the other while the rest works.</summary>
internal sealed partial class HbmPseudoChannel
{
    /// <summary>The bank that takes no command until it is refreshed, as a bit.</summary>
    private ulong BlockedBanks => State.RefreshBank == 0 ? 0 : 1UL << (State.RefreshBank - 1);

    private int Interval => (_config.Refresh == HbmRefresh.PerBank ? _config.Timing.RefiBank : _config.Timing.Refi) >> State.RefreshShift;

    /// <summary>Begins a refresh that is due and ends one that is over. Returns whether something changed.</summary>
    public bool StepRefresh(long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        if (s.Refresh == HbmRefreshPhase.Refreshing && edge >= s.RefreshEndAt)
        {
            Account(edge, 0);
            s.Refresh = HbmRefreshPhase.None;
            s.ScheduleAt = edge;
            _scheduledFor = -1;
        }

        if (s.Refresh != HbmRefreshPhase.None || s.RefreshBank != 0 || edge < RefreshStartAt())
            return false;
        Account(edge, 0);
        if (_config.Refresh == HbmRefresh.PerBank)
        {
            s.RefreshBank = (byte)(1 + ChooseBank(edge));
            s.ScheduleAt = edge;
            _scheduledFor = -1;
            return true;
        }

        s.Refresh = HbmRefreshPhase.Draining;
        s.Loss = (byte)HbmLoss.Refresh;
        s.HasHit = 0;
        s.NoRoom = 0;
        return true;
    }

    /// <summary>When refresh takes its next step, the row bus being free; <see cref="Wake.Never"/> with refresh off.</summary>
    public long RefreshNextAt()
    {
        ref HbmPseudoChannelState s = ref State;
        if (s.RefreshBank != 0)
            return Banks.Earliest(Banks.OpenRow(s.RefreshBank - 1) == HbmBanks.Closed ? HbmCommand.RefreshBank : HbmCommand.Precharge, s.RefreshBank - 1);
        return s.Refresh switch
        {
            HbmRefreshPhase.None => RefreshStartAt(),
            HbmRefreshPhase.Refreshing => s.RefreshEndAt,
            _ => Banks.EarliestAll(Banks.Open != 0 ? HbmCommand.PrechargeAll : HbmCommand.RefreshAll),
        };
    }

    /// <summary>Issues the next command of a refresh under way, the row bus being free. Returns whether it did.</summary>
    public bool IssueRefresh(long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        bool drains = s.Refresh == HbmRefreshPhase.Draining;
        if ((!drains && s.RefreshBank == 0) || RefreshNextAt() > edge)
            return false;
        if (drains)
            RefreshAll(ref s, edge);
        else
            RefreshOne(ref s, s.RefreshBank - 1, edge);
        return true;
    }

    /// <summary>
    /// Self-refresh has paid what was due; the next refresh falls due as at reset. A DDR3 device has refreshed as much as was
    /// due meanwhile, and what was owed before it is owed still (JESD79-3).
    /// </summary>
    public void EndSelfRefresh(long entered, long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        s.RefreshedBanks = 0;
        if (_config.Refresh == HbmRefresh.Off)
            return;
        s.OwesRefresh = 1;
        s.RefreshShift = _controller.State.RefreshShift;
        s.RefreshDueAt = _config.Buses == HbmBuses.OneEach ? s.RefreshDueAt + edge - entered : edge + FirstRefresh();
    }

    private long FirstRefresh() => _config.Refresh switch
    {
        HbmRefresh.Off => Wake.Never,
        HbmRefresh.AllBank => Interval,
        _ => Interval * (_index + 1L) / 2, // the pseudo-channels take turns
    };

    /// <summary>When a refresh that is due begins: at once when it disturbs nobody, else when no more may be owed.</summary>
    private long RefreshStartAt()
    {
        ref HbmPseudoChannelState s = ref State;
        if (_config.SelfRefresh > 0 && s.RefreshDueAt != Wake.Never && _controller.IsPaidAsleep(s.RefreshDueAt, s.RefreshDueAt + (Math.Max(1L, _config.Postpone) * Interval)))
            return Wake.Never;
        if (s.RefreshDueAt == Wake.Never || _config.Postpone == 0)
            return s.RefreshDueAt;
        bool disturbs = _config.Refresh == HbmRefresh.PerBank ? IdleBanks(ref s) == 0 : s.QueueCount > 0;

        // The last interval is for closing rows: JEDEC's limit of Postpone + 1 intervals holds for the command itself.
        return disturbs ? s.RefreshDueAt + ((_config.Postpone - 1L) * Interval) : s.RefreshDueAt;
    }

    /// <summary>Banks still to be refreshed in this round that no request waits for.</summary>
    private ulong IdleBanks(ref HbmPseudoChannelState s) =>
        ~s.RefreshedBanks & (ulong.MaxValue >> (64 - Banks.Count)) & ~(Queue.Waiting(Read) | Queue.Waiting(Write));

    /// <summary>Of the banks still to be refreshed in this round, the one with the fewest requests; not one that is being refreshed, if another is left.</summary>
    private int ChooseBank(long edge)
    {
        ulong refreshed = State.RefreshedBanks;
        ReadOnlySpan<long> ready = Banks.EarliestOwn(HbmCommand.RefreshBank);
        int best = None;
        (bool Busy, int Count, long At) least = default;
        for (int bank = 0; bank < Banks.Count; bank++)
        {
            (bool Busy, int Count, long At) rank = (Banks.IsRefreshing(bank) && ready[bank] > edge, Queue.CountOf(bank), ready[bank]);
            if ((refreshed >> bank & 1) != 0 || (best >= 0 && rank.CompareTo(least) >= 0))
                continue;
            best = bank;
            least = rank;
        }

        return best;
    }

    private void RefreshAll(ref HbmPseudoChannelState s, long edge)
    {
        if (Banks.Open != 0)
        {
            CloseAll(edge);
            return;
        }

        Banks.Issue(HbmCommand.RefreshAll, 0, 0, edge);
        _controller.Log?.Add(edge, HbmCommand.RefreshAll, _index, 0, 0, 0);
        s.Refresh = HbmRefreshPhase.Refreshing;
        s.RefreshEndAt = edge + _config.Timing.Rfc - (_config.Timing.ActivateClocks - 1); // an ACT then has its last clock at RFC
        s.RefreshShift = _controller.State.RefreshShift;
        s.RefreshDueAt += Interval;
        s.Refreshes++;
        s.OwesRefresh = 0;
    }

    private void RefreshOne(ref HbmPseudoChannelState s, int bank, long edge)
    {
        if (Banks.OpenRow(bank) != HbmBanks.Closed)
        {
            CloseRow(bank, edge);
            return;
        }

        Banks.Issue(HbmCommand.RefreshBank, bank, 0, edge);
        _controller.Log?.Add(edge, HbmCommand.RefreshBank, _index, bank, 0, 0);
        s.RefreshedBanks |= 1UL << bank;
        if (s.RefreshedBanks == ulong.MaxValue >> (64 - Banks.Count))
            s.RefreshedBanks = 0;
        s.RefreshBank = 0;
        s.RefreshShift = _controller.State.RefreshShift;
        s.RefreshDueAt += Interval;
        s.BankRefreshes++;
        s.OwesRefresh = 0;
        s.ScheduleAt = Math.Min(s.ScheduleAt, edge + 1);
        _scheduledFor = -1;
    }
}
