namespace HybridEmu.Programs.Tests;

/// <summary>Whether the longer sweeps are wanted: `make test-deep` sets HYBRIDEMU_DEEP=1.</summary>
internal static class DeepSuite
{
    public static bool IsAsked { get; } = Environment.GetEnvironmentVariable("HYBRIDEMU_DEEP") is not null;
}
