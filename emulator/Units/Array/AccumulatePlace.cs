namespace HybridEmu.Units;

/// <summary>Where the sum of a fold meets what its accumulator holds.</summary>
public enum AccumulatePlace : byte
{
    /// <summary>It enters the column at the top: one chain over all of k, whatever the number of rows.</summary>
    Top,

    /// <summary>It is added to the sum that leaves the column, as TPU v1 does: fp32 bits depend on the number of rows.</summary>
    Bottom,
}
