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
    public void A_row_of_64_bytes_on_a_line_is_one_request_and_off_a_line_two()
    {
        MatrixConfig config = new(32, 32, 65536);
        Assert.Equal(32 + 32, RequestsFor(config, addressA: 0, addressB: 0x4000));
        Assert.Equal(64 + 32, RequestsFor(config, addressA: 16, addressB: 0x4000));
        Assert.Equal(32 + 64, RequestsFor(config, addressA: 0, addressB: 0x4030));
    }

    [Theory]
    [InlineData(ElementType.Fp32, 8, 24)] // 32 bytes a row: a row an edge
    [InlineData(ElementType.Fp32, 32, 48)] // 128 bytes a row: two requests
    [InlineData(ElementType.Bf16, 32, 24)]
    public void A_drain_takes_an_edge_a_request(ElementType type, int columns, int requests)
    {
        var bench = new MatrixBench(new MatrixConfig(8, columns, 65536));
        var product = new MatrixCase(24, 8, columns, false, false, false, 1, false, 1);
        product.Fill(bench.Scratchpad.Bytes);
        Descriptor drain = product.RawDrain();
        drain.D = AddressMap.Scratchpad + 0x80000;
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

    private static long RequestsFor(MatrixConfig config, int addressA, int addressB)
    {
        var bench = new MatrixBench(config);
        Descriptor descriptor = new MatrixCase(32, 32, 32, false, false, false, 1, false, 1).Matmul(0);
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
