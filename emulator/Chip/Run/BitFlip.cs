using System.Globalization;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>A bit of a scratchpad or of HBM that turns over by itself.</summary>
/// <param name="Tile">Whose scratchpad, or <see cref="Memory"/>.</param>
/// <param name="Address">Byte offset of the 8-byte word in it.</param>
/// <param name="Bit">0 to 63 data, 64 to 71 check bits (with SECDED only).</param>
/// <param name="Cycle">Core cycle before whose accesses it turns over.</param>
public sealed record BitFlip(int Tile, long Address, int Bit, long Cycle)
{
    public const string Form = "scratchpad:TILE:ADDRESS:BIT[@CYCLE]|hbm:ADDRESS:BIT[@CYCLE]";

    /// <summary>Instead of a tile: HBM.</summary>
    public const int Memory = -1;

    /// <summary>Reads the form of the command line; numbers are decimal, or hexadecimal after 0x.</summary>
    /// <exception cref="FormatException">Says in a sentence what is wrong.</exception>
    public static BitFlip Parse(string text, ChipConfiguration configuration)
    {
        FormatException Wrong(string what) => new($"{text}: {what}");
        string[] halves = text.Split('@');
        string[] parts = halves[0].Split(':');
        bool memory = parts[0] == "hbm";
        if (parts.Length > 1 && parts[0] != "scratchpad" && !memory)
            throw Wrong($"'{parts[0]}' has no bits to flip; scratchpad and hbm have");
        if (halves.Length > 2 || parts.Length != (memory ? 3 : 4))
            throw Wrong($"a flip is {Form}");
        long Number(string digits, string what, long limit)
        {
            bool hexadecimal = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
            bool good = hexadecimal
                ? long.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long value)
                : long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
            if (!good)
                throw Wrong($"'{digits}' is no {what}");
            return value >= 0 && value < limit ? value : throw Wrong($"{what} {digits} is out of range: 0 to {limit - 1}");
        }

        ScratchpadConfiguration s = configuration.Scratchpad;
        long tile = memory ? Memory : Number(parts[1], "tile", configuration.Tiles);
        long address = Number(parts[^2], "address", memory ? configuration.Hbm.CapacityBytes : s.Bytes);
        if (address % Secded.WordBytes != 0)
            throw Wrong($"address {parts[^2]} is not a multiple of {Secded.WordBytes}");
        long bit = Number(parts[^1], "bit", Secded.WordBits);
        if (bit >= 64 && !(memory ? configuration.Hbm.Controller.Secded : s.Secded))
            throw Wrong($"bit {bit} is a check bit, and there are none while {parts[0]}.ecc is off");
        return new((int)tile, address, (int)bit, halves.Length > 1 ? Number(halves[1], "cycle", long.MaxValue) : 0);
    }
}
