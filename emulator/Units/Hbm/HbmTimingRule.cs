namespace HybridEmu.Units;

/// <summary>Commands on the row bus (ACT, PRE, PREA, REFab, REFpb, PDE, PDX, SRE, SRX) and the column bus (RD, WR).</summary>
public enum HbmCommand : byte
{
    Activate,
    Precharge,
    PrechargeAll,
    Read,
    Write,
    RefreshAll,

    /// <summary>Refresh of one bank.</summary>
    RefreshBank,

    /// <summary>CKE of a channel goes down and up again.</summary>
    PowerDownEnter,
    PowerDownExit,
    SelfRefreshEnter,
    SelfRefreshExit,
}

/// <summary>What two commands must share for a rule to bind them.</summary>
public enum HbmLevel : byte
{
    PseudoChannel,
    BankGroup,
    Bank,
}

/// <summary>One timing rule: <paramref name="Before"/> comes at least Wait cycles after <paramref name="After"/>.</summary>
/// <param name="Level">What the two commands have in common.</param>
/// <param name="After">The earlier command.</param>
/// <param name="Before">The later command.</param>
/// <param name="Wait">Cycles, as data sheets count them: an ACT is at its second cycle.</param>
/// <param name="Window">Counts from the Window-th last earlier command instead of the last one (tFAW).</param>
public readonly record struct HbmTimingRule(HbmLevel Level, HbmCommand After, HbmCommand Before, int Wait, int Window = 1);

/// <summary>The rules of HBM2, from the timings.</summary>
public static class HbmTimingTable
{
    public const int Commands = 11;

    public static HbmTimingRule[] Build(HbmTiming t)
    {
        int writeEnd = t.Cwl + t.Burst;
        return
        [
            new(HbmLevel.Bank, After: HbmCommand.Activate, Before: HbmCommand.Read, Wait: t.RcdRead),
            new(HbmLevel.Bank, After: HbmCommand.Activate, Before: HbmCommand.Write, Wait: t.RcdWrite),
            new(HbmLevel.Bank, After: HbmCommand.Activate, Before: HbmCommand.Precharge, Wait: t.Ras),
            new(HbmLevel.Bank, After: HbmCommand.Activate, Before: HbmCommand.Activate, Wait: t.Rc),
            new(HbmLevel.Bank, After: HbmCommand.Precharge, Before: HbmCommand.Activate, Wait: t.Rp),
            new(HbmLevel.Bank, After: HbmCommand.Read, Before: HbmCommand.Precharge, Wait: t.Rtp),
            new(HbmLevel.Bank, After: HbmCommand.Write, Before: HbmCommand.Precharge, Wait: writeEnd + t.Wr),

            new(HbmLevel.Bank, After: HbmCommand.Activate, Before: HbmCommand.RefreshBank, Wait: t.Rc),
            new(HbmLevel.Bank, After: HbmCommand.Precharge, Before: HbmCommand.RefreshBank, Wait: t.Rp),
            new(HbmLevel.Bank, After: HbmCommand.RefreshBank, Before: HbmCommand.Activate, Wait: t.RfcBank),
            new(HbmLevel.Bank, After: HbmCommand.RefreshBank, Before: HbmCommand.RefreshBank, Wait: t.RfcBank),

            new(HbmLevel.BankGroup, After: HbmCommand.Activate, Before: HbmCommand.Activate, Wait: t.RrdLong),
            new(HbmLevel.BankGroup, After: HbmCommand.Activate, Before: HbmCommand.RefreshBank, Wait: t.RrdLong),
            new(HbmLevel.BankGroup, After: HbmCommand.Read, Before: HbmCommand.Read, Wait: t.CcdLong),
            new(HbmLevel.BankGroup, After: HbmCommand.Write, Before: HbmCommand.Write, Wait: t.CcdLong),
            new(HbmLevel.BankGroup, After: HbmCommand.Write, Before: HbmCommand.Read, Wait: writeEnd + t.WtrLong),

            new(HbmLevel.PseudoChannel, After: HbmCommand.Activate, Before: HbmCommand.Activate, Wait: t.RrdShort),
            new(HbmLevel.PseudoChannel, After: HbmCommand.Activate, Before: HbmCommand.Activate, Wait: t.Faw, Window: 4),
            new(HbmLevel.PseudoChannel, After: HbmCommand.Activate, Before: HbmCommand.RefreshBank, Wait: t.RrdShort),
            new(HbmLevel.PseudoChannel, After: HbmCommand.RefreshBank, Before: HbmCommand.Activate, Wait: t.Rrefd),
            new(HbmLevel.PseudoChannel, After: HbmCommand.RefreshBank, Before: HbmCommand.RefreshBank, Wait: t.Rrefd),
            new(HbmLevel.PseudoChannel, After: HbmCommand.Read, Before: HbmCommand.Read, Wait: t.CcdShort),
            new(HbmLevel.PseudoChannel, After: HbmCommand.Write, Before: HbmCommand.Write, Wait: t.CcdShort),
            new(HbmLevel.PseudoChannel, After: HbmCommand.Read, Before: HbmCommand.Write, Wait: t.Rtw),
            new(HbmLevel.PseudoChannel, After: HbmCommand.Write, Before: HbmCommand.Read, Wait: writeEnd + t.WtrShort),

            // All-bank commands see every bank of the pseudo-channel.
            new(HbmLevel.PseudoChannel, After: HbmCommand.Activate, Before: HbmCommand.PrechargeAll, Wait: t.Ras),
            new(HbmLevel.PseudoChannel, After: HbmCommand.Read, Before: HbmCommand.PrechargeAll, Wait: t.Rtp),
            new(HbmLevel.PseudoChannel, After: HbmCommand.Write, Before: HbmCommand.PrechargeAll, Wait: writeEnd + t.Wr),
            new(HbmLevel.PseudoChannel, After: HbmCommand.Activate, Before: HbmCommand.RefreshAll, Wait: t.Rc),
            new(HbmLevel.PseudoChannel, After: HbmCommand.Precharge, Before: HbmCommand.RefreshAll, Wait: t.Rp),
            new(HbmLevel.PseudoChannel, After: HbmCommand.PrechargeAll, Before: HbmCommand.RefreshAll, Wait: t.Rp),
            new(HbmLevel.PseudoChannel, After: HbmCommand.PrechargeAll, Before: HbmCommand.Activate, Wait: t.Rp),
            new(HbmLevel.PseudoChannel, After: HbmCommand.RefreshAll, Before: HbmCommand.Activate, Wait: t.Rfc),
            new(HbmLevel.PseudoChannel, After: HbmCommand.RefreshAll, Before: HbmCommand.RefreshAll, Wait: t.Rfc),
        ];
    }

    /// <summary>The rules of CKE. Rows are closed before it goes down, so that what a PRE waited for binds no more.</summary>
    public static HbmTimingRule[] BuildPower(HbmTiming t) =>
    [
        new(HbmLevel.PseudoChannel, After: HbmCommand.PowerDownEnter, Before: HbmCommand.PowerDownExit, Wait: t.Cke),
        new(HbmLevel.PseudoChannel, After: HbmCommand.PowerDownExit, Before: HbmCommand.PowerDownEnter, Wait: t.Cke),
        new(HbmLevel.PseudoChannel, After: HbmCommand.PowerDownExit, Before: HbmCommand.Activate, Wait: t.Xp),
        new(HbmLevel.PseudoChannel, After: HbmCommand.PowerDownExit, Before: HbmCommand.RefreshAll, Wait: t.Xp),
        new(HbmLevel.PseudoChannel, After: HbmCommand.PowerDownExit, Before: HbmCommand.RefreshBank, Wait: t.Xp),
        new(HbmLevel.PseudoChannel, After: HbmCommand.PowerDownExit, Before: HbmCommand.SelfRefreshEnter, Wait: Math.Max(t.Xp, t.Cke)),

        new(HbmLevel.PseudoChannel, After: HbmCommand.Precharge, Before: HbmCommand.SelfRefreshEnter, Wait: t.Rp),
        new(HbmLevel.PseudoChannel, After: HbmCommand.PrechargeAll, Before: HbmCommand.SelfRefreshEnter, Wait: t.Rp),
        new(HbmLevel.PseudoChannel, After: HbmCommand.RefreshAll, Before: HbmCommand.SelfRefreshEnter, Wait: t.Rfc),
        new(HbmLevel.PseudoChannel, After: HbmCommand.RefreshBank, Before: HbmCommand.SelfRefreshEnter, Wait: t.RfcBank),
        new(HbmLevel.PseudoChannel, After: HbmCommand.SelfRefreshEnter, Before: HbmCommand.SelfRefreshExit, Wait: t.Cke + 1), // tCKESR of JESD79-3
        new(HbmLevel.PseudoChannel, After: HbmCommand.SelfRefreshExit, Before: HbmCommand.Activate, Wait: t.Xs),
        new(HbmLevel.PseudoChannel, After: HbmCommand.SelfRefreshExit, Before: HbmCommand.RefreshAll, Wait: t.Xs),
        new(HbmLevel.PseudoChannel, After: HbmCommand.SelfRefreshExit, Before: HbmCommand.RefreshBank, Wait: t.Xs),
        new(HbmLevel.PseudoChannel, After: HbmCommand.SelfRefreshExit, Before: HbmCommand.PowerDownEnter, Wait: t.Xs),
        new(HbmLevel.PseudoChannel, After: HbmCommand.SelfRefreshExit, Before: HbmCommand.SelfRefreshEnter, Wait: t.Xs),
    ];
}
