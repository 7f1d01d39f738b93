using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>Anything at any cycle: rows, tokens and addends in no order that a sequencer would give, and freezes.</summary>
/// <param name="Freezes">Percent of the cycles without a step.</param>
/// <param name="HalfRate">A step at every other edge, as with a 16-bit operand (MX-15).</param>
/// <param name="Sparse">Percent of the steps at which a row, or a token, does not come.</param>
internal sealed record FreeCase(ulong Seed, int Cycles, int Freezes, bool HalfRate, int Sparse)
{
    public static FreeCase From(ulong seed) =>
        new(seed, 40 + (int)(seed % 110), (int)(seed / 3 % 4) * 12, seed % 5 == 0, (int)(seed / 7 % 3) * 30);

    public static IEnumerable<FreeCase> Shrink(FreeCase c)
    {
        if (c.Cycles > 1)
        {
            yield return c with { Cycles = c.Cycles / 2 };
            yield return c with { Cycles = c.Cycles - 1 };
        }

        if (c.HalfRate)
            yield return c with { HalfRate = false };
        if (c.Freezes > 0)
            yield return c with { Freezes = 0 };
        if (c.Sparse > 0)
            yield return c with { Sparse = 0 };
    }

    public ArrayTrace Trace(ArrayForm form)
    {
        var trace = new ArrayTrace(form);
        SystolicArray array = new(form.Rows, form.Columns), seldomSeen = new(form.Rows, form.Columns);
        var random = new ArrayWords(form, Seed);
        int[] x = new int[form.Rows], weights = new int[form.Columns], top = new int[form.Columns];
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            bool step = !random.Percent(Freezes) && !(HalfRate && (cycle & 1) != 0);
            bool row = !random.Percent(Sparse), shifts = !random.Percent(Sparse), switches = random.Percent(12), enabled = random.Percent(80);
            Array.Clear(x);
            int words = row ? 1 + random.Next(form.Rows) : 0;
            RowFormats.Widen(random.Row(words), form.Format, x.AsSpan(0, words));
            RowFormats.Widen(random.Row(form.Columns), form.Format, weights);
            foreach (ref int word in top.AsSpan())
                word = random.Addend();
            foreach (SystolicArray entered in step ? [array, seldomSeen] : Array.Empty<SystolicArray>())
            {
                entered.EnterRow(x);
                if (switches)
                    entered.EnterSwitch();
                if (shifts)
                    entered.EnterWeights(weights, enabled);
                top.CopyTo(entered.Top);
                entered.Step(form.Kind);
            }

            trace.Add(step, switches, shifts, enabled, x, weights, top, array);
            if (cycle == Cycles - 1 || ((ulong)cycle + Seed) % 37 == 0)
                Assert.Null(trace.Difference(cycle, seldomSeen, "step engine that is seldom looked at"));
        }

        return trace;
    }
}
