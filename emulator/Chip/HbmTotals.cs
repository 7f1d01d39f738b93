using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>Counters of HBM pseudo-channels added up, for statistics and the energy account of chips and replays.</summary>
internal static class HbmTotals
{
    private const int BanksOfPseudoChannel = 16; // HBM's

    /// <summary>Adds the counters of a channel's pseudo-channels; its registers stay out.</summary>
    public static void Add(ref HbmPseudoChannelState sum, in HbmState channel)
    {
        foreach (ref readonly HbmPseudoChannelState s in channel.PseudoChannels)
        {
            sum.Activates += s.Activates;
            sum.Precharges += s.Precharges;
            sum.Reads += s.Reads;
            sum.Writes += s.Writes;
            sum.Refreshes += s.Refreshes;
            sum.BankRefreshes += s.BankRefreshes;
            sum.BusyDataCycles += s.BusyDataCycles;
            sum.RowHits += s.RowHits;
            sum.RowClosed += s.RowClosed;
            sum.RowConflicts += s.RowConflicts;
            for (int i = 0; i < HbmLosses.Count; i++)
                sum.Lost[i] += s.Lost[i];
        }
    }

    public static HbmStatistics Statistics(in HbmPseudoChannelState sum, double peakBytesPerSecond, long emulatedPs, IReadOnlyList<NamedCount> commands) => new(
        sum.Reads * HbmAddressMap.BurstBytes, sum.Writes * HbmAddressMap.BurstBytes, sum.RowHits, sum.RowClosed, sum.RowConflicts,
        peakBytesPerSecond, emulatedPs, commands, DataBus(in sum));

    /// <summary>Bursts, then what kept the bus from them.</summary>
    private static List<NamedCount> DataBus(in HbmPseudoChannelState sum)
    {
        var cycles = new List<NamedCount> { new("burst", sum.BusyDataCycles) };
        foreach (HbmLoss loss in Enum.GetValues<HbmLoss>())
            cycles.Add(new NamedCount(NameOf(loss), sum.Lost[(int)loss]));
        return cycles;
    }

    private static string NameOf(HbmLoss loss) => loss switch
    {
        HbmLoss.FrontEnd => "front end",
        HbmLoss.ColumnBus => "column bus",
        HbmLoss.BankGroup => "tCCD",
        HbmLoss.TurnRound => "turn-round",
        HbmLoss.RowCycle => "row cycle",
        HbmLoss.ActivateRate => "tRRD and tFAW",
        HbmLoss.RowBus => "row bus",
        HbmLoss.Refresh => "refresh",
        HbmLoss.ResponseFull => "answers not taken",
        _ => throw new ArgumentOutOfRangeException(nameof(loss), loss, "has no name yet"),
    };

    /// <summary>What all commands have spent.</summary>
    public static double Picojoules(EnergyConfiguration e, in HbmPseudoChannelState sum) => Activates(e, in sum) + Transfers(e, in sum) + Refreshes(e, in sum);

    /// <summary>As <see cref="Picojoules"/>, by kind of command.</summary>
    public static IReadOnlyList<EnergyStatistics> Energy(EnergyConfiguration e, in HbmPseudoChannelState sum) =>
        [new("activate", Activates(e, in sum)), new("transfer", Transfers(e, in sum)), new("refresh", Refreshes(e, in sum))];

    private static double Activates(EnergyConfiguration e, in HbmPseudoChannelState sum) => sum.Activates * e.HbmActivate;

    private static double Transfers(EnergyConfiguration e, in HbmPseudoChannelState sum) => (double)(sum.Reads + sum.Writes) * HbmAddressMap.BurstBytes * e.HbmByte;

    // The configuration's refresh is a whole channel's; each of ours is one pseudo-channel's.
    // A bank's is an even share of it: the rows are the same, one bank after the other.
    private static double Refreshes(EnergyConfiguration e, in HbmPseudoChannelState sum) =>
        (sum.Refreshes + ((double)sum.BankRefreshes / BanksOfPseudoChannel)) * e.HbmRefresh / 2;
}
