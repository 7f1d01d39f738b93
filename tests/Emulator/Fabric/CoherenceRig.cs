using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

using CoherentCrossbar = Crossbar<CoherenceFlit, CoherentRoute>;

/// <summary>Stub caches, the three networks of the coherent plane, homes, and stub memories in their own clock.</summary>
internal sealed class CoherenceRig
{
    private readonly List<Channel<CoherenceFlit>> _channels = [];

    public CoherenceRig(int caches, int hbmChannels = 1, int delayPercent = 0, int memoryRandomCycles = 0, FabricBench? bench = null)
    {
        Bench = bench ?? new FabricBench();
        var map = new HomeMap(hbmChannels);
        int endpoints = caches + map.Count;
        ClockDomain core = Bench.Core;
        ClockDomain hbm = Bench.AddDomain("hbm", 900);
        int[] networks = [core.Register("req"), core.Register("snp"), core.Register("rsp")];
        int[] ends = [.. Enumerable.Range(0, endpoints).Select(i => core.Register($"end{i}"))];
        int[] memories = [.. Enumerable.Range(0, map.Count).Select(i => hbm.Register($"hbm{i}"))];

        var toNetwork = new Channel<CoherenceFlit>?[3][];
        var fromNetwork = new Channel<CoherenceFlit>?[3][];
        for (int n = 0; n < 3; n++)
        {
            toNetwork[n] = new Channel<CoherenceFlit>?[endpoints];
            fromNetwork[n] = new Channel<CoherenceFlit>?[endpoints];
            for (int e = 0; e < endpoints; e++)
            {
                bool sends = n == 2 || (n == 0) == (e < caches);
                bool receives = n == 2 || (n == 0) != (e < caches);
                if (sends)
                    _channels.Add(toNetwork[n][e] = new Channel<CoherenceFlit>(core, ends[e], networks[n], 2));
                if (receives)
                    _channels.Add(fromNetwork[n][e] = new Channel<CoherenceFlit>(core, networks[n], ends[e], 2));
            }

            Networks.Add(new CoherentCrossbar($"fabric{n}", toNetwork[n], fromNetwork[n]));
            Bench.Attach(core, Networks[n].Evaluate);
        }

        for (int c = 0; c < caches; c++)
        {
            Caches.Add(new StubCache(c, line => caches + map.Index(line), toNetwork[0][c]!, fromNetwork[1][c]!, toNetwork[2][c]!, fromNetwork[2][c]!) { DelayPercent = delayPercent });
            Bench.Attach(core, Caches[c].Evaluate);
        }

        for (int h = 0; h < map.Count; h++)
        {
            int e = caches + h;
            var requests = new Crossing<HbmRequest>(core, ends[e], hbm, memories[h], 4);
            var responses = new Crossing<HbmResponse>(hbm, memories[h], core, ends[e], 4);
            var config = new HomeSliceConfig { Endpoint = e, Map = map, MemoryBytes = Memory.SizeBytes };
            Homes.Add(new HomeSlice($"home{h}", config, fromNetwork[0][e]!, toNetwork[1][e]!, fromNetwork[2][e]!, toNetwork[2][e]!, requests, responses));
            Bench.Attach(core, Homes[h].Evaluate);
            Bench.Attach(hbm, new StubMemory(requests, responses, Memory) { RandomCycles = memoryRandomCycles }.Evaluate);
        }
    }

    public FabricBench Bench { get; }

    public SparseMemory Memory { get; } = new(1 << 20);

    public List<CoherentCrossbar> Networks { get; } = [];

    public List<HomeSlice> Homes { get; } = [];

    public List<StubCache> Caches { get; } = [];

    public byte MemoryByte(ulong address)
    {
        Span<byte> one = stackalloc byte[1];
        Memory.Read((long)address, one);
        return one[0];
    }

    /// <summary>Runs one operation of one cache to its end. Returns the byte and the cycles it took.</summary>
    public (byte Value, long Cycles) Do(int cache, CacheOperationKind kind, ulong address, byte value = 0)
    {
        StubCache unit = Caches[cache];
        long started = -1, ended = -1;
        byte result = 0;
        bool given = false;
        unit.Next = edge =>
        {
            if (given)
                return null;
            given = true;
            started = edge;
            return new CacheOperation(kind, address, value);
        };
        unit.Done = (_, loaded, edge) => (result, ended) = (loaded, edge);
        Bench.RunUntil(() => ended >= 0 && Homes.All(h => h.State.Open == 0) && Caches.All(c => c.IsIdle) && _channels.All(c => c.IsEmpty), 5000);
        unit.Next = _ => null;
        return (result, ended - started);
    }

    public ulong Hash()
    {
        StateArchive archive = StateArchive.ForHash();
        foreach (CoherentCrossbar network in Networks)
            network.Walk(archive, Bench.Core.Edge);
        foreach (HomeSlice home in Homes)
            home.Walk(archive, Bench.Core.Edge);
        foreach (Channel<CoherenceFlit> channel in _channels)
            channel.Walk(archive, "channel");
        return archive.Hash;
    }
}
