using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>
/// An HBM channel between scripted ports in a clock domain of its own. The ports act at every edge of the core clock;
/// the channel is evaluated when it asked to be, or at every edge when skipping is off.
/// </summary>
internal sealed class HbmRig
{
    private readonly ClockDomain _core;
    private readonly ClockDomain _hbm = new("hbm", 1000);
    private readonly int _unit;
    private readonly bool _all;

    /// <param name="config">The controller's.</param>
    /// <param name="all">Evaluates the channel at every edge.</param>
    /// <param name="coreMegahertz">The ports' clock.</param>
    /// <param name="sources">Ports a pseudo-channel.</param>
    /// <param name="requestDepth">Of each crossing to the channel.</param>
    /// <param name="responseDepth">And of each one back.</param>
    /// <param name="ahead">The last source's port takes every answer at once, so that its bursts may go by train; commands are not recorded.</param>
    public HbmRig(
        HbmConfig config, bool all, int coreMegahertz = 1000, int sources = 2, int requestDepth = 4, int responseDepth = 4, bool ahead = false)
    {
        _all = all;
        _core = new ClockDomain("core", coreMegahertz);
        int port = _core.Register("ports");
        _unit = _hbm.Register("hbm0");
        Requests = new Crossing<HbmRequest>[2][];
        Responses = new Crossing<HbmResponse>[2][];
        for (int p = 0; p < 2; p++)
        {
            Requests[p] = [.. Enumerable.Range(0, sources).Select(_ => new Crossing<HbmRequest>(_core, port, _hbm, _unit, requestDepth))];
            Responses[p] = [.. Enumerable.Range(0, sources).Select(_ => new Crossing<HbmResponse>(_hbm, _unit, _core, port, responseDepth))];
        }

        Memory = new SparseMemory(1L << 30);
        for (int p = 0; ahead && p < 2; p++)
        {
            Responses[p][^1] = new Crossing<HbmResponse>(_hbm, _unit, _core, port, responseDepth, places: 64);
            Requests[p][^1].MayGoAhead = Responses[p][^1].MayGoAhead = !all;
        }

        Channel = new HbmChannel("hbm0", config, 0, _hbm, _unit, Memory, Requests, Responses) { Log = ahead ? null : new HbmCommandLog(1 << 14) };
    }

    public HbmChannel Channel { get; }

    public SparseMemory Memory { get; }

    public Crossing<HbmRequest>[][] Requests { get; }

    public Crossing<HbmResponse>[][] Responses { get; }

    /// <summary>Hash of the channel after each edge of its clock.</summary>
    public List<ulong> Hashes { get; } = [];

    public int Evaluations { get; private set; }

    public long HbmEdge => _hbm.Edge;

    /// <param name="edges">Core edges to run.</param>
    /// <param name="ports">What the ports do at a core edge.</param>
    /// <param name="hashes">Record a hash at every edge.</param>
    public void Run(long edges, Action<long> ports, bool hashes = true)
    {
        while (_core.Edge + 1 < edges)
        {
            long now = Math.Min(_core.NextPs, _hbm.NextPs);
            bool core = _core.AdvanceTo(now);
            bool hbm = _hbm.AdvanceTo(now);
            if (core)
                ports(_core.Edge);
            if (!hbm)
                continue;
            if ((_hbm.TakeReady(_all)[0] >> _unit & 1) != 0)
            {
                Evaluations++;
                long next = Channel.Evaluate(_hbm.Edge);
                Assert.True(next > _hbm.Edge);
                if (next != Wake.Never)
                    _hbm.WakeAt(_unit, next);
            }

            if (hashes)
                Hashes.Add(Hash());
        }
    }

    public ulong Hash()
    {
        StateArchive archive = StateArchive.ForHash();
        Channel.Walk(archive, _hbm.Edge);
        return archive.Hash;
    }
}
