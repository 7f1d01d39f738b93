using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Kernel;
using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>
/// The two engines side by side without a sequencer: every kind and row format, folds of any k and width, bubbles anywhere,
/// the registers compared at a random cycle and again at the end.
/// </summary>
public class ArrayKindTests
{
    private static readonly (int Rows, int Columns)[] Shapes = [(8, 8), (5, 7), (1, 1), (3, 40), (40, 3), (16, 16), (1, 20), (20, 1), (17, 33), (48, 48)];

    private static readonly SimdWidth[] Widths = [SimdWidth.Widest, SimdWidth.Vector256, SimdWidth.Vector128, SimdWidth.Scalar];

    private static readonly ushort[] Awkward = [0x0000, 0x8000, 0x7F80, 0xFF80, 0x7FC1, 0xFFC1, 0x0001, 0x8001, 0x7F7F, 0x0080];

    [Theory]
    [InlineData(MacKind.Integer)]
    [InlineData(MacKind.Bf16)]
    [InlineData(MacKind.Int8x4)]
    [InlineData(MacKind.Int4x8)]
    public void Fast_and_step_array_have_the_same_registers_and_sums_at_any_cycle(MacKind kind)
    {
        Gen<Case> cases =
            from shape in Gen.Choose(0, Shapes.Length - 1)
            from width in Gen.Choose(0, Widths.Length - 1)
            from accumulate in Gen.Elements(AccumulatePlace.Top, AccumulatePlace.Bottom)
            from folds in Gen.Choose(1, 5)
            from bubbles in Gen.Elements(0, 0, 20, 60)
            from lookAt in Gen.Choose(1, 400)
            from seed in Gen.Choose(0, 1_000_000)
            select new Case(kind, shape, width, accumulate, folds, bubbles, lookAt, (ulong)seed);
        Prop.ForAll(Arb.From(cases, Shrink), Agree).Check(Config.QuickThrowOnFailure.WithMaxTest(120));
    }

    private static void Agree(Case c)
    {
        (int rows, int columns) = Shapes[c.Shape];
        MatrixConfig config = new(rows, columns, 16384, 1 + (int)(c.Seed % 4), Int8Packing: 4, Int4Packing: 8, Simd: Widths[c.Width], Accumulate: c.Accumulate);
        var random = new MatrixStimulus(c.Seed);
        Accumulators fastSums = new(config), stepSums = new(config);
        for (uint at = 0; at < 16384; at += 4)
        {
            BitConverter.TryWriteBytes(fastSums.Bytes(at, 4), Word(c.Kind, random));
            fastSums.Bytes(at, 4).CopyTo(stepSums.Bytes(at, 4));
        }

        SystolicArray step = new(rows, columns, config.Simd), written = new(rows, columns, config.Simd);
        var fast = new FastArray(config, fastSums);
        for (int round = 0; round < 2; round++)
        {
            fast.ReadRegisters(written, c.Kind, loaded: false);
            Run(c, config, random, step, stepSums, fast, fastSums, written);
        }
    }

    /// <summary>Folds through both engines until they have run empty; from the look on, the fast one's registers are stepped.</summary>
    private static void Run(
        Case c, MatrixConfig config, MatrixStimulus random, SystolicArray step, Accumulators stepSums, FastArray fast, Accumulators fastSums, SystolicArray written)
    {
        // As in a descriptor: one type an operand, and not 16 bits for both.
        (RowFormat rowFormat, RowFormat weightFormat) = c.Kind switch
        {
            MacKind.Bf16 => (RowFormat.Bf16, RowFormat.Bf16),
            MacKind.Integer => random.Next(6) switch
            {
                0 => (RowFormat.Int16, RowFormat.Int8),
                1 => (RowFormat.Int8, RowFormat.Int16),
                _ => (RowFormat.Int8, RowFormat.Int8),
            },
            _ => (RowFormat.Packed, RowFormat.Packed),
        };
        bool isFast = true;
        int tokens = 0, launched = 0, entered = 0, rowsOfFold = 0, rest = config.Rows + config.Columns + config.AccumulatorLatencyCycles + 20;
        int[] depths = [.. Enumerable.Range(0, c.Folds).Select(_ => 1 + random.Next(config.Rows))];
        for (int cycle = 0; rest > 0; cycle++)
        {
            if (cycle == c.LookAt)
                Look();
            long time = step.Time;
            bool bubble = random.Next(100) < c.Bubbles;
            if (bubble && entered < rowsOfFold)
                continue; // the rows of a fold are one wavefront: all of it waits
            if (!bubble && entered == rowsOfFold && launched < c.Folds && tokens >= (launched + 1) * config.Rows)
                TryLaunch(time);
            if (entered < rowsOfFold)
                EnterRow(depths[launched - 1]);
            if (random.Next(100) >= c.Bubbles && tokens < Math.Min(launched + 1, c.Folds) * config.Rows)
                EnterToken(config.Rows - 1 - (tokens % config.Rows), depths[tokens / config.Rows]);
            if (launched == c.Folds && entered == rowsOfFold)
                rest--;

            Step(step, stepSums, time);
            if (isFast)
            {
                fast.Step(c.Kind);
                fastSums.Retire(time);
            }
            else
            {
                Step(written, fastSums, time);
            }
        }

        Look();

        void Look()
        {
            if (isFast)
            {
                fast.Settle(remember: true);
                fast.WriteRegisters(written);
                fast.TakeBackEarlySums();
                isFast = false;
            }

            Assert.Equal(Hash(step, stepSums), Hash(written, fastSums));
        }

        void TryLaunch(long time)
        {
            var fold = new FoldInFlight { Start = time, Rows = 1 + random.Next(30), Columns = 1 + random.Next(config.Columns), Line = random.Next(2) * 40, Addend = (byte)random.Next(2), Kind = c.Kind };
            if (time < stepSums.FreeFrom(fold.Line))
                return;
            stepSums.Launch(in fold);
            fastSums.Launch(in fold);
            step.EnterSwitch();
            if (isFast)
                fast.Launch(in fold, switches: true, rowFormat, weightFormat);
            else
                written.EnterSwitch();
            launched++;
            entered = 0;
            rowsOfFold = fold.Rows;
        }

        void EnterRow(int depth)
        {
            int words = random.Next(4) == 0 ? 1 + random.Next(depth) : depth;
            byte[] row = Row(words, rowFormat, random);
            step.EnterRow(row, words, rowFormat);
            if (isFast)
                fast.EnterRow(row, words);
            else
                written.EnterRow(row, words, rowFormat);
            entered++;
        }

        void EnterToken(int row, int depth)
        {
            int words = random.Next(4) == 0 ? 1 + random.Next(config.Columns) : config.Columns;
            byte[] bytes = row < depth ? Row(words, weightFormat, random) : [];
            step.EnterWeights(bytes, words, weightFormat);
            if (isFast)
                fast.EnterWeights(bytes, words, weightFormat);
            else
                written.EnterWeights(bytes, words, weightFormat);
            tokens++;
        }

        void Step(SystolicArray array, Accumulators sums, long time)
        {
            PlainSums.Move(config, sums, array);
            array.Step(c.Kind);
            sums.Retire(time);
        }
    }

    private static byte[] Row(int words, RowFormat format, MatrixStimulus random)
    {
        var row = new byte[words * RowFormats.BytesOf(format)];
        for (int i = 0; i < row.Length; i++)
            row[i] = random.Next(10) == 0 ? (byte)0x80 : (byte)random.Next(256);
        for (int i = 0; format == RowFormat.Bf16 && i < row.Length; i += 2)
        {
            // Small halves cancel; now and then an infinity, a NaN, a -0, a subnormal.
            ushort value = random.Next(24) == 0 ? Awkward[random.Next(Awkward.Length)] : Isa.Bf16.FromFloat((random.Next(9) - 4) / 2f);
            BitConverter.TryWriteBytes(row.AsSpan(i), value);
        }

        return row;
    }

    private static int Word(MacKind kind, MatrixStimulus random)
    {
        if (kind != MacKind.Bf16)
            return (random.Next(65536) << 16) | random.Next(65536);
        return BitConverter.SingleToInt32Bits(random.Next(20) == 0 ? -0f : (random.Next(9) - 4) / 2f);
    }

    internal static ulong Hash(SystolicArray array, Accumulators sums)
    {
        StateArchive archive = StateArchive.ForHash();
        array.Walk(archive);
        sums.Walk(archive);
        return archive.Hash;
    }

    private static IEnumerable<Case> Shrink(Case c)
    {
        if (c.Bubbles > 0)
            yield return c with { Bubbles = 0 };
        if (c.Folds > 1)
            yield return c with { Folds = c.Folds - 1 };
        if (c.Accumulate != AccumulatePlace.Top)
            yield return c with { Accumulate = AccumulatePlace.Top };
        if (c.Width > 0)
            yield return c with { Width = 0 };
        if (c.Shape > 0)
            yield return c with { Shape = c.Shape - 1 };
        if (c.LookAt > 1)
            yield return c with { LookAt = c.LookAt / 2 };
    }

    private sealed record Case(MacKind Kind, int Shape, int Width, AccumulatePlace Accumulate, int Folds, int Bubbles, int LookAt, ulong Seed);
}
