using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>
/// The two engines side by side under loads and streams: tiles that no fold takes, folds that go on with the weights they find, rows that
/// nobody has asked the sums of while later tiles come.
/// </summary>
public class LoadedTilesTests
{
    private static readonly (int Rows, int Columns)[] Shapes = [(4, 4), (8, 8), (1, 1), (3, 40), (20, 3), (1, 20), (5, 7), (16, 80)];

    [Fact]
    public void Rows_meet_the_weights_of_their_own_tile_however_many_are_loaded_before_they_are_summed()
    {
        Gen<Case> cases =
            from kind in Gen.Elements(MacKind.Integer, MacKind.Bf16)
            from threads in Gen.Choose(1, 2)
            from shape in Gen.Choose(0, Shapes.Length - 1)
            from folds in Gen.Choose(1, 12)
            from mostRows in Gen.Elements(1, 3, 30, 200)
            from loads in Gen.Elements(30, 90, 100)
            from switches in Gen.Elements(20, 70)
            from seed in Gen.Choose(0, 1_000_000)
            select new Case(kind, threads, shape, folds, mostRows, loads, switches, (ulong)seed);
        Prop.ForAll(Arb.From(cases, Shrink), Agree).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    private const int MostLeaving = 4; // streams on their way out (MX-26)

    private static void Agree(Case c)
    {
        (int rows, int columns) = Shapes[c.Shape];
        MatrixConfig config = new(rows, columns, 1 << 18, 1 + (int)(c.Seed % 4));
        var random = new MatrixStimulus(c.Seed);
        Accumulators fastSums = new(config), stepSums = new(config);
        SystolicArray step = new(rows, columns), written = new(rows, columns);
        using HostTeam? team = c.Threads > 1 ? new HostTeam(c.Threads) : null;
        var fast = new FastArray(config, fastSums, team);
        fast.ReadRegisters(written, c.Kind, loaded: false);
        RowFormat format = c.Kind == MacKind.Bf16 ? RowFormat.Bf16 : RowFormat.Int8;
        List<long> leaving = []; // when the last row of each fold entered; no more streams leave at once than the unit lets
        int tokens = 0, depth = 0, untaken = 0, launched = 0, left = 0, lookAt = random.Next(2) == 0 ? int.MaxValue : random.Next(2000);
        for (int rest = rows + columns + 20; rest > 0 && step.Time < lookAt;)
        {
            bool whole = untaken >= rows && tokens % rows == 0;
            bool room = leaving.Count < MostLeaving || leaving[^MostLeaving] + rows + columns + config.AccumulatorLatencyCycles < step.Time;
            if (left == 0 && room && launched < c.Folds && (launched > 0 || whole) && random.Next(100) < 60)
                TryLaunch(whole && (launched == 0 || random.Next(100) < c.Switches));
            if (left > 0)
            {
                byte[] row = Bytes(rows);
                step.EnterRow(row, rows, format);
                fast.EnterRow(row, rows);
                if (--left == 0)
                    leaving.Add(step.Time);
            }

            if (launched < c.Folds && random.Next(100) < c.Loads)
            {
                depth = tokens % rows == 0 ? 1 + random.Next(rows) : depth;
                byte[] weights = rows - 1 - (tokens % rows) < depth ? Bytes(columns) : []; // the last row of k comes first
                step.EnterWeights(weights, columns, format);
                fast.EnterWeights(weights, columns, format);
                tokens++;
                untaken++;
            }

            rest -= launched == c.Folds && left == 0 ? 1 : 0;
            long time = step.Time;
            PlainSums.Move(config, stepSums, step);
            step.Step(c.Kind);
            fast.Step(c.Kind);
            stepSums.Retire(time);
            fastSums.Retire(time);
        }

        fast.Settle(remember: true);
        fast.WriteRegisters(written);
        fast.TakeBackEarlySums();
        Assert.Equal(ArrayKindTests.Hash(step, stepSums), ArrayKindTests.Hash(written, fastSums));

        void TryLaunch(bool switches)
        {
            var fold = new FoldInFlight { Start = step.Time, Rows = 1 + random.Next(c.MostRows), Columns = 1 + random.Next(columns), Line = random.Next(4) * 200, Addend = (byte)random.Next(2), Kind = c.Kind };
            if (fold.Start < stepSums.FreeFrom(fold.Line))
                return;
            stepSums.Launch(in fold);
            fastSums.Launch(in fold);
            if (switches)
                step.EnterSwitch();
            fast.Launch(in fold, switches, format, format);
            untaken = switches ? 0 : untaken;
            left = fold.Rows;
            launched++;
        }

        byte[] Bytes(int count) => format == RowFormat.Int8
            ? [.. Enumerable.Range(0, count).Select(_ => (byte)random.Next(256))]
            : [.. Enumerable.Range(0, count).SelectMany(_ => BitConverter.GetBytes(Isa.Bf16.FromFloat((random.Next(401) - 200) / 8f)))];
    }

    private static IEnumerable<Case> Shrink(Case c)
    {
        if (c.Folds > 1)
            yield return c with { Folds = c.Folds - 1 };
        if (c.Threads > 1)
            yield return c with { Threads = 1 };
        if (c.MostRows > 1)
            yield return c with { MostRows = 1 };
        if (c.Shape > 0)
            yield return c with { Shape = c.Shape - 1 };
        if (c.Seed > 0)
            yield return c with { Seed = c.Seed / 2 };
    }

    private sealed record Case(MacKind Kind, int Threads, int Shape, int Folds, int MostRows, int Loads, int Switches, ulong Seed);
}
