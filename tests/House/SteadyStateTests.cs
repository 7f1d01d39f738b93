using HybridEmu.Chip;
using HybridEmu.Isa;

namespace HybridEmu.House.Tests;

public class SteadyStateTests
{
    [Theory]
    [InlineData("tiny")]
    [InlineData("hybrid")]
    [InlineData("tiny", "scratchpad.ecc=secded", "scratchpad.scrub=3 cycles", "scratchpad.ports=single", "accumulators.ports=single")]
    public void A_cycle_of_training_allocates_nothing(string preset, params string[] overrides)
    {
        ChipRun run = Training(preset, overrides);
        Assert.Equal(RunResult.Running, run.Advance(400_000));
        long before = GC.GetAllocatedBytesForCurrentThread();
        RunResult result = run.Advance(400_000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(RunResult.Running, result);
        Assert.Equal(0, allocated);
    }

    // Four batches an epoch, and more epochs than anyone waits for.
    private static ChipRun Training(string preset, string[] overrides)
    {
        ChipConfiguration configuration = ConfigurationLoader.Load(preset, overrides);
        string folder = Path.Combine(Repository.Root, "firmware/mlp_train");
        AssemblyResult assembly = Assembler.Assemble(
            "mlp_train.s",
            File.ReadAllText(Path.Combine(folder, "mlp_train.s")),
            new AssemblerOptions { IncludeResolver = AssemblerOptions.ResolveFrom(folder, Path.Combine(folder, "../lib")) });
        Assert.True(assembly.Succeeded, string.Join(Environment.NewLine, assembly.Diagnostics));
        IReadOnlyList<PlacedData> data = DataPlacement.Place(
            ["synth:128@train_data", "word:1000000@epochs"], assembly.Image!, configuration.Hbm.CapacityBytes, configuration.Seed);
        return new ChipRun(configuration, assembly.Image!, [.. data.Select(d => (d.Address, d.Bytes))], new RunOptions());
    }
}
