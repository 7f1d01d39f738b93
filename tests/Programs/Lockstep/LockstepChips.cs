using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

/// <summary>The chips that programs run on, by turns: small caches, other clock ratios, hardly any store buffer.</summary>
internal static class LockstepChips
{
    private static readonly string[][] s_settings =
    [
        [],
        ["core.clock=300 MHz"],
        ["core.store_buffer=1", "core.l1i_bytes=1 KiB", "core.l1d_bytes=1 KiB"],
        ["core.clock=1700 MHz", "core.store_buffer=2"],
    ];

    private static readonly ChipConfiguration[] s_chips = [.. s_settings.Select(s => ConfigurationLoader.Load("tiny", s))];

    public static ChipConfiguration Of(ulong seed) => s_chips[seed % (ulong)s_chips.Length];

    /// <summary>The chip's name and settings, as the command line takes them.</summary>
    public static string Name(ulong seed) => "tiny" + string.Concat(s_settings[seed % (ulong)s_settings.Length].Select(s => $" --set \"{s}\""));
}
