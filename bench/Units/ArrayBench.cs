using BenchmarkDotNet.Attributes;
using HybridEmu.Units;

namespace HybridEmu.Bench;

/// <summary>The step engine: host time of one cycle of an N x N array with all registers moving.</summary>
public class ArrayBench
{
    private const int Steps = 1024;

    private ArrayStream? _stream;

    [Params(8, 16, 32, 64)]
    public int N { get; set; }

    [Params("bf16", "int8")]
    public string Type { get; set; } = "bf16";

    [GlobalSetup]
    public void Setup() => _stream = new ArrayStream(N, Type == "bf16" ? MacKind.Bf16 : MacKind.Integer);

    [Benchmark(OperationsPerInvoke = Steps)]
    public void ArrayCycle() => _stream!.Step(Steps);
}
