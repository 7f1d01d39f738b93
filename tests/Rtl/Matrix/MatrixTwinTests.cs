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

    // Two programs are enough for a quick run: those with bugs in them, asleep.
    private static readonly int[] QuickSizes = [MatrixSizes.OfMutants, MatrixSizes.OfFurtherMutants];

    public static TheoryData<int> Sizes => new(Verilator.Factor > 1 ? Enumerable.Range(0, MatrixSizes.All.Length) : QuickSizes);

    public static TheoryData<int, int, string> Mutants
    {
        get
        {
            var data = new TheoryData<int, int, string>();
            foreach (int size in QuickSizes)
            {
                RtlMutant[] mutants = MatrixMutants.Of(size);
                for (int i = 0; i < mutants.Length; i++)
                    data.Add(size, i + 1, mutants[i].Name);
            }

            return data;
        }
    }

    [VerilatorTheory]
    [MemberData(nameof(Sizes))]
    public void Every_port_and_accumulator_of_the_matrix_unit_is_equal_at_every_edge(int size) =>
        Compare(size, ArrayEngine.Step);

    [VerilatorTheory]
    [MemberData(nameof(Sizes))]
    public void Ports_are_equal_at_every_edge_with_the_fast_engine_too(int size) => Compare(size, ArrayEngine.Fast);

    [VerilatorTheory]
    [MemberData(nameof(Mutants))]
    public void A_planted_bug_in_the_matrix_unit_is_found(int size, int mutant, string name)
    {
        VerilatedModel twin = MatrixTwin.Of(size);
        Exception found = Assert.ThrowsAny<Exception>(() =>
            Prop.ForAll(Arb.From(MatrixScenes.Of(size).Generator), scene => Equal(twin, scene, ArrayEngine.Step, mutant))
                .Check(Config.QuickThrowOnFailure.WithMaxTest(600).WithReplay(7, 13)));
        Assert.True(found.ToString().Contains("edge ", StringComparison.Ordinal), $"{name}: {found}");
    }

    [VerilatorFact]
    public void A_difference_shrinks_to_few_small_descriptors()
    {
        VerilatedModel twin = MatrixTwin.Of(MatrixSizes.OfMutants);
        MatrixScene? smallest = null;
        Assert.ThrowsAny<Exception>(() => Prop.ForAll(MatrixScenes.Of(MatrixSizes.OfMutants), scene =>
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

    private static void Compare(int size, ArrayEngine engine)
    {
        VerilatedModel twin = MatrixTwin.Of(size);
        Prop.ForAll(MatrixScenes.Of(size), scene => Equal(twin, scene, engine)).Check(Config.QuickThrowOnFailure.WithMaxTest(Scenes * Verilator.Factor));
    }

    private static void Equal(VerilatedModel twin, MatrixScene scene, ArrayEngine engine, int awake = 0)
    {
        string? difference = twin.FirstDifference(scene, MatrixEmulation.Of(scene, engine), awake);
        Assert.True(difference is null, difference);
    }
}
