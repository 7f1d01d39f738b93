using BenchmarkDotNet.Attributes;
using HybridEmu.Chip;

namespace HybridEmu.Bench;

/// <summary>A control core in a loop that hits its caches: host time a retired instruction.</summary>
public class ScalarBench
{
    // The loop retires 11 instructions in 15 cycles; see TIMING.md, C-2 and C-4.
    private const int Cycles = 150_000;
    private const int Instructions = 110_000;

    private ChipRun? _run;

    [GlobalSetup]
    public void Setup() => _run = Programs.StartScalar();

    [Benchmark(OperationsPerInvoke = Instructions)]
    public void Instruction() => _run!.Advance(Cycles);
}
