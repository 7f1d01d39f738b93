using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>
/// Folds as a sequencer gives them: k that is no multiple of R, the next weights coming in meanwhile, rows that are late, sums over those of
/// earlier folds. Both engines can run it.
/// </summary>
/// <param name="Late">Percent of the cycles at which what is due does not come: a freeze inside a fold, else a gap.</param>
internal sealed record FoldCase(ulong Seed, int Folds, int Late)
{
    private const int Lines = 12; // of a block of sums; there are two

    public static FoldCase From(ulong seed) => new(seed, 1 + (int)(seed % 4), (int)(seed / 4 % 3) * 20);

    public static IEnumerable<FoldCase> Shrink(FoldCase c)
    {
        if (c.Folds > 1)
            yield return c with { Folds = c.Folds - 1 };
        if (c.Late > 0)
            yield return c with { Late = 0 };
    }

    /// <summary>Runs the step engine; the cycles can then be entered into other engines.</summary>
    public ArrayTrace Trace(ArrayForm form, List<FoldCycle> cycles)
    {
        var trace = new ArrayTrace(form);
        var array = new SystolicArray(form.Rows, form.Columns);
        Accumulators sums = SumsOf(form);
        var random = new ArrayWords(form, Seed);
        int[] x = new int[form.Rows], weights = new int[form.Columns], depths = [.. Enumerable.Range(0, Folds).Select(_ => 1 + random.Next(form.Rows))];
        int tokens = 0, launched = 0, entered = 0, rows = 0;
        for (int rest = form.Rows + form.Columns + 2; rest > 0;)
        {
            bool late = random.Percent(Late);
            var cycle = new FoldCycle { Step = !late || entered == rows };
            Array.Clear(x);
            Array.Clear(weights);
            if (cycle.Step)
            {
                if (!late && entered == rows && launched < Folds && tokens >= (launched + 1) * form.Rows)
                    Launch();
                if (entered < rows)
                    EnterRow();
                if (!random.Percent(Late) && tokens < Math.Min(launched + 1, Folds) * form.Rows)
                    EnterToken();
                if (launched == Folds && entered == rows)
                    rest--;
                PlainSums.Move(ConfigOf(form), sums, array);
            }

            ReadOnlySpan<int> top = array.Top.ToArray();
            if (cycle.Step)
            {
                array.Step(form.Kind);
                sums.Retire(array.Time - 1);
            }

            cycles.Add(cycle);
            trace.Add(cycle.Step, cycle.Wave is not null, cycle.Weights is not null, cycle.Weights is { Length: > 0 }, x, weights, top, array);

            void Launch()
            {
                var wave = new FoldInFlight
                {
                    Start = array.Time,
                    Rows = 1 + random.Next(Lines),
                    Columns = 1 + random.Next(form.Columns),
                    Line = random.Next(2) * Lines,
                    Addend = (byte)random.Next(2),
                    Kind = form.Kind,
                };
                if (array.Time < sums.FreeFrom(wave.Line))
                    return;
                sums.Launch(in wave);
                array.EnterSwitch();
                cycle.Wave = wave;
                launched++;
                entered = 0;
                rows = wave.Rows;
            }

            void EnterRow()
            {
                cycle.Row = random.Row(depths[launched - 1]);
                cycle.Index = entered++;
                RowFormats.Widen(cycle.Row, form.Format, x.AsSpan(0, depths[launched - 1]));
                array.EnterRow(x);
            }

            void EnterToken()
            {
                bool enabled = form.Rows - 1 - (tokens % form.Rows) < depths[tokens / form.Rows];
                cycle.Weights = enabled ? random.Row(form.Columns) : [];
                if (enabled)
                    RowFormats.Widen(cycle.Weights, form.Format, weights);
                array.EnterWeights(weights, enabled);
                tokens++;
            }
        }

        return trace;
    }

    /// <summary>The registers that the fast engine shows after some of the cycles.</summary>
    public static SystolicArray Fast(ArrayForm form, IEnumerable<FoldCycle> cycles)
    {
        Accumulators sums = SumsOf(form);
        var fast = new FastArray(ConfigOf(form), sums);
        var shown = new SystolicArray(form.Rows, form.Columns);
        fast.ReadRegisters(shown, form.Kind, loaded: false);
        foreach (FoldCycle cycle in cycles.Where(c => c.Step))
        {
            if (cycle.Wave is { } wave)
            {
                sums.Launch(in wave);
                fast.Launch(in wave, switches: true, form.Format, form.Format);
            }

            if (cycle.Row is not null)
                fast.EnterRow(cycle.Row, cycle.Row.Length / RowFormats.BytesOf(form.Format));
            if (cycle.Weights is not null)
                fast.EnterWeights(cycle.Weights, form.Columns, form.Format);
            fast.Step(form.Kind);
            sums.Retire(fast.Time - 1);
        }

        fast.Settle(remember: true);
        fast.WriteRegisters(shown);
        return shown;
    }

    private static MatrixConfig ConfigOf(ArrayForm form) =>
        new(form.Rows, form.Columns, 4 * 2 * Lines * form.Columns, 2, Int8Packing: 4, Int4Packing: 8);

    /// <summary>Accumulators with something in them.</summary>
    private static Accumulators SumsOf(ArrayForm form)
    {
        var sums = new Accumulators(ConfigOf(form));
        var random = new ArrayWords(form, 1);
        for (int at = 0; at < sums.SizeBytes; at += 4)
            BitConverter.TryWriteBytes(sums.Bytes((uint)at, 4), random.Addend());
        return sums;
    }
}

/// <summary>What enters at one cycle.</summary>
internal struct FoldCycle
{
    public bool Step;
    public FoldInFlight? Wave;
    public byte[]? Row;
    public int Index;

    /// <summary>Null: no token; empty: a token for a row beyond k.</summary>
    public byte[]? Weights;
}
