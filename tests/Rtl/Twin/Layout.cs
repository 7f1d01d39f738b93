namespace HybridEmu.Rtl.Tests;

/// <summary>How a message of the emulator lies in the packed struct of its twin: fields from the lowest bits up.</summary>
/// <param name="Fields">Names and widths.</param>
/// <param name="Pack">Appends the fields of a message.</param>
internal sealed record Layout<T>((string Name, int Bits)[] Fields, Action<T, BitRecord> Pack)
{
    public int Bits { get; } = Fields.Sum(f => f.Bits);
}
