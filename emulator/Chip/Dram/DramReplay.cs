using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>
/// Replays accesses against HBM controllers alone, without crossings. Requests are offered in order after the commands of a
/// cycle, at most so many a cycle, each from its stamp on, up to the first that is refused; their own commands may go from
/// the next cycle on. A latency runs from the cycle of acceptance to the one at which the burst ends.
/// </summary>
public sealed class DramReplay
{
    private const int BatchAccesses = 1024;

    /// <summary>So long without an answer, refreshes apart, a controller has lost a request.</summary>
    private const long MaximumSilenceCycles = 100_000_000;

    private readonly HbmConfig _config;
    private readonly IAccessSource _source;
    private readonly int _window;
    private readonly CommandFile? _commands;
    private readonly DramChannel[] _channels;
    private readonly MemoryAccess[] _batch = new MemoryAccess[BatchAccesses];
    private int _at, _end;
    private int _refusedBy = None;
    private long _cycle;
    private long _acceptedAt;

    private const int None = -1;

    /// <param name="config">Timings, map and policies; the map has the number of channels and the capacity.</param>
    /// <param name="source">What to replay.</param>
    /// <param name="window">Requests offered in one cycle, at most.</param>
    /// <param name="commands">Receives every command; null: none does.</param>
    public DramReplay(HbmConfig config, IAccessSource source, int window = 8, CommandFile? commands = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        _config = config;
        _source = source;
        _window = window;
        _commands = commands;
        int bits = Enum.GetValues<HbmField>().Sum(config.Map.Bits);
        var memory = new SparseMemory(1L << bits, keeps: false);
        _channels = [.. Enumerable.Range(0, config.Map.Channels).Select(c => new DramChannel(config, c, memory, ReadLatencies, WriteLatencies))];
        Refill();
    }

    /// <summary>Off: every cycle is offered to and stepped, on every channel. Changes no result; for tests.</summary>
    public bool Skipping { get; set; } = true;

    /// <summary>Whether every request has been answered.</summary>
    public bool Finished { get; private set; }

    /// <summary>Cycles so far, skipped ones included.</summary>
    public long Cycles => _cycle;

    /// <summary>Latencies of the reads answered so far.</summary>
    public LatencyHistogram ReadLatencies { get; } = new();

    public LatencyHistogram WriteLatencies { get; } = new();

    /// <summary>Requests answered so far.</summary>
    public long Requests => ReadLatencies.Count + WriteLatencies.Count;

    /// <summary>The controllers that a chip of a configuration has.</summary>
    public static HbmConfig ControllerOf(ChipConfiguration configuration) => configuration.Hbm.Controller;

    /// <summary>Goes on for so many cycles in which something can happen, or to the end.</summary>
    /// <exception cref="DataException">The source has a mistake.</exception>
    public void Advance(int steps)
    {
        for (; steps > 0 && !Finished; steps--)
        {
            StepChannels();
            _commands?.Add(_channels);
            if (_refusedBy == None || !Skipping)
                Offer();
            Finished = _end == 0 && Outstanding() == 0;
            long next = NextCycle();
            if (!Finished && next == Wake.Never)
                throw Silence();
            _cycle = Skipping && !Finished ? next : _cycle + 1;
        }

        if (_cycle - Math.Max(_acceptedAt, LastEnd()) > MaximumSilenceCycles && Outstanding() > 0)
            throw Silence();
    }

    /// <summary>What there is to say so far.</summary>
    /// <param name="name">The configuration, as reports name it.</param>
    /// <param name="trace">The trace, as reports name it.</param>
    /// <param name="megahertz">The command clock.</param>
    /// <param name="energy">Energy a command.</param>
    public DramStatistics Statistics(string name, string trace, int megahertz, EnergyConfiguration energy)
    {
        long end = LastEnd();
        var channels = new List<DramChannelStatistics>();
        HbmPseudoChannelState sum = default;
        HbmStandbyCycles standby = default;
        foreach (DramChannel channel in _channels)
        {
            channel.Settle(end);
            HbmTotals.Add(ref standby, in channel.State);
            HbmPseudoChannelState own = default;
            HbmTotals.Add(ref own, in channel.State);
            HbmTotals.Add(ref sum, in channel.State);
            channels.Add(new DramChannelStatistics(
                channel.Reads, channel.Writes, Figures([channel], in own, end, megahertz), Utilisation(in own, end, 1),
                channel.Reads > 0 ? (double)channel.ReadCycles / channel.Reads : 0));
        }

        return new DramStatistics(
            name, trace, megahertz, _window, end, ReadLatencies.Count, WriteLatencies.Count, Utilisation(in sum, end, _channels.Length),
            Figures(_channels, in sum, end, megahertz), ReadLatencies.Statistics(), WriteLatencies.Statistics(),
            HbmTotals.Energy(energy, _config, megahertz, in sum, in standby), channels);
    }

    private void Offer()
    {
        _refusedBy = None;
        for (int i = 0; i < _window && _at < _end; i++)
        {
            ref readonly MemoryAccess access = ref _batch[_at];
            if (access.Stamp > _cycle)
                return;
            ulong address = access.Address & ~(ulong)(HbmAddressMap.BurstBytes - 1);
            int channel = _channels.Length == 1 ? 0 : _config.Map.Decode(address).Channel;
            if (!_channels[channel].TryAccept(address, access.IsWrite, _cycle))
            {
                _refusedBy = channel;
                return;
            }

            _acceptedAt = _cycle;
            if (++_at == _end)
                Refill();
        }
    }

    /// <summary>Steps the channels that want this cycle.</summary>
    private void StepChannels()
    {
        for (int c = 0; c < _channels.Length; c++)
        {
            DramChannel channel = _channels[c];
            if (channel.NextAt > _cycle && Skipping)
                continue;

            // A refused request can be taken only after its channel issued a command.
            if (channel.Step(_cycle) && c == _refusedBy)
                _refusedBy = None;
        }
    }

    /// <summary>The next cycle that a channel or the trace wants.</summary>
    private long NextCycle()
    {
        long next = _at < _end && _refusedBy == None ? Math.Max(_batch[_at].Stamp, _cycle + 1) : Wake.Never;
        foreach (DramChannel channel in _channels)
            next = Math.Min(next, channel.NextAt);
        return next;
    }

    private void Refill()
    {
        _at = 0;
        _end = _source.Read(_batch);
    }

    private InvalidOperationException Silence() => new($"The memory answers {Outstanding()} requests no more.");

    private long LastEnd()
    {
        long end = 0;
        foreach (DramChannel channel in _channels)
            end = Math.Max(end, channel.LastEnd);
        return end;
    }

    private int Outstanding()
    {
        int outstanding = 0;
        foreach (DramChannel channel in _channels)
            outstanding += channel.Outstanding;
        return outstanding;
    }

    private HbmStatistics Figures(DramChannel[] channels, in HbmPseudoChannelState sum, long end, int megahertz)
    {
        long picoseconds = (long)((Int128)end * 1_000_000 / megahertz);
        double peak = channels.Length * 2.0 * HbmAddressMap.BurstBytes / _config.Timing.Burst * megahertz * 1e6;
        NamedCount[] commands = [.. Enum.GetValues<HbmCommand>().Select(k => new NamedCount(CommandFile.NameOf(k), channels.Sum(c => c.Log.CountOf(k))))];
        HbmStandbyCycles standby = default;
        foreach (DramChannel channel in channels)
            HbmTotals.Add(ref standby, in channel.State);
        return HbmTotals.Statistics(in sum, in standby, peak, picoseconds, commands);
    }

    /// <summary>Clocks of bursts in per cent of the data buses' clocks, up to the end of the last burst.</summary>
    private double Utilisation(in HbmPseudoChannelState sum, long end, int channels) =>
        end > 0 ? 100.0 * (sum.Reads + sum.Writes) * _config.Timing.Burst / ((double)end * 2 * channels) : 0;
}
