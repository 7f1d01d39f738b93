using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>Sizes that dispatch checks descriptors against.</summary>
/// <param name="Tile">Number of the tile.</param>
/// <param name="QueueDepth">Descriptors a queue holds from issue to performed, 2 to 32.</param>
/// <param name="ScratchpadBytes">Own scratchpad.</param>
/// <param name="HbmBytes">HBM of the chip.</param>
/// <param name="StreamingBase">HBM byte offset from which DMA is allowed.</param>
/// <param name="ArrayRows">R.</param>
/// <param name="ArrayColumns">C: a slot holds its rows in blocks of C columns.</param>
/// <param name="Int8Packing">int8 products of a PE in a step.</param>
/// <param name="Int4Packing">int4 products of a PE in a step.</param>
/// <param name="AccumulatorBytes">Accumulators; four slots share them equally.</param>
/// <param name="Features">hxfeatures: which operations are there.</param>
/// <param name="HostBytes">The host's memory; 0: none.</param>
public sealed record DispatchConfig(
    int Tile, int QueueDepth, int ScratchpadBytes, long HbmBytes, long StreamingBase, int ArrayRows, int ArrayColumns, int Int8Packing, int Int4Packing,
    int AccumulatorBytes, uint Features = DescriptorTable.AllFeatures, long HostBytes = 0);
