namespace HybridEmu.Chip;

/// <summary>What spends energy by its events: a unit as reports name it, where on the die it sits, and how much so far.</summary>
/// <param name="Name">tile0.array, fabric, hbm.</param>
/// <param name="Block">Index of the floorplan's block that heats.</param>
/// <param name="Picojoules">Energy of its events since reset.</param>
internal sealed record EnergySource(string Name, int Block, Func<double> Picojoules);
