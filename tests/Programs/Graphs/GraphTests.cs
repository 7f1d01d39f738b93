using System.Globalization;
using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Lanes;
using HybridEmu.Reference;
using HybridEmu.Units;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// Random graphs of descriptors: whatever the chip and however it is run, they leave the bytes that running them one by
/// one on the reference leaves; and no order between them is there for nothing.
/// </summary>
[Trait("Depth", "Deep")]
public sealed class GraphTests(ITestOutputHelper output)
{
    private const int Descriptors = 24;

    [Theory]
    [InlineData("tiny", 8)]
    [InlineData("edge", 4)]
    [InlineData("hybrid", 4)]
    [InlineData("hybrid tiles=1", 2)]
    [InlineData("datacenter", 1)]
    [InlineData("tiny array.rows=3 array.columns=5 array.int8_packing=4 array.int4_packing=8", 4)]
    [InlineData("tiny vector.lanes=4 scratchpad.banks=2", 3)]
    [InlineData("edge fabric.load_ports=4", 3)]
    [InlineData("tiny scratchpad.ports=single scratchpad.ecc=secded accumulators.ports=single", 2)]
    [InlineData("tiny hbm.standard=DDR3 hbm.page=closed", 2)]
    [InlineData("tiny hbm.standard=HBM3 hbm.scheduler=fcfs hbm.queue_of=kind hbm.queue=3", 2)]
    [InlineData("tiny core.clock=1300_MHz hbm.clock=900_MHz", 2)]
    [InlineData("tiny thermal.sample_interval=1_us thermal.trip=45.25_C thermal.release=45_C thermal.ambient=44_C thermal.initial=45.5_C", 2)]
    public void A_graph_leaves_on_any_chip_what_its_descriptors_leave_one_by_one(string config, int graphs)
    {
        for (ulong seed = 0; seed < (ulong)graphs * DeepSuite.GraphFactor; seed++)
            Hold(config, new RunOptions(), seed);
    }

    [Fact]
    public void A_graph_leaves_the_same_however_it_is_run()
    {
        RunOptions[] ways =
        [
            new() { Skipping = false },
            new() { Engine = ArrayEngine.Step },
            new() { Simd = SimdWidth.Scalar },
            new() { Simd = SimdWidth.Vector128, Threads = 2 },
            new() { ShuffleSeed = 5 },
            new() { Timeline = _ => { }, CommitLog = TextWriter.Null },
        ];
        for (ulong seed = 0; seed < DeepSuite.GraphFactor; seed++)
        {
            foreach (RunOptions options in ways)
                Hold("tiny", options, 100 + seed);
        }
    }

    [Fact]
    public void Waiting_anywhere_between_the_cores_steps_changes_no_byte()
    {
        for (ulong seed = 0; seed < 6 * DeepSuite.GraphFactor; seed++)
            Hold("tiny", new RunOptions(), 200 + seed, delays: 900 + seed);
    }

    [Fact]
    public void Leaving_out_any_one_wait_or_chain_is_a_race()
    {
        int dropped = 0;
        for (ulong seed = 300; seed < 300 + (2 * DeepSuite.GraphFactor); seed++)
        {
            GraphProgram program = GraphProgram.Of(new GraphGenerator(seed).Draw(Descriptors), seed)!;
            foreach ((int place, int wait) in program.Orders)
            {
                (_, Fault? fault, _) = program.Run("tiny", null, (place, wait));
                Assert.True(fault is { Kind: FaultKind.Race }, $"seed {seed}: without {(wait < 0 ? "the chain" : $"wait {wait}")} of {place}: {fault?.Message ?? "no fault"}\n{program.Listing()}");
                dropped++;
            }
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{dropped} orders left out, each a race"));
        Assert.True(dropped > 10, $"only {dropped} orders in these graphs");
    }

    [Theory]
    [MemberData(nameof(Bugs))]
    public void A_planted_bug_is_found_and_shrunk_to_five_descriptors_at_most(string bug)
    {
        const int Graphs = 60;
        GraphMutation mutation = GraphMutation.All.Single(m => m.Name == bug);
        for (ulong seed = 0; seed < Graphs; seed++)
        {
            List<Descriptor> graph = new GraphGenerator(seed) { Rows = mutation.Rows }.Draw(Descriptors);
            if (Problem(graph) is null)
                continue;
            List<Descriptor> small = Shrink(graph, g => Problem(g) is not null);
            output.WriteLine($"seed {seed}: {Problem(small)}\n{GraphProgram.Of(small, seed)!.Listing()}");
            Assert.InRange(small.Count, 1, 5);
            return;

            // Legal without the bug, that is; then the bug shows in bytes or in a fault.
            string? Problem(List<Descriptor> g)
            {
                if (GraphProgram.Of(g, seed) is not { } program)
                    return null;
                return GraphProgram.Of(g, seed, mutation.Reference) is { } other
                    ? GraphProgram.Difference(other.Expected, program.Run("tiny").Bytes)
                    : "a fault";
            }
        }

        Assert.Fail($"'{bug}' lived through {Graphs} graphs");
    }

    public static TheoryData<string> Bugs() => [.. GraphMutation.All.Select(m => m.Name)];

    private static void Hold(string config, RunOptions options, ulong seed, ulong? delays = null)
    {
        List<Descriptor> graph = new GraphGenerator(seed).Draw(Descriptors);
        Assert.True(GraphProgram.Of(graph, seed) is not null, $"seed {seed}: the reference refuses a descriptor");
        if (Problem(graph) is null)
            return;
        List<Descriptor> small = Shrink(graph, g => Problem(g) is not null);
        Assert.Fail($"{config}, seed {seed}: {Problem(small)}\n{GraphProgram.Of(small, seed)!.Listing()}");

        string? Problem(List<Descriptor> g)
        {
            if (GraphProgram.Of(g, seed) is not { } program)
                return null;
            (byte[] bytes, Fault? fault, _) = program.Run(config, options, null, delays);
            return fault is { } f ? $"{f.Kind} at {f.Where}: {f.Message}" : GraphProgram.Difference(program.Expected, bytes);
        }
    }

    /// <summary>Leaves out descriptors, many at a time and then single ones, for as long as what is left still fails.</summary>
    private static List<Descriptor> Shrink(List<Descriptor> graph, Func<List<Descriptor>, bool> fails)
    {
        int piece = Math.Max(1, graph.Count / 2);
        while (true)
        {
            int before = graph.Count;
            for (int at = 0; at < graph.Count;)
            {
                List<Descriptor> fewer = [.. graph.Take(at), .. graph.Skip(at + piece)];
                if (fails(fewer))
                    graph = fewer;
                else
                    at += piece;
            }

            if (piece == 1 && graph.Count == before)
                return graph;
            piece = Math.Max(1, piece / 2);
        }
    }
}
