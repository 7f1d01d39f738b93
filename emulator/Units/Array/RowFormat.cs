using System.Runtime.InteropServices;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>How the bytes of an operand row become the words that PEs take.</summary>
public enum RowFormat : byte
{
    /// <summary>int8, sign-extended.</summary>
    Int8,

    /// <summary>bf16, widened to fp32.</summary>
    Bf16,

    /// <summary>int16, sign-extended.</summary>
    Int16,

    /// <summary>Words of several elements, as they are.</summary>
    Packed,
}

/// <summary>Rows of bytes into rows of words.</summary>
public static class RowFormats
{
    /// <summary>Fills all of <paramref name="words"/> from the start of a row.</summary>
    public static void Widen(this RowFormat format, ReadOnlySpan<byte> row, Span<int> words)
    {
        switch (format)
        {
            case RowFormat.Bf16:
                WidenBf16.Run(MemoryMarshal.Cast<byte, ushort>(row)[..words.Length], MemoryMarshal.Cast<int, float>(words));
                break;
            case RowFormat.Int16:
                WidenInteger.Run(MemoryMarshal.Cast<byte, short>(row)[..words.Length], words);
                break;
            case RowFormat.Packed:
                MemoryMarshal.Cast<byte, int>(row)[..words.Length].CopyTo(words);
                break;
            default:
                WidenInteger.Run(MemoryMarshal.Cast<byte, sbyte>(row)[..words.Length], words);
                break;
        }
    }
}
