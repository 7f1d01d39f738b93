namespace HybridEmu.Units;

/// <summary>Sizes of a DMA engine.</summary>
/// <param name="Tile">Number of the tile.</param>
/// <param name="WidePort">Wide-plane port number this engine uses.</param>
/// <param name="Outstanding">Transactions in flight, 1 to 64.</param>
/// <param name="Homes">Map from HBM byte offset to pseudo-channel.</param>
public sealed record DmaConfig(int Tile, int WidePort, int Outstanding, HomeMap Homes)
{
    /// <summary>Descriptors whose transactions may overlap.</summary>
    public const int DescriptorSlots = 4;

    /// <summary>Largest transaction: one granule of a pseudo-channel.</summary>
    public const int TransactionBytes = 512;
}
