using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>What a core asks of a dispatch unit, and how slow everybody around it is.</summary>
/// <param name="Seed">Of stalls and latencies.</param>
/// <param name="StallPercent">Cycles in which core and engines take nothing.</param>
/// <param name="LatencyCycles">The most that an engine takes for a descriptor.</param>
/// <param name="Commands">In order.</param>
internal sealed record DispatchCase(ulong Seed, int StallPercent, int LatencyCycles, CoreCommand[] Commands)
{
    public const int Depth = 4;

    private static readonly DispatchConfig s_config = new(
        Tile: 0, Depth, ScratchpadBytes: 1 << 16, HbmBytes: 1L << 30, Descriptors.StreamingBase, ArrayRows: 8, ArrayColumns: 8,
        Int8Packing: 1, Int4Packing: 1, AccumulatorBytes: 1 << 16);

    public override string ToString() =>
        $"seed {Seed}, stalls {StallPercent} %, latency up to {LatencyCycles}:\n{string.Join('\n', Commands.Select(c => c.ToString()))}";

    public static DispatchCase Of(ulong seed)
    {
        var random = new Seeded(seed);
        int stall = random.Of(0, 0, 30, 70), latency = random.Of(1, 4, 20, 60);
        var program = new CoreProgram(new Seeded(seed + 1), random.Of(1, 3, 12), random.Of(1, 3, 12), mayHang: true);
        int length = random.Between(1, 70), queues = random.Of(1, 2, 4);
        while (program.Commands.Count < length)
        {
            if (random.OneIn(4))
                program.Interlude();
            else
                program.Issue(AnyOf(random.Next(queues), ref random));
        }

        return new(seed, stall, latency, [.. program.Commands]);
    }

    public IEnumerable<DispatchCase> Smaller()
    {
        if (StallPercent > 0)
            yield return this with { StallPercent = 0 };
        if (LatencyCycles > 1)
            yield return this with { LatencyCycles = 1 };
        foreach (CoreCommand[] fewer in RandomCases.Fewer(Commands))
            yield return this with { Commands = fewer };
    }

    public TwinBench Run()
    {
        var bench = new TwinBench();
        var core = new CoreEnd(bench, Seed, StallPercent, Commands);
        var engines = new EngineEnd[Dispatch.QueueNames.Length];
        for (int q = 0; q < engines.Length; q++)
            engines[q] = new EngineEnd(bench, Dispatch.QueueNames[q], Seed + (ulong)q, StallPercent, LatencyCycles);
        var dispatch = new Dispatch(
            s_config, core.Commands.Channel, core.Replies.Channel, core.Notices.Channel,
            [.. engines.Select(e => e.Starts.Channel)], [.. engines.Select(e => e.Dones.Channel)], races: null);
        bench.Attach(dispatch.Evaluate);
        int limit = 100 + (Commands.Length * (20 + LatencyCycles)), quiet = 0;
        while (bench.Cycles < limit && quiet < 10)
        {
            bench.Step();
            quiet = core.IsDone && engines.All(e => e.IsIdle) ? quiet + 1 : 0;
        }

        return bench;
    }

    private static Descriptor AnyOf(int queue, ref Seeded random) => queue switch
    {
        0 => Descriptors.Dense(false, 64 * random.Next(100), 64 * random.Next(100), random.Between(1, 200)),
        1 => Descriptors.Dense(true, 64 * random.Next(100), 64 * random.Next(100), random.Between(1, 200)),
        2 => Descriptors.Zero(random.Next(4), ElementType.Fp32, random.Between(1, 9), random.Between(1, 9)),
        _ => Descriptors.Add(random.Between(1, 9), 16, 0, 1024, 2048, 64),
    };
}
