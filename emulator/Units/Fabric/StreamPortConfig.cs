namespace HybridEmu.Units;

/// <summary>Sizes of a stream port.</summary>
public sealed record StreamPortConfig
{
    /// <summary>The port's pseudo-channel number.</summary>
    public required int Home { get; init; }

    /// <summary>Which granules belong to which port.</summary>
    public required HomeMap Map { get; init; }

    /// <summary>
    /// Transactions in flight, 1 to 64. Eight of 512 bytes cover 128 cycles of round trip at 32 bytes a cycle.
    /// </summary>
    public int Transactions { get; init; } = 8;
}
