using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>The emulator's units of a tile, joined as its breadboard joins them, between a core and a memory of the test.</summary>
internal sealed class TileRig
{
    public const int ScratchpadBytes = 1 << 14, AccumulatorBytes = 1 << 16;

    private const int HbmChannels = 4, FullRate = 2;

    private readonly TwinBench _bench = new();
    private readonly CoreEnd _core;
    private readonly PortEnd _corePort;
    private readonly WideMemory[] _memories;
    private readonly Dispatch _dispatch;

    private TileRig(TileSize size, TileCase c)
    {
        _core = new CoreEnd(_bench, c.Seed, c.StallPercent, c.Commands);
        string[] engines = ["ld", "st", "mx"];
        var starts = new Channel<StartDescriptor>[Dispatch.QueueNames.Length];
        var dones = new Channel<DescriptorDone>[Dispatch.QueueNames.Length];
        for (int q = 0; q < engines.Length; q++)
        {
            starts[q] = _bench.Add($"{engines[q]}.start", WireEnd.Inside, FullRate, Messages.Start).Channel;
            dones[q] = _bench.Add($"{engines[q]}.done", WireEnd.Inside, FullRate, Messages.Done).Channel;
        }

        starts[3] = _bench.Channel<StartDescriptor>(FullRate);
        dones[3] = _bench.Channel<DescriptorDone>(FullRate);
        Dictionary<ulong, byte> written = [];
        _memories = [.. engines.Take(2).Select((name, e) => new WideMemory(_bench, name, written, c.Seed + (ulong)e, c.StallPercent, c.LatencyCycles))];

        ScratchpadPort[] ports = [.. new[] { "mx.a", "mx.w", "mx.d", "st", "ld" }.Select(Port)];
        _corePort = new PortEnd(_bench, "core", ScratchpadPort.LineBytes, ScratchpadPort.LineBytes, c.Seed + 9, c.StallPercent, c.Accesses);

        var homes = new HomeMap(HbmChannels);
        var matrix = new MatrixConfig(size.Rows, size.Columns, AccumulatorBytes);
        _dispatch = new Dispatch(
            new DispatchConfig(0, size.QueueDepth, ScratchpadBytes, 1L << 30, Descriptors.StreamingBase, size.Rows, size.Columns, 1, 1, AccumulatorBytes),
            _core.Commands.Channel, _core.Replies.Channel, _core.Notices.Channel, starts, dones, races: null);
        var load = new LoadEngine(new DmaConfig(0, 0, size.Loads, homes), starts[0], dones[0], _memories[0].Requests.Channel, _memories[0].Responses.Channel, ports[4]);
        var store = new StoreEngine(new DmaConfig(0, 1, size.Stores, homes), starts[1], dones[1], _memories[1].Requests.Channel, _memories[1].Responses.Channel, ports[3]);
        var accumulators = new ScratchpadPort("core", _bench.Channel<ScratchpadRequest>(FullRate), _bench.Channel<ScratchpadResponse>(FullRate));
        var unit = new MatrixUnit(matrix, starts[2], dones[2], ports[0], ports[1], ports[2], accumulators);
        var scratchpad = new Scratchpad(new ScratchpadConfig(ScratchpadBytes, size.Banks, size.BankBytes, size.DualPorted), [.. ports, _corePort.Port]);
        foreach (Func<long, long> evaluate in new Func<long, long>[] { _dispatch.Evaluate, load.Evaluate, store.Evaluate, unit.Evaluate, scratchpad.Evaluate })
            _bench.Attach(evaluate);
    }

    /// <summary>Runs a case to its end, or until nothing moves any more.</summary>
    /// <param name="size">Of the tile.</param>
    /// <param name="c">The case.</param>
    /// <param name="performed">Descriptors that were performed.</param>
    /// <returns>All that went on.</returns>
    public static TwinBench Run(TileSize size, TileCase c, out long performed)
    {
        var rig = new TileRig(size, c);
        TwinBench bench = rig._bench;
        int patience = 200 + (2 * c.LatencyCycles);
        while (bench.Quiet < patience && bench.Cycles < 50_000)
            bench.Step();
        performed = 0;
        for (int q = 0; q < Dispatch.QueueNames.Length; q++)
            performed += rig._dispatch.State.Queues[q].Performed;
        return bench;
    }

    private ScratchpadPort Port(string name)
    {
        var port = new ScratchpadPort(name, _bench.Channel<ScratchpadRequest>(FullRate), _bench.Channel<ScratchpadResponse>(2 * FullRate));
        _bench.Add($"{name}.request", WireEnd.Inside, port.Request, Messages.Request(port, ScratchpadPort.LineBytes));
        _bench.Add($"{name}.response", WireEnd.Inside, port.Response, Messages.Response(port, ScratchpadPort.LineBytes));
        return port;
    }
}

/// <summary>Sizes of a tile and of its twin.</summary>
internal sealed record TileSize(int Rows, int Columns, int Banks, int BankBytes, bool DualPorted, int QueueDepth, int Loads, int Stores)
{
    public (string, int)[] Parameters =>
    [
        ("ROWS", Rows), ("COLUMNS", Columns), ("BANKS", Banks), ("BANK_BYTES", BankBytes), ("DUAL_PORTED", DualPorted ? 1 : 0), ("QUEUE_DEPTH", QueueDepth),
        ("LOADS", Loads), ("STORES", Stores), ("SCRATCHPAD_BYTES", TileRig.ScratchpadBytes), ("ACCUMULATOR_BYTES", TileRig.AccumulatorBytes),
    ];
}
