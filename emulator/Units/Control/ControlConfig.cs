using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>What a control core is built with; most of it firmware can read back from CSRs.</summary>
public sealed record ControlConfig
{
    /// <summary>Tile and hart number.</summary>
    public required int Tile { get; init; }

    public required int Tiles { get; init; }

    /// <summary>Which home a line belongs to.</summary>
    public required HomeMap Homes { get; init; }

    /// <summary>HBM bytes.</summary>
    public required ulong MemoryBytes { get; init; }

    /// <summary>First HBM byte offset of the streaming region; scalar accesses at or above it trap.</summary>
    public ulong StreamBase { get; init; } = 16UL << 20;

    public int InstructionCacheBytes { get; init; } = 16 << 10;

    public int InstructionCacheWays { get; init; } = 2;

    public int DataCacheBytes { get; init; } = 16 << 10;

    public int DataCacheWays { get; init; } = 4;

    /// <summary>Stores that wait for the L1D; 1 to 8.</summary>
    public int StoreBuffer { get; init; } = CoreState.StoreSlots;

    /// <summary>
    /// A hart and its memory alone, as RVFI-DII knows them: scratchpad, accumulators and devices fault, WFI does not wait, and a
    /// trap while mtvec is 0 goes to address 0 instead of ending the run.
    /// </summary>
    public bool Bare { get; init; }

    public uint ScratchpadBytes { get; init; } = 64 << 10;

    public uint AccumulatorBytes { get; init; } = 64 << 10;

    public uint Features { get; init; } = DescriptorTable.AllFeatures;

    public uint Rows { get; init; } = 8;

    public uint Columns { get; init; } = 8;

    public uint Packing { get; init; } = 0x101;

    public uint Banks { get; init; } = 16;

    public uint Lanes { get; init; } = 16;

    public uint Slots { get; init; } = 4;

    public uint Seed { get; init; }

    /// <summary>KiB of the host's memory; 0: there is no link to a host.</summary>
    public uint HostKibibytes { get; init; }

    /// <summary>Endpoint number of home 0 of the coherent plane: after the L1s of all tiles and the host port.</summary>
    public int HomeBase => (2 * Tiles) + 1;
}
