namespace HybridEmu.Chip;

/// <summary>Exact percentiles of latencies in little memory: a count a cycle, and a sorted list of the few that are longer.</summary>
public sealed class LatencyHistogram
{
    /// <summary>Latencies from here on are kept sorted.</summary>
    public const int Counted = 1 << 16;

    private readonly long[] _counts = new long[Counted];
    private readonly SortedDictionary<long, long> _longer = [];
    private Int128 _sum;

    public long Count { get; private set; }

    public long Maximum { get; private set; }

    /// <summary>Mean in cycles; 0 of nothing.</summary>
    public double Mean => Count > 0 ? (double)_sum / Count : 0;

    public void Add(long cycles)
    {
        Count++;
        _sum += cycles;
        Maximum = Math.Max(Maximum, cycles);
        if ((ulong)cycles < Counted)
            _counts[cycles]++;
        else
            _longer[cycles] = _longer.GetValueOrDefault(cycles) + 1;
    }

    /// <summary>How many took so many cycles.</summary>
    public long CountOf(long cycles) => (ulong)cycles < Counted ? _counts[cycles] : _longer.GetValueOrDefault(cycles);

    /// <summary>The least latency that so many per cent of all do not exceed (nearest rank); 0 of nothing.</summary>
    public long Percentile(int percent)
    {
        long rank = (long)((((Int128)Count * percent) + 99) / 100);
        if (rank == 0)
            return 0;
        for (int cycles = 0; cycles < Counted; cycles++)
        {
            rank -= _counts[cycles];
            if (rank <= 0)
                return cycles;
        }

        foreach ((long cycles, long count) in _longer)
        {
            rank -= count;
            if (rank <= 0)
                return cycles;
        }

        return Maximum;
    }

    public LatencyStatistics Statistics() => new(Count, Mean, Percentile(50), Percentile(99), Maximum);
}
