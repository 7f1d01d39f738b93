using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>Rules LD-1 to LD-5 and ST-1 to ST-6 of the DMA engines.</summary>
public class DmaTests
{
    private static readonly (ElementType From, ElementType To)[] s_types =
    [
        (ElementType.Int8, ElementType.Int8), (ElementType.Uint8, ElementType.Uint8), (ElementType.Int16, ElementType.Int16),
        (ElementType.Int32, ElementType.Int32), (ElementType.Bf16, ElementType.Bf16), (ElementType.Fp32, ElementType.Fp32),
        (ElementType.Fp32, ElementType.Bf16), (ElementType.Bf16, ElementType.Fp32),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Strided_copies_of_any_shape_move_the_bytes_the_ISA_names_and_no_others(bool store)
    {
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue)), seed =>
        {
            var random = new TestRandom((ulong)seed + 1);
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
            Descriptor[] copies = [.. Enumerable.Range(0, 4).Select(zone => RandomCopy(store, zone, ref random))];
            byte[] source = store ? bench.Scratchpad.Bytes.ToArray() : bench.MemoryBytes();
            byte[] expected = store ? bench.MemoryBytes() : bench.Scratchpad.Bytes.ToArray();
            byte[] zone = new byte[expected.Length];

            // At each report that descriptor's zone of 32 KiB is as it must be: done means every byte is there.
            bench.OnDone = sequence =>
            {
                (store ? bench.MemoryBytes() : bench.Scratchpad.Bytes.ToArray()).CopyTo(zone, 0);
                int start = (int)sequence << 15;
                Assert.True(expected.AsSpan(start, 1 << 15).SequenceEqual(zone.AsSpan(start, 1 << 15)), $"descriptor {sequence}");
            };
            foreach (Descriptor copy in copies)
            {
                DmaBench.Expect(copy, source, expected);
                bench.Add(copy);
            }

            bench.Finish(200_000);
            Assert.Equal([0u, 1u, 2u, 3u], bench.Done.Select(d => d.Sequence));
            DmaState state = bench.State;
            Assert.Equal(0, state.Used + state.InFlight);
            Assert.Equal(bench.Scratchpad.State.ReadBytes + bench.Scratchpad.State.WriteBytes - bench.RivalBytes, state.Bytes);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Skipping_and_the_order_of_evaluation_change_no_cycle_of_a_copy(bool store)
    {
        ulong[][] runs = [.. new[] { (true, false), (false, false), (true, true), (false, true) }.Select(mode =>
        {
            var random = new TestRandom(5);
            var bench = new DmaBench(new DmaConditions
            {
                Store = store, EveryCycle = mode.Item1, Reversed = mode.Item2, Outstanding = 3, RandomCycles = 50, StallPercent = 30, RivalPercent = 30,
            });
            for (int i = 0; i < 12; i++)
                bench.Add(i % 3 == 0 ? DmaBench.Dense(store, i * 900, i * 900, 1 + random.Next(700)) : RandomCopy(store, i % 4, ref random));
            var hashes = new List<ulong>();
            bench.Run.Run(2500, () => hashes.Add(bench.Hash()));
            return hashes.ToArray();
        })];
        for (int i = 1; i < runs.Length; i++)
            Assert.Equal(runs[0], runs[i]);
    }

    [Theory]
    [InlineData(512, 0, 1)]
    [InlineData(513, 0, 2)]
    [InlineData(512, 1, 2)]
    [InlineData(511, 1, 1)]
    [InlineData(1, 511, 1)]
    [InlineData(2, 511, 2)]
    public void A_transaction_ends_at_its_granule_of_512_bytes(int bytes, int hbm, int transactions)
    {
        foreach (bool store in new[] { false, true })
        {
            var bench = new DmaBench(new DmaConditions { Store = store });
            bench.Add(DmaBench.Dense(store, hbm, 0, bytes));
            bench.Finish();
            Assert.Equal(transactions, bench.Stub.Headers.Count);
            Assert.Equal(bytes, bench.Stub.Headers.Sum(h => h.Length));
        }
    }

    [Fact]
    public void Rows_that_continue_each_other_on_both_sides_are_one_run()
    {
        var bench = new DmaBench(new DmaConditions());
        bench.Add(DmaBench.Copy(false, 0, 0, ElementType.Fp32, ElementType.Fp32, [8, 4, 4], [4, 32, 128], [4, 32, 128]));
        bench.Finish();
        Assert.Single(bench.Stub.Headers);
        bench.Add(DmaBench.Copy(false, 0, 0, ElementType.Fp32, ElementType.Fp32, [8, 4, 4], [4, 32, 128], [4, 32, 132]));
        bench.Finish();
        Assert.Equal(1 + 4, bench.Stub.Headers.Count);
    }

    // dispatch pushes at 0; the engine accepts and asks at 1, the stub takes it at 2 and answers 20 later; the flit is written
    // at 23, granted at 24, acknowledged at 25, reported at 26 and seen at 27.
    [Theory]
    [InlineData(1, 27)]
    [InlineData(64, 27)]
    [InlineData(65, 28)]
    [InlineData(512, 34)]
    public void A_load_takes_a_cycle_a_flit_and_seven_around_its_memory(int bytes, long done)
    {
        var bench = new DmaBench(new DmaConditions());
        bench.Add(DmaBench.Dense(false, 0, 0, bytes));
        bench.Finish();
        Assert.Equal(2, bench.Stub.Headers[0].Edge);
        Assert.Equal(done, bench.Done[0].Edge);
    }

    // dispatch pushes at 0; accepted, opened and its first beat asked at 1, granted at 2, arrived at 3, header at 3; a data flit an edge after.
    [Theory]
    [InlineData(64, 4)]
    [InlineData(65, 5)]
    [InlineData(512, 11)]
    public void A_store_sends_its_header_when_the_last_beat_is_in_its_buffer(int bytes, long header)
    {
        var bench = new DmaBench(new DmaConditions { Store = true });
        bench.Add(DmaBench.Dense(true, 0, 0, bytes));
        bench.Finish();
        Assert.Equal(header, bench.Stub.Headers[0].Edge);
        Assert.Equal(bench.Stub.Acknowledgements[^1] + 3, bench.Done[0].Edge);
    }

    [Fact]
    public void Loads_sustain_a_flit_a_cycle_with_enough_transactions_and_fewer_with_one_less()
    {
        long Cycles(int outstanding)
        {
            var bench = new DmaBench(new DmaConditions { Outstanding = outstanding });
            bench.Add(DmaBench.Dense(false, 0, 0, 32_000));
            bench.Finish();
            return bench.Done[0].Edge;
        }

        Assert.InRange(Cycles(8), 500, 540);
        Assert.True(Cycles(1) > 2 * Cycles(8));
        Assert.True(Cycles(2) > Cycles(8));
    }

    [Fact]
    public void A_conflicting_reader_delays_a_load_and_is_in_the_pair_table()
    {
        long Cycles(uint rival, out long conflicts, out long bytes)
        {
            var bench = new DmaBench(new DmaConditions { RivalPercent = rival });
            bench.Add(DmaBench.Dense(false, 0, 0, 16_384));
            bench.Finish();
            Assert.Equal(bench.MemoryBytes().AsSpan(0, 16_384), bench.Scratchpad.Bytes[..16_384]);
            conflicts = bench.Scratchpad.Conflicts(0, 1);
            bytes = bench.State.Bytes;
            Assert.Equal(0, bench.Scratchpad.Conflicts(1, 0));
            return bench.Done[0].Edge;
        }

        long alone = Cycles(0, out long none, out long bytes), together = Cycles(90, out long some, out long same);
        Assert.Equal(0, none);
        Assert.True(some > 20);
        Assert.True(together > alone);
        Assert.Equal(bytes, same);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Descriptors_overlap_and_are_reported_in_order(bool store)
    {
        var bench = new DmaBench(new DmaConditions { Store = store, LatencyCycles = 100, RandomCycles = 200 });
        for (int i = 0; i < 8; i++)
            bench.Add(DmaBench.Dense(store, i * 512, i * 512, 64));
        bench.Finish();
        Assert.Equal(Enumerable.Range(0, 8), bench.Done.Select(d => (int)d.Sequence));
        Assert.Equal(DmaConfig.DescriptorSlots, bench.Stub.MostPending);
        Assert.True(bench.Stub.Overtakings > 0);
        Assert.True(bench.Done[7].Edge < 8 * 120);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_cycle_of_an_engine_has_one_cause(bool store)
    {
        var bench = new DmaBench(new DmaConditions { Store = store, RivalPercent = 90, StallPercent = 60, Outstanding = 2 });
        bench.Add(DmaBench.Dense(store, 7, 5, 8000));
        bench.Finish(after: () =>
        {
            bench.State.Ledger.Settle(bench.Run.Core.Edge);
            long sum = 0;
            for (int cause = 0; cause < Ledger.MaximumCauses; cause++)
                sum += bench.State.Ledger[cause];
            Assert.Equal(bench.Run.Core.Edge + 1, sum);
        });
        Assert.True(bench.State.Ledger[Ledger.Busy] > 0);
        if (!store)
            Assert.True(bench.State.Ledger[Array.IndexOf(LoadEngine.Causes, "StallNoTransaction")] > 0);
    }

    [Fact]
    public void Conversion_rounds_to_nearest_even_and_makes_NaN_canonical()
    {
        float[] values = [1f, 1.00390625f, 1.01171875f, -0f, float.NaN, BitConverter.UInt32BitsToSingle(0xFF80_0001), float.PositiveInfinity, float.MaxValue, 1e-40f];
        ushort[] expected = [0x3F80, 0x3F80, 0x3F82, 0x8000, 0x7FC0, 0x7FC0, 0x7F80, 0x7F80, 0x0001];
        ushort[] narrow = new ushort[values.Length];
        ElementConversion.Convert(
            ElementType.Fp32, ElementType.Bf16, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()),
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(narrow.AsSpan()));
        Assert.Equal(expected, narrow);
        uint[] wide = new uint[2];
        ushort[] nan = [0xFFC1, 0x8001];
        ElementConversion.Convert(
            ElementType.Bf16, ElementType.Fp32, System.Runtime.InteropServices.MemoryMarshal.AsBytes(nan.AsSpan()),
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(wide.AsSpan()));
        Assert.Equal([0xFFC1_0000u, 0x8001_0000u], wide);
    }

    private static Descriptor RandomCopy(bool store, int zone, ref TestRandom random)
    {
        (ElementType from, ElementType to) = s_types[random.Next(s_types.Length)];
        int dimensions = 1 + random.Next(3), s = from.SizeBytes(), d = to.SizeBytes();
        int[] counts = [.. new[] { 1 + random.Next(40), 1 + random.Next(6), 1 + random.Next(4) }.Take(dimensions)];
        bool dense = random.Next(3) != 0;
        int source0 = dense ? s : s * (1 + random.Next(3)), destination0 = dense ? d : d * (1 + random.Next(3));
        int row = counts[0] * destination0, rows = dimensions > 1 ? counts[1] : 1;
        int destination1 = row + (d * random.Next(2) * random.Next(12)), destination2 = (rows * destination1) + (d * random.Next(2) * random.Next(40));
        int source1 = random.Next(2) == 0 ? counts[0] * source0 : s * (random.Next(120) - 60);
        int source2 = random.Next(2) == 0 ? rows * source1 : s * (random.Next(600) - 300);
        int sign1 = random.Next(4) == 0 ? -1 : 1, sign2 = random.Next(4) == 0 ? -1 : 1;
        long to0 = (zone << 15) + 16_384 + (d * random.Next(100)), from0 = (zone << 15) + 16_384 + (s * random.Next(100));
        return DmaBench.Copy(
            store, store ? to0 : from0, store ? from0 : to0, from, to, counts,
            [.. new[] { source0, source1, source2 }.Take(dimensions)],
            [.. new[] { destination0, sign1 * destination1, sign2 * destination2 }.Take(dimensions)]);
    }
}
