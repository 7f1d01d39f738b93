namespace HybridEmu.Units;

/// <summary>What the system side is built with.</summary>
public sealed record SystemConfig
{
    /// <summary>System cycles from taking a request to its effect and reply.</summary>
    public int ServiceCycles { get; init; } = 4;

    /// <summary>HBM byte offset of the program's tohost word (8-aligned), or null for none.</summary>
    public ulong? ToHost { get; init; }

    /// <summary>System cycles between looks at tohost.</summary>
    public int ToHostPollCycles { get; init; } = 1000;

    /// <summary>Which home a line belongs to.</summary>
    public HomeMap Homes { get; init; } = new(1);

    /// <summary>Endpoint number of home 0.</summary>
    public int HomeBase { get; init; }

    /// <summary>Endpoint number of the host port: 2 * tiles.</summary>
    public int Endpoint { get; init; }

    /// <summary>Console bytes that wait for the host before the oldest is dropped.</summary>
    public int ConsoleBytes { get; init; } = 1 << 16;

    /// <summary>Mailbox records that wait for the host before the oldest is dropped.</summary>
    public int MailboxRecords { get; init; } = 1 << 12;
}
