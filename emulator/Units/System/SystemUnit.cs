using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>The system side's wires to one hart.</summary>
/// <param name="Request">In.</param>
/// <param name="Reply">Out: one reply a request.</param>
/// <param name="Lines">Out: interrupt lines and sensor, whenever one changes.</param>
public sealed record HartLink(Crossing<SystemRequest> Request, Crossing<SystemReply> Reply, Crossing<InterruptLines> Lines);

/// <summary>The host port's wires to the coherent plane, by way of <see cref="HostBridge"/>.</summary>
/// <param name="Request">Out: ReadOnce.</param>
/// <param name="Answer">Out: GrantAck.</param>
/// <param name="Grant">In: GrantOnce.</param>
public sealed record HostLink(Crossing<CoherenceFlit> Request, Crossing<CoherenceFlit> Answer, Crossing<CoherenceFlit> Grant);

/// <summary>
/// The system side: host port (console, exit, mailbox, tohost), CLINT (msip, mtimecmp, mtime), the barrier over all harts,
/// and interrupt lines. Serves one request a hart at a time, harts side by side.
/// </summary>
public sealed partial class SystemUnit
{
    private const int WaitBarrier = 2;

    public static readonly string[] Causes = ["Idle", "Busy", "WaitBarrier"];

    public SystemState State;

    private readonly string _name;
    private readonly SystemConfig _config;
    private readonly HartLink[] _links;
    private readonly HartState[] _harts;
    private readonly HostLink? _host;
    private readonly ClockDomain _domain;
    private readonly int _unit;

    /// <param name="name">Name in reports: system.</param>
    /// <param name="config">Latency and tohost.</param>
    /// <param name="links">Wires to each hart, by hart number.</param>
    /// <param name="host">Wires to the coherent plane; null when no tohost is polled.</param>
    /// <param name="domain">The system clock.</param>
    /// <param name="unit">This unit's index in it, for background wakes and sensor updates.</param>
    public SystemUnit(string name, SystemConfig config, HartLink[] links, HostLink? host, ClockDomain domain, int unit)
    {
        if (config.ToHost is not null && host is null)
            throw new ArgumentException("Polling tohost needs wires to the coherent plane.", nameof(host));
        _name = name;
        _config = config;
        _links = links;
        _host = host;
        _domain = domain;
        _unit = unit;
        _harts = new HartState[links.Length];
        for (int i = 0; i < _harts.Length; i++)
            _harts[i].TimerCompare = ulong.MaxValue;
        State.NextPoll = config.ToHostPollCycles;
        Console = new HostRing<byte>(config.ConsoleBytes);
        Mailbox = new HostRing<MailboxRecord>(config.MailboxRecords);
    }

    public string Name => _name;

    /// <summary>Bytes that firmware wrote to the console.</summary>
    public HostRing<byte> Console { get; }

    /// <summary>Records that firmware posted.</summary>
    public HostRing<MailboxRecord> Mailbox { get; }

    /// <summary>Whether the program ended the run, by the exit register or by tohost.</summary>
    public bool Exited => State.Exited != 0;

    /// <summary>Exit code of the program, 0 = passed; meaningful once <see cref="Exited"/>.</summary>
    public int ExitCode => State.ExitCode;

    /// <summary>What a hart is seen to do, for deadlock reports.</summary>
    public HartState Hart(int hart) => _harts[hart];

    /// <summary>
    /// Gives a hart a new sensor conversion; called by the run loop at a sample boundary, between time steps. Takes effect
    /// at this unit's next edge.
    /// </summary>
    /// <param name="hart">Hart number.</param>
    /// <param name="temperatureQuarters">Quarter degrees Celsius.</param>
    /// <param name="critical">Raises the sensor interrupt whatever the firmware's own threshold.</param>
    /// <param name="throttled">Whether the hart's clock is throttled now.</param>
    /// <param name="trips">Thermal trips since reset.</param>
    public void SetSensor(int hart, short temperatureQuarters, bool critical, bool throttled, int trips)
    {
        _harts[hart].Sensor = new InterruptLines
        {
            Sensor = (byte)(critical ? 1 : 0),
            TemperatureQuarters = temperatureQuarters,
            Throttled = (byte)(throttled ? 1 : 0),
            ThrottleTrips = (ushort)trips,
        };
        _domain.WakeAt(_unit, _domain.Edge + 1);
    }

    public long Evaluate(long edge)
    {
        long next = Wake.Never;
        bool busy = false;
        int arrived = 0;
        for (int i = 0; i < _harts.Length; i++)
        {
            next = Math.Min(next, Serve(edge, i, ref _harts[i]));
            busy |= _harts[i].Busy != 0 && _harts[i].Arrived == 0;
            arrived += _harts[i].Arrived;
        }

        if (arrived == _harts.Length && _harts[0].Released == 0)
            ReleaseBarrier();

        // Waits for a crossing return edge + 1: its wake can be folded into an earlier one.
        for (int i = 0; i < _harts.Length; i++)
        {
            if (_harts[i].Released != 0 && Reply(edge, i, default))
                _harts[i].Released = _harts[i].Arrived = 0;
            if (_harts[i].Released != 0)
                next = edge + 1;
            next = Math.Min(next, UpdateLines(edge, i, ref _harts[i]));
        }

        if (_config.ToHost is not null)
            next = Math.Min(next, Poll(edge));
        int cause = busy ? Ledger.Busy : arrived != 0 ? WaitBarrier : Ledger.Idle;
        State.Ledger.Charge(edge, cause, Waiting());
        return next;
    }

    public void Walk(StateArchive archive, long edge)
    {
        State.Ledger.Settle(edge);
        archive.Value("system", ref State);
        archive.Array("harts", _harts);
    }

    public void Describe(SignalMap map)
    {
        map.Add("exited", 1, () => State.Exited);
        map.Add("poll", 2, () => State.PollPhase);
        for (int i = 0; i < _harts.Length; i++)
        {
            int hart = i;
            map.Add($"hart{i}.busy", 1, () => _harts[hart].Busy);
            map.Add($"hart{i}.arrived", 1, () => _harts[hart].Arrived);
            map.Add($"hart{i}.msip", 1, () => _harts[hart].SoftwareInterrupt);
            map.Add($"hart{i}.mtip", 1, () => _harts[hart].Sent.Timer);
        }
    }

    /// <summary>Cause of the edges until the next evaluation.</summary>
    private int Waiting()
    {
        int cause = Ledger.Idle;
        for (int i = 0; i < _harts.Length; i++)
        {
            if (_harts[i].Busy != 0 && _harts[i].Arrived == 0)
                return Ledger.Busy;
            if (_harts[i].Arrived != 0)
                cause = WaitBarrier;
        }

        return cause;
    }

    /// <summary>Takes a hart's request, or finishes the one being served. Returns the edge to look again by itself.</summary>
    private long Serve(long edge, int index, ref HartState hart)
    {
        if (hart.Busy == 0)
        {
            if (!_links[index].Request.CanPop(edge))
                return _links[index].Request.IsEmpty ? Wake.Never : edge + 1;
            hart.Request = _links[index].Request.Pop(edge);
            hart.Busy = 1;
            hart.DoneAt = edge + _config.ServiceCycles;
            State.Requests++;
        }

        if (edge < hart.DoneAt)
            return hart.DoneAt;
        if (hart.Request.Operation == SystemOperation.Barrier)
        {
            hart.Arrived = 1;
            return Wake.Never;
        }

        if (!_links[index].Reply.CanPush(edge))
            return edge + 1;
        Reply(edge, index, Access(edge, index, in hart.Request));
        return Wake.Never;
    }

    private bool Reply(long edge, int index, SystemReply reply)
    {
        if (!_links[index].Reply.CanPush(edge))
            return false;
        _links[index].Reply.Push(in reply, edge);
        _harts[index].Busy = 0;
        _harts[index].Request = default;
        return true;
    }

    private void ReleaseBarrier()
    {
        for (int i = 0; i < _harts.Length; i++)
            _harts[i].Released = 1;
        State.Barriers++;
    }

    /// <summary>Sends the lines when they differ from what the hart last got. Returns the edge of the timer, if it is armed.</summary>
    private long UpdateLines(long edge, int index, ref HartState hart)
    {
        InterruptLines lines = hart.Sensor;
        ulong time = Time(edge);
        lines.Software = hart.SoftwareInterrupt;
        lines.Timer = (byte)(time >= hart.TimerCompare ? 1 : 0);
        if (!Same(in lines, in hart.Sent))
        {
            if (!_links[index].Lines.CanPush(edge))
                return edge + 1;
            _links[index].Lines.Push(in lines, edge);
            hart.Sent = lines;
        }

        ulong wait = hart.TimerCompare - time;
        return lines.Timer != 0 || wait > (ulong)(Wake.Never - edge - 1) ? Wake.Never : edge + (long)wait;
    }

    private static bool Same(in InterruptLines a, in InterruptLines b) =>
        a.Software == b.Software && a.Timer == b.Timer && a.Sensor == b.Sensor && a.TemperatureQuarters == b.TemperatureQuarters
        && a.Throttled == b.Throttled && a.ThrottleTrips == b.ThrottleTrips;
}
