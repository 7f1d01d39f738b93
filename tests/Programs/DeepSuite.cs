using System.Globalization;

namespace HybridEmu.Programs.Tests;

/// <summary>How much is wanted. Tests that do more for `make test-deep` have the trait Depth=Deep.</summary>
internal static class DeepSuite
{
    private const ulong DeepGraphs = 100;

    /// <summary>`make test-deep` sets HYBRIDEMU_DEEP=1.</summary>
    public static bool IsAsked { get; } = Environment.GetEnvironmentVariable("HYBRIDEMU_DEEP") is not null;

    /// <summary>How many times the quick suite's graphs of descriptors to try; HYBRIDEMU_GRAPHS says another number.</summary>
    public static ulong GraphFactor { get; } =
        ulong.TryParse(Environment.GetEnvironmentVariable("HYBRIDEMU_GRAPHS"), CultureInfo.InvariantCulture, out ulong factor) ? factor
        : IsAsked ? DeepGraphs : 1;
}
