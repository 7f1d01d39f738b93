using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>The fast engine against the step engine: same reports at the same edges, same bytes, same registers whenever one looks.</summary>
public class EngineTests
{
    private static readonly (int Rows, int Columns, int Latency)[] Shapes =
        [(8, 8, 2), (5, 7, 2), (1, 1, 1), (3, 40, 1), (40, 3, 4), (16, 16, 3), (32, 32, 2), (1, 20, 2), (20, 1, 2), (17, 33, 2), (9, 70, 2)];

    private static readonly SimdWidth[] Widths = [SimdWidth.Widest, SimdWidth.Scalar, SimdWidth.Vector128, SimdWidth.Vector256, SimdWidth.Vector512];

    [Fact]
    public void Fast_and_step_engine_agree_at_every_cycle_one_looks_at()
    {
        Gen<EngineCase> cases =
            from shape in Gen.Choose(0, Shapes.Length - 1)
            from width in Gen.Choose(0, Widths.Length - 1)
            from seed in Gen.Choose(0, 1_000_000)
            from products in Gen.Choose(1, 4)
            from stall in Gen.Elements(0, 0, 15, 60)
            from look in Gen.Elements(0, 1, 10, 40)
            from core in Gen.Elements(0, 0, 4, 150)
            from packs in Gen.Elements(false, true)
            from accumulate in Gen.Elements(AccumulatePlace.Top, AccumulatePlace.Bottom)
            from single in Gen.Elements(false, true)
            select new EngineCase(shape, width, (ulong)seed, products, stall, look, core, packs, accumulate, single);
        Prop.ForAll(Arb.From(cases, Shrink), Agree).Check(Config.QuickThrowOnFailure.WithMaxTest(250));
    }

    [Theory]
    [InlineData(SimdWidth.Vector512)]
    [InlineData(SimdWidth.Vector256)]
    [InlineData(SimdWidth.Vector128)]
    public void Every_width_of_the_fold_kernels_equals_its_scalar_twin(SimdWidth asked)
    {
        SimdWidth width = SimdWidths.Choose(asked);
        var random = new MatrixStimulus(3);
        foreach (int rows in new[] { 0, 1, 3, 6, 7, 8, 9, 17 })
        {
            foreach (int k in new[] { 0, 1, 2, 5, 16, 33 })
            {
                foreach (int columns in new[] { 16, 32, 48, 64, 112 })
                {
                    const int Pitch = 128, XPitch = 40, WPitch = 112;
                    float[] x = Floats(rows * XPitch, random), w = Floats(40 * WPitch, random), sums = Floats(rows * Pitch, random);
                    if (sums.Length > 0 && k > 0)
                        (x[0], sums[0]) = (k == 5 ? float.PositiveInfinity : -0f, k == 2 ? float.NaN : -0f);
                    float[] expected = [.. sums];
                    FoldFloat.Run(x, XPitch, w, WPitch, sums, Pitch, rows, k, columns, width);
                    float[] backwards = [.. expected], turned = [.. w.Chunk(WPitch).Take(Math.Max(k, 1)).Reverse().SelectMany(row => row)];
                    FoldFloat.Scalar(x, XPitch, w, WPitch, expected, Pitch, rows, k, k == 0 ? 0 : columns);
                    Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), sums.Select(BitConverter.SingleToInt32Bits));
                    FoldFloat.Run(x, XPitch, turned, -WPitch, backwards, Pitch, rows, k, columns, width);
                    Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), backwards.Select(BitConverter.SingleToInt32Bits));

                    int[] xi = Pairs(rows * XPitch, random), wi = Pairs(40 * WPitch, random), si = Pairs(rows * Pitch, random);
                    for (int i = 0; i < si.Length; i += 5)
                        si[i] = (i & 1) == 0 ? int.MaxValue : int.MinValue; // sums wrap
                    for (int i = 0; i < wi.Length; i += 7)
                        wi[i] = FoldInteger.Pair(-128, -128);
                    int[] expectedIntegers = [.. si];
                    FoldInteger.Run(xi, XPitch, wi, WPitch, si, Pitch, rows, k, columns, width);
                    FoldInteger.Scalar(xi, XPitch, wi, WPitch, expectedIntegers, Pitch, rows, k, columns);
                    Assert.Equal(expectedIntegers, si);

                    int[] offsets = [.. Enumerable.Range(0, 112).Select(_ => random.Next(65536) << 12)];
                    expectedIntegers = [.. si];
                    FoldBytes.Run(xi, XPitch, wi, WPitch, offsets, si, Pitch, rows, k, columns, width);
                    FoldBytes.Scalar(xi, XPitch, wi, WPitch, offsets, expectedIntegers, Pitch, rows, k, k == 0 ? 0 : columns);
                    Assert.Equal(expectedIntegers, si);
                }
            }
        }
    }

    [Theory]
    [InlineData(SimdWidth.Vector512)]
    [InlineData(SimdWidth.Vector256)]
    [InlineData(SimdWidth.Vector128)]
    public void Int4_of_the_largest_products_over_any_number_of_rows_equal_the_scalar_twin(SimdWidth asked)
    {
        SimdWidth width = SimdWidths.Choose(asked);
        var random = new MatrixStimulus(11);
        const int Columns = 112;
        foreach (int quads in new[] { 0, 1, 127, 128, 129, 300 })
        {
            foreach (int rows in new[] { 0, 1, 4, 9, 17 })
            {
                foreach ((int x, int w) in new[] { (0x0F0F0F0F, unchecked((int)0xF8F8F8F8)), (0x0F0F0F0F, 0x07070707), (-1, -1) })
                {
                    int[] xs = [.. Enumerable.Range(0, rows * quads).Select(_ => x >= 0 ? x : random.Next(65536) * 65537 & 0x0F0F0F0F)];
                    int[] words = [.. Enumerable.Range(0, quads * Columns).Select(_ => random.Next(65536) * 65537)], ws = new int[words.Length];
                    FoldNibbles.SplitRow(words, ws, new int[words.Length]);
                    if (w != -1)
                        Array.Fill(ws, w);
                    int[] offsets = [.. Enumerable.Range(0, Columns).Select(_ => random.Next(65536) << 12)];
                    int[] sums = [.. Enumerable.Range(0, rows * Columns).Select(i => i % 3 == 0 ? int.MinValue : random.Next(65536))], expected = [.. sums];
                    FoldNibbles.Run(xs, quads, ws, Columns, offsets, sums, Columns, rows, quads, Columns, width);
                    FoldBytes.Scalar(xs, quads, ws, Columns, offsets, expected, Columns, rows, quads, quads == 0 ? 0 : Columns);
                    Assert.Equal(expected, sums);
                }
            }
        }
    }

    [Fact]
    public void Pairs_are_made_alike_at_every_length()
    {
        var random = new MatrixStimulus(5);
        for (int length = 0; length <= 40; length++)
        {
            int[] row = [.. Enumerable.Range(0, 2 * length).Select(_ => (int)(sbyte)random.Next(256))], pairs = new int[length], columns = new int[length];
            WidenInteger.Run([.. row.Select(value => (sbyte)value)], MemoryMarshal.Cast<int, short>(pairs.AsSpan()));
            Assert.Equal(Enumerable.Range(0, length).Select(i => FoldInteger.Pair(row[2 * i], row[(2 * i) + 1])), pairs);
            FoldInteger.PairRows(row.AsSpan(0, length), row.AsSpan(length), columns);
            Assert.Equal(Enumerable.Range(0, length).Select(i => FoldInteger.Pair(row[i], row[length + i])), columns);
            int[] quads = [.. Enumerable.Range(0, length).Select(_ => random.Next(65536) | (random.Next(65536) << 16))], first = new int[length], second = new int[length];
            FoldInteger.SplitRow(quads, first, second);
            Assert.Equal(quads.Select(q => FoldInteger.Pair((sbyte)q, (sbyte)(q >> 8))), first);
            Assert.Equal(quads.Select(q => FoldInteger.Pair((sbyte)(q >> 16), q >> 24)), second);
            FoldInteger.SplitRow(quads, quads, second);
            Assert.Equal(first, quads);
        }
    }

    [Fact]
    public void Bytes_are_packed_alike_at_every_length()
    {
        var random = new MatrixStimulus(7);
        for (int length = 0; length <= 40; length++)
        {
            int[] values = [.. Enumerable.Range(0, 4 * length).Select(_ => (int)(sbyte)random.Next(256))], words = new int[length];
            FoldBytes.MakeUnsigned(MemoryMarshal.Cast<byte, int>(values.Select(value => (byte)value).ToArray()), words);
            Assert.Equal(values.Select(value => (byte)(value + 128)), MemoryMarshal.AsBytes(words.AsSpan()).ToArray());
            int[] rows = new int[length];
            FoldBytes.PackRows(values.AsSpan(0, length), values.AsSpan(length, length), values.AsSpan(2 * length, length), values.AsSpan(3 * length), rows);
            Assert.Equal(Enumerable.Range(0, length).Select(i => BitConverter.ToInt32([(byte)values[i], (byte)values[length + i], (byte)values[(2 * length) + i], (byte)values[(3 * length) + i]])), rows);

            int[] nibbles = [.. Enumerable.Range(0, length).Select(_ => random.Next(65536) | (random.Next(65536) << 16))];
            int[] even = new int[length], odd = new int[length], split = new int[2 * length];
            FoldNibbles.SplitRow(nibbles, even, odd);
            FoldNibbles.SplitBiased(nibbles, split, split.AsSpan(length));
            Assert.Equal(nibbles.Select(n => Bytes(n, 0)), even);
            Assert.Equal(nibbles.Select(n => Bytes(n, 4)), odd);
            Assert.Equal(even.Concat(odd).Select(n => (n ^ 0x08080808) & 0x0F0F0F0F), split);
            int[] offsets = new int[length];
            FoldBytes.AddOffsets(rows, 8, offsets);
            Assert.Equal(Enumerable.Range(0, length).Select(i => -8 * (values[i] + values[length + i] + values[(2 * length) + i] + values[(3 * length) + i])), offsets);
        }

        static int Bytes(int word, int shift) => Enumerable.Range(0, 4).Sum(b => ((word >> ((8 * b) + shift)) << 28 >> 28 & 0xFF) << (8 * b));
    }

    [Fact]
    public void Rows_of_every_format_and_length_widen_to_the_words_of_a_plain_loop()
    {
        var random = new MatrixStimulus(6);
        for (int length = 0; length <= 257; length++)
        {
            byte[] row = [.. Enumerable.Range(0, (4 * length) + 3).Select(_ => (byte)random.Next(256))];
            foreach (RowFormat format in Enum.GetValues<RowFormat>())
            {
                var words = new int[length];
                RowFormats.Widen(row, format, words);
                Assert.Equal(Enumerable.Range(0, length).Select(i => Word(row, i, format)), words);
            }
        }

        static int Word(byte[] row, int i, RowFormat format) => format switch
        {
            RowFormat.Int8 => (sbyte)row[i],
            RowFormat.Bf16 => (row[2 * i] << 16) | (row[(2 * i) + 1] << 24),
            RowFormat.Int16 => (short)(row[2 * i] | (row[(2 * i) + 1] << 8)),
            _ => row[4 * i] | (row[(4 * i) + 1] << 8) | (row[(4 * i) + 2] << 16) | (row[(4 * i) + 3] << 24),
        };
    }

    [Fact]
    public void An_array_that_runs_empty_is_not_evaluated()
    {
        var product = new MatrixCase(4, 8, 8, false, false, false, 1, false, 1);
        MatrixConfig config = new(8, 8, 16384);
        var skipping = new MatrixBench(config);
        var every = new MatrixBench(config) { EveryEdge = true };
        Assert.Equal(product.Run(every), product.Run(skipping));
        Assert.Equal(every.Finished, skipping.Finished);
        Assert.Equal(every.Unit.State.ArrayCycles, skipping.Unit.State.ArrayCycles);
        Assert.True(skipping.Evaluations + 14 <= every.Evaluations); // R + C - 1 + La, but for the step of the last row and the end
    }

    [Theory]
    [InlineData(SimdWidth.Widest)]
    [InlineData(SimdWidth.Scalar)]
    public void The_core_finds_a_sum_written_from_the_same_cycle_on_whether_somebody_looked_before_or_not(SimdWidth simd)
    {
        const int Side = 8, Rows = 60;
        var product = new MatrixCase(Rows, Side, Side, true, false, false, 1, false, 1);
        MatrixConfig config = new(Side, Side, 16384, Simd: simd, Engine: ArrayEngine.Step);
        int fresh = 0;
        for (int behind = 0; behind < Rows; behind++)
        {
            // An access at each edge, to one line after the other: some of them to lines that are just being written.
            var words = new uint[2][];
            for (int looked = 0; looked < 2; looked++)
            {
                var bench = new MatrixBench(config) { Hashes = looked == 1 ? [] : null, HashAt = edge => edge > 0 };
                for (int i = 0; i < 2 * Rows; i++)
                {
                    uint row = (uint)Math.Clamp(i - behind, 0, Rows - 1);
                    bench.CoreProgram.Enqueue(new ScratchpadRequest { Address = (uint)(product.Matmul(0).Slot * config.AccumulatorBytes / Accumulators.Slots) + (((row * Side) + (row % Side)) * 4), Length = 4 });
                }

                product.Run(bench);
                words[looked] = [.. bench.CoreResponses.Select(Word)];
            }

            Assert.Equal(words[1], words[0]);
            fresh += words[0].Count(w => w != 0);
        }

        Assert.InRange(fresh, 1, (2 * Rows * Rows) - 1);
    }

    [Fact]
    public void Counters_settled_at_any_edge_are_those_of_an_array_that_never_sleeps()
    {
        var product = new MatrixCase(7, 20, 19, false, false, false, 2, false, 1);
        MatrixConfig config = new(8, 8, 16384);
        var counts = new List<(long, long, long)>[2];
        for (int i = 0; i < 2; i++)
        {
            var seen = counts[i] = [];
            MatrixBench? bench = null;
            bench = new MatrixBench(config with { Engine = (ArrayEngine)i }) { EveryEdge = i == 1, Hashes = [], HashAt = Count };
            product.Run(bench);
            bool Count(long edge)
            {
                bench!.Unit.Settle(edge);
                seen.Add((bench.Unit.AccumulatorReads, bench.Unit.AccumulatorWrites, bench.Unit.State.ArrayCycles));
                return false;
            }
        }

        Assert.Equal(counts[1], counts[0]);
    }

    [Theory]
    [InlineData(1, 2, 8)]
    [InlineData(8, 2, 8)]
    [InlineData(9, 2, 9)]
    [InlineData(1, 8, 8)]
    [InlineData(1, 9, 9)]
    [InlineData(12, 13, 13)]
    [InlineData(13, 13, 13)]
    [InlineData(14, 13, 14)]
    public void Added_at_the_bottom_folds_over_the_same_sums_start_max_of_M_and_R_and_La_apart(int m, int latency, int interval)
    {
        foreach (ArrayEngine engine in Enum.GetValues<ArrayEngine>())
        {
            var bench = new MatrixBench(new MatrixConfig(8, 8, 16384, latency, Engine: engine, Accumulate: AccumulatePlace.Bottom));
            var product = new MatrixCase(m, 24, 8, true, false, false, 1, false, 1);
            Assert.Equal(product.Expected(), product.Run(bench));
            Assert.Equal(interval, bench.Unit.State.LastInterval);
            Assert.Equal(2 * (interval - Math.Max(m, 8)), bench.Unit.State.Ledger[6]);
        }
    }

    [Fact]
    public void Added_at_the_bottom_an_addend_is_read_R_cycles_after_its_row_entered_and_not_one_earlier()
    {
        const int Rows = 5, Start = 100, Latency = 3;
        var accumulators = new Accumulators(new MatrixConfig(Rows, 4, 4096, Latency, Accumulate: AccumulatePlace.Bottom));
        var fold = new FoldInFlight { Start = Start, Rows = 2, Columns = 4, Line = 6, Addend = 1, Kind = MacKind.Integer };
        accumulators.Launch(in fold);
        Assert.Equal(Start + Latency, accumulators.FreeFrom(6));
        foreach (int c in new[] { 0, 3 })
        {
            Assert.False(accumulators.Busy(Start + Rows + c - 1, c, write: false));
            Assert.True(accumulators.Busy(Start + Rows + c, c, write: false));
            Assert.True(accumulators.Busy(Start + Rows + c + 1, c, write: false));
            Assert.False(accumulators.Busy(Start + Rows + c + 2, c, write: false));
        }

        Assert.Equal([0, 1, 3], [accumulators.ReadsBefore(Start + Rows), accumulators.ReadsBefore(Start + Rows + 1), accumulators.ReadsBefore(Start + Rows + 2)]);
    }

    [Fact]
    public void The_place_of_the_addend_decides_bits_and_each_place_is_its_plain_loop()
    {
        // Two folds of two rows: 2^24 is there when two ones come, and at the top each of them is rounded away.
        ushort[] x = [Bf16.FromFloat(16777216f), Bf16.FromFloat(0f), Bf16.FromFloat(1f), Bf16.FromFloat(1f)];
        float top = 0, bottom = 0;
        for (int k = 0; k < 4; k++)
            top = Fp32.Fma(Bf16.ToFloat(x[k]), 1f, top);
        for (int fold = 0; fold < 2; fold++)
        {
            float sum = 0;
            for (int k = 2 * fold; k < (2 * fold) + 2; k++)
                sum = Fp32.Fma(Bf16.ToFloat(x[k]), 1f, sum);
            bottom = fold == 0 ? sum : bottom + sum;
        }

        Assert.NotEqual(top, bottom);
        foreach (ArrayEngine engine in Enum.GetValues<ArrayEngine>())
        {
            Assert.Equal(top, OneSum(x, engine, AccumulatePlace.Top));
            Assert.Equal(bottom, OneSum(x, engine, AccumulatePlace.Bottom));
        }
    }

    private static float OneSum(ushort[] x, ArrayEngine engine, AccumulatePlace place)
    {
        var bench = new MatrixBench(new MatrixConfig(2, 3, 4096, Engine: engine, Accumulate: place));
        var product = new MatrixCase(1, x.Length, 1, false, false, false, 1, false, 1);
        Descriptor matmul = product.Matmul(0), drain = product.RawDrain();
        Span<byte> bytes = bench.Scratchpad.Bytes;
        for (int k = 0; k < x.Length; k++)
        {
            BitConverter.TryWriteBytes(bytes[((int)(matmul.A - AddressMap.Scratchpad) + (2 * k))..], x[k]);
            BitConverter.TryWriteBytes(bytes[((int)(matmul.B - AddressMap.Scratchpad) + (k * matmul.PitchB))..], Bf16.FromFloat(1f));
        }

        bench.Program.Enqueue(matmul);
        bench.Program.Enqueue(drain);
        bench.Run();
        return BitConverter.ToSingle(bytes[(int)(drain.D - AddressMap.Scratchpad)..]);
    }

    private static void Agree(EngineCase c)
    {
        (int rows, int columns, int latency) = Shapes[c.Shape];
        MatrixConfig config = new(
            rows, columns, 32768, latency, Int8Packing: c.Packs ? 4 : 1, Int4Packing: c.Packs ? 8 : 1,
            Accumulate: c.Accumulate, Simd: Widths[c.Width], SinglePortedAccumulators: c.Single);
        bool Looks(long edge) => c.Look > 0 && new MatrixStimulus(c.Seed ^ ((ulong)edge << 20)).Next(1000) < c.Look;
        var fast = new MatrixBench(config, c.Stall, c.Seed) { Hashes = [], HashAt = Looks };
        var step = new MatrixBench(config with { Engine = ArrayEngine.Step }, c.Stall, c.Seed) { Hashes = [], HashAt = Looks, EveryEdge = (c.Seed & 1) != 0 };
        foreach (MatrixBench bench in new[] { fast, step })
        {
            Program(bench, c);
            bench.Run(3);
        }

        Assert.Equal(step.Finished, fast.Finished);
        Assert.Equal(step.Scratchpad.Bytes, fast.Scratchpad.Bytes);
        Assert.Equal(step.Hashes, fast.Hashes);
        Assert.Equal(step.CoreResponses.Select(Word), fast.CoreResponses.Select(Word));
        Assert.Equal(step.Unit.AccumulatorReads, fast.Unit.AccumulatorReads);
        Assert.Equal(step.Unit.AccumulatorWrites, fast.Unit.AccumulatorWrites);
        Assert.Equal(Hash(step), Hash(fast));
    }

    private static uint Word(ScratchpadResponse response) => response.Write != 0 ? 0 : BitConverter.ToUInt32(Line64.ReadSpan(in response.Data));

    private static ulong Hash(MatrixBench bench)
    {
        StateArchive archive = StateArchive.ForHash();
        bench.Unit.Walk(archive, bench.Edge);
        return archive.Hash;
    }

    /// <summary>A few products of any type and shape, each over its own or the last one's sums, and what is left drained.</summary>
    private static void Program(MatrixBench bench, EngineCase c)
    {
        var random = new MatrixStimulus(c.Seed);
        for (int p = 0; p < c.Products; p++)
        {
            (ElementType typeA, ElementType typeB) = MatrixCase.Types[random.Next(2) == 0 ? 0 : random.Next(MatrixCase.Types.Count)];
            var product = new MatrixCase(
                1 + random.Next(24), 1 + random.Next(60), 1 + random.Next(60), typeA != ElementType.Bf16, random.Next(3) == 0, random.Next(3) == 0,
                1 + random.Next(3), random.Next(2) == 0, c.Seed + (ulong)p)
            {
                TypeA = typeA,
                TypeB = typeB,
            };
            if (p == 0)
                product.Fill(bench.Scratchpad.Bytes); // later ones find whatever bytes there are: any is an operand
            for (int i = 0; i < product.Products; i++)
                bench.Program.Enqueue(product.Matmul(i));
            if (random.Next(2) == 0)
                bench.Program.Enqueue(product.RawDrain());
        }

        for (int i = 0; i < c.Core; i++)
            bench.CoreProgram.Enqueue(new ScratchpadRequest { Address = (uint)random.Next(8191) * 4, Length = 4, Write = (byte)(i & 1) });
    }

    private static IEnumerable<EngineCase> Shrink(EngineCase c)
    {
        if (c.Stall > 0)
            yield return c with { Stall = 0 };
        if (c.Core > 0)
            yield return c with { Core = c.Core - 1 };
        if (c.Products > 1)
            yield return c with { Products = c.Products - 1 };
        if (c.Accumulate != AccumulatePlace.Top)
            yield return c with { Accumulate = AccumulatePlace.Top };
        if (c.Single)
            yield return c with { Single = false };
        if (c.Width > 0)
            yield return c with { Width = 0 };
        if (c.Shape > 0)
            yield return c with { Shape = c.Shape - 1 };
        if (c.Packs)
            yield return c with { Packs = false };
    }

    private static float[] Floats(int count, MatrixStimulus random)
    {
        var values = new float[count];
        foreach (ref float value in values.AsSpan())
            value = random.Next(50) == 0 ? BitConverter.Int32BitsToSingle((random.Next(65536) << 16) | random.Next(65536)) : (random.Next(2001) - 1000) / 7f;
        return values;
    }

    private static int[] Pairs(int count, MatrixStimulus random)
    {
        var values = new int[count];
        foreach (ref int value in values.AsSpan())
            value = FoldInteger.Pair((sbyte)random.Next(256), (sbyte)random.Next(256));
        return values;
    }

    /// <param name="Look">Looks at the registers in so many of a thousand edges.</param>
    /// <param name="Core">Accesses of the core to the accumulators meanwhile.</param>
    /// <param name="Packs">PEs make four int8 or eight int4 products a step.</param>
    /// <param name="Single">Accumulator banks have one port.</param>
    private sealed record EngineCase(
        int Shape, int Width, ulong Seed, int Products, int Stall, int Look, int Core, bool Packs, AccumulatePlace Accumulate, bool Single);
}
