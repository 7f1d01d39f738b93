namespace HybridEmu.Checker;

/// <summary>Which refresh commands a device is owed.</summary>
public enum DramRefresh : byte
{
    /// <summary>None: nothing is owed; a refresh that comes anyway must still be legal.</summary>
    Off,

    /// <summary>One REFab every <see cref="DramRules.Refi"/>.</summary>
    AllBank,

    /// <summary>One REFpb every <see cref="DramRules.RefiPerBank"/>.</summary>
    PerBank,
}

/// <summary>
/// What a DRAM allows: timings in clocks of the command clock under JEDEC's names without the t, geometry and policy. The
/// defaults are HBM2 at 2000 Mb/s (JESD235) with the common set of the HBM oracle; where that set has no value, the
/// comment says so.
/// </summary>
public sealed record DramRules
{
    /// <summary>RD to its first data beat.</summary>
    public int Cl { get; init; } = 14;

    /// <summary>WR to its first data beat.</summary>
    public int Cwl { get; init; } = 5;

    /// <summary>Clocks of a burst on the data bus.</summary>
    public int Burst { get; init; } = 2;

    /// <summary>ACT to RD, and to WR, of its bank.</summary>
    public int RcdRead { get; init; } = 14;

    public int RcdWrite { get; init; } = 12;

    /// <summary>PRE to ACT or to a refresh of its bank.</summary>
    public int Rp { get; init; } = 14;

    /// <summary>ACT to PRE of its bank.</summary>
    public int Ras { get; init; } = 34;

    /// <summary>ACT to ACT or to a refresh of its bank.</summary>
    public int Rc { get; init; } = 48;

    /// <summary>ACT to ACT or REFpb of a bank of another group, and of another bank of its own group.</summary>
    public int RrdShort { get; init; } = 4;

    public int RrdLong { get; init; } = 4;

    /// <summary>Window of a pseudo-channel in which at most four ACT come.</summary>
    public int Faw { get; init; } = 15;

    /// <summary>RD to RD, and WR to WR, in another group and in the same.</summary>
    public int CcdShort { get; init; } = 2;

    public int CcdLong { get; init; } = 4;

    /// <summary>End of a write burst to RD in another group, and in the same.</summary>
    public int WtrShort { get; init; } = 6;

    public int WtrLong { get; init; } = 8;

    /// <summary>RD to PRE of its bank.</summary>
    public int Rtp { get; init; } = 5;

    /// <summary>End of a write burst to PRE of its bank.</summary>
    public int Wr { get; init; } = 16;

    /// <summary>RD to WR, command to command.</summary>
    public int Rtw { get; init; } = 13;

    /// <summary>REFab to the next command of its pseudo-channel.</summary>
    public int Rfc { get; init; } = 260;

    /// <summary>REFpb to the next command of its bank.</summary>
    public int RfcPerBank { get; init; } = 160;

    /// <summary>Average interval of REFab.</summary>
    public int Refi { get; init; } = 3900;

    /// <summary>Average interval of REFpb of a pseudo-channel: <see cref="Refi"/> over its banks (rounded as in DRAMSys's HBM2).</summary>
    public int RefiPerBank { get; init; } = 244;

    /// <summary>REFpb to REFpb or ACT of another bank (DRAMSys's HBM2; not in the common set).</summary>
    public int Rrefd { get; init; } = 8;

    /// <summary>PDX to the next command (DRAMSys's HBM2, as the three below).</summary>
    public int Xp { get; init; } = 8;

    /// <summary>Least power-down, PDE to PDX; and least time between two, PDX to PDE.</summary>
    public int Cke { get; init; } = 8;

    /// <summary>SRX to the next command.</summary>
    public int Xs { get; init; } = 268;

    /// <summary>Least self-refresh, SRE to SRX: tCKE and a clock more, as in JESD79-3.</summary>
    public int CkeSelfRefresh { get; init; } = 9;

    /// <summary>Pseudo-channels of a channel, 1 or 2.</summary>
    public int PseudoChannels { get; init; } = 2;

    public int BankGroups { get; init; } = 4;

    public int BanksPerGroup { get; init; } = 4;

    public int Rows { get; init; } = 1 << 15;

    /// <summary>Bursts of a row.</summary>
    public int Columns { get; init; } = 32;

    /// <summary>Clocks that an ACT lies on its bus. Its timings, and those up to it, count to and from its last one.</summary>
    public int ActivateClocks { get; init; } = 2;

    /// <summary>
    /// True: one bus a pseudo-channel for all commands (DDR3). False: a row bus and a column bus (RD, WR) a channel, each
    /// shared by its pseudo-channels (HBM).
    /// </summary>
    public bool SharedBus { get; init; }

    /// <summary>True: PDE, PDX, SRE and SRX act on a whole channel, which has one CKE; false: on a pseudo-channel.</summary>
    public bool SharedClockEnable { get; init; } = true;

    /// <summary>
    /// Refreshes of the mode in force that may be owed. What is due at t comes by t plus this many intervals, with 0 by t
    /// plus one: rows must be closed before a refresh, and no standard says how long that may take.
    /// </summary>
    public int MaxPostponed { get; init; } = 8;

    /// <summary>Refreshes ahead of their time that still count; more are legal and pay nothing.</summary>
    public int MaxPulledIn { get; init; } = 8;

    public DramRefresh Refresh { get; init; } = DramRefresh.AllBank;

    /// <summary>
    /// True: all that is owed at SRE is paid at SRX. False: the debt stands still meanwhile, as JESD79-3 has it ("the
    /// number of postponed commands does not change").
    /// </summary>
    public bool SelfRefreshPaysDebt { get; init; } = true;

    /// <summary>True: REFpb counts as an ACT in the tFAW window, as DRAMSys has it. Either way it counts for tRRD.</summary>
    public bool FawCountsRefresh { get; init; }

    /// <summary>DDR3-1600K, 4 Gb x8 (JESD79-3): 1.25 ns, CL 11, one command bus, no bank groups.</summary>
    public static DramRules Ddr3 { get; } = new()
    {
        Cl = 11,
        Cwl = 8,
        Burst = 4,
        RcdRead = 11,
        RcdWrite = 11,
        Rp = 11,
        Ras = 28,
        Rc = 39,
        RrdShort = 5,
        RrdLong = 5,
        Faw = 24,
        CcdShort = 4,
        CcdLong = 4,
        WtrShort = 6,
        WtrLong = 6,
        Rtp = 6,
        Wr = 12,
        Rtw = 9,
        Rfc = 208,
        RfcPerBank = 208,
        Refi = 6240,
        RefiPerBank = 780,
        Rrefd = 1,
        Xp = 5,
        Cke = 4,
        Xs = 216,
        CkeSelfRefresh = 5,
        PseudoChannels = 1,
        BankGroups = 1,
        BanksPerGroup = 8,
        Rows = 1 << 16,
        Columns = 128,
        ActivateClocks = 1,
        SharedBus = true,
        SelfRefreshPaysDebt = false,
    };

    internal int Banks => BankGroups * BanksPerGroup;

    /// <summary>Clocks by which the oldest refresh that is owed may be behind.</summary>
    internal long RefreshLimit => (Math.Max(1, MaxPostponed) + 1L) * (Refresh == DramRefresh.PerBank ? RefiPerBank : Refi);

    /// <summary>RD to PDE or SRE: the burst and a clock (tRDPDEN of JESD79-3).</summary>
    internal int ReadToPowerDown => Cl + Burst + 1;

    /// <summary>Says what of a command lies outside the geometry, or null.</summary>
    public string? Outside(in DramCommand command)
    {
        if ((uint)command.PseudoChannel >= (uint)PseudoChannels)
            return $"pseudo-channel {command.PseudoChannel} of {PseudoChannels}";
        if (command.BankGroup >= BankGroups)
            return $"bank group {command.BankGroup} of {BankGroups}";
        if (command.Bank >= BanksPerGroup)
            return $"bank {command.Bank} of {BanksPerGroup}";
        if ((uint)command.Row >= (uint)Rows)
            return $"row {command.Row} of {Rows}";
        return (uint)command.Column >= (uint)Columns ? $"column {command.Column} of {Columns}" : null;
    }

    /// <summary>Throws <see cref="ArgumentException"/> for rules that no device has.</summary>
    internal void Validate()
    {
        Require(PseudoChannels is 1 or 2, "a channel has one or two pseudo-channels");
        Require(BankGroups is >= 1 and <= 64 && BanksPerGroup is >= 1 and <= 64 && Banks <= 64, "a pseudo-channel has 1 to 64 banks");
        Require(Rows >= 1 && Columns >= 1, "a bank has rows and columns");
        Require(ActivateClocks >= 1, "an ACT takes a clock");
        Require(Burst >= 1 && Cl is >= 0 and <= 4096 && Cwl is >= 0 and <= 4096, "a burst takes a clock, and latencies lie in 0 to 4096");
        Require(RrdShort <= RrdLong && CcdShort <= CcdLong && WtrShort <= WtrLong, "a timing within a group is at least that between groups");
        Require(Refi >= 1 && RefiPerBank >= 1 && MaxPostponed >= 0 && MaxPulledIn >= 0, "refresh intervals are positive");
    }

    private static void Require(bool holds, string rule)
    {
        if (!holds)
            throw new ArgumentException($"DRAM rules: {rule}.");
    }
}
