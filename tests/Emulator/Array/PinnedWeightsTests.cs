using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>mx.load and mx.stream: bits against the reference, engine against engine, and what stays where.</summary>
public class PinnedWeightsTests
{
    [Fact]
    public void Any_sequence_of_loads_streams_and_products_gives_the_bits_of_the_reference_in_both_engines()
    {
        Gen<PinnedCase> cases =
            from shape in Gen.Choose(0, PinnedCase.Shapes.Length - 1)
            from seed in Gen.Choose(0, 1_000_000)
            from steps in Gen.Choose(1, 24)
            from stall in Gen.Elements(0, 0, 20, 60)
            from look in Gen.Elements(0, 1, 10, 40, 200)
            from ahead in Gen.Choose(0, 2)
            from core in Gen.Elements(0, 0, 5, 60)
            from packs in Gen.Elements(false, true)
            from single in Gen.Elements(false, false, true)
            select new PinnedCase(shape, (ulong)seed, steps, stall, look, ahead, core, packs, single);
        Prop.ForAll(Arb.From(cases, c => c.Shrink()), Agree).Check(Config.QuickThrowOnFailure.WithMaxTest(400));
    }

    [Fact]
    public void Skipping_idle_edges_of_pinned_weights_changes_no_state_at_any_edge()
    {
        for (int seed = 0; seed < 24; seed++)
        {
            var c = new PinnedCase(seed % PinnedCase.Shapes.Length, (ulong)seed, 10, seed % 3 * 25, 0, seed % 3, 0, (seed & 1) != 0, seed % 5 == 0);
            MatrixBench every = c.Run(ArrayEngine.Fast, everyEdge: true, looks: _ => true);
            MatrixBench skipping = c.Run(ArrayEngine.Fast, everyEdge: false, looks: _ => true);
            Assert.Equal(every.Hashes, skipping.Hashes);
            Assert.Equal(every.Finished, skipping.Finished);

            // Without a look the fast engine stays one: it sleeps and settles by its closed form.
            MatrixBench unseen = c.Run(ArrayEngine.Fast, everyEdge: false);
            Assert.Equal(every.Finished, unseen.Finished);
            Assert.Equal(every.Unit.State.ArrayCycles, unseen.Unit.State.ArrayCycles);
            Assert.True(unseen.Evaluations < every.Evaluations);
        }
    }

    [Theory]
    [InlineData(8, 8, 24, 8)]
    [InlineData(8, 8, 29, 21)]
    [InlineData(5, 7, 23, 20)]
    [InlineData(32, 32, 70, 64)]
    public void Tiles_of_a_product_folded_by_hand_give_the_bits_of_one_product(int rows, int columns, int k, int n)
    {
        var config = new MatrixConfig(rows, columns, 65536);
        var product = new MatrixCase(13, k, n, false, false, false, 1, true, 3);
        uint[] expected = product.Run(config);
        foreach (int ahead in new[] { 0, 2 })
        {
            // One block of columns after the other, through the same slot.
            var bench = new MatrixBench(config) { Ahead = ahead };
            product.Fill(bench.Scratchpad.Bytes);
            Descriptor whole = product.Matmul(0), drain = product.RawDrain();

            // The operands' addresses are multiples of 16 bytes: tiles of other widths are copied to where they may start.
            int copies = 0xC0000;
            for (int j = 0; j < n; j += columns)
            {
                int width = Math.Min(columns, n - j);
                for (int l = 0; l < k; l += rows)
                {
                    int depth = Math.Min(rows, k - l);
                    Descriptor load = Copied(bench, whole, ref copies, whole.B, whole.PitchB, l, j, depth, width);
                    Descriptor stream = Copied(bench, whole, ref copies, whole.A, whole.PitchA, 0, l, 13, depth);
                    bench.Program.Enqueue(Load(whole with { B = load.A, PitchB = load.PitchA, N1 = depth, N2 = width }));
                    bench.Program.Enqueue(Stream(whole with { A = stream.A, PitchA = stream.PitchA, N1 = depth, N2 = width }, l > 0));
                }

                bench.Program.Enqueue(drain with { D = drain.D + (ulong)(j / columns * 0x4000), N2 = width });
            }

            bench.Run();
            for (int i = 0; i < 13; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    int place = (int)(drain.D - AddressMap.Scratchpad) + (j / columns * 0x4000) + (i * drain.PitchD) + (j % columns * 4);
                    Assert.Equal(expected[(i * n) + j], BitConverter.ToUInt32(bench.Scratchpad.Bytes.AsSpan(place)));
                }
            }
        }
    }

    [Fact]
    public void The_weights_of_a_tile_give_the_same_bits_on_every_array_that_holds_it()
    {
        foreach ((ElementType a, ElementType b) in MatrixCase.Types)
        {
            var product = new MatrixCase(9, 5, 7, a != ElementType.Bf16, false, true, 1, true, 4) { TypeA = a, TypeB = b };
            uint[] expected = product.Expected();
            foreach ((int rows, int columns, int latency) in PinnedCase.Shapes.Where(s => s.Rows >= 5 && s.Columns >= 7))
            {
                foreach (int packs in new[] { 0, 1 })
                {
                    var config = new MatrixConfig(rows, columns, 32768, latency, Int8Packing: packs == 1 ? 4 : 1, Int4Packing: packs == 1 ? 8 : 1);
                    var bench = new MatrixBench(config, stallPercent: 20);
                    product.Fill(bench.Scratchpad.Bytes);
                    bench.Program.Enqueue(Load(product.Matmul(0)));
                    bench.Program.Enqueue(Stream(product.Matmul(0), false));
                    bench.Program.Enqueue(product.RawDrain());
                    bench.Run();
                    Assert.Equal(expected, Words(bench, product));
                }
            }
        }
    }

    [Fact]
    public void Weights_stay_when_their_memory_is_overwritten_and_a_zero_and_a_drain_come_between()
    {
        foreach (ArrayEngine engine in Enum.GetValues<ArrayEngine>())
        {
            var bench = new MatrixBench(new MatrixConfig(8, 8, 32768, Engine: engine));
            var product = new MatrixCase(6, 8, 8, false, false, false, 1, false, 4);
            product.Fill(bench.Scratchpad.Bytes);
            bench.Program.Enqueue(Load(product.Matmul(0)));
            bench.Run();
            bench.Scratchpad.Bytes.AsSpan((int)(product.Matmul(0).B - AddressMap.Scratchpad), 8 * product.Matmul(0).PitchB).Fill(0x55);
            for (int i = 0; i < 3; i++)
            {
                bench.Program.Enqueue(new Descriptor { Opcode = DescriptorOpcode.MxZero, TypeAccumulator = ElementType.Fp32, N0 = 6, N2 = 8, Slot = 1 });
                bench.Program.Enqueue(Stream(product.Matmul(0), false));
                bench.Program.Enqueue(product.RawDrain());
                bench.Run();
                Assert.Equal(product.Expected(), Words(bench, product));
            }
        }
    }

    [Fact]
    public void Loads_that_no_stream_uses_leave_the_weights_in_the_PEs_however_many_they_are()
    {
        var product = new MatrixCase(6, 8, 8, false, false, false, 1, false, 4);
        Descriptor load = Load(product.Matmul(0)), stream = Stream(product.Matmul(0), false);
        foreach (int loads in new[] { 1, 2, 3, 17, 40 })
        {
            var seen = new List<ulong>[2];
            foreach (ArrayEngine engine in Enum.GetValues<ArrayEngine>())
            {
                var bench = new MatrixBench(new MatrixConfig(8, 8, 32768, Engine: engine));
                product.Fill(bench.Scratchpad.Bytes);
                bench.Program.Enqueue(load with { B = load.B + 32 });
                bench.Program.Enqueue(stream);
                for (int i = 0; i < loads; i++)
                    bench.Program.Enqueue(i == loads - 1 ? load : load with { B = load.B + (ulong)(16 * (i % 5)) });
                bench.Run();
                bench.Hashes = [Hash(bench)];
                bench.Program.Enqueue(stream);
                bench.Program.Enqueue(product.RawDrain());
                bench.Run();
                Assert.Equal(product.Expected(), Words(bench, product));
                seen[(int)engine] = bench.Hashes;
            }

            Assert.Equal(seen[1], seen[0]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pinned_weights_are_part_of_a_checkpoint(bool used)
    {
        // Saved in the shadow only, tokens on their way, or in the PEs as well.
        var config = new MatrixConfig(8, 8, 32768);
        var product = new MatrixCase(6, 7, 5, false, false, false, 1, false, 4);
        var saved = new MatrixBench(config);
        product.Fill(saved.Scratchpad.Bytes);
        saved.Program.Enqueue(Load(product.Matmul(0)));
        if (used)
            saved.Program.Enqueue(Stream(product.Matmul(0), false));
        saved.Run();
        using var stream = new MemoryStream();
        saved.Unit.Walk(StateArchive.ForSave(stream), saved.Edge);

        var restored = new MatrixBench(config);
        new MatrixCase(9, 20, 11, false, false, false, 1, false, 8).Run(restored);
        product.Fill(restored.Scratchpad.Bytes);
        restored.Scratchpad.Bytes.AsSpan((int)(product.Matmul(0).B - AddressMap.Scratchpad), 0x1000).Clear();
        stream.Position = 0;
        restored.Unit.Walk(StateArchive.ForLoad(stream), restored.Edge);
        restored.Program.Enqueue(Stream(product.Matmul(0), false));
        restored.Program.Enqueue(product.RawDrain());
        restored.Run();
        Assert.Equal(product.Expected(), Words(restored, product));
    }

    [Fact]
    public void Loads_and_streams_allocate_no_byte()
    {
        // The least of some runs: a collection that somebody else's garbage starts shifts the thread's count by a few bytes.
        long least = long.MaxValue;
        for (int run = 0; run < 3; run++)
            least = Math.Min(least, new PinnedCase(0, 11, 20, 20, 0, 2, 0, true, false).Run(ArrayEngine.Fast, everyEdge: false).AllocatedBytes);
        Assert.Equal(0, least);
    }

    [Fact]
    public void Every_edge_of_loads_and_streams_has_one_cause()
    {
        MatrixBench bench = new PinnedCase(0, 11, 20, 20, 0, 2, 0, true, false).Run(ArrayEngine.Fast, everyEdge: false);
        bench.Unit.State.Ledger.Settle(bench.Edge);
        long sum = 0;
        for (int cause = 0; cause < MatrixUnit.Causes.Length; cause++)
            sum += bench.Unit.State.Ledger[cause];
        Assert.Equal(bench.Edge + 1, sum);
    }

    public static Descriptor Load(Descriptor product)
    {
        product.Opcode = DescriptorOpcode.MxLoad;
        (product.A, product.N0, product.PitchA, product.Slot, product.TypeAccumulator) = (0, 0, 0, 0, ElementType.None);
        (product.Accumulate, product.TransposeA) = (false, false);
        return product;
    }

    public static Descriptor Stream(Descriptor product, bool accumulate)
    {
        product.Opcode = DescriptorOpcode.MxStream;
        (product.B, product.PitchB, product.TransposeB, product.Accumulate) = (0, 0, false, accumulate);
        return product;
    }

    private static uint[] Words(MatrixBench bench, MatrixCase product)
    {
        Descriptor drain = product.RawDrain();
        var words = new uint[drain.N0 * drain.N2];
        for (int at = 0; at < words.Length; at++)
            words[at] = BitConverter.ToUInt32(bench.Scratchpad.Bytes.AsSpan((int)(drain.D - AddressMap.Scratchpad) + (at / drain.N2 * drain.PitchD) + (at % drain.N2 * 4)));
        return words;
    }

    /// <summary>Copies a tile of bf16 to where its own address is a multiple of 16; the place is in the result's A.</summary>
    private static Descriptor Copied(MatrixBench bench, Descriptor form, ref int place, ulong matrix, int pitch, int row, int column, int rows, int columns)
    {
        int tilePitch = ((columns * 2) + 15) / 16 * 16;
        for (int i = 0; i < rows; i++)
        {
            int from = (int)(matrix - AddressMap.Scratchpad) + ((row + i) * pitch) + (column * 2);
            bench.Scratchpad.Bytes.AsSpan(from, columns * 2).CopyTo(bench.Scratchpad.Bytes.AsSpan(place + (i * tilePitch)));
        }

        Descriptor copied = form with { A = AddressMap.Scratchpad + (ulong)place, PitchA = tilePitch };
        place += rows * tilePitch;
        return copied;
    }

    private static void Agree(PinnedCase c)
    {
        MatrixBench fast = c.Run(ArrayEngine.Fast, everyEdge: false), step = c.Run(ArrayEngine.Step, everyEdge: (c.Seed & 1) != 0);
        Assert.Equal(c.Expected(), PinnedCase.Written(step));
        Assert.Equal(step.Scratchpad.Bytes, fast.Scratchpad.Bytes);
        Assert.Equal(step.Finished, fast.Finished);
        Assert.Equal(step.Hashes, fast.Hashes);
        Assert.Equal(step.CoreResponses.Select(r => BitConverter.ToUInt32(Line64.ReadSpan(in r.Data))), fast.CoreResponses.Select(r => BitConverter.ToUInt32(Line64.ReadSpan(in r.Data))));
        Assert.Equal(Hash(step), Hash(fast));
    }

    private static ulong Hash(MatrixBench bench)
    {
        StateArchive archive = StateArchive.ForHash();
        bench.Unit.Walk(archive, bench.Edge);
        return archive.Hash;
    }
}
