namespace HybridEmu.Checker;

/// <summary>Every rule that is checked, in the order of reports.</summary>
public enum DramRule : byte
{
    RcdRead,
    RcdWrite,
    Ras,
    Rc,
    Rp,
    Rtp,
    Wr,
    RrdShort,
    RrdLong,
    Faw,
    CcdShort,
    CcdLong,
    WtrShort,
    WtrLong,
    Rtw,
    Rfc,
    RfcPerBank,
    Rrefd,
    Refi,
    Xp,
    Cke,
    Xs,
    CkeSelfRefresh,
    ReadToPowerDown,
    WriteToPowerDown,
    RowBus,
    ColumnBus,
    CommandBus,
    DataBus,
    ActivateOpen,
    ColumnClosed,
    ColumnRow,
    RefreshOpen,
    RefreshRound,
    PowerState,
    SelfRefreshOpen,
    SelfRefreshAgain,
}

/// <summary>How a rule is named and worded.</summary>
internal static class DramRuleTable
{
    /// <summary>Rules from here on are of buses, and then of states: they have no clocks of a data sheet.</summary>
    public const DramRule FirstBus = DramRule.RowBus, FirstState = DramRule.ActivateOpen;

    public const int Count = (int)DramRule.SelfRefreshAgain + 1;

    private static readonly string[] Names =
    [
        "tRCDRD", "tRCDWR", "tRAS", "tRC", "tRP", "tRTP", "tWR", "tRRDS", "tRRDL", "tFAW", "tCCDS", "tCCDL", "tWTRS", "tWTRL", "tRTW",
        "tRFC", "tRFCpb", "tRREFD", "tREFI", "tXP", "tCKE", "tXS", "tCKESR", "tRDPDE", "tWRPDE",
        "row bus", "column bus", "command bus", "data bus",
        "ACT of an open bank", "column command to a closed bank", "column command to another row", "refresh of an open bank",
        "bank refreshed twice in a round", "power state", "self-refresh with an open bank", "no refresh between self-refreshes",
    ];

    public static string Name(DramRule rule) => Names[(int)rule];

    /// <summary>Counted from the end of a write burst, not from its command.</summary>
    public static bool IsFromBurst(DramRule rule) => rule is DramRule.Wr or DramRule.WtrShort or DramRule.WtrLong or DramRule.WriteToPowerDown;

    /// <summary>Least gap in clocks; the most for tREFI; clocks between two uses for a bus; 0 for a state.</summary>
    public static long Allowed(DramRule rule, DramRules r) => rule switch
    {
        DramRule.RcdRead => r.RcdRead,
        DramRule.RcdWrite => r.RcdWrite,
        DramRule.Ras => r.Ras,
        DramRule.Rc => r.Rc,
        DramRule.Rp => r.Rp,
        DramRule.Rtp => r.Rtp,
        DramRule.Wr => r.Wr,
        DramRule.RrdShort => r.RrdShort,
        DramRule.RrdLong => r.RrdLong,
        DramRule.Faw => r.Faw,
        DramRule.CcdShort => r.CcdShort,
        DramRule.CcdLong => r.CcdLong,
        DramRule.WtrShort => r.WtrShort,
        DramRule.WtrLong => r.WtrLong,
        DramRule.Rtw => r.Rtw,
        DramRule.Rfc => r.Rfc,
        DramRule.RfcPerBank => r.RfcPerBank,
        DramRule.Rrefd => r.Rrefd,
        DramRule.Refi => r.RefreshLimit,
        DramRule.Xp => r.Xp,
        DramRule.Cke => r.Cke,
        DramRule.Xs => r.Xs,
        DramRule.CkeSelfRefresh => r.CkeSelfRefresh,
        DramRule.ReadToPowerDown => r.ReadToPowerDown,
        DramRule.WriteToPowerDown => r.Wr,
        _ => 0,
    };
}
