namespace HybridEmu.Reference;

/// <summary>What a hart can see of its chip.</summary>
public sealed record ReferenceHartConfig
{
    /// <summary>Tile number, which is also the hart id.</summary>
    public int Hart { get; init; }

    /// <summary>First HBM byte offset that scalar code may not touch.</summary>
    public ulong StreamOffset { get; init; } = 16 << 20;

    /// <summary>A hart and its memory alone: no scratchpad, accumulators or devices; a trap while mtvec is 0 goes to address 0.</summary>
    public bool Bare { get; init; }

    public uint ScratchpadBytes { get; init; } = 1 << 20;

    public uint AccumulatorBytes { get; init; } = 256 << 10;

    /// <summary>Values of the read-only CSRs that the configuration decides, by number; absent ones read 0.</summary>
    public IReadOnlyDictionary<int, uint> Constants { get; init; } = new Dictionary<int, uint>();
}
