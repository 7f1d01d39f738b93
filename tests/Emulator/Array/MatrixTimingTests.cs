using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>Probes of the numbered rules in TIMING.md.</summary>
public class MatrixTimingTests
{
    private const int Rows = 8;
    private const int Columns = 8;

    [Theory]
    [InlineData(1, 2)]
    [InlineData(8, 2)]
    [InlineData(30, 2)]
    [InlineData(8, 5)]
    public void One_fold_keeps_the_array_for_its_wavefront_then_write_and_latency(int m, int latency)
    {
        // 2R + C + M - 2 to the last bottom register; one cycle more writes it, La more make it readable.
        MatrixBench bench = Run(m, Rows, Columns, latency);
        Assert.Equal((2 * Rows) + Columns + m - 2 + 1 + latency, bench.Unit.State.ArrayCycles);
    }

    [Theory]
    [InlineData(1, Rows)]
    [InlineData(8, Rows)]
    [InlineData(30, Rows)]
    [InlineData(8, Rows - 1)] // a token without a fetch, and then a wait for weights
    [InlineData(8, 1)]
    public void A_fold_that_nothing_runs_beside_has_2R_plus_C_plus_M_minus_2_wavefront_cycles(int m, int k)
    {
        MatrixBench bench = Run(m, k, Columns, 2);
        Assert.Equal((2 * Rows) + Columns + m - 2, bench.Unit.State.WavefrontCycles);
        Assert.True(bench.Unit.State.ArrayCycles > bench.Unit.State.WavefrontCycles);
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(7, 8)]
    [InlineData(8, 8)]
    [InlineData(9, 9)]
    [InlineData(20, 20)]
    public void Folds_over_different_columns_start_every_max_of_M_and_R_cycles(int m, int interval)
    {
        MatrixBench bench = Run(m, Rows, 3 * Columns, 2);
        Assert.Equal(interval, bench.Unit.State.LastInterval);
        Assert.Equal(0, bench.Unit.State.Ledger[6]);
    }

    [Theory]
    [InlineData(1, 2, 10)]
    [InlineData(9, 2, 10)]
    [InlineData(10, 2, 10)]
    [InlineData(11, 2, 11)]
    [InlineData(12, 5, 13)]
    [InlineData(13, 5, 13)]
    [InlineData(14, 5, 14)]
    public void A_fold_over_sums_in_flight_waits_for_R_plus_La(int m, int latency, int interval)
    {
        MatrixBench bench = Run(m, 2 * Rows, Columns, latency);
        Assert.Equal(interval, bench.Unit.State.LastInterval);
        Assert.Equal("AccumulatorHazard", MatrixUnit.Causes[6]);
        // The weights are there after max(M, R): what is left is the hazard, cycle for cycle.
        Assert.Equal(interval - Math.Max(m, Rows), bench.Unit.State.Ledger[6]);
    }

    [Theory]
    [InlineData(8, 10, 10)]
    [InlineData(9, 10, 10)]
    [InlineData(10, 10, 10)]
    [InlineData(11, 10, 11)]
    [InlineData(1, 7, 8)]
    [InlineData(1, 8, 8)]
    [InlineData(1, 9, 9)]
    public void Sums_accumulated_at_the_bottom_are_a_hazard_for_La_only(int m, int latency, int interval)
    {
        var bench = new MatrixBench(new MatrixConfig(Rows, Columns, 16384, latency, Accumulate: AccumulatePlace.Bottom));
        bench.Program.Enqueue(new MatrixCase(m, 3 * Rows, Columns, false, false, false, 1, false, 1).Matmul(0));
        bench.Run();
        Assert.Equal(interval, bench.Unit.State.LastInterval);
        Assert.Equal(2 * (interval - Math.Max(m, Rows)), bench.Unit.State.Ledger[6]);
    }

    /// <summary>A request made at N is granted at N + 1, answered at N + 2, here at N + 3 and used at N + 4: four rows hide it, three do not.</summary>
    [Theory]
    [InlineData(1, 36)]
    [InlineData(2, 12)]
    [InlineData(3, 4)]
    [InlineData(4, 0)]
    [InlineData(5, 0)]
    public void A_row_that_is_taken_makes_room_for_a_request_at_the_same_edge(int fifoRows, int late)
    {
        var bench = new MatrixBench(new MatrixConfig(Rows, Columns, 16384, OperandFifoRows: fifoRows));
        bench.Program.Enqueue(new MatrixCase(13, Rows, Columns, false, false, false, 1, false, 1).Matmul(0));
        bench.Run();
        Assert.Equal("OperandStall", MatrixUnit.Causes[5]);
        Assert.Equal(late, bench.Unit.State.Ledger[5]);
    }

    [Fact]
    public void The_hazard_is_the_distance_of_the_sums_and_not_of_the_folds()
    {
        // Two column blocks: the fold two launches ago wrote the sums, so R + La is long over.
        MatrixBench bench = Run(4, 3 * Rows, 2 * Columns, 5);
        Assert.Equal(0, bench.Unit.State.Ledger[6]);
        Assert.Equal(Rows, bench.Unit.State.LastInterval);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(16)]
    public void A_late_row_freezes_the_array_and_adds_nothing_to_array_time(int latency)
    {
        // One row in flight at a time: the array holds between rows of a fold.
        var slow = new MatrixBench(new MatrixConfig(Rows, Columns, 16384, OperandFifoRows: 1, WeightFifoRows: 32), latency: latency);
        var fast = new MatrixBench(new MatrixConfig(Rows, Columns, 16384));
        var product = new MatrixCase(12, Rows, Columns, false, false, false, 1, false, 1);
        Assert.Equal(product.Run(fast), product.Run(slow));
        Assert.Equal(0, fast.Unit.State.Ledger[5]);
        Assert.True(slow.Unit.State.Ledger[5] >= 11 * latency);
        Assert.Equal(fast.Unit.State.ArrayCycles, slow.Unit.State.ArrayCycles);
    }

    [Fact]
    public void A_row_on_a_line_of_its_port_is_one_request_and_off_a_line_two()
    {
        foreach (int side in new[] { 32, 64, 128 }) // rows, and lines, of 64, 128 and 256 bytes
        {
            Assert.Equal(side + side, RequestsFor(side, addressA: 0, addressB: 0x8000));
            Assert.Equal((2 * side) + side, RequestsFor(side, addressA: 16, addressB: 0x8000));
            Assert.Equal(side + (2 * side), RequestsFor(side, addressA: 0, addressB: 0x8030));
        }
    }

    [Theory]
    [InlineData(ElementType.Int8, ElementType.Int8, 4, 1)]
    [InlineData(ElementType.Int4, ElementType.Int4, 1, 8)]
    [InlineData(ElementType.Int8, ElementType.Int8, 1, 8)]
    public void Folds_are_p_times_as_deep_and_a_token_waits_for_p_rows_of_memory(ElementType a, ElementType b, int int8Packing, int int4Packing)
    {
        int p = a == ElementType.Int8 ? int8Packing : int4Packing;
        foreach (int k in new[] { (3 * p * Rows) - 1, 3 * p * Rows, (3 * p * Rows) + 1 })
        {
            // FIFOs deep enough to hold what comes early; few X rows, so that weights set the pace.
            var bench = new MatrixBench(new MatrixConfig(Rows, Columns, 65536, Int8Packing: int8Packing, Int4Packing: int4Packing));
            new MatrixCase(2, k, Columns, true, false, false, 1, false, 3) { TypeA = a, TypeB = b }.Run(bench);
            Assert.Equal(k <= 3 * p * Rows ? 3 : 4, bench.Unit.State.Folds);
            if (k == 3 * p * Rows)
                Assert.Equal(Math.Max(p * Rows, Rows + 2), bench.Unit.State.LastInterval);
        }
    }

    /// <summary>Memory answers late: all requests of so many tokens go out one after the other, and the next one waits.</summary>
    [Theory]
    [InlineData(ElementType.Int8, 4, 1)]
    [InlineData(ElementType.Int8, 4, 2)]
    [InlineData(ElementType.Int8, 4, 5)]
    [InlineData(ElementType.Int4, 8, 1)]
    [InlineData(ElementType.Int4, 8, 3)]
    public void A_token_of_p_rows_of_memory_takes_one_place(ElementType type, int p, int fifoRows)
    {
        const int Weights = 1, Latency = 60;
        var bench = new MatrixBench(new MatrixConfig(Rows, Columns, 65536, WeightFifoRows: fifoRows, Int8Packing: 4, Int4Packing: 8), latency: Latency);
        new MatrixCase(2, 2 * p * Rows, Columns, true, false, false, 1, false, 3) { TypeA = type, TypeB = type }.Run(bench);
        long[] edges = [.. bench.Scratchpad.Granted.Where(g => g.Port == Weights).Select(g => g.Edge)];
        int together = 1 + edges.Zip(edges.Skip(1)).TakeWhile(pair => pair.Second == pair.First + 1).Count();
        Assert.Equal(fifoRows * p, together);
    }

    [Theory]
    [InlineData(ElementType.Int16, ElementType.Int8)]
    [InlineData(ElementType.Int8, ElementType.Int16)]
    public void With_a_16_bit_operand_the_array_steps_at_every_other_edge(ElementType a, ElementType b)
    {
        var half = new MatrixBench(new MatrixConfig(Rows, Columns, 16384));
        var full = new MatrixBench(new MatrixConfig(Rows, Columns, 16384));
        new MatrixCase(12, 3 * Rows, Columns, true, false, false, 1, false, 1) { TypeA = a, TypeB = b }.Run(half);
        new MatrixCase(12, 3 * Rows, Columns, true, false, false, 1, false, 1).Run(full);
        Assert.Equal(full.Unit.State.ArrayCycles, half.Unit.State.ArrayCycles);
        Assert.Equal(full.Finished[0].Edge + full.Unit.State.ArrayCycles, half.Finished[0].Edge);
    }

    [Theory]
    [InlineData(ElementType.Fp32, 8, 24)] // 32 bytes a row: a row an edge
    [InlineData(ElementType.Fp32, 32, 24)] // 128 bytes a row: its port is as wide
    [InlineData(ElementType.Fp32, 32, 48, 64)] // off its line: two requests
    [InlineData(ElementType.Bf16, 32, 24)]
    public void A_drain_takes_an_edge_a_request(ElementType type, int columns, int requests, int offset = 0)
    {
        var bench = new MatrixBench(new MatrixConfig(8, columns, 65536));
        var product = new MatrixCase(24, 8, columns, false, false, false, 1, false, 1);
        product.Fill(bench.Scratchpad.Bytes);
        Descriptor drain = product.RawDrain();
        drain.D = AddressMap.Scratchpad + 0x80000 + (ulong)offset;
        drain.PitchD = 256;
        drain.TypeOut = type;
        bench.Program.Enqueue(product.Matmul(0));
        bench.Program.Enqueue(drain);
        bench.Run();
        // Edges of the drain phase: requests, one to read the first row, and the one that finds the end.
        Assert.Equal(requests, bench.Unit.State.Ledger[10] + bench.Unit.State.DrainedRows);
        Assert.Equal(requests == 24 ? 0 : 24, bench.Unit.State.Ledger[10]);
    }

    [Theory]
    [InlineData(Activation.Gelu, 1, 1)]
    [InlineData(Activation.Sigmoid, 1, 19)]
    [InlineData(Activation.Tanh, 6, 20)]
    [InlineData(Activation.Relu, 6, 0)]
    public void A_function_delays_the_first_row_of_a_block_of_columns_by_its_latency_and_no_other(Activation activation, int m, int cycles)
    {
        var product = new MatrixCase(m, 8, 17, false, false, false, 1, false, 1); // three blocks
        Ledger[] ledgers = new Ledger[2];
        for (int with = 0; with < 2; with++)
        {
            var bench = new MatrixBench(new MatrixConfig(8, 8, 65536, FunctionCycles: Math.Max(1, cycles)));
            product.Fill(bench.Scratchpad.Bytes);
            Descriptor drain = product.RawDrain();
            drain.Activation = with == 1 ? activation : Activation.None;
            bench.Program.Enqueue(product.Matmul(0));
            bench.Program.Enqueue(drain);
            bench.Run();
            ledgers[with] = bench.Unit.State.Ledger;
            Assert.Equal(with == 1 && cycles > 0 ? m * 17 : 0, bench.Unit.State.Functions);
        }

        Assert.Equal(ledgers[0].Total + (3 * cycles), ledgers[1].Total);
        Assert.Equal(ledgers[0][8] + (3 * cycles), ledgers[1][8]); // FillDrain
        Assert.Equal(ledgers[0][Ledger.Busy], ledgers[1][Ledger.Busy]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20)]
    public void A_zero_takes_an_edge_a_line(int m)
    {
        var bench = new MatrixBench(new MatrixConfig(8, 8, 65536));
        bench.Program.Enqueue(new Descriptor { Opcode = DescriptorOpcode.MxZero, TypeAccumulator = ElementType.Fp32, N0 = m, N2 = 17 });
        bench.Run();
        Assert.Equal(3 * m, bench.Unit.State.Ledger[Ledger.Busy]);
    }

    [Theory]
    [InlineData(false, 5)] // requested at the first edge, visible three later, used one after that
    [InlineData(true, 6)]
    public void A_row_is_used_an_edge_after_it_arrives_and_one_later_through_the_transposer(bool transposed, int expected)
    {
        var bench = new MatrixBench(new MatrixConfig(1, 1, 65536));
        new MatrixCase(1, 1, 1, false, false, transposed, 1, false, 1).Run(bench);
        Ledger ledger = bench.Unit.State.Ledger;
        Assert.Equal(expected, ledger[3] + ledger[4] + ledger[7]);
        Assert.Equal(1, ledger[3]);
        Assert.Equal(0, ledger[5]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    public void A_zero_is_reported_the_edge_after_its_last_line(int m)
    {
        var bench = new MatrixBench(new MatrixConfig(8, 8, 65536));
        bench.Program.Enqueue(new Descriptor { Opcode = DescriptorOpcode.MxZero, TypeAccumulator = ElementType.Fp32, N0 = m, N2 = 8 });
        bench.Run();

        // Pushed at 0, taken at 1, lines from 2 on, reported one later, seen one after that.
        Assert.Equal(m + 3, bench.Finished[0].Edge);
    }

    private static long RequestsFor(int side, int addressA, int addressB)
    {
        var bench = new MatrixBench(new MatrixConfig(side, side, 4 * 4 * side * side));
        Descriptor descriptor = new MatrixCase(side, side, side, false, false, false, 1, false, 1).Matmul(0);
        descriptor.A = AddressMap.Scratchpad + (ulong)addressA;
        descriptor.B = AddressMap.Scratchpad + (ulong)addressB;
        bench.Program.Enqueue(descriptor);
        bench.Run();
        return bench.Unit.ReadRequests;
    }

    private static MatrixBench Run(int m, int k, int n, int latency)
    {
        var bench = new MatrixBench(new MatrixConfig(Rows, Columns, 16384, latency));
        bench.Program.Enqueue(new MatrixCase(m, k, n, false, false, false, 1, false, 1).Matmul(0));
        bench.Run();
        return bench;
    }
}
