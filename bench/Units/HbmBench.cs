using BenchmarkDotNet.Attributes;

namespace HybridEmu.Bench;

/// <summary>An HBM channel under load: host time a request of 32 bytes.</summary>
public class HbmBench
{
    private const int Requests = 4096;

    private HbmTraffic? _traffic;

    [Params("streaming", "random")]
    public string Pattern { get; set; } = "streaming";

    [GlobalSetup]
    public void Setup() => _traffic = new HbmTraffic(Pattern == "random");

    [Benchmark(OperationsPerInvoke = Requests)]
    public void Request() => _traffic!.Serve(Requests);
}
