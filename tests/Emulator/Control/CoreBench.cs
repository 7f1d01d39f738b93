using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

using CoherentCrossbar = Crossbar<CoherenceFlit, CoherentRoute>;

/// <summary>Control cores on the real coherent plane and system side, with stubs for memory, scratchpads and dispatch.</summary>
internal sealed class CoreBench
{
    public const uint Text = 0x8000_0000;
    public const uint Data = 0x8001_0000;
    private const int Channels = 1;

    private readonly List<(ClockDomain Domain, int Index, Func<long, long> Evaluate)> _units = [];
    private readonly List<Action<StateArchive>> _walks = [];
    private readonly ClockDomain[] _domains;
    private readonly bool _skip;
    private readonly int _order;

    public CoreBench(int cores = 1, bool skip = true, int order = 0, int memoryLatency = 30, ulong? toHost = null, int megahertz = 1000, int systemMegahertz = 250)
    {
        _skip = skip;
        _order = order;
        Core = new ClockDomain("core", megahertz);
        System = new ClockDomain("system", systemMegahertz);
        _domains = [Core, System];
        var map = new HomeMap(Channels);
        int requesters = (2 * cores) + 1;
        int[] networks = [Core.Register("req"), Core.Register("snp"), Core.Register("rsp")];
        int[] coreUnits = [.. Enumerable.Range(0, cores).Select(i => Core.Register($"tile{i}.control"))];
        int bridgeUnit = Core.Register("bridge");
        int systemUnit = System.Register("system");
        int[] homeUnits = [.. Enumerable.Range(0, map.Count).Select(i => Core.Register($"home{i}"))];

        var to = new Channel<CoherenceFlit>?[3][];
        var from = new Channel<CoherenceFlit>?[3][];
        for (int n = 0; n < 3; n++)
        {
            to[n] = new Channel<CoherenceFlit>?[requesters + map.Count];
            from[n] = new Channel<CoherenceFlit>?[requesters + map.Count];
            for (int e = 0; e < to[n].Length; e++)
            {
                bool home = e >= requesters;
                int unit = home ? homeUnits[e - requesters] : e == requesters - 1 ? bridgeUnit : coreUnits[e / 2];
                if (n == 2 || (n == 0) != home)
                    to[n][e] = Walked(new Channel<CoherenceFlit>(Core, unit, networks[n], 2));
                if (n == 2 || (n == 0) == home)
                    from[n][e] = Walked(new Channel<CoherenceFlit>(Core, networks[n], unit, 2));
            }

            var network = new CoherentCrossbar($"fabric{n}", to[n], from[n]);
            Attach(Core, networks[n], network.Evaluate, a => network.Walk(a, Core.Edge));
        }

        CoherencePort Port(int e) => new((byte)e, to[0][e]!, to[2][e]!, from[1][e], from[2][e]!);
        var links = new HartLink[cores];
        for (int i = 0; i < cores; i++)
        {
            int unit = coreUnits[i];
            links[i] = new HartLink(
                new Crossing<SystemRequest>(Core, unit, System, systemUnit, 2),
                new Crossing<SystemReply>(System, systemUnit, Core, unit, 2),
                new Crossing<InterruptLines>(System, systemUnit, Core, unit, 2));
            int dispatchUnit = Core.Register($"tile{i}.dispatch");
            int scratchpadUnit = Core.Register($"tile{i}.scratchpad");
            int accumulatorUnit = Core.Register($"tile{i}.accumulators");
            var command = new Channel<DispatchCommand>(Core, unit, dispatchUnit, 2);
            var reply = new Channel<DispatchReply>(Core, dispatchUnit, unit, 2);
            var notice = new Channel<DispatchNotice>(Core, dispatchUnit, unit, 8);
            ScratchpadPort scratchpad = PortTo(unit, scratchpadUnit);
            ScratchpadPort accumulators = PortTo(unit, accumulatorUnit);
            ControlPorts ports = new(
                Port(2 * i), Port((2 * i) + 1) with { Snoop = null }, scratchpad, accumulators, links[i].Request, links[i].Reply, links[i].Lines, command, reply, notice);
            ControlConfig config = new() { Tile = i, Tiles = cores, Homes = map, MemoryBytes = (ulong)Memory.SizeBytes, Seed = 5 };
            var core = new ControlCore($"tile{i}.control", config, ports, Core, Faults) { Log = new RetirementLog(1 << 16) };
            core.SetEntry(Text);
            Cores.Add(core);
            Attach(Core, unit, core.Evaluate, a => core.Walk(a, Core.Edge));
            Dispatches.Add(new BenchDispatch(command, reply, notice));
            Attach(Core, dispatchUnit, Dispatches[i].Evaluate, _ => { });
            Scratchpads.Add(new byte[64 << 10]);
            Attach(Core, scratchpadUnit, new BenchScratchpad(scratchpad, Scratchpads[i]).Evaluate, _ => { });
            Attach(Core, accumulatorUnit, new BenchScratchpad(accumulators, new byte[64 << 10]).Evaluate, _ => { });
        }

        HostLink host = new(
            new Crossing<CoherenceFlit>(System, systemUnit, Core, bridgeUnit, 4),
            new Crossing<CoherenceFlit>(System, systemUnit, Core, bridgeUnit, 4),
            new Crossing<CoherenceFlit>(Core, bridgeUnit, System, systemUnit, 8));
        var bridge = new HostBridge(host, Port(2 * cores));
        Attach(Core, bridgeUnit, bridge.Evaluate, a => bridge.Walk(a, Core.Edge));
        SystemConfig systemConfig = new() { ToHost = toHost, Homes = map, HomeBase = requesters, Endpoint = 2 * cores };
        SystemSide = new SystemUnit("system", systemConfig, links, host, System, systemUnit);
        Attach(System, systemUnit, SystemSide.Evaluate, a => SystemSide.Walk(a, System.Edge));

        for (int h = 0; h < map.Count; h++)
        {
            int e = requesters + h;
            int memoryUnit = Core.Register($"hbm{h}");
            var requests = new Crossing<HbmRequest>(Core, homeUnits[h], Core, memoryUnit, 4);
            var responses = new Crossing<HbmResponse>(Core, memoryUnit, Core, homeUnits[h], 4);
            HomeSliceConfig config = new() { Endpoint = e, Map = map, MemoryBytes = Memory.SizeBytes };
            var home = new HomeSlice($"home{h}", config, from[0][e]!, to[1][e]!, from[2][e]!, to[2][e]!, requests, responses);
            Attach(Core, homeUnits[h], home.Evaluate, a => home.Walk(a, Core.Edge));
            var memory = new BenchMemory(requests, responses, Memory, memoryLatency);
            Memories.Add(memory);
            Attach(Core, memoryUnit, memory.Evaluate, _ => { });
        }
    }

    public ClockDomain Core { get; }

    public ClockDomain System { get; }

    public SparseMemory Memory { get; } = new(32 << 20);

    public List<BenchMemory> Memories { get; } = [];

    public List<ControlCore> Cores { get; } = [];

    public List<BenchDispatch> Dispatches { get; } = [];

    public List<byte[]> Scratchpads { get; } = [];

    public SystemUnit SystemSide { get; }

    public FaultLatch Faults { get; } = new();

    /// <summary>Evaluations of units so far.</summary>
    public long Evaluations { get; private set; }

    public List<Retirement> Retired { get; } = [];

    public static CoreBench Running(Action<ProgramBuilder> program, int cores = 1, bool skip = true)
    {
        var bench = new CoreBench(cores, skip);
        bench.Load(program);
        return bench;
    }

    public ProgramBuilder Load(Action<ProgramBuilder> program)
    {
        var builder = new ProgramBuilder(Text);
        program(builder);
        Memory.Write(Text - 0x8000_0000, builder.Build());
        return builder;
    }

    public void Poke(uint address, uint value) => Memory.Write(address - 0x8000_0000, BitConverter.GetBytes(value));

    /// <summary>A word as the host sees it after a run: memory under what the cores hold.</summary>
    public uint Coherent(uint address)
    {
        var bytes = new byte[4];
        Memory.Read(address - 0x8000_0000, bytes);
        foreach (ControlCore core in Cores)
            core.OverlayLines(address - 0x8000_0000, bytes);
        foreach (ControlCore core in Cores)
            core.OverlayStores(address - 0x8000_0000, bytes);
        return BitConverter.ToUInt32(bytes);
    }

    /// <summary>Runs until the program exits, a fault ends it, or the condition holds; fails after too many cycles.</summary>
    public CoreBench Run(Func<bool>? until = null, long limitCycles = 200_000)
    {
        while (!SystemSide.Exited && Faults.Pending is null && !(until?.Invoke() ?? false))
        {
            Assert.True(Core.Cycle < limitCycles, $"still running at pc {Cores[0].State.Pc:x8}, waits {ControlCore.Causes[Cores[0].State.Ledger.Waiting]}");
            Step();
        }

        foreach (ControlCore core in Cores)
        {
            while (core.Log!.TryRead(out Retirement entry))
                Retired.Add(entry);
        }

        return this;
    }

    /// <summary>Time of the next step.</summary>
    public long NextPs
    {
        get
        {
            bool foreground = false;
            return _skip ? _domains.Min(d => d.NextWorkPs(ref foreground)) : _domains.Min(d => d.NextPs);
        }
    }

    /// <summary>Brings the clocks to a time before the next step.</summary>
    public void AdvanceTo(long timePs)
    {
        foreach (ClockDomain domain in _domains)
            domain.AdvanceTo(timePs);
    }

    public void Step()
    {
        long time = NextPs;
        Assert.NotEqual(long.MaxValue, time);
        foreach (ClockDomain domain in _domains)
            domain.AdvanceTo(time);
        foreach (ClockDomain domain in _domains)
        {
            if (!domain.Ticked)
                continue;
            ulong[] ready = domain.TakeReady(!_skip).ToArray();
            IEnumerable<(ClockDomain Domain, int Index, Func<long, long> Evaluate)> units = _order == 0 ? _units : Enumerable.Reverse(_units);
            foreach ((ClockDomain owner, int index, Func<long, long> evaluate) in units)
            {
                if (owner != domain || (ready[index >> 6] >> index & 1) == 0)
                    continue;
                long next = evaluate(domain.Edge);
                Evaluations++;
                if (next != Wake.Never)
                    domain.WakeAt(index, next);
            }
        }
    }

    public ulong Hash()
    {
        StateArchive archive = StateArchive.ForHash();
        foreach (Action<StateArchive> walk in _walks)
            walk(archive);
        return archive.Hash;
    }

    private ScratchpadPort PortTo(int unit, int target) => new(
        "core", new Channel<ScratchpadRequest>(Core, unit, target, 2), new Channel<ScratchpadResponse>(Core, target, unit, 2));

    private Channel<CoherenceFlit> Walked(Channel<CoherenceFlit> channel)
    {
        _walks.Add(a => channel.Walk(a, "channel"));
        return channel;
    }

    private void Attach(ClockDomain domain, int index, Func<long, long> evaluate, Action<StateArchive> walk)
    {
        _units.Add((domain, index, evaluate));
        _walks.Add(walk);
    }
}
