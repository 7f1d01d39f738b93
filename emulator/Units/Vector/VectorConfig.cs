using System.Numerics;

namespace HybridEmu.Units;

/// <summary>Sizes and latencies of a <see cref="VectorUnit"/>.</summary>
public sealed record VectorConfig
{
    /// <summary>Lanes from which on sums, maxima and transposes do not become faster: partials are sixteen, whatever the lanes.</summary>
    public const int SummingLanes = Isa.Reduction.Count;

    /// <summary>fp32 lanes: elements that enter a cycle. A power of two, 4 to 256.</summary>
    public int Lanes { get; init; } = 16;

    /// <summary>Bytes of an element in every lane: what a scratchpad port should move at once.</summary>
    public int RowBytes => Lanes * sizeof(float);

    /// <summary>Latency of one fp32 add, multiply, fused multiply-add, compare or conversion, in cycles. 1 to 6.</summary>
    public int PipelineCycles { get; init; } = 4;

    /// <summary>Latency of one exp, log, rsqrt or reciprocal, in cycles. 1 to 16 and with 4 pipelines at most 30.</summary>
    public int TranscendentalCycles { get; init; } = 8;

    /// <summary>Operand beats asked for and not yet executed. 1 to 64.</summary>
    public int OutstandingBeats { get; init; } = 8;

    /// <summary>Throws when a value is out of its range; the configuration loader checks first and says where.</summary>
    public void Validate()
    {
        if (Lanes is < 4 or > 256 || !BitOperations.IsPow2(Lanes))
            throw new ArgumentOutOfRangeException(nameof(Lanes), Lanes, "a power of two, 4 to 256");
        if (PipelineCycles is < 1 or > 6)
            throw new ArgumentOutOfRangeException(nameof(PipelineCycles), PipelineCycles, "1 to 6");
        if (TranscendentalCycles < 1 || TranscendentalCycles > 16 || (4 * PipelineCycles) + TranscendentalCycles > 30)
            throw new ArgumentOutOfRangeException(nameof(TranscendentalCycles), TranscendentalCycles, "1 to 16, with 4 pipelines at most 30");
        if (OutstandingBeats is < 1 or > 64)
            throw new ArgumentOutOfRangeException(nameof(OutstandingBeats), OutstandingBeats, "1 to 64");
    }
}
