using System.Runtime.InteropServices;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>How the bytes of a row given to the array become the words that PEs multiply.</summary>
public enum RowFormat : byte
{
    /// <summary>A byte a word, sign-extended.</summary>
    Int8,

    /// <summary>Two bytes a word, bf16 to fp32 by a shift.</summary>
    Bf16,

    /// <summary>Two bytes a word, sign-extended.</summary>
    Int16,

    /// <summary>Four bytes a word, as they are: several narrow elements of consecutive k.</summary>
    Packed,
}

/// <summary>From bytes to words, for both engines.</summary>
public static class RowFormats
{
    /// <summary>Bytes of one word.</summary>
    public static int BytesOf(RowFormat format) => format switch
    {
        RowFormat.Int8 => 1,
        RowFormat.Packed => 4,
        _ => 2,
    };

    /// <summary>The first words of a row.</summary>
    /// <param name="row">At least as many bytes as the words take; what follows is ignored.</param>
    /// <param name="words">One word an element.</param>
    public static void Widen(ReadOnlySpan<byte> row, RowFormat format, Span<int> words)
    {
        int length = words.Length;
        switch (format)
        {
            case RowFormat.Int8:
                WidenInteger.Run(MemoryMarshal.Cast<byte, sbyte>(row)[..length], words);
                break;
            case RowFormat.Bf16:
                WidenBf16.Run(MemoryMarshal.Cast<byte, ushort>(row)[..length], MemoryMarshal.Cast<int, float>(words));
                break;
            case RowFormat.Int16:
                WidenInteger.Run(MemoryMarshal.Cast<byte, short>(row)[..length], words);
                break;
            default:
                row[..(length * sizeof(int))].CopyTo(MemoryMarshal.AsBytes(words));
                break;
        }
    }
}
