using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>A matrix unit between a stand-in for dispatch, a scratchpad with random grants, and a core that pokes accumulators.</summary>
internal sealed class MatrixBench
{
    private const int BankSpanBytes = 512;

    private readonly ClockDomain _core = new("core", 1000);
    private readonly Channel<StartDescriptor> _start;
    private readonly Channel<DescriptorDone> _done;
    private readonly ScratchpadPort _corePort;
    private readonly int _unitId;
    private readonly int _scratchpadId;
    private readonly int _driverId;

    public MatrixBench(MatrixConfig config, int stallPercent = 0, ulong stallSeed = 1, int latency = 1, HostTeam? team = null)
    {
        _unitId = _core.Register("mx");
        _scratchpadId = _core.Register("scratchpad");
        _driverId = _core.Register("driver");
        _start = new(_core, _driverId, _unitId, 2);
        _done = new(_core, _unitId, _driverId, 2);
        (int operandBytes, int weightBytes, int resultBytes) = config.RowBytes;
        var readA = Port("mx.a", _unitId, _scratchpadId, operandBytes);
        var readW = Port("mx.w", _unitId, _scratchpadId, weightBytes);
        var write = Port("mx.d", _unitId, _scratchpadId, resultBytes);
        _corePort = Port("core", _driverId, _unitId);
        Scratchpad = new MatrixTestScratchpad([readA, readW, write], stallPercent, stallSeed, latency);
        Unit = new MatrixUnit(config, _start, _done, readA, readW, write, _corePort, team);
    }

    public MatrixUnit Unit { get; }

    public MatrixTestScratchpad Scratchpad { get; }

    public Queue<Descriptor> Program { get; } = new();

    public Queue<ScratchpadRequest> CoreProgram { get; } = new();

    public List<ScratchpadResponse> CoreResponses { get; } = [];

    public List<(long Edge, DescriptorDone Done)> Finished { get; } = [];

    public List<ulong>? Hashes { get; set; }

    /// <summary>Edges at which <see cref="Hashes"/> gets the unit's state; looking changes no state, but how it is kept.</summary>
    public Func<long, bool> HashAt { get; set; } = _ => true;

    public bool EveryEdge { get; set; }

    /// <summary>Descriptors that are sent before the one before them is reported.</summary>
    public int Ahead { get; init; }

    /// <summary>Edges at which a report is taken if there is one.</summary>
    public Func<long, bool> TakesReport { get; init; } = _ => true;

    public long Edge => _core.Edge;

    public long Evaluations { get; private set; }

    public long AllocatedBytes { get; private set; }

    private int _sent;

    /// <summary>Runs until the program is reported, or fails after many edges.</summary>
    public void Run(int extraEdges = 0)
    {
        int expected = Finished.Count + Program.Count;
        int coreExpected = CoreResponses.Count + CoreProgram.Count;
        for (int i = 0; i < 3_000_000; i++)
        {
            if (Finished.Count >= expected && CoreResponses.Count >= coreExpected && extraEdges-- <= 0)
                return;
            _core.AdvanceTo(_core.NextPs);
            long edge = _core.Edge;
            ulong ready = _core.TakeReady(EveryEdge)[0];
            if ((ready >> _unitId & 1) != 0)
            {
                Evaluations++;
                long allocated = GC.GetAllocatedBytesForCurrentThread();
                long wake = Unit.Evaluate(edge);
                AllocatedBytes += GC.GetAllocatedBytesForCurrentThread() - allocated;
                WakeAt(_unitId, wake);
            }

            if ((ready >> _scratchpadId & 1) != 0)
                WakeAt(_scratchpadId, Scratchpad.Evaluate(edge));
            Drive(edge);
            if (Hashes is not null && HashAt(edge))
            {
                StateArchive archive = StateArchive.ForHash();
                Unit.Walk(archive, edge);
                Hashes.Add(archive.Hash);
            }
        }

        throw new InvalidOperationException($"Hung in phase {Unit.State.Phase}, cause {MatrixUnit.Causes[Unit.State.Ledger.Waiting]}.");
    }

    private void Drive(long edge)
    {
        if (_done.CanPop(edge) && TakesReport(edge))
        {
            Finished.Add((edge, _done.Pop(edge)));
            Assert.Equal((uint)Finished.Count, Finished[^1].Done.Sequence + 1); // in order
        }

        if (Program.Count > 0 && _sent <= Finished.Count + Ahead && _start.CanPush(edge))
        {
            _start.Push(new StartDescriptor { Sequence = (uint)_sent, Descriptor = Program.Dequeue() }, edge);
            _sent++;
        }

        if (_corePort.Response.CanPop(edge))
            CoreResponses.Add(_corePort.Response.Pop(edge));
        if (CoreProgram.Count > 0 && _corePort.Request.CanPush(edge))
            _corePort.Request.Push(CoreProgram.Dequeue(), edge);
    }

    private void WakeAt(int unit, long edge)
    {
        if (edge != Wake.Never)
            _core.WakeAt(unit, edge);
    }

    private ScratchpadPort Port(string name, int requester, int server, int rowBytes = 0)
    {
        int width = ScratchpadPort.WidthFor(rowBytes, BankSpanBytes);
        return new(name, new(_core, requester, server, 2), new(_core, server, requester, 8), width > 64 ? new WideLines(width, 8) : null);
    }
}

/// <summary>Bytes behind ports; each port is granted at an edge or not by a hash of the edge, whatever else goes on.</summary>
internal sealed class MatrixTestScratchpad(ScratchpadPort[] ports, int stallPercent, ulong seed, int latency)
{
    private const int MostPending = 64;
    private const int WidestAccess = 512;

    private readonly Queue<(long Due, ScratchpadResponse Response)>[] _pending = [.. ports.Select(_ => new Queue<(long, ScratchpadResponse)>())];

    private readonly byte[] _held = new byte[ports.Length * MostPending * WidestAccess];
    private readonly int[] _served = new int[ports.Length];
    private readonly int[] _answered = new int[ports.Length];

    public byte[] Bytes { get; } = new byte[1 << 20];

    /// <summary>Requests in the order in which they were granted.</summary>
    public List<(int Port, long Edge)> Granted { get; } = [];

    public long Evaluate(long edge)
    {
        bool busy = false;
        for (int i = 0; i < ports.Length; i++)
        {
            if (_pending[i].Count > 0 && _pending[i].Peek().Due <= edge && ports[i].Response.CanPush(edge))
                Respond(i, edge);
            bool granted = new MatrixStimulus(seed ^ ((ulong)edge * 31) ^ ((ulong)i << 50)).Next(100) >= stallPercent;
            if (ports[i].Request.CanPop(edge))
            {
                busy = true;
                if (granted && _pending[i].Count < MostPending)
                    Serve(i, edge);
            }

            busy |= _pending[i].Count > 0;
        }

        return busy ? edge + 1 : Wake.Never;
    }

    private void Respond(int port, long edge)
    {
        ScratchpadResponse answer = _pending[port].Dequeue().Response;
        ref ScratchpadResponse response = ref ports[port].Response.Allocate(edge);
        response = answer;
        WideLines? lines = ports[port].Lines;
        if (answer.Write == 0)
            Held(port, _answered[port]++)[..answer.Length].CopyTo(lines is null ? Line64.Span(ref response.Data) : lines.Append());
    }

    // Bytes are those of the edge at which the read was granted.
    private Span<byte> Held(int port, int number) => _held.AsSpan(((port * MostPending) + (number % MostPending)) * WidestAccess, WidestAccess);

    private void Serve(int port, long edge)
    {
        WideLines? lines = ports[port].Lines;
        Granted.Add((port, edge));
        ScratchpadRequest request = ports[port].Request.Pop(edge);
        Assert.InRange(request.Length, 1, ports[port].RestOfLine(request.Address));
        var response = new ScratchpadResponse { Address = request.Address, Length = request.Length, Write = request.Write, Tag = request.Tag };
        Span<byte> bytes = Bytes.AsSpan((int)request.Address, request.Length);
        if (request.Write == 0)
        {
            bytes.CopyTo(Held(port, _served[port]++));
        }
        else
        {
            (lines is null ? Line64.Span(ref request.Data) : lines.First)[..request.Length].CopyTo(bytes);
            lines?.Remove();
        }

        _pending[port].Enqueue((edge + latency, response));
    }
}
