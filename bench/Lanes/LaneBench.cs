using BenchmarkDotNet.Attributes;

namespace HybridEmu.Bench;

/// <summary>Each lane operation against its scalar twin: time an element, and the ratio.</summary>
public class LaneBench
{
    private LanePair? _pair;

    public static IEnumerable<string> Names => LanePair.All.Select(p => p.Name);

    [ParamsSource(nameof(Names))]
    public string Operation { get; set; } = "";

    [GlobalSetup]
    public void Setup() => _pair = LanePair.All.Single(p => p.Name == Operation);

    [Benchmark(Baseline = true, OperationsPerInvoke = LanePair.Elements)]
    public void Scalar() => _pair!.Scalar();

    [Benchmark(OperationsPerInvoke = LanePair.Elements)]
    public void Lane() => _pair!.Lane();
}
