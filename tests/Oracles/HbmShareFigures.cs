namespace HybridEmu.Oracles;

/// <summary>A stream's share of peak bandwidth, per cent.</summary>
/// <param name="Simulator">Who reached it.</param>
/// <param name="Recipe">seq_read, seq_write or mix21_blk: every third block of 256 is written.</param>
internal sealed record HbmShare(string Simulator, string Recipe, double Percent);

/// <summary>
/// One channel of HBM2 at 1 GHz command clock, the common timings, map M2, 100,000 requests. Measured for this project; source: oracle
/// set "hbm", common_streams.csv (all-bank refresh) and refresh_rate_vs_bw.csv (seq_read).
/// </summary>
internal static class HbmShareFigures
{
    public static readonly HbmShare[] Common =
    [
        new("DRAMsim3", "seq_read", 92.16), new("DRAMsim3", "seq_write", 92.07), new("DRAMsim3", "mix21_blk", 87.15),
        new("Ramulator 2.1", "seq_read", 91.97), new("Ramulator 2.1", "seq_write", 90.06), new("Ramulator 2.1", "mix21_blk", 87.86),
    ];

    /// <summary>By how often memory refreshes: of all banks in Ramulator 2.1, of single banks in DRAMSys 5.1.</summary>
    public static readonly (int Rate, double AllBanks, double SingleBanks)[] Refresh = [(1, 92.0, 98.12), (2, 83.8, 98.7), (4, 68.0, 98.77)];
}
