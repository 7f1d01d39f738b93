namespace HybridEmu.Units;

/// <summary>Where in a column the value held in the accumulator joins the sum. Decides bits in fp32.</summary>
public enum AccumulatePlace : byte
{
    /// <summary>It enters at the top as the first addend: one chain of fused multiply-adds over all of K.</summary>
    Top,

    /// <summary>As TPU v1: each fold sums from +0, and what leaves the bottom is added to what is held, with one rounding of its own.</summary>
    Bottom,
}
