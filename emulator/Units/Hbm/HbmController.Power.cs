using System.Numerics;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// Power-down and self-refresh. A channel has one CKE, so that both pseudo-channels sleep and wake together (JESD235). All
/// of it follows from registers and edges of events: cycles that are skipped change nothing.
/// </summary>
public sealed partial class HbmController
{
    private const int BusSlack = 4; // row commands that the other pseudo-channel may put before a PRE

    private bool IsAsleep => State.Standby >= HbmStandby.PowerDown;

    /// <summary>Whether a request that arrives now finds the channel asleep.</summary>
    internal bool Sleeps => _sleeps && IsAsleep;

    /// <summary>When the channel is to power down, if nothing comes; <see cref="Wake.Never"/> with power-down off.</summary>
    private long PowerDownFrom => _config.PowerDown == 0 ? Wake.Never : State.BusyUntil + _config.PowerDown;

    /// <summary>As <see cref="PowerDownFrom"/>, of self-refresh, which JESD79-3 lets follow another one only after a refresh.</summary>
    private long SelfRefreshFrom =>
        _config.SelfRefresh == 0 || (State.PseudoChannels[0].OwesRefresh | State.PseudoChannels[1].OwesRefresh) != 0
            ? Wake.Never
            : State.BusyUntil + _config.SelfRefresh;

    /// <summary>No request waits and no refresh is under way. Bursts in flight end before <see cref="HbmState.BusyUntil"/>.</summary>
    private bool IsIdle
    {
        get
        {
            for (int p = 0; p < PseudoChannels; p++)
            {
                ref HbmPseudoChannelState s = ref State.PseudoChannels[p];
                if (s.QueueCount > 0 || s.Refresh != HbmRefreshPhase.None || s.RefreshBank != 0)
                    return false;
            }

            return true;
        }
    }

    /// <summary>A row was opened.</summary>
    internal void RowOpened(long edge)
    {
        if (State.Standby != HbmStandby.Active)
            Stand(HbmStandby.Active, edge);
    }

    /// <summary>A row was closed, or all of a pseudo-channel.</summary>
    internal void RowClosed(long edge)
    {
        if ((_pseudoChannels[0].Banks.Open | _pseudoChannels[1].Banks.Open) == 0)
            Stand(HbmStandby.Precharged, edge);
    }

    private void SettleStandby(long edge)
    {
        if (edge > State.StandbySince)
            Stand(State.Standby, edge);
    }

    /// <summary>
    /// Whether a refresh that is due at an edge waits for the self-refresh that is about to begin and pays it: only when
    /// that comes before more is owed than JEDEC allows. A DDR3 device pays nothing.
    /// </summary>
    /// <param name="at">When it would begin.</param>
    /// <param name="latest">When it, or the self-refresh, has to begin.</param>
    internal bool IsPaidAsleep(long at, long latest)
    {
        long from = SelfRefreshFrom;
        if (at < from || _config.Buses == HbmBuses.OneEach || !IsIdle)
            return false;
        long enters = from;
        if (State.Standby == HbmStandby.PowerDown)
            enters = Math.Max(from, _pseudoChannels[0].Banks.EarliestAll(HbmCommand.PowerDownExit)) + Math.Max(_config.Timing.Xp, _config.Timing.Cke);
        foreach (HbmPseudoChannel p in _pseudoChannels)
        {
            enters = Math.Max(enters, p.Banks.EarliestAll(HbmCommand.SelfRefreshEnter));
            if (p.Banks.Open != 0)
                enters = Math.Max(enters, Math.Max(from, p.Banks.EarliestAll(HbmCommand.PrechargeAll)) + _config.Timing.Rp + BitOperations.PopCount(p.Banks.Open));
        }

        return enters + BusSlack <= latest;
    }

    private void Stand(HbmStandby now, long edge)
    {
        State.StandbyCycles[(int)State.Standby] += edge - State.StandbySince;
        State.StandbySince = edge;
        State.Standby = now;
    }

    /// <summary>When the next command on the way to sleep goes, the channel being awake, or <see cref="Wake.Never"/>.</summary>
    private long NextEntryAt(long edge)
    {
        if (!IsIdle)
            return Wake.Never;
        long self = SelfRefreshFrom;
        bool deep = edge >= self;
        long from = Math.Max(deep ? self : PowerDownFrom, State.RowBusFreeAt);
        if (from == Wake.Never)
            return self;
        long closes = Wake.Never, enters = from;
        foreach (HbmPseudoChannel p in _pseudoChannels)
        {
            if (p.Banks.Open != 0)
                closes = Math.Min(closes, Math.Max(from, p.CloseAt()));
            enters = Math.Max(enters, p.Banks.EarliestAll(deep ? HbmCommand.SelfRefreshEnter : HbmCommand.PowerDownEnter));
        }

        long at = closes != Wake.Never ? closes : enters;
        return deep ? at : Math.Min(at, self);
    }

    /// <summary>Issues the next command on the way to sleep: PREA or PRE, PDE or SRE. Returns whether it did.</summary>
    private bool FallAsleep(long edge)
    {
        if (NextEntryAt(edge) > edge)
            return false;
        bool deep = edge >= SelfRefreshFrom;
        State.RowBusFreeAt = edge + 1;
        foreach (HbmPseudoChannel p in _pseudoChannels)
        {
            if (p.Banks.Open == 0 || p.CloseAt() > edge)
                continue;
            p.CloseForSleep(edge);
            return true;
        }

        IssueToBoth(deep ? HbmCommand.SelfRefreshEnter : HbmCommand.PowerDownEnter, edge);
        Stand(deep ? HbmStandby.SelfRefresh : HbmStandby.PowerDown, edge);
        return true;
    }

    /// <summary>When CKE goes up again, or <see cref="Wake.Never"/>.</summary>
    /// <param name="background">For refreshes and for self-refresh too, not for requests alone.</param>
    private long WakeUpAt(bool background)
    {
        bool down = State.Standby == HbmStandby.PowerDown;
        long at = background && down ? SelfRefreshFrom : Wake.Never;
        foreach (HbmPseudoChannel p in _pseudoChannels)
        {
            if (p.Queue.Oldest >= 0)
                at = Math.Min(at, p.Queue.Entry(p.Queue.Oldest).AcceptedAt + 1);
            if (background && down)
                at = Math.Min(at, p.RefreshNextAt());
        }

        return at == Wake.Never ? at : Math.Max(at, _pseudoChannels[0].Banks.EarliestAll(down ? HbmCommand.PowerDownExit : HbmCommand.SelfRefreshExit));
    }

    /// <summary>Issues PDX or SRX when somebody needs the channel. Returns whether it did.</summary>
    private bool WakeUp(long edge)
    {
        if (WakeUpAt(background: true) > edge)
            return false;
        bool self = State.Standby == HbmStandby.SelfRefresh;
        long entered = State.SleepSince;
        IssueToBoth(self ? HbmCommand.SelfRefreshExit : HbmCommand.PowerDownExit, edge);
        Stand(HbmStandby.Precharged, edge);
        State.RowBusFreeAt = edge + 1;

        // As every timing to an ACT, these are met by its last clock on the bus.
        State.ReadyAt = edge + (self ? _config.Timing.Xs : _config.Timing.Xp) - (_config.Timing.ActivateClocks - 1);
        foreach (HbmPseudoChannel p in _pseudoChannels)
        {
            p.LookAgain(edge + 1);
            if (self)
                p.EndSelfRefresh(entered, edge);
        }

        return true;
    }

    private void IssueToBoth(HbmCommand command, long edge)
    {
        foreach (HbmPseudoChannel p in _pseudoChannels)
            p.Banks.Issue(command, 0, 0, edge);
        if (command is HbmCommand.PowerDownEnter or HbmCommand.SelfRefreshEnter)
            State.SleepSince = edge;
        Log?.Add(edge, command, 0, 0, 0, 0);
    }
}
