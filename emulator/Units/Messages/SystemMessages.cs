namespace HybridEmu.Units;

/// <summary>What a control core asks over the peripheral bus; each request is answered by one <see cref="SystemReply"/>.</summary>
public enum SystemOperation : byte
{
    Read,
    Write,

    /// <summary>Reply when every hart has arrived.</summary>
    Barrier,
}

public struct SystemRequest
{
    public SystemOperation Operation;

    /// <summary>Access size in bytes: 1, 2 or 4.</summary>
    public byte Size;
    public uint Address;
    public uint Data;
}

public struct SystemReply
{
    public uint Data;

    /// <summary>1 when nothing is at the address: an access fault.</summary>
    public byte Fault;
}

/// <summary>Interrupt lines and sensor of a hart, sent by the system side whenever one changes.</summary>
public struct InterruptLines
{
    public byte Software, Timer, Sensor;

    /// <summary>Last sensor conversion in quarter degrees Celsius.</summary>
    public short TemperatureQuarters;

    /// <summary>1 while the power manager throttles this hart's clock.</summary>
    public byte Throttled;

    /// <summary>Thermal trips since reset.</summary>
    public ushort ThrottleTrips;
}
