using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>Copies that a load and a store engine make beside each other, and how slow everybody around them is.</summary>
/// <param name="Seed">Of bytes, stalls and times.</param>
/// <param name="StallPercent">Cycles in which somebody around takes or gives nothing.</param>
/// <param name="LatencyCycles">The most that memory takes for a transaction.</param>
/// <param name="Copies">Loads and stores, each in order for its engine.</param>
internal sealed record CopyCase(ulong Seed, int StallPercent, int LatencyCycles, CopyDescriptor[] Copies)
{
    public const int Outstanding = 3;

    private const int ScratchpadBytes = 1 << 16, HbmChannels = 4;

    public override string ToString() =>
        $"seed {Seed}, stalls {StallPercent} %, latency up to {LatencyCycles}:\n{string.Join('\n', Copies.Select(c => c.ToString()))}";

    public static CopyCase Of(ulong seed)
    {
        var random = new Seeded(seed);
        int stall = random.Of(0, 0, 20, 60), latency = random.Of(1, 10, 60);
        var copies = new CopyDescriptor[random.Between(1, 14)];
        foreach (ref CopyDescriptor copy in copies.AsSpan())
            copy = new(random.OneIn(4) ? random.Next(20) : 0, AnyCopy(random.OneIn(2), 0, ScratchpadBytes, ref random));
        return new(seed, stall, latency, copies);
    }

    /// <summary>A legal copy of any shape, with negative strides too, inside a part of the scratchpad.</summary>
    public static Descriptor AnyCopy(bool store, int first, int bytes, ref Seeded random)
    {
        ReadOnlySpan<ElementType> types = [ElementType.Int8, ElementType.Int16, ElementType.Int32, ElementType.Bf16, ElementType.Fp32];
        ElementType from = random.Of(types), to = from;
        if (random.OneIn(3))
            (from, to) = random.OneIn(2) ? (ElementType.Fp32, ElementType.Bf16) : (ElementType.Bf16, ElementType.Fp32);
        int[] all = [random.OneIn(6) ? random.Between(1, 700) : random.Between(1, 24), random.Between(1, 5), random.Between(1, 3)];
        int[] counts = all[..random.Between(1, 3)];
        int[] source = Strides(counts, from.SizeBytes(), ref random), destination = Strides(counts, to.SizeBytes(), ref random);
        if (random.OneIn(3)) // rows that continue each other on both sides
            (source, destination) = (Dense(counts, from.SizeBytes()), Dense(counts, to.SizeBytes()));
        (int below, int size) = Extent(counts, store ? source : destination, (store ? from : to).SizeBytes());
        int element = Math.Max(from.SizeBytes(), to.SizeBytes()), room = (bytes - size) / element;
        if (room < 0)
            return AnyCopy(store, first, bytes, ref random);
        int scratchpad = first + below + (element * random.Next(room + 1));
        int hbm = (1 << 20) + (element * random.Next(2000));
        return Descriptors.Copy(store, hbm, scratchpad, from, to, counts, source, destination);
    }

    public IEnumerable<CopyCase> Smaller()
    {
        if (StallPercent > 0)
            yield return this with { StallPercent = 0 };
        if (LatencyCycles > 1)
            yield return this with { LatencyCycles = 1 };
        foreach (CopyDescriptor[] fewer in RandomCases.Fewer(Copies))
            yield return this with { Copies = fewer };
    }

    public TwinBench Run()
    {
        var bench = new TwinBench();
        var homes = new HomeMap(HbmChannels);
        bool[] kinds = [false, true];
        var ends = new CopyEnd[kinds.Length];
        for (int e = 0; e < kinds.Length; e++)
        {
            bool store = kinds[e];
            string name = store ? "st" : "ld";
            ulong seed = Seed + (ulong)e;
            CopyDescriptor[] copies = [.. Copies.Where(c => c.Descriptor.Opcode == DescriptorOpcode.StCopy == store)];
            ends[e] = new CopyEnd(bench, name, seed, StallPercent, copies);
            var memory = new WideMemory(bench, name, [], seed, StallPercent, LatencyCycles);
            var scratchpad = new BeatMemory(bench, name, seed, StallPercent, ScratchpadBytes);
            var config = new DmaConfig(0, 2 + e, Outstanding, homes);
            Channel<StartDescriptor> start = ends[e].Starts.Channel;
            Channel<DescriptorDone> done = ends[e].Dones.Channel;
            Channel<WideFlit> request = memory.Requests.Channel, response = memory.Responses.Channel;
            bench.Attach(store
                ? new StoreEngine(config, start, done, request, response, scratchpad.Port).Evaluate
                : new LoadEngine(config, start, done, request, response, scratchpad.Port).Evaluate);
        }

        // Thousands of elements that lie apart take a transaction each, few of them at once.
        while (bench.Cycles < 1_000_000 && !ends.All(e => e.IsDone))
            bench.Step();
        Assert.True(ends.All(e => e.IsDone), $"copies do not end: {this}");
        for (int i = 0; i < 5; i++)
            bench.Step();
        return bench;
    }

    private static int[] Strides(int[] counts, int size, ref Seeded random)
    {
        int[] strides = new int[counts.Length];
        strides[0] = size * (random.OneIn(3) ? random.Between(1, 4) : 1);
        int span = ((counts[0] - 1) * strides[0]) + size;
        for (int i = 1; i < counts.Length; i++)
        {
            strides[i] = (span + (random.OneIn(2) ? 0 : size * random.Next(40))) * (random.OneIn(5) ? -1 : 1);
            span += (counts[i] - 1) * Math.Abs(strides[i]);
        }

        return strides;
    }

    private static int[] Dense(int[] counts, int size)
    {
        int[] strides = new int[counts.Length];
        for (int i = 0; i < counts.Length; i++)
            strides[i] = i == 0 ? size : strides[i - 1] * counts[i - 1];
        return strides;
    }

    /// <summary>Bytes below the first element that are touched, and all that are.</summary>
    private static (int Below, int Bytes) Extent(int[] counts, int[] strides, int size)
    {
        int below = 0, above = size;
        for (int i = 0; i < counts.Length; i++)
        {
            int reach = (counts[i] - 1) * strides[i];
            below -= Math.Min(0, reach);
            above += Math.Max(0, reach);
        }

        return (below, below + above);
    }
}

/// <summary>A copy that is started so many cycles after the one before it.</summary>
internal readonly record struct CopyDescriptor(int Gap, Descriptor Descriptor)
{
    public override string ToString() => $"+{Gap} {CoreCommand.Text(Descriptor)}";
}

/// <summary>Dispatch as an engine knows it.</summary>
internal sealed class CopyEnd
{
    private readonly Queue<CopyDescriptor> _script;
    private readonly ulong _seed;
    private readonly int _stallPercent;
    private uint _started, _done;
    private long _since;

    public CopyEnd(TwinBench bench, string name, ulong seed, int stallPercent, CopyDescriptor[] copies)
    {
        _script = new(copies);
        _seed = seed;
        _stallPercent = stallPercent;
        Starts = bench.Add($"{name}.start", WireEnd.Feeds, 2, Messages.Start);
        Dones = bench.Add($"{name}.done", WireEnd.Drains, 2, Messages.Done);
        bench.Attach(Evaluate);
    }

    public Wire<StartDescriptor> Starts { get; }

    public Wire<DescriptorDone> Dones { get; }

    public bool IsDone => _script.Count == 0 && _done == _started;

    private long Evaluate(long edge)
    {
        if (Dones.Channel.CanPop(edge) && !Seeded.Stalls(_seed ^ 0x800, _stallPercent, edge))
        {
            Assert.Equal(_done++, Dones.Channel.Pop(edge).Sequence);
        }

        if (_script.Count > 0 && edge >= _since + _script.Peek().Gap && Starts.Channel.CanPush(edge))
        {
            Starts.Feed(new StartDescriptor { Sequence = _started++, Descriptor = _script.Dequeue().Descriptor }, edge);
            _since = edge + 1;
        }

        return edge + 1;
    }
}
