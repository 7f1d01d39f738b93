namespace HybridEmu.Oracles;

/// <summary>One scenario: what is asked, the commands it takes and the latencies of its reads.</summary>
/// <param name="Name">As the oracle names it.</param>
/// <param name="Start">Cycle of the trace at which the scenario's time 0 lies.</param>
/// <param name="Requests">dt:operation:address, separated by blanks.</param>
/// <param name="Commands">command@dt.</param>
/// <param name="ReadLatencies">Cycles from accept to the end of the burst, in order of the requests.</param>
internal sealed record HbmSingleAccess(string Name, int Start, string Requests, string Commands, int[] ReadLatencies);

/// <summary>
/// Single accesses on which Ramulator 2.1 (c5b1c3a) and DRAMSys 5.1 agree to the cycle: HBM2 at 1 GHz command clock,
/// FAW 30, refresh off, map M1 (5 offset, 5 column, 1 pseudo-channel, 2 bank group, 2 bank, 15 row). Measured for this
/// project; source: oracle set "hbm", golden_micro_single_access.csv and micro_trace.csv. The scenarios follow each other
/// in one run, so that each finds the rows which the earlier ones left open.
/// </summary>
internal static class HbmSingleAccessFigures
{
    public static readonly HbmSingleAccess[] Scenarios =
    [
        new("closed read", 100, "0:R:0x8000", "ACT@1 RD@16", [32]),
        new("row-hit read", 250, "0:R:0x8020", "RD@1", [17]),
        new("row-conflict read (tRAS met)", 400, "0:R:0x10000", "PRE@1 ACT@14 RD@29", [45]),
        new("closed write", 550, "0:W:0x8800", "ACT@1 WR@14", []),
        new("row-hit write", 700, "0:W:0x8820", "WR@1", []),
        new("row-conflict write", 850, "0:W:0x10800", "PRE@1 ACT@14 WR@27", []),
        new("2 hits same BG (tCCDL)", 1000, "0:R:0x10040 1:R:0x10060", "RD@1 RD@5", [17, 20]),
        new("open BG2", 1150, "0:R:0x11000", "ACT@1 RD@16", [32]),
        new("2 hits diff BG (tCCDS)", 1300, "0:R:0x10080 1:R:0x11020", "RD@1 RD@3", [17, 18]),
        new("open PC1", 1450, "0:R:0x10400", "ACT@1 RD@16", [32]),
        new("2 hits diff PC (col bus)", 1600, "0:R:0x100a0 0:R:0x10420", "RD@1 RD@2", [17, 18]),
        new("W then R same BG (tWTRL)", 1750, "0:W:0x100c0 8:R:0x100e0", "WR@1 RD@16", [24]),
        new("W then R diff BG (tWTRS)", 1900, "0:W:0x10100 8:R:0x11040", "WR@1 RD@14", [22]),
        new("R then W (tRTW)", 2050, "0:R:0x10120 4:W:0x10140", "RD@1 WR@14", [17]),
        new("W then conflict (tWR)", 2200, "0:W:0x10160 8:R:0x18000", "WR@1 PRE@24 ACT@37 RD@52", [60]),
        new("2 closed reads diff BG (tRRDS)", 2350, "0:R:0xa000 0:R:0xa800", "ACT@1 ACT@5 RD@16 RD@20", [32, 36]),
        new("2 closed reads same BG (tRRDL)", 2500, "0:R:0xc000 0:R:0xe000", "ACT@1 ACT@5 RD@16 RD@20", [32, 36]),
        new("5 closed reads (tFAW)", 2650, "0:R:0xc800 0:R:0xd000 0:R:0xd800 0:R:0xe800 0:R:0xf000", "ACT@1 ACT@5 ACT@9 ACT@13 RD@16 RD@20 RD@24 RD@28 ACT@31 RD@46", [32, 36, 40, 44, 62]),
        new("closed read + immediate conflict (tRAS/tRC)", 2800, "0:R:0xf800 1:R:0x17800", "ACT@1 RD@16 PRE@36 ACT@49 RD@64", [32, 79]),
        new("2 PCs closed reads (row bus, 2-cycle ACT)", 2950, "0:R:0x8c00 0:R:0xb800", "ACT@1 ACT@3 RD@16 RD@18", [32, 34]),
    ];
}
