#pragma warning disable
using HybridEmu.Kernel;
namespace HybridEmu.Chip;
internal sealed class PowerManager { public long NextSamplePs => long.MaxValue; public void Walk(StateArchive a) {} }
public sealed partial class Chip { private PowerManager BuildPower() => new(); private void SamplePower() {} 
 private static HybridEmu.Units.HbmConfig HbmConfigOf(ChipConfiguration c) => new() { Map = HybridEmu.Units.HbmAddressMap.Chip(global::System.Numerics.BitOperations.Log2((uint)c.Hbm.Channels)) }; }
internal static class ChipStatisticsReader { public static ChipStatistics Read(Chip c, string o, uint? e) => throw new InvalidOperationException(); }
