using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>Rules LD-6 to LD-8, ST-6 and ST-7: padding, int4, windows of images, and sums in memory.</summary>
public class DmaOperationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Padding_int4_windows_and_sums_of_any_shape_leave_the_bytes_of_the_golden_model(bool store)
    {
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue)), seed =>
        {
            var random = new TestRandom((ulong)seed + 11);
            var bench = new DmaBench(new DmaConditions
            {
                Store = store,
                Outstanding = 1 + random.Next(12),
                LatencyCycles = random.Next(40),
                RandomCycles = random.Next(2) * 60,
                StallPercent = (uint)(random.Next(3) * 30),
                RivalPercent = (uint)(random.Next(3) * 40),
                Seed = (ulong)seed,
            });
            var golden = new DmaReference(bench);
            for (int zone = 0; zone < 4; zone++)
            {
                Descriptor d = DmaStimulus.Next(store, zone, ref random);
                golden.Execute(in d);
                bench.Add(d);
            }

            // At each report that descriptor's zone of 32 KiB is as it must be: done means every byte is there.
            byte[] expected = store ? golden.Memory : golden.Scratchpad;
            bench.OnDone = sequence =>
            {
                byte[] found = store ? bench.MemoryBytes() : bench.Scratchpad.Bytes.ToArray();
                int start = (int)sequence << 15;
                Assert.True(expected.AsSpan(start, 1 << 15).SequenceEqual(found.AsSpan(start, 1 << 15)), $"descriptor {sequence} of seed {seed}");
            };
            bench.Finish(400_000);
            Assert.Equal([0u, 1u, 2u, 3u], bench.Done.Select(d => d.Sequence));
            DmaState state = bench.State;
            Assert.Equal(0, state.Used + state.InFlight);
            Assert.Equal(bench.Scratchpad.State.ReadBytes + bench.Scratchpad.State.WriteBytes - bench.RivalBytes, state.Bytes);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Skipping_and_the_order_of_evaluation_change_no_cycle_of_any_operation(bool store)
    {
        ulong[][] runs = [.. new[] { (true, false), (false, false), (true, true), (false, true) }.Select(mode =>
        {
            var random = new TestRandom(8);
            var bench = new DmaBench(new DmaConditions
            {
                Store = store, EveryCycle = mode.Item1, Reversed = mode.Item2, Outstanding = 3, RandomCycles = 50, StallPercent = 30, RivalPercent = 30,
            });
            for (int i = 0; i < 12; i++)
                bench.Add(DmaStimulus.Next(store, i % 4, ref random));
            var hashes = new List<ulong>();
            bench.Run.Run(3000, () => hashes.Add(bench.Hash()));
            return hashes.ToArray();
        })];
        for (int i = 1; i < runs.Length; i++)
            Assert.Equal(runs[0], runs[i]);
    }

    // As a copy of 64 bytes, which is done at 27: its flit is written at 23, so that 22 beats of fill fit before it. Elements
    // 64 bytes apart are a beat each.
    [Theory]
    [InlineData(1, 27)]
    [InlineData(22, 27)]
    [InlineData(23, 28)]
    [InlineData(40, 45)]
    public void Fill_is_written_from_the_acceptance_on_and_makes_way_for_flits(int before, long done)
    {
        var bench = new DmaBench(new DmaConditions());
        Descriptor copy = DmaBench.Copy(false, 0, 0, ElementType.Int8, ElementType.Int8, [1], [1], [64]);
        bench.Add(DmaReference.Padded(in copy, 0x5A, before, 0));
        bench.Finish();
        Assert.Equal(done, bench.Done[0].Edge);
        Assert.Single(bench.Stub.Headers);
        Assert.Equal((before + 1, 1), (bench.State.Beats, bench.Stub.Headers[0].Length));
        Assert.Equal(0x5A, bench.Scratchpad.Bytes[(before - 1) * 64]);
    }

    [Theory]
    [InlineData(64, 0, 1)]
    [InlineData(65, 0, 2)]
    [InlineData(64, 1, 2)]
    [InlineData(63, 1, 1)]
    public void A_beat_of_fill_ends_at_its_line(int after, int offset, int beats)
    {
        var bench = new DmaBench(new DmaConditions());
        Descriptor copy = DmaBench.Dense(false, 0, 128 + offset - 1, 1);
        bench.Add(DmaReference.Padded(in copy, 7, 0, after));
        bench.Finish();
        Assert.Equal(1 + beats, bench.State.Beats);
        Assert.Equal(1, bench.Stub.Headers.Sum(h => h.Length));
    }

    [Fact]
    public void A_conflicting_reader_delays_fill_and_is_in_the_pair_table()
    {
        long Cycles(uint rival, out long conflicts)
        {
            var bench = new DmaBench(new DmaConditions { RivalPercent = rival });
            Descriptor copy = DmaBench.Copy(false, 0, 0, ElementType.Int8, ElementType.Int8, [1, 64], [1, 1], [1, 256]);
            bench.Add(DmaReference.Padded(in copy, 7, 255, 0));
            bench.Finish();
            conflicts = bench.Scratchpad.Conflicts(0, 1);
            return bench.Done[0].Edge;
        }

        long alone = Cycles(0, out long none), together = Cycles(90, out long some);
        Assert.Equal(0, none);
        Assert.True(some > 20);
        Assert.True(together > alone);
    }

    // As a flit of 64 bytes, which is done at 27; 128 elements are two lines.
    [Theory]
    [InlineData(1, 0, 27)]
    [InlineData(64, 0, 27)]
    [InlineData(65, 0, 28)]
    [InlineData(128, 0, 28)]
    [InlineData(129, 0, 29)]
    [InlineData(64, 1, 28)]
    public void A_flit_of_int4_takes_a_beat_a_line_of_int8(int elements, int scratchpad, long done)
    {
        var bench = new DmaBench(new DmaConditions());
        bench.Add(DmaBench.Copy(false, 0, scratchpad, ElementType.Int4, ElementType.Int8, [elements], [0], [1]));
        bench.Finish();
        Assert.Equal(done, bench.Done[0].Edge);
        Assert.Equal((elements + 1) / 2, bench.Stub.Headers.Sum(h => h.Length));
    }

    [Theory]
    [InlineData(1024, 1)]
    [InlineData(1025, 2)]
    public void A_transaction_has_1024_int4(int elements, int transactions)
    {
        foreach (bool store in new[] { false, true })
        {
            var bench = new DmaBench(new DmaConditions { Store = store });
            bench.Add(store
                ? DmaBench.Copy(true, 0, 0, ElementType.Int8, ElementType.Int4, [elements], [1], [0])
                : DmaBench.Copy(false, 0, 0, ElementType.Int4, ElementType.Int8, [elements], [0], [1]));
            bench.Finish();
            Assert.Equal(transactions, bench.Stub.Headers.Count);
        }
    }

    // Only the last row of the window lies in its image of one row: the rows above pass an edge each.
    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 3)]
    [InlineData(5, 6)]
    public void A_row_of_a_window_outside_its_image_takes_an_edge(int rows, long header)
    {
        var bench = new DmaBench(new DmaConditions());
        ImageWindows windows = DmaReference.Plain(4, 1, 8) with { Rows = rows, Columns = 8, Top = rows - 1, WindowsAcross = 1 };
        bench.Add(DmaReference.Im2col(0, 0, ElementType.Int8, ElementType.Int8, 1, rows * 32, windows, rows * 32));
        bench.Finish();
        Assert.Equal(header, Assert.Single(bench.Stub.Headers).Edge);
        Assert.Equal(32, bench.Stub.Headers[0].Length);
    }

    // The last row of the window lies below its image. The rows above have no zeros and take an edge each, so that the beat of
    // zeros can be at edge `rows`: before the flits, which are written at 23 and on, or at 23 itself and then after all of them.
    [Theory]
    [InlineData(22, 23 + 21 - 1 + 4)]
    [InlineData(23, 23 + 22 + 4)]
    public void Zeros_are_written_between_flits_and_fetch_nothing(int rows, long done)
    {
        var bench = new DmaBench(new DmaConditions { Outstanding = 64 });
        ImageWindows windows = DmaReference.Plain(64, rows - 1, 1) with { Rows = rows, WindowsDown = 1, WindowsAcross = 1 };
        bench.Add(DmaReference.Im2col(0, 0, ElementType.Int8, ElementType.Int8, 1, rows * 64, windows, rows * 64));
        bench.Finish();
        Assert.Equal(rows - 1, bench.Stub.Headers.Count);
        Assert.Equal(rows, bench.State.Beats);
        Assert.Equal(done, bench.Done[0].Edge);
    }

    [Theory]
    [InlineData(1, 1, 3)] // a row of the window each
    [InlineData(2, 1, 9)] // a pixel each
    [InlineData(1, 2, 3)]
    public void Neighbours_in_a_row_of_a_window_are_one_transaction(int dilation, int stride, int transactions)
    {
        var bench = new DmaBench(new DmaConditions());
        ImageWindows windows = DmaReference.Plain(8, 8, 8) with { Rows = 3, Columns = 3, DilationAcross = dilation, Down = stride, Across = stride };
        bench.Add(DmaReference.Im2col(0, 0, ElementType.Int8, ElementType.Int8, 1, 72, windows, 72));
        bench.Finish();
        Assert.Equal(transactions, bench.Stub.Headers.Count);
        Assert.Equal(72, bench.Stub.Headers.Sum(h => h.Length));
    }

    [Fact]
    public void Windows_over_the_edges_fetch_only_what_lies_inside()
    {
        var bench = new DmaBench(new DmaConditions());
        ImageWindows windows = DmaReference.Plain(2, 5, 7) with { Rows = 3, Columns = 3, Top = 1, Left = 1 };
        Descriptor d = DmaReference.Im2col(0, 0, ElementType.Bf16, ElementType.Bf16, 35, 18, windows, 36);
        var golden = new DmaReference(bench);
        golden.Execute(in d);
        bench.Add(d);
        bench.Finish();
        Assert.Equal(golden.Scratchpad, bench.Scratchpad.Bytes);
        Assert.Equal(((3 * 5) - 2) * ((3 * 7) - 2) * 4, bench.Stub.Headers.Sum(h => h.Length));
        Assert.Equal(35 * 36, bench.State.Bytes);
    }

    // dispatch pushes at 0; accepted, opened and read at 1, taken by the stub at 2, which answers 20 later; flits at 23 and on; the
    // header leaves with the last of them and is seen at the next edge.
    [Theory]
    [InlineData(16, 24)]
    [InlineData(17, 25)]
    [InlineData(128, 31)]
    public void A_sum_reads_its_bytes_first_and_leaves_when_the_last_flit_is_there(int elements, long header)
    {
        var bench = new DmaBench(new DmaConditions { Store = true });
        bench.Add(DmaReference.Accumulate(0, 0, ElementType.Fp32, [elements], [4], [4]));
        bench.Finish();
        Assert.Equal([2, header], bench.Stub.Headers.Select(h => h.Edge));
        Assert.Equal([elements * 4, elements * 4], bench.Stub.Headers.Select(h => h.Length));
        Assert.Equal(bench.Stub.Acknowledgements[0] + 3, bench.Done[0].Edge);
        bench.State.Ledger.Settle(bench.Run.Core.Edge);
        Assert.True(bench.State.Ledger[Array.IndexOf(StoreEngine.Causes, "WaitHbm")] > 10);
    }

    // A copy of 64 bytes has its header at 4, unless a sum is accepted at 3: its read takes the link at that edge.
    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 5)]
    public void A_read_of_addends_goes_before_a_header(int sums, long header)
    {
        var bench = new DmaBench(new DmaConditions { Store = true });
        bench.Add(DmaBench.Dense(true, 8192, 8192, 64));
        for (int i = 0; i < sums; i++)
            bench.Add(DmaReference.Accumulate(i * 512, i * 512, ElementType.Fp32, [16], [4], [4]));
        bench.Finish();
        Assert.Equal(header, bench.Stub.Headers.First(h => h.Address == (ulong)(DmaBench.Stream + 8192)).Edge);
    }

    [Theory]
    [InlineData(16, false)]
    [InlineData(15, true)]
    public void A_read_of_addends_waits_for_an_older_transaction_to_the_same_bytes(int apart, bool waits)
    {
        var bench = new DmaBench(new DmaConditions { Store = true });
        var golden = new DmaReference(bench);
        for (int i = 0; i < 2; i++)
        {
            Descriptor d = DmaReference.Accumulate(i * apart * 4, i * 64, ElementType.Fp32, [16], [4], [4]);
            golden.Execute(in d);
            bench.Add(d);
        }

        bench.Finish();
        Assert.Equal(golden.Memory, bench.MemoryBytes());
        long second = bench.Stub.Headers.Where(h => h.Address == (ulong)(DmaBench.Stream + (apart * 4))).Min(h => h.Edge);
        Assert.Equal(waits ? bench.Stub.Acknowledgements[0] + 2 : 3, second);
    }

    [Fact]
    public void Sums_are_those_of_fp32_and_a_NaN_is_canonical()
    {
        var bench = new DmaBench(new DmaConditions { Store = true });
        float[] memory = [1f, float.PositiveInfinity, float.NaN, 16777216f, -0f, float.MaxValue];
        float[] local = [2f, float.NegativeInfinity, 1f, 1f, -0f, float.MaxValue];
        uint[] expected = [0x4040_0000, 0x7FC0_0000, 0x7FC0_0000, 0x4B80_0000, 0x8000_0000, 0x7F80_0000];
        byte[] bytes = new byte[24];
        Buffer.BlockCopy(memory, 0, bytes, 0, 24);
        bench.Memory.Write(DmaBench.Stream, bytes);
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(local.AsSpan()).CopyTo(bench.Scratchpad.Bytes);
        bench.Add(DmaReference.Accumulate(0, 0, ElementType.Fp32, [6], [4], [4]));
        bench.Finish();
        uint[] found = new uint[6];
        Buffer.BlockCopy(bench.MemoryBytes(), 0, found, 0, 24);
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Packing_saturates_and_clears_the_half_that_no_element_has()
    {
        var bench = new DmaBench(new DmaConditions { Store = true });
        byte[] numbers = [7, 8, 0xF8, 0xF7, 0x80, 0x7F, 3];
        numbers.CopyTo(bench.Scratchpad.Bytes);
        bench.Add(DmaBench.Copy(true, 0, 0, ElementType.Int8, ElementType.Int4, [7], [1], [0]));
        bench.Finish();
        Assert.Equal([0x77, 0x88, 0x78, 0x03], bench.MemoryBytes()[..4]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_cycle_of_any_operation_has_one_cause(bool store)
    {
        var random = new TestRandom(21);
        var bench = new DmaBench(new DmaConditions { Store = store, RivalPercent = 90, StallPercent = 60, Outstanding = 2 });
        for (int i = 0; i < 8; i++)
            bench.Add(DmaStimulus.Next(store, i % 4, ref random));
        bench.Finish(200_000, () =>
        {
            bench.State.Ledger.Settle(bench.Run.Core.Edge);
            long sum = 0;
            for (int cause = 0; cause < Ledger.MaximumCauses; cause++)
                sum += bench.State.Ledger[cause];
            Assert.Equal(bench.Run.Core.Edge + 1, sum);
        });
    }
}
