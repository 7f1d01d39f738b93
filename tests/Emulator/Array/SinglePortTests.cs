using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>Rule MX-17: accumulator banks of one port.</summary>
public class SinglePortTests
{
    private const int Rows = 8, Columns = 8, Latency = 2, PortCause = 13;

    [Theory]
    [InlineData(2, 2, 0)] // M = La: the second fold reads a bank when the first has written it
    [InlineData(3, 2, 8)] // M = La + 1: the last write meets the first read, in one column after the other
    [InlineData(4, 2, 9)]
    [InlineData(8, 2, 13)]
    [InlineData(9, 2, 16)] // M = R + 1: its own first write meets its last read, too
    [InlineData(12, 2, 19)]
    [InlineData(12, 1, 0)] // one fold reads nothing
    public void A_step_that_reads_and_writes_a_bank_of_one_port_takes_two_edges(int m, int folds, long edges)
    {
        var product = new MatrixCase(m, folds * Rows, Columns, false, false, false, 1, false, 1);
        foreach (ArrayEngine engine in Enum.GetValues<ArrayEngine>())
        {
            var dual = new MatrixBench(new MatrixConfig(Rows, Columns, 16384, Latency, Engine: engine));
            var single = new MatrixBench(new MatrixConfig(Rows, Columns, 16384, Latency, Engine: engine, SinglePortedAccumulators: true));
            Assert.Equal(product.Expected(), product.Run(dual));
            Assert.Equal(product.Expected(), product.Run(single));
            Assert.Equal("AccumulatorPort", MatrixUnit.Causes[PortCause]);
            Assert.Equal((0, edges), (dual.Unit.State.Ledger[PortCause], single.Unit.State.Ledger[PortCause]));
            Assert.Equal(edges, single.Finished[0].Edge - dual.Finished[0].Edge);
            Assert.Equal(dual.Unit.State.ArrayCycles, single.Unit.State.ArrayCycles);
        }
    }

    [Theory]
    [InlineData(AccumulatePlace.Top)]
    [InlineData(AccumulatePlace.Bottom)]
    public void Edges_lost_to_one_port_are_the_steps_at_which_a_plain_table_of_accesses_has_both(AccumulatePlace place)
    {
        var random = new MatrixStimulus(9);
        for (int i = 0; i < 40; i++)
        {
            int rows = 1 + random.Next(9), columns = 1 + random.Next(9), latency = 1 + random.Next(5), m = 1 + random.Next(30), folds = 1 + random.Next(6);
            var config = new MatrixConfig(rows, columns, 16384, latency, Accumulate: place, SinglePortedAccumulators: true);
            var bench = new MatrixBench(config);
            bench.Program.Enqueue(new MatrixCase(m, folds * rows, columns, true, false, false, 1, false, 1).Matmul(0));
            bench.Run();
            int delay = place == AccumulatePlace.Top ? rows : 0; // from the read of an addend to the write of its sum
            int interval = Math.Max(Math.Max(m, rows), delay + latency);
            var reads = new HashSet<(int Step, int Column)>();
            var writes = new HashSet<(int Step, int Column)>();
            for (int fold = 0; fold < folds; fold++)
            {
                for (int row = 0; row < m; row++)
                {
                    for (int column = 0; column < columns; column++)
                    {
                        int entered = (fold * interval) + row + column;
                        writes.Add((entered + rows, column));
                        if (fold > 0)
                            reads.Add((entered + rows - delay, column));
                    }
                }
            }

            Assert.Equal(reads.Intersect(writes).Select(a => a.Step).Distinct().Count(), bench.Unit.State.Ledger[PortCause]);
        }
    }

    [Fact]
    public void Folds_of_many_rows_start_2M_edges_apart()
    {
        var two = Finish(2);
        Assert.Equal((40, 40), (Finish(3) - two, Finish(4) - Finish(3)));

        static long Finish(int folds)
        {
            var bench = new MatrixBench(new MatrixConfig(Rows, Columns, 16384, Latency, SinglePortedAccumulators: true));
            bench.Program.Enqueue(new MatrixCase(20, folds * Rows, Columns, false, false, false, 1, false, 1).Matmul(0));
            bench.Run();
            return bench.Finished[0].Edge;
        }
    }

    [Fact]
    public void A_16_bit_operand_takes_two_edges_a_step_whatever_the_ports()
    {
        var product = new MatrixCase(12, 3 * Rows, Columns, true, false, false, 1, false, 1) { TypeA = ElementType.Int16 };
        long[] finished = [.. new[] { false, true }.Select(single =>
        {
            var bench = new MatrixBench(new MatrixConfig(Rows, Columns, 16384, Latency, SinglePortedAccumulators: single));
            product.Run(bench);
            Assert.Equal(0, bench.Unit.State.Ledger[PortCause]);
            return bench.Finished[0].Edge;
        })];
        Assert.Equal(finished[0], finished[1]);
    }
}
