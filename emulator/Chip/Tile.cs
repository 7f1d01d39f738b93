using System.Runtime.CompilerServices;
using HybridEmu.Kernel;
using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>One tile: control core, dispatch, engines and scratchpad, and the wires between them.</summary>
internal sealed partial class Tile
{
    // Two entries carry one message a cycle; see TIMING.md, K-2.
    private const int FullRate = 2;

    public readonly ControlCore Control;
    public readonly Dispatch Dispatch;
    public readonly LoadEngine Load;
    public readonly StoreEngine Store;
    public readonly MatrixUnit Matrix;
    public readonly VectorUnit Vector;
    public readonly Scratchpad Scratchpad;

    private readonly Wires _wires;
    private readonly ClockDomain _clock;
    private readonly int _firstUnit;
    private readonly TileTeam _others;

    /// <param name="number">Tile and hart number.</param>
    /// <param name="c">The chip's configuration.</param>
    /// <param name="ids">Unit indices in the core domain.</param>
    /// <param name="wires">Where channels are made and kept.</param>
    /// <param name="data">L1D's channels to the plane.</param>
    /// <param name="code">L1I's channels to the plane.</param>
    /// <param name="hart">Crossings to the system side.</param>
    /// <param name="loadPort">Wide-plane channels of the load engine.</param>
    /// <param name="moreLoads">Where data of the load engine's further lanes come.</param>
    /// <param name="storePort">Wide-plane channels of the store engine.</param>
    /// <param name="homes">Address to pseudo-channel.</param>
    /// <param name="races">The chip's race checker, or null.</param>
    /// <param name="faults">Where faults go that nothing handles.</param>
    /// <param name="engine">How the host moves the array.</param>
    /// <param name="simd">How the host computes sums.</param>
    /// <param name="team">Host threads that share the sums, or null.</param>
    /// <param name="others">All tiles, to catch up with.</param>
    public Tile(
        int number, ChipConfiguration c, TileIds ids, Wires wires, CoherencePort data, CoherencePort code, HartLink hart,
        WidePort loadPort, WideAnswers[] moreLoads, WidePort storePort, HomeMap homes, RaceChecker? races, FaultLatch faults, ArrayEngine engine, SimdWidth simd, HostTeam? team, TileTeam others)
    {
        _wires = wires;
        _others = others;
        _clock = wires.Core;
        _firstUnit = ids.Control;
        _behindWakes.Reach(ids.Scratchpad);
        string name = $"tile{number}";
        var matrix = new MatrixConfig(
            c.Array.Rows, c.Array.Columns, c.Accumulators.Bytes, c.Array.AccumulatorLatency,
            Int8Packing: c.Array.Int8Packing, Int4Packing: c.Array.Int4Packing, Accumulate: c.Array.Accumulate, Simd: simd, Engine: engine,
            SinglePortedAccumulators: c.Accumulators.SinglePorted);
        int bankSpan = c.Scratchpad.Banks * c.Scratchpad.BankWidthBytes;
        ScratchpadPort Port(string requester, int unit, int rowBytes = 0)
        {
            int width = ScratchpadPort.WidthFor(rowBytes, bankSpan);
            return new(
                requester,
                wires.Channel<ScratchpadRequest>($"{name}.{requester}.request", unit, ids.Scratchpad, FullRate),
                wires.Channel<ScratchpadResponse>($"{name}.{requester}.response", ids.Scratchpad, unit, 2 * FullRate),
                width > ScratchpadPort.LineBytes ? new WideLines(width, 2 * FullRate) : null);
        }

        (int operandBytes, int weightBytes, int resultBytes) = matrix.RowBytes;
        ScratchpadPort operands = Port("mx.a", ids.Matrix, operandBytes), weights = Port("mx.w", ids.Matrix, weightBytes), results = Port("mx.d", ids.Matrix, resultBytes);
        var vector = new VectorConfig { Lanes = c.Vector.Lanes };
        ScratchpadPort vectorA = Port("vx.a", ids.Vector, vector.RowBytes), vectorB = Port("vx.b", ids.Vector, vector.RowBytes), vectorD = Port("vx.d", ids.Vector, vector.RowBytes);
        ScratchpadPort store = Port("st", ids.Store), load = Port("ld", ids.Load), core = Port("core", ids.Control);
        var accumulators = new ScratchpadPort(
            "core",
            wires.Channel<ScratchpadRequest>($"{name}.accumulators.request", ids.Control, ids.Matrix, FullRate),
            wires.Channel<ScratchpadResponse>($"{name}.accumulators.response", ids.Matrix, ids.Control, FullRate));

        int[] engines = [ids.Load, ids.Store, ids.Matrix, ids.Vector];
        var starts = new Channel<StartDescriptor>[engines.Length];
        var dones = new Channel<DescriptorDone>[engines.Length];
        for (int q = 0; q < engines.Length; q++)
        {
            starts[q] = wires.Channel<StartDescriptor>($"{name}.start{q}", ids.Dispatch, engines[q], FullRate);
            dones[q] = wires.Channel<DescriptorDone>($"{name}.done{q}", engines[q], ids.Dispatch, FullRate);
        }

        Channel<DispatchCommand> commands = wires.Channel<DispatchCommand>($"{name}.commands", ids.Control, ids.Dispatch, FullRate);
        Channel<DispatchReply> replies = wires.Channel<DispatchReply>($"{name}.replies", ids.Dispatch, ids.Control, FullRate);
        Channel<DispatchNotice> notices = wires.Channel<DispatchNotice>($"{name}.notices", ids.Dispatch, ids.Control, FullRate);

        Control = new ControlCore(
            $"{name}.control",
            new ControlConfig
            {
                Tile = number,
                Tiles = c.Tiles,
                Homes = homes,
                MemoryBytes = (ulong)c.Hbm.CapacityBytes,
                Bare = c.BareHarts,
                StreamBase = (ulong)c.Fabric.StreamingBaseBytes,
                InstructionCacheBytes = c.Core.L1iBytes,
                DataCacheBytes = c.Core.L1dBytes,
                StoreBuffer = c.Core.StoreBufferEntries,
                ScratchpadBytes = (uint)c.Scratchpad.Bytes,
                AccumulatorBytes = (uint)c.Accumulators.Bytes,
                Rows = (uint)c.Array.Rows,
                Columns = (uint)c.Array.Columns,
                Features = c.Features,
                Packing = (uint)(c.Array.Int8Packing | (c.Array.Int4Packing << 8)),
                Banks = (uint)c.Scratchpad.Banks,
                Lanes = (uint)c.Vector.Lanes,
                Seed = (uint)c.Seed,
                HostKibibytes = (uint)(c.Pcie.MemoryBytes >> 10),
            },
            new ControlPorts(data, code, core, accumulators, hart.Request, hart.Reply, hart.Lines, commands, replies, notices),
            wires.Core,
            faults)
        {
            Races = races,
        };
        Dispatch = new Dispatch(
            new DispatchConfig(
                number, c.Dispatch.QueueDepth, c.Scratchpad.Bytes, c.Hbm.CapacityBytes, c.Fabric.StreamingBaseBytes,
                c.Array.Rows, c.Array.Columns, c.Array.Int8Packing, c.Array.Int4Packing, c.Accumulators.Bytes, c.Features, c.Pcie.MemoryBytes),
            commands, replies, notices, starts, dones, races);
        LoadLane[] lanes = [.. moreLoads.Select((answers, i) => new LoadLane(answers.Number, answers.Response, Port($"ld{i + 1}", ids.Load)))];
        int stores = Math.Max(1, c.Fabric.WideOutstanding / 4), loads = c.Fabric.WideOutstanding - stores;
        Load = new LoadEngine(
            new DmaConfig(number, loadPort.Number, loads, homes), starts[0], dones[0], loadPort.Request, loadPort.Response, load, lanes);
        Store = new StoreEngine(
            new DmaConfig(number, storePort.Number, stores, homes), starts[1], dones[1], storePort.Request, storePort.Response, store);
        Matrix = new MatrixUnit(
            matrix, starts[2], dones[2], operands, weights, results, accumulators, team);
        Vector = new VectorUnit(
            vector, $"{name}.vector", starts[3], dones[3], vectorA, vectorB, vectorD);

        // Compute before data movement is Gemmini's order: reads of the array before DMA's, its writes before moves in. The core is last.
        ScratchpadPort[] compute = [operands, weights, vectorA, vectorB, results, vectorD], moves = [store, load, .. lanes.Select(l => l.Port)];
        ScratchpadPort[] ports = c.Scratchpad.DmaFirst ? [.. moves, .. compute, core] : [.. compute, .. moves, core];
        ulong Bit(ScratchpadPort port) => 1UL << Array.IndexOf(ports, port);
        (_enginePorts, _operandPort) = (compute, Array.IndexOf(ports, operands));
        (_matrixPorts, _vectorPorts) = (Bit(operands) | Bit(weights) | Bit(results), Bit(vectorA) | Bit(vectorB) | Bit(vectorD));
        Scratchpad = new Scratchpad(
            new ScratchpadConfig(
                c.Scratchpad.Bytes, c.Scratchpad.Banks, c.Scratchpad.BankWidthBytes, c.Scratchpad.DualPorted,
                c.Scratchpad.ConflictsFault, c.Scratchpad.Secded, c.Scratchpad.ScrubCycles),
            ports, $"{name}.scratchpad", faults);
    }

    /// <summary>Evaluates its units that are ready, and wakes them when they want it.</summary>
    /// <param name="ready">One bit a unit, in the order of <see cref="TileIds"/>.</param>
    /// <param name="edge">The edge of the core domain.</param>
    public void Evaluate(uint ready, long edge)
    {
        if ((ready & EngineBits) != 0)
        {
            if (_behindFrom != Kernel.Wake.Never)
            {
                _others.CatchUp(this, edge - 1);
                ready |= GoOn(edge);
            }
            else if (FallsBehind(ready, edge))
            {
                ready &= ~EngineBits;
            }
        }

        if ((ready & 1) != 0)
            Wake(0, Control.Evaluate(edge), edge);
        if ((ready & 2) != 0)
            Wake(1, Dispatch.Evaluate(edge), edge);
        if ((ready & 4) != 0)
            Wake(2, Load.Evaluate(edge), edge);
        if ((ready & 8) != 0)
            Wake(3, Store.Evaluate(edge), edge);
        if ((ready & MatrixBit) != 0)
            Wake(4, Matrix.Evaluate(edge), edge);
        if ((ready & VectorBit) != 0)
            Wake(5, Vector.Evaluate(edge), edge);
        if ((ready & ScratchpadBit) != 0)
            Wake(6, Scratchpad.Evaluate(edge), edge);
    }

    public void Walk(StateArchive archive)
    {
        long edge = _wires.Core.Edge;
        Control.Walk(archive, edge);
        Dispatch.Walk(archive, edge);
        Load.Walk(archive, edge);
        Store.Walk(archive, edge);
        Matrix.Walk(archive, edge);
        Vector.Walk(archive, edge);
        Scratchpad.Walk(archive, edge);
    }

    public void Describe(SignalMap map)
    {
        map.Scope("control", Control.Describe);
        map.Scope("dispatch", Dispatch.Describe);
        map.Scope("load", Load.Describe);
        map.Scope("store", Store.Describe);
        map.Scope("matrix", Matrix.Describe);
        map.Scope("vector", Vector.Describe);
        map.Scope("scratchpad", Scratchpad.Describe);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Wake(int unit, long at, long edge)
    {
        if (at == edge + 1)
            _clock.WakeNext(_firstUnit + unit);
        else if (at != Kernel.Wake.Never)
            _clock.WakeAt(_firstUnit + unit, at);
    }
}

/// <summary>Unit indices of a tile in the core domain: consecutive, in this order.</summary>
internal readonly record struct TileIds(int Control, int Dispatch, int Load, int Store, int Matrix, int Vector, int Scratchpad)
{
    public const int Count = 7;
}

/// <summary>A tile-side port of the wide plane to which only data come.</summary>
/// <param name="Number">Port number of the plane.</param>
/// <param name="Response">In: read data.</param>
internal readonly record struct WideAnswers(int Number, Channel<WideFlit> Response);

/// <summary>A tile-side port of the wide plane.</summary>
/// <param name="Number">Port number of the plane.</param>
/// <param name="Request">Out: read headers, writes with data.</param>
/// <param name="Response">In: read data, write acknowledgements.</param>
internal readonly record struct WidePort(int Number, Channel<WideFlit> Request, Channel<WideFlit> Response);
