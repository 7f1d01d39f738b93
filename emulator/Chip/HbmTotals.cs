using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>Counters of HBM pseudo-channels added up, for statistics and the energy account of chips and replays.</summary>
internal static class HbmTotals
{
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
            sum.EccCorrected += s.EccCorrected;
            sum.EccDetected += s.EccDetected;
            sum.RowHits += s.RowHits;
            sum.RowClosed += s.RowClosed;
            sum.RowConflicts += s.RowConflicts;
            for (int i = 0; i < HbmLosses.Count; i++)
                sum.Lost[i] += s.Lost[i];
        }
    }

    /// <summary>Adds a channel's cycles in each state.</summary>
    public static void Add(ref HbmStandbyCycles sum, in HbmState channel)
    {
        for (int i = 0; i < HbmStandbyCycles.Count; i++)
            sum[i] += channel.StandbyCycles[i];
    }

    public static HbmStatistics Statistics(
        in HbmPseudoChannelState sum, in HbmStandbyCycles standby, double peakBytesPerSecond, long emulatedPs, IReadOnlyList<NamedCount> commands) => new(
        sum.Reads * HbmAddressMap.BurstBytes, sum.Writes * HbmAddressMap.BurstBytes, sum.RowHits, sum.RowClosed, sum.RowConflicts,
        peakBytesPerSecond, emulatedPs, commands, DataBus(in sum), Named(standby))
        {
            EccCorrected = sum.EccCorrected,
            EccDetected = sum.EccDetected,
        };

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
        HbmLoss.Asleep => "waking up",
        _ => throw new ArgumentOutOfRangeException(nameof(loss), loss, "has no name yet"),
    };

    /// <summary>Energy by what it was spent on.</summary>
    /// <param name="e">Energies and powers.</param>
    /// <param name="hbm">The controller's configuration.</param>
    /// <param name="megahertz">The command clock.</param>
    /// <param name="sum">Commands.</param>
    /// <param name="standby">Cycles in each state.</param>
    public static IReadOnlyList<EnergyStatistics> Energy(
        EnergyConfiguration e, HbmConfig hbm, int megahertz, in HbmPseudoChannelState sum, in HbmStandbyCycles standby) =>
        [
            new("activate", Activates(e, in sum)), new("transfer", Transfers(e, in sum)), new("refresh", Refreshes(e, hbm, in sum)),
            new("standby", Standby(e, megahertz, in standby)),
        ];

    /// <summary>The sum of <see cref="Energy"/>.</summary>
    public static double Picojoules(EnergyConfiguration e, HbmConfig hbm, int megahertz, in HbmPseudoChannelState sum, in HbmStandbyCycles standby) =>
        Activates(e, in sum) + Transfers(e, in sum) + Refreshes(e, hbm, in sum) + Standby(e, megahertz, in standby);

    private static double Activates(EnergyConfiguration e, in HbmPseudoChannelState sum) => sum.Activates * e.HbmActivate;

    private static double Transfers(EnergyConfiguration e, in HbmPseudoChannelState sum) => (double)(sum.Reads + sum.Writes) * HbmAddressMap.BurstBytes * e.HbmByte;

    // The configuration's refresh is a whole channel's; each of ours is one pseudo-channel's, or one of its banks'.
    private static double Refreshes(EnergyConfiguration e, HbmConfig hbm, in HbmPseudoChannelState sum) =>
        (sum.Refreshes + ((double)sum.BankRefreshes / hbm.Map.Banks)) * e.HbmRefresh / 2;

    private static double Standby(EnergyConfiguration e, int megahertz, in HbmStandbyCycles cycles)
    {
        double milliwattCycles = 0;
        for (int i = 0; i < HbmStandbyCycles.Count; i++)
        {
            milliwattCycles += cycles[i] * ((HbmStandby)i switch
            {
                HbmStandby.Active => e.HbmStandbyActive,
                HbmStandby.PowerDown => e.HbmPowerDown,
                HbmStandby.SelfRefresh => e.HbmSelfRefresh,
                _ => e.HbmStandbyPrecharged,
            });
        }

        return milliwattCycles * 1000 / megahertz; // 1 mW for 1 us is 1000 pJ
    }

    private static NamedCount[] Named(HbmStandbyCycles cycles) =>
        [
            new("precharged", cycles[(int)HbmStandby.Precharged]), new("active", cycles[(int)HbmStandby.Active]),
            new("power-down", cycles[(int)HbmStandby.PowerDown]), new("self-refresh", cycles[(int)HbmStandby.SelfRefresh]),
        ];
}
