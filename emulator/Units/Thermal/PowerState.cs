namespace HybridEmu.Units;

/// <summary>Registers and counters of the power manager.</summary>
public struct PowerState
{
    /// <summary>Time up to which power is accounted for, in picoseconds.</summary>
    public long SampledPs;
    public long Samples;

    /// <summary>Conversions of each sensor so far; all convert together.</summary>
    public long Conversions;

    /// <summary>Thermal seconds since the last conversion.</summary>
    public double SinceConversion;

    /// <summary>1 from a trip until all sensors are below the release temperature.</summary>
    public byte Tripped;

    /// <summary>1 while the core clock is halved.</summary>
    public byte Throttled;

    /// <summary>Sticky: a sensor has been at or above the critical temperature.</summary>
    public byte Critical;

    /// <summary>Times the trip temperature was reached, and samples that ended throttled.</summary>
    public long Trips, ThrottledSamples;
}
