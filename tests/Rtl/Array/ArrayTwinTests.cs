using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>The array beside its twin: every register of every PE at every cycle.</summary>
public class ArrayTwinTests
{
    private static readonly ArrayForm Int8 = new(3, 4, MacKind.Integer, 8), Float = new(4, 3, MacKind.Bf16, 16);

    /// <summary>Forms of the quick suite; the others run with more cases.</summary>
    private static readonly ArrayForm[] Quick = [new(2, 3, MacKind.Int8x4, 32)];

    private static readonly ArrayForm[] Further =
    [
        new(1, 5, MacKind.Integer, 16), new(5, 1, MacKind.Bf16, 16), new(3, 2, MacKind.Int4x8, 32), new(1, 1, MacKind.Bf16, 16), new(1, 1, MacKind.Integer, 8),
        new(1, 9, MacKind.Bf16, 16), new(9, 1, MacKind.Integer, 8), new(8, 8, MacKind.Integer, 8), new(8, 8, MacKind.Bf16, 16), new(5, 12, MacKind.Integer, 16), new(12, 5, MacKind.Bf16, 16), new(16, 16, MacKind.Integer, 8), new(7, 7, MacKind.Int4x8, 32),
    ];

    public static TheoryData<int> Forms => [.. Enumerable.Range(0, Verilator.Factor > 1 ? Quick.Length + Further.Length + 2 : Quick.Length + 2)];

    public static TheoryData<int> GridMutants => [.. Enumerable.Range(0, ArrayMutants.OfTheGrid.Length)];

    public static TheoryData<int> SumMutants => [.. Enumerable.Range(0, ArrayMutants.OfTheSum.Length)];

    [VerilatorTheory]
    [MemberData(nameof(Forms))]
    public void Every_PE_register_is_the_twins_at_every_cycle_whatever_enters(int form) =>
        Check(40, FreeCase.From, FreeCase.Shrink, c => c.Trace(FormAt(form)).Difference(TwinAt(form)), FormAt(form));

    [VerilatorTheory]
    [MemberData(nameof(Forms))]
    public void Every_PE_register_of_folds_is_the_same_in_the_twin_and_in_both_engines_at_every_cycle(int form) =>
        Check(8, FoldCase.From, FoldCase.Shrink, c => FoldDifference(c, FormAt(form), TwinAt(form)), FormAt(form));

    [VerilatorTheory]
    [MemberData(nameof(GridMutants))]
    public void A_mistake_in_the_grid_is_found(int mutant) => Find(Int8, ArrayMutants.OfTheGrid, mutant);

    [VerilatorTheory]
    [MemberData(nameof(SumMutants))]
    public void A_mistake_in_the_floating_point_sum_is_found(int mutant) => Find(Float, ArrayMutants.OfTheSum, mutant);

    private static ArrayForm FormAt(int index) => index switch
    {
        0 => Int8,
        1 => Float,
        _ => index - 2 < Quick.Length ? Quick[index - 2] : Further[index - 2 - Quick.Length],
    };

    // The first two are those into which mistakes are planted, which sleep.
    private static VerilatedModel TwinAt(int index) => index switch
    {
        0 => Int8.Twin(ArrayMutants.OfTheGrid),
        1 => Float.Twin(ArrayMutants.OfTheSum),
        _ => FormAt(index).Twin(),
    };

    private static string? FoldDifference(FoldCase c, ArrayForm form, VerilatedModel twin)
    {
        List<FoldCycle> cycles = [];
        ArrayTrace trace = c.Trace(form, cycles);
        for (int cycle = 0; cycle < cycles.Count; cycle++)
        {
            if (trace.Difference(cycle, FoldCase.Fast(form, cycles.Take(cycle + 1))) is { } difference)
                return difference;
        }

        return trace.Difference(twin);
    }

    private static void Find(ArrayForm form, RtlMutant[] mutants, int mutant)
    {
        VerilatedModel twin = form.Twin(mutants);
        bool found = Enumerable.Range(0, 60).Any(seed => FreeCase.From((ulong)seed).Trace(form).Difference(twin, mutant + 1) is not null);
        Assert.True(found, $"Nobody sees that {mutants[mutant].Name}.");
    }

    private static void Check<T>(int count, Func<ulong, T> make, Func<T, IEnumerable<T>> shrink, Func<T, string?> difference, ArrayForm form)
    {
        Gen<T> cases = Gen.Choose(0, 1_000_000).Select(seed => make((ulong)seed));
        Prop.ForAll(Arb.From(cases, shrink), c =>
        {
            if (difference(c) is { } text)
                Assert.Fail($"{form}, {c}: {text}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(count * Verilator.Factor));
    }
}
