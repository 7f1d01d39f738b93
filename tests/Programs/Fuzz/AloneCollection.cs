namespace HybridEmu.Programs.Tests;

/// <summary>Tests that allocate so much that others, which count their allocations, would notice: they run by themselves.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
#pragma warning disable CA1711 // xunit calls it a collection
public sealed class AloneCollection;
#pragma warning restore CA1711
