using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>A vector unit on a bench: a dispatch that sends descriptors back to back, and a memory.</summary>
internal sealed class VectorBench
{
    public const int ReadA = 0, ReadB = 1, Write = 2;

    private readonly ClockDomain _domain = new("core", 1000);
    private readonly Channel<StartDescriptor> _start;
    private readonly Channel<DescriptorDone> _done;
    private readonly ScratchpadPort[] _ports;
    private readonly Descriptor[] _program;
    private readonly bool _skip;
    private readonly ulong _shuffle;
    private int _sent;

    public VectorBench(
        byte[] memory, Descriptor[] program, VectorConfig? config = null, int latencyCycles = 1, uint stallPercent = 0, ulong seed = 1,
        bool skip = true, ulong shuffle = 0)
    {
        _program = program;
        _skip = skip;
        _shuffle = shuffle;
        int dispatch = _domain.Register("dispatch"), vector = _domain.Register("vector"), memoryUnit = _domain.Register("scratchpad");
        _start = new Channel<StartDescriptor>(_domain, dispatch, vector, 2);
        _done = new Channel<DescriptorDone>(_domain, vector, dispatch, 2);
        config ??= new VectorConfig();
        int width = Math.Max(ScratchpadPort.LineBytes, config.RowBytes);
        _ports = [.. new[] { "vx.a", "vx.b", "vx.w" }.Select(name => new ScratchpadPort(
            name, new Channel<ScratchpadRequest>(_domain, vector, memoryUnit, 2), new Channel<ScratchpadResponse>(_domain, memoryUnit, vector, 2),
            width > ScratchpadPort.LineBytes ? new WideLines(width, 2) : null))];
        Unit = new VectorUnit(config, "vector", _start, _done, _ports[0], _ports[1], _ports[2]);
        Memory = new VectorScratchpad(_ports, memory, latencyCycles, stallPercent, seed);
    }

    public VectorUnit Unit { get; }

    public VectorScratchpad Memory { get; }

    /// <summary>Edge at which each descriptor's done was taken.</summary>
    public List<long> DoneAt { get; } = [];

    /// <summary>Edge at which each start was pushed.</summary>
    public List<long> StartedAt { get; } = [];

    public long Edge => _domain.Edge;

    public int Evaluations { get; private set; }

    /// <summary>Called after every evaluated edge.</summary>
    public Action<VectorBench>? AfterEdge { get; set; }

    public VectorBench Run(long limit = 200_000)
    {
        while (DoneAt.Count < _program.Length)
        {
            Assert.True(Edge < limit, $"not done at edge {limit}");
            bool foreground = false;
            long next = _skip ? _domain.NextWorkPs(ref foreground) : _domain.NextPs;
            Assert.True(next != long.MaxValue, $"asleep for ever, vector in {VectorUnit.Causes[Unit.State.Ledger.Waiting]}");
            _domain.AdvanceTo(next);
            ulong ready = _domain.TakeReady(all: !_skip)[0];
            uint first = _shuffle == 0 ? 0 : CounterRandom.Bits(_shuffle, (ulong)Edge) % 3;
            for (uint i = 0; i < 3; i++)
            {
                int unit = (int)((first + i) % 3);
                if ((ready >> unit & 1) == 0)
                    continue;
                long wake = unit switch { 0 => Dispatch(Edge), 1 => Vector(Edge), _ => Memory.Evaluate(Edge) };
                if (wake != Wake.Never)
                {
                    Assert.True(wake > Edge);
                    _domain.WakeAt(unit, wake);
                }
            }

            AfterEdge?.Invoke(this);
        }

        return this;
    }

    public ulong Hash()
    {
        StateArchive archive = StateArchive.ForHash();
        Unit.Walk(archive, Edge);
        _start.Walk(archive, "start");
        _done.Walk(archive, "done");
        foreach (ScratchpadPort port in _ports)
        {
            port.Request.Walk(archive, "request");
            port.Response.Walk(archive, "response");
        }

        return archive.Hash;
    }

    private long Vector(long edge)
    {
        Evaluations++;
        return Unit.Evaluate(edge);
    }

    private long Dispatch(long edge)
    {
        bool moved = false;
        if (_sent < _program.Length && _start.CanPush(edge))
        {
            _start.Push(new StartDescriptor { Sequence = (uint)_sent, Descriptor = _program[_sent] }, edge);
            StartedAt.Add(edge);
            _sent++;
            moved = true;
        }

        if (_done.CanPop(edge))
        {
            DescriptorDone done = _done.Pop(edge);
            Assert.Equal((uint)DoneAt.Count, done.Sequence);
            DoneAt.Add(edge);
            moved = true;
        }

        return moved ? edge + 1 : Wake.Never;
    }
}
