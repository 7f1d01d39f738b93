using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;
using Xunit.Abstractions;

namespace HybridEmu.Emulator.Tests;

/// <summary>Probes of the rules of pinned weights in TIMING.md, and what they are good for.</summary>
public class PinnedTimingTests(ITestOutputHelper output)
{
    private const int Rows = 8, Columns = 8, Latency = 2;

    // On the bench rows are asked for at the edge after a descriptor is taken, and can enter so many edges later.
    private const int Fetch = 4;

    private static readonly MatrixConfig Config = new(Rows, Columns, 16384, Latency);

    [Theory]
    [InlineData(8, 8)]
    [InlineData(8, 7)]
    [InlineData(12, 8)]
    [InlineData(13, 8)] // rows beyond k are fetched by nobody, and come first
    [InlineData(1, 1)]
    public void A_load_is_reported_R_edges_after_its_first_token(int rows, int k)
    {
        var bench = new MatrixBench(new MatrixConfig(rows, Columns, 16384));
        bench.Program.Enqueue(Load(k));
        bench.Run();
        int wait = Math.Max(0, Fetch - (rows - k));
        const int Taken = 1;
        Assert.Equal(Taken + 1 + wait + rows, bench.Finished[0].Edge - 1);
        Assert.Equal((rows, wait), (bench.Unit.State.Ledger[3], bench.Unit.State.Ledger[4]));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(7, 2)]
    [InlineData(8, 2)]
    [InlineData(9, 2)]
    [InlineData(8, 5)]
    public void Streams_of_one_load_take_their_rows_and_the_way_through_the_array_each(int m, int latency)
    {
        foreach (ArrayEngine engine in Enum.GetValues<ArrayEngine>())
        {
            var bench = new MatrixBench(Config with { AccumulatorLatencyCycles = latency, Engine = engine });
            bench.Program.Enqueue(Load(Rows));
            bench.Program.Enqueue(Stream(m));
            bench.Program.Enqueue(Stream(m));
            bench.Run();
            for (int stream = 1; stream <= 2; stream++)
            {
                long taken = bench.Finished[stream - 1].Edge + 1;
                Assert.Equal(taken + 1 + Fetch + m + Rows + Columns + latency, bench.Finished[stream].Edge - 1);
            }

            Assert.Equal(Rows, bench.Unit.State.WeightRows);
            Assert.Equal(0, bench.Unit.State.Ledger[6]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(40)]
    public void Rows_of_a_stream_enter_behind_those_of_the_one_before_and_each_is_reported_as_if_alone(int m)
    {
        foreach (ArrayEngine engine in Enum.GetValues<ArrayEngine>())
        {
            var bench = new MatrixBench(Config with { Engine = engine }) { Ahead = 8 };
            bench.Program.Enqueue(Load(Rows));
            for (int i = 0; i < 5; i++)
                bench.Program.Enqueue(Stream(m));
            bench.Run();
            Assert.Equal(bench.Finished[0].Edge + 1 + Fetch + m + Rows + Columns + Latency, bench.Finished[1].Edge - 1);
            for (int i = 2; i <= 5; i++)
                Assert.Equal(Fetch + m, bench.Finished[i].Edge - bench.Finished[i - 1].Edge);
        }
    }

    [Theory]
    [InlineData(ElementType.Int8, ElementType.Int8, true)]
    [InlineData(ElementType.Bf16, ElementType.Bf16, false)]
    public void A_stream_of_other_types_waits_until_the_array_is_empty(ElementType a, ElementType b, bool same)
    {
        var first = new MatrixCase(6, Rows, Columns, true, false, false, 1, false, 1) { TypeA = ElementType.Int8, TypeB = ElementType.Int8 };
        MatrixCase second = first with { TypeA = a, TypeB = b };
        var bench = new MatrixBench(Config) { Ahead = 2 };
        foreach (Descriptor descriptor in (Descriptor[])[
            PinnedWeightsTests.Load(first.Matmul(0)), PinnedWeightsTests.Stream(first.Matmul(0), false), PinnedWeightsTests.Load(second.Matmul(0)), PinnedWeightsTests.Stream(second.Matmul(0), false)])
            bench.Program.Enqueue(descriptor);
        bench.Run();
        long behind = bench.Finished[3].Edge - bench.Finished[1].Edge;
        Assert.Equal(same ? Fetch + 1 + Rows : 3 + Fetch + 6 + Rows + Columns + Latency, behind);
    }

    [Fact]
    public void No_more_than_four_streams_are_on_their_way_out()
    {
        int most = 0;
        MatrixBench? bench = null;
        bench = new MatrixBench(new MatrixConfig(32, 32, 65536, Latency)) { Ahead = 8, Hashes = [], HashAt = Look };
        Descriptor product = new MatrixCase(1, 32, 32, false, false, false, 1, false, 1).Matmul(0);
        bench.Program.Enqueue(PinnedWeightsTests.Load(product));
        for (int i = 0; i < 12; i++)
            bench.Program.Enqueue(PinnedWeightsTests.Stream(product, false));
        bench.Run();
        Assert.Equal(4, most);

        // The sixth is taken when the first is reported.
        long fetch = bench.Finished[2].Edge - bench.Finished[1].Edge - 1;
        Assert.Equal(1 + fetch + 1 + 32 + 32 + Latency, bench.Finished[6].Edge - bench.Finished[1].Edge);
        bool Look(long edge)
        {
            most = Math.Max(most, bench!.Unit.State.LeavingCount);
            return false;
        }
    }

    [Fact]
    public void A_load_beside_a_stream_costs_the_stream_nothing_and_is_reported_right_after_it()
    {
        foreach (int m in new[] { 1, Rows - 1, Rows, Rows + 1, 40 })
        {
            MatrixBench alone = Served(Stream(m)), beside = Served(Stream(m), Load(Rows), Stream(m));
            Assert.Equal(alone.Finished[1].Edge, beside.Finished[1].Edge);
            Assert.Equal(alone.Finished[1].Edge + 1, beside.Finished[2].Edge);

            // The stream that needs those weights follows the rows, or the last token, whichever is later: that is asked for an edge after the rows.
            Assert.Equal(beside.Finished[1].Edge + Fetch + Math.Max(m, 1 + Rows), beside.Finished[3].Edge);
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 3)]
    public void A_stream_behind_one_that_is_not_reported_takes_a_load_until_that_is(int visibleAfter, int takenAfter)
    {
        // Two reports wait in their channel, the third stream's for a place in it, which there is at the edge after the first is taken out.
        const long Reported = 200, Room = Reported + 1;
        long taken = 0;
        MatrixBench? bench = null;
        bench = new MatrixBench(Config) { Ahead = 8, Hashes = [], HashAt = Look, TakesReport = edge => edge is < 30 or >= Reported };
        foreach (Descriptor descriptor in (Descriptor[])[Load(Rows), Stream(20), Stream(1), Stream(1), Stream(1)])
            bench.Program.Enqueue(descriptor);
        bench.Run(60);
        Assert.Equal(Room - 1 + takenAfter, taken);

        bool Look(long edge)
        {
            if (edge == Room - 1 + visibleAfter - 2)
                bench!.Program.Enqueue(Load(Rows));
            if (edge > 100 && taken == 0 && bench!.Unit.State.Loading != LoadProgress.None)
                taken = edge;
            return false;
        }
    }

    [Theory]
    [InlineData(false, 200)]
    [InlineData(false, 201)]
    [InlineData(true, 200)]
    [InlineData(true, 201)] // at the first edge of a step, or the second
    public void Streams_that_waited_for_their_reports_are_reported_one_an_edge(bool wide, long from)
    {
        MatrixCase Case(int m) => new(m, Rows, Columns, true, false, false, 1, false, 1) { TypeA = wide ? ElementType.Int16 : ElementType.Int8, TypeB = ElementType.Int8 };
        var bench = new MatrixBench(Config) { Ahead = 8, TakesReport = edge => edge is < 30 || edge >= from };
        bench.Program.Enqueue(PinnedWeightsTests.Load(Case(1).Matmul(0)));
        foreach (int m in (int[])[1, 1, 1, 1, 300])
            bench.Program.Enqueue(PinnedWeightsTests.Stream(Case(m).Matmul(0), false));
        bench.Run();
        Assert.Equal(Enumerable.Range(0, 4).Select(i => from + i), bench.Finished.Skip(1).Take(4).Select(f => f.Edge));
    }

    [Fact]
    public void A_load_that_outlasts_its_stream_is_reported_the_edge_after_its_last_token()
    {
        int before = 0, after = 0;
        for (int latency = 1; latency < 24; latency++)
        {
            long loaded = -1;
            MatrixBench? bench = null;
            bench = new MatrixBench(Config with { WeightFifoRows = 1 }, latency: latency) { Ahead = 2, Hashes = [], HashAt = Look };
            foreach (Descriptor descriptor in (Descriptor[])[Load(Rows), Stream(30), Load(Rows)])
                bench.Program.Enqueue(descriptor);
            bench.Run();
            Assert.Equal(Math.Max(bench.Finished[1].Edge - 1, loaded) + 1, bench.Finished[2].Edge - 1);
            before += loaded < bench.Finished[1].Edge - 1 ? 1 : 0;
            after += loaded >= bench.Finished[1].Edge - 1 ? 1 : 0;
            bool Look(long edge)
            {
                if (bench!.Finished.Count > 0 && bench.Unit.State.Loading == LoadProgress.Loaded && loaded < bench.Finished[0].Edge)
                    loaded = edge;
                return false;
            }
        }

        Assert.True(before > 2 && after > 2, $"{before} before the stream's report, {after} after");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_next_tokens_enter_with_the_switch_token_or_at_once_where_none_is_due(bool switches)
    {
        // X rows come through the transposer, so that weights are there first.
        long token = -1, launch = -1;
        int stream = switches ? 1 : 2;
        Descriptor slow = Stream(3) with { PitchA = 16 };
        slow.TransposeA = true;
        MatrixBench? bench = null;
        bench = new MatrixBench(Config) { Ahead = 2, Hashes = [], HashAt = Look };
        bench.Program.Enqueue(Load(Rows));
        for (int i = 0; i < stream; i++)
            bench.Program.Enqueue(slow);
        bench.Program.Enqueue(Load(Rows));
        bench.Run();
        Assert.Equal(switches ? 0 : 1 - Rows, token - launch); // R rows through the transposer, one at a time
        bool Look(long edge)
        {
            if (bench!.Unit.State.Current.Sequence != stream)
                return false;
            if (launch < 0 && bench.Unit.State.FoldsLaunched == 1 && bench.Unit.State.RowsEntered == 1)
                launch = edge;
            if (token < 0 && bench.Unit.State.TokensShifted == 1)
                token = edge;
            return false;
        }
    }

    [Fact]
    public void Only_the_first_stream_of_a_load_comes_with_a_switch_token()
    {
        foreach (ArrayEngine engine in Enum.GetValues<ArrayEngine>())
        {
            var seen = new Dictionary<int, int>();
            MatrixBench? bench = null;
            Signal? token = null;
            bench = new MatrixBench(Config with { Engine = engine }) { Hashes = [], HashAt = Look };
            var map = new SignalMap();
            bench.Unit.Describe(map);
            token = map.Signals.Single(s => s.Path.EndsWith("pe.r7.c7.switch", StringComparison.Ordinal));
            foreach (Descriptor descriptor in (Descriptor[])[Load(Rows), Stream(5), Stream(5), Load(Rows), Load(Rows), Stream(5), Stream(1)])
                bench.Program.Enqueue(descriptor);
            bench.Run();
            Assert.Equal([(1, 1), (5, 1)], seen.Select(s => (s.Key, s.Value)));
            bool Look(long edge)
            {
                if (token!.Read() != 0)
                    seen[bench!.Finished.Count] = seen.GetValueOrDefault(bench.Finished.Count) + 1;
                return false;
            }
        }
    }

    [Fact]
    public void Tokens_of_a_load_enter_every_edge_alone_and_every_other_beside_a_16_bit_stream()
    {
        var tokens = new List<long>();
        long weights = 0;
        MatrixBench? bench = null;
        bench = new MatrixBench(Config) { Ahead = 2, Hashes = [], HashAt = Look };
        var product = new MatrixCase(20, Rows, Columns, true, false, false, 1, false, 1) { TypeA = ElementType.Int16, TypeB = ElementType.Int8 };
        bench.Program.Enqueue(PinnedWeightsTests.Load(product.Matmul(0)));
        bench.Program.Enqueue(PinnedWeightsTests.Stream(product.Matmul(0), false));
        bench.Program.Enqueue(PinnedWeightsTests.Load(product.Matmul(0)));
        bench.Run();
        Assert.Equal([1, 1, 1, 1, 1, 1, 1], tokens.Take(Rows).Zip(tokens.Skip(1)).Take(Rows - 1).Select(p => p.Second - p.First));
        Assert.Equal([2, 2, 2, 2, 2, 2, 2], tokens.Skip(Rows).Zip(tokens.Skip(Rows + 1)).Select(p => p.Second - p.First));
        bool Look(long edge)
        {
            if (bench!.Unit.State.WeightRows > weights)
                tokens.Add(edge);
            weights = bench.Unit.State.WeightRows;
            return false;
        }
    }

    /// <summary>What pinning is for: many small batches through the same weights, and through two layers' in turn.</summary>
    [Fact]
    public void Serving_small_batches_takes_fewer_edges_with_pinned_weights_than_with_a_product_each()
    {
        foreach (int side in new[] { 8, 32, 128 })
        {
            foreach (int m in new[] { 1, 4, 16 })
            {
                var config = new MatrixConfig(side, side, 4 * 4 * 4 * side * side);
                Descriptor product = new MatrixCase(m, side, side, false, false, false, 1, false, 1).Matmul(0);
                long products = Edges(config, Enumerable.Repeat(product, 32));
                long pinned = Edges(config, [PinnedWeightsTests.Load(product), .. Enumerable.Repeat(PinnedWeightsTests.Stream(product, false), 32)]);
                long loads = Edges(config, Enumerable.Repeat(new[] { PinnedWeightsTests.Load(product), PinnedWeightsTests.Stream(product, false) }, 32).SelectMany(p => p));
                output.WriteLine($"{side} x {side}, 32 batches of {m}: mx.matmul each {products}, one mx.load and mx.stream each {pinned} ({100.0 * pinned / products:F0} %), new weights each, loaded beside the stream before {loads}");
                Assert.True(pinned < products);
                Assert.True(loads < products);
            }
        }
    }

    private static long Edges(MatrixConfig config, IEnumerable<Descriptor> program)
    {
        var bench = new MatrixBench(config) { Ahead = 2 };
        foreach (Descriptor descriptor in program)
            bench.Program.Enqueue(descriptor);
        bench.Run();
        return bench.Finished[^1].Edge;
    }

    private static MatrixBench Served(params Descriptor[] program)
    {
        var bench = new MatrixBench(Config) { Ahead = 2 };
        bench.Program.Enqueue(Load(Rows));
        foreach (Descriptor descriptor in program)
            bench.Program.Enqueue(descriptor);
        bench.Run();
        return bench;
    }

    private static Descriptor Load(int k) => PinnedWeightsTests.Load(Product(1, k));

    private static Descriptor Stream(int m) => PinnedWeightsTests.Stream(Product(m, Rows), false);

    private static Descriptor Product(int m, int k) => new MatrixCase(m, k, Columns, false, false, false, 1, false, 1).Matmul(0);
}
