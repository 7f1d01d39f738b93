using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>
/// The matrix unit in SystemVerilog beside the emulator's: every request, every answer taken, every report and every read and write of an
/// accumulator bank, at every edge.
/// </summary>
public class MatrixTwinTests
{
    private const int Scenes = 40;
    private const int MutantSize = 1;

    // One program is enough for a quick run: that with the bugs in it, asleep.
    private static readonly int[] QuickSizes = [MutantSize];

    public static TheoryData<int> Sizes => new(Verilator.Factor > 1 ? Enumerable.Range(0, MatrixSizes.All.Length) : QuickSizes);

    public static TheoryData<int, string> Mutants
    {
        get
        {
            var data = new TheoryData<int, string>();
            for (int i = 0; i < MatrixMutants.All.Length; i++)
                data.Add(i + 1, MatrixMutants.All[i].Name);
            return data;
        }
    }

    [VerilatorTheory]
    [MemberData(nameof(Sizes))]
    public void Every_port_and_accumulator_of_the_matrix_unit_is_equal_at_every_edge(int size) =>
        Compare(size == MutantSize ? MatrixTwin.Of(size, MatrixMutants.All) : MatrixTwin.Of(size), size, Scenes * Verilator.Factor, ArrayEngine.Step);

    [VerilatorFact]
    public void Ports_are_equal_at_every_edge_with_the_fast_engine_too() =>
        Compare(MatrixTwin.Of(MutantSize, MatrixMutants.All), MutantSize, Scenes * Verilator.Factor, ArrayEngine.Fast);

    [VerilatorTheory]
    [MemberData(nameof(Mutants))]
    public void A_planted_bug_in_the_matrix_unit_is_found(int mutant, string name)
    {
        VerilatedModel twin = MatrixTwin.Of(MutantSize, MatrixMutants.All);
        Exception found = Assert.ThrowsAny<Exception>(() =>
            Prop.ForAll(Arb.From(MatrixScenes.Of(MutantSize).Generator), scene => Equal(twin, scene, ArrayEngine.Step, mutant))
                .Check(Config.QuickThrowOnFailure.WithMaxTest(600).WithReplay(20, 61)));
        Assert.True(found.ToString().Contains("edge ", StringComparison.Ordinal), $"{name}: {found}");
    }

    [VerilatorFact]
    public void A_difference_shrinks_to_few_small_descriptors()
    {
        VerilatedModel twin = MatrixTwin.Of(MutantSize, MatrixMutants.All);
        MatrixScene? smallest = null;
        Assert.ThrowsAny<Exception>(() => Prop.ForAll(MatrixScenes.Of(MutantSize), scene =>
        {
            try
            {
                Equal(twin, scene, ArrayEngine.Step, MatrixMutants.Shrinking);
            }
            catch (Xunit.Sdk.XunitException)
            {
                smallest = scene;
                throw;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20, 61)));
        Assert.InRange(smallest!.Descriptors().Count, 1, 3); // a product over folds; or a load and two streams
        Assert.Equal(0, smallest.StallPercent);
    }

    private static void Compare(VerilatedModel twin, int size, int scenes, ArrayEngine engine) =>
        Prop.ForAll(MatrixScenes.Of(size), scene => Equal(twin, scene, engine)).Check(Config.QuickThrowOnFailure.WithMaxTest(scenes));

    private static void Equal(VerilatedModel twin, MatrixScene scene, ArrayEngine engine, int awake = 0)
    {
        string? difference = twin.FirstDifference(scene, MatrixEmulation.Of(scene, engine), awake);
        Assert.True(difference is null, difference);
    }
}
