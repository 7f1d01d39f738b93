using System.Globalization;
using BenchmarkDotNet.Attributes;
using HybridEmu.Chip;

namespace HybridEmu.Bench;

/// <summary>The whole chip training: host time and allocated bytes an emulated core cycle.</summary>
public class TrainingBench
{
    private const int Cycles = 100_000;

    private ChipRun? _run;

    [Params("hybrid", "tiny")]
    public string Preset { get; set; } = "hybrid";

    [GlobalSetup]
    public void Setup() => _run = Programs.StartTraining(Preset);

    [Benchmark(OperationsPerInvoke = Cycles)]
    public void Cycle() => _run!.Advance(Cycles);

    /// <summary>The two figures that the project is held to, in their own units.</summary>
    [GlobalCleanup]
    public void Report()
    {
        const long Measured = 2_000_000;
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan start = Environment.CpuUsage.TotalTime; // others' load on the machine is no property of the emulator
        _run!.Advance(Measured);
        double seconds = (Environment.CpuUsage.TotalTime - start).TotalSeconds;
        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Preset}: emulated Mcycles/s {Measured / seconds / 1e6:F2}, bytes/cycle {(double)bytes / Measured:F4}"));
    }
}
