namespace HybridEmu.Chip;

/// <summary>Latencies of one kind of request, in cycles of the command clock.</summary>
/// <param name="P50">The median, by nearest rank.</param>
/// <param name="P99">99 of 100 are no longer.</param>
public sealed record LatencyStatistics(long Count, double Mean, long P50, long P99, long Maximum);

/// <summary>One channel of a replay.</summary>
/// <param name="UtilisationPercent">As of the whole, of the channel's own data buses.</param>
/// <param name="MeanReadCycles">Mean latency of its reads.</param>
public sealed record DramChannelStatistics(long Reads, long Writes, HbmStatistics Hbm, double UtilisationPercent, double MeanReadCycles);

/// <summary>Everything a replay has to say about the memory.</summary>
/// <param name="Trace">File or recipe.</param>
/// <param name="Megahertz">The command clock, whose cycles all cycles are.</param>
/// <param name="Window">Requests offered in one cycle, at most.</param>
/// <param name="Cycles">Up to the end of the last burst.</param>
/// <param name="UtilisationPercent">Clocks of bursts in per cent of the clocks of all data buses.</param>
/// <param name="Energy">Of activates, transfers, refreshes and standby.</param>
public sealed record DramStatistics(
    string Configuration,
    string Trace,
    int Megahertz,
    int Window,
    long Cycles,
    long Reads,
    long Writes,
    double UtilisationPercent,
    HbmStatistics Hbm,
    LatencyStatistics ReadLatency,
    LatencyStatistics WriteLatency,
    IReadOnlyList<EnergyStatistics> Energy,
    IReadOnlyList<DramChannelStatistics> Channels)
{
    public long Requests => Reads + Writes;

    public double TotalPicojoules => Energy.Sum(e => e.Picojoules);

    /// <summary>Cycles of the command clock as nanoseconds.</summary>
    public double Nanoseconds(double cycles) => cycles * 1000 / Megahertz;
}
