namespace HybridEmu.Units;

/// <summary>Sizes and latencies of a home slice.</summary>
public sealed record HomeSliceConfig
{
    /// <summary>The slice's endpoint number in the coherent plane: behind all requesters.</summary>
    public required int Endpoint { get; init; }

    /// <summary>Which lines belong to which slice.</summary>
    public required HomeMap Map { get; init; }

    /// <summary>HBM bytes of the chip.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Cycles of a directory look-up.</summary>
    public int DirectoryCycles { get; init; } = 6;

    /// <summary>Cycles from an answer to what the home does about it.</summary>
    public int HomeCycles { get; init; } = 2;
}
