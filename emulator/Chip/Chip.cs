using HybridEmu.Kernel;
using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>
/// The breadboard: every unit of the chip and every wire between them. Built once from a configuration; afterwards only
/// <see cref="Step"/> moves it.
/// </summary>
public sealed partial class Chip
{
    private const int CrossingDepth = 8; // covers the synchronisers' round trip at full rate
    private const int AnswerPlaces = 64; // stream ports take each answer at once; twice the bursts of a transaction, ahead or left behind

    private readonly ChipConfiguration _config;
    private readonly ClockDomain _core;
    private readonly ClockDomain _hbm;
    private readonly ClockDomain _system;
    private readonly Wires _wires;
    private readonly UnitSlot[] _coreSlots;
    private readonly UnitSlot[] _hbmSlots;
    private readonly Tile[] _tiles;
    private readonly Crossbar<CoherenceFlit, CoherentRoute>[] _coherent;
    private readonly Crossbar<WideFlit, WideRequestRoute> _wideRequest;
    private readonly Crossbar<WideFlit, WideResponseRoute> _wideResponse;
    private readonly HomeSlice[] _homes;
    private readonly StreamPort[] _streams;
    private readonly HbmChannel[] _channels;
    private readonly SystemUnit _systemUnit;
    private readonly HostBridge _bridge;
    private readonly PcieEndpoint? _pcie;
    private readonly int _pcieId = -1;
    private readonly RaceChecker? _races;
    private readonly PowerManager _power;

    /// <param name="config">A checked configuration.</param>
    /// <param name="toHost">HBM byte offset of the program's tohost word, or null.</param>
    /// <param name="engine">How the host moves the arrays.</param>
    /// <param name="simd">Host vector width of the arrays' kernels.</param>
    /// <param name="threads">Host threads that share the work of several tiles, or the sums of the only one's array.</param>
    public Chip(ChipConfiguration config, ulong? toHost = null, ArrayEngine engine = ArrayEngine.Fast, SimdWidth simd = SimdWidth.Widest, int threads = 1)
    {
        _config = config;
        _core = new ClockDomain("core", config.Core.ClockMegahertz);
        _hbm = new ClockDomain("hbm", config.Hbm.ClockMegahertz);
        _system = new ClockDomain("system", config.System.ClockMegahertz);
        _wires = new Wires(_core);
        Memory = new SparseMemory(config.Hbm.CapacityBytes);
        HostMemory = config.Pcie.MemoryBytes > 0 ? new SparseMemory(config.Pcie.MemoryBytes) : null;
        Faults = new FaultLatch();
        int tiles = config.Tiles, channels = config.Hbm.Channels, homes = 2 * channels;
        var map = new HomeMap(channels);
        HostTeam? team = threads > 1 ? new HostTeam(threads) : null; // for the sums of the only tile, or for tiles
        if (config.Checks.Races)
            _races = new RaceChecker(tiles, config.Scratchpad.Bytes, config.Accumulators.Bytes, config.Hbm.CapacityBytes, config.Pcie.MemoryBytes);

        // Units get their places in the schedule first, because channels wake them by it.
        var slots = new List<UnitSlot>();
        int Unit(UnitKind kind, int index, string name)
        {
            slots.Add(new UnitSlot(kind, index));
            return _core.Register(name);
        }

        var ids = new TileIds[tiles];
        for (int t = 0; t < tiles; t++)
        {
            ids[t] = new TileIds(
                Unit(UnitKind.Control, t, $"tile{t}.control"),
                Unit(UnitKind.Dispatch, t, $"tile{t}.dispatch"),
                Unit(UnitKind.Load, t, $"tile{t}.load"),
                Unit(UnitKind.Store, t, $"tile{t}.store"),
                Unit(UnitKind.Matrix, t, $"tile{t}.matrix"),
                Unit(UnitKind.Vector, t, $"tile{t}.vector"),
                Unit(UnitKind.Scratchpad, t, $"tile{t}.scratchpad"));
        }

        string[] networks = ["request", "snoop", "answer", "grant"];
        int[] networkIds = [.. networks.Select((name, i) => Unit(UnitKind.Coherent, i, $"fabric.{name}"))];
        int wideRequestId = Unit(UnitKind.WideRequest, 0, "fabric.wide_request");
        int wideResponseId = Unit(UnitKind.WideResponse, 0, "fabric.wide_response");
        int[] homeIds = [.. Enumerable.Range(0, homes).Select(i => Unit(UnitKind.Home, i, $"home{i}"))];
        int[] streamIds = [.. Enumerable.Range(0, homes).Select(i => Unit(UnitKind.Stream, i, $"stream{i}"))];
        int bridgeId = Unit(UnitKind.Bridge, 0, "bridge");
        if (HostMemory is not null)
            _pcieId = Unit(UnitKind.Pcie, 0, "pcie");
        _coreSlots = [.. slots];
        int[] channelIds = [.. Enumerable.Range(0, channels).Select(i => _hbm.Register($"hbm{i}"))];
        _hbmSlots = [.. Enumerable.Range(0, channels).Select(i => new UnitSlot(UnitKind.Hbm, i))];
        int systemId = _system.Register("system");

        // Coherent plane. Endpoints: L1D and L1I of each tile, the host port, then the homes.
        int host = 2 * tiles, homeBase = host + 1, endpoints = homeBase + homes;
        const int Request = 0, Snoop = 1, Answer = 2, Grant = 3;
        var inputs = new Channel<CoherenceFlit>?[networks.Length][];
        var outputs = new Channel<CoherenceFlit>?[networks.Length][];
        for (int n = 0; n < networks.Length; n++)
        {
            inputs[n] = new Channel<CoherenceFlit>?[endpoints];
            outputs[n] = new Channel<CoherenceFlit>?[endpoints];
        }

        int depth = config.Fabric.BufferDepth;
        Channel<CoherenceFlit> Into(int network, int endpoint, int unit) =>
            inputs[network][endpoint] = _wires.Channel<CoherenceFlit>($"{networks[network]}.in{endpoint}", unit, networkIds[network], depth);
        Channel<CoherenceFlit> OutOf(int network, int endpoint, int unit) =>
            outputs[network][endpoint] = _wires.Channel<CoherenceFlit>($"{networks[network]}.out{endpoint}", networkIds[network], unit, depth);
        CoherencePort Requester(int endpoint, int unit, bool snooped) => new(
            (byte)endpoint,
            Into(Request, endpoint, unit),
            Into(Answer, endpoint, unit),
            snooped ? OutOf(Snoop, endpoint, unit) : null,
            OutOf(Grant, endpoint, unit));

        CoherencePort[] dataPorts = [.. Enumerable.Range(0, tiles).Select(t => Requester(2 * t, ids[t].Control, true))];
        CoherencePort[] codePorts = [.. Enumerable.Range(0, tiles).Select(t => Requester((2 * t) + 1, ids[t].Control, false))];
        CoherencePort hostPort = Requester(host, bridgeId, false);

        // HBM: per pseudo-channel a home slice and a stream port, each with its own crossings. A link to the host is one port more.
        _homes = new HomeSlice[homes];
        _streams = new StreamPort[homes];
        _channels = new HbmChannel[channels];
        int widePorts = HostMemory is null ? homes : homes + 1;
        var wideIn = new Channel<WideFlit>?[Math.Max(2 * tiles, homes)];
        var wideOut = new Channel<WideFlit>?[widePorts];
        var backIn = new Channel<WideFlit>?[widePorts];
        int moreLanes = config.Fabric.LoadPorts - 1;
        var backOut = new Channel<WideFlit>?[(2 + moreLanes) * tiles];
        HbmConfig hbmConfig = config.Hbm.Controller;
        for (int ch = 0; ch < channels; ch++)
        {
            var requests = new Crossing<HbmRequest>[2][];
            var responses = new Crossing<HbmResponse>[2][];
            for (int pc = 0; pc < 2; pc++)
            {
                int home = (2 * ch) + pc;
                int[] sources = [homeIds[home], streamIds[home]];
                requests[pc] = [.. sources.Select((id, s) => _wires.Crossing<HbmRequest>($"hbm{home}.request{s}", _core, id, _hbm, channelIds[ch], CrossingDepth))];
                responses[pc] = [.. sources.Select((id, s) => _wires.Crossing<HbmResponse>($"hbm{home}.response{s}", _hbm, channelIds[ch], _core, id, CrossingDepth, s == 1 ? AnswerPlaces : 0))];
                _homes[home] = new HomeSlice(
                    $"home{home}",
                    new HomeSliceConfig { Endpoint = homeBase + home, Map = map, MemoryBytes = config.Hbm.CapacityBytes },
                    OutOf(Request, homeBase + home, homeIds[home]),
                    Into(Snoop, homeBase + home, homeIds[home]),
                    OutOf(Answer, homeBase + home, homeIds[home]),
                    Into(Grant, homeBase + home, homeIds[home]),
                    requests[pc][0],
                    responses[pc][0]);
                wideOut[home] = _wires.Channel<WideFlit>($"wide.out{home}", wideRequestId, streamIds[home], depth);
                backIn[home] = _wires.Channel<WideFlit>($"wide.back{home}", streamIds[home], wideResponseId, depth);
                _streams[home] = new StreamPort(
                    $"stream{home}", new StreamPortConfig { Home = home, Map = map }, wideOut[home]!, backIn[home]!, requests[pc][1], responses[pc][1]);
            }

            _channels[ch] = new HbmChannel($"hbm{ch}", hbmConfig, ch, _hbm, channelIds[ch], Memory, requests, responses, Faults);
        }

        if (HostMemory is not null)
        {
            wideOut[homes] = _wires.Channel<WideFlit>("wide.out.pcie", wideRequestId, _pcieId, depth);
            backIn[homes] = _wires.Channel<WideFlit>("wide.back.pcie", _pcieId, wideResponseId, depth);
            _pcie = new PcieEndpoint(config.Pcie.Endpoint(homes), _core, HostMemory, wideOut[homes]!, backIn[homes]!);
        }

        // Tiles: port 2t of the wide plane loads, 2t + 1 stores; data of further lanes of loads come to ports behind all of these.
        _tiles = new Tile[tiles];
        var together = new TileTeam(_tiles, tiles > 1 ? team : null);
        var links = new HartLink[tiles];
        for (int t = 0; t < tiles; t++)
        {
            Channel<WideFlit> Back(int number, int unit) => backOut[number] = _wires.Channel<WideFlit>($"wide.data{number}", wideResponseId, unit, depth);
            WidePort Wide(int number, int unit)
            {
                wideIn[number] = _wires.Channel<WideFlit>($"wide.in{number}", unit, wideRequestId, depth);
                return new WidePort(number, wideIn[number]!, Back(number, unit));
            }

            int firstLane = (2 * tiles) + (t * moreLanes), load = ids[t].Load;
            WideAnswers[] lanes = [.. Enumerable.Range(firstLane, moreLanes).Select(number => new WideAnswers(number, Back(number, load)))];
            links[t] = new HartLink(
                _wires.Crossing<SystemRequest>($"system.request{t}", _core, ids[t].Control, _system, systemId, 2),
                _wires.Crossing<SystemReply>($"system.reply{t}", _system, systemId, _core, ids[t].Control, 2),
                _wires.Crossing<InterruptLines>($"system.lines{t}", _system, systemId, _core, ids[t].Control, 4));
            _tiles[t] = new Tile(
                t, config, ids[t], _wires, dataPorts[t], codePorts[t], links[t],
                Wide(2 * t, load), lanes, Wide((2 * t) + 1, ids[t].Store), map, _races, Faults, engine, simd, tiles == 1 ? team : null, together);
        }

        var hostLink = new HostLink(
            _wires.Crossing<CoherenceFlit>("host.request", _system, systemId, _core, bridgeId, CrossingDepth),
            _wires.Crossing<CoherenceFlit>("host.answer", _system, systemId, _core, bridgeId, CrossingDepth),
            _wires.Crossing<CoherenceFlit>("host.grant", _core, bridgeId, _system, systemId, CrossingDepth));
        _bridge = new HostBridge(hostLink, hostPort);
        _systemUnit = new SystemUnit(
            "system", new SystemConfig { ToHost = toHost, Homes = map, HomeBase = homeBase, Endpoint = host }, links, hostLink, _system, systemId);

        _coherent = [.. networks.Select((name, n) => new Crossbar<CoherenceFlit, CoherentRoute>($"fabric.{name}", inputs[n], outputs[n]))];
        _wideRequest = new Crossbar<WideFlit, WideRequestRoute>("fabric.wide_request", wideIn, wideOut);
        _wideResponse = new Crossbar<WideFlit, WideResponseRoute>("fabric.wide_response", backIn, backOut);
        _power = BuildPower();
        Skipping = true;
    }

    /// <summary>All of HBM. The host may touch it before the first step and after the last.</summary>
    public SparseMemory Memory { get; }

    /// <summary>The host's memory behind the PCIe link, or null; touched as HBM is.</summary>
    public SparseMemory? HostMemory { get; }

    public FaultLatch Faults { get; }

    public ClockDomain Core => _core;

    public SystemUnit System => _systemUnit;

    public int TileCount => _tiles.Length;
}
