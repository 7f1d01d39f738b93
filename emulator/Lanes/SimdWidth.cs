using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using HybridEmu.Isa;

namespace HybridEmu.Lanes;

/// <summary>Host vector width of the array's kernels. Changes no bit.</summary>
public enum SimdWidth
{
    /// <summary>
    /// The widest that this host has and the runtime calls fast: 256 on the first servers with 512 bits (Skylake, Cascade Lake), which lower their
    /// clock for them. There 512 makes the array's kernels alone two thirds faster, and everything around them slower.
    /// </summary>
    Widest,
    Scalar,
    Vector128,
    Vector256,
    Vector512,
}

/// <summary>What of <see cref="SimdWidth"/> a host can do.</summary>
public static class SimdWidths
{
    /// <summary>The width asked for, or the next narrower one that this host has.</summary>
    public static SimdWidth Choose(SimdWidth asked)
    {
        if (asked == SimdWidth.Scalar || !Fp32.HasHardwareFma)
            return SimdWidth.Scalar;
        if (asked == SimdWidth.Vector512 && Avx512BW.IsSupported || asked == SimdWidth.Widest && Vector512.IsHardwareAccelerated)
            return SimdWidth.Vector512;
        if (asked is not SimdWidth.Vector128 && Vector256.IsHardwareAccelerated)
            return SimdWidth.Vector256;
        return Vector128.IsHardwareAccelerated ? SimdWidth.Vector128 : SimdWidth.Scalar;
    }
}
