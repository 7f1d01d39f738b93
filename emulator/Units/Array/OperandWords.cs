using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>How the bytes of a row of memory lie in a row of the operand FIFO.</summary>
public enum OperandArrival : byte
{
    /// <summary>As they come.</summary>
    Copied,

    /// <summary>As they come: k runs along the row, p elements a word; what is left of the last word is 0.</summary>
    Words,

    /// <summary>int4, each in a byte of its own.</summary>
    Unpacked,

    /// <summary>The row is one k of p in words that p rows of memory fill.</summary>
    Gathered,
}

/// <summary>The moves between memory's rows and rows of PE words that are more than a copy.</summary>
public static class OperandWords
{
    /// <summary>Bytes of a PE's word with p products.</summary>
    public const int PackedBytes = 4;

    /// <summary>The rest of the last word of a row holds nothing.</summary>
    /// <param name="row">Starts with <paramref name="bytes"/> bytes of elements.</param>
    /// <param name="bytes">Bytes that hold elements.</param>
    /// <param name="halfByte">The high half of the last of them is nobody's.</param>
    public static void Close(Span<byte> row, int bytes, bool halfByte)
    {
        if (halfByte)
            row[bytes - 1] &= 15;
        row[bytes..((bytes + PackedBytes - 1) / PackedBytes * PackedBytes)].Clear();
    }

    /// <summary>int4 from two in a byte to one in a byte, sign-extended.</summary>
    /// <param name="bytes">Packed elements.</param>
    /// <param name="row">Receives those elements that have a place in it.</param>
    /// <param name="first">Place of the first element; -1 when that is another row's.</param>
    public static void Unpack(ReadOnlySpan<byte> bytes, Span<byte> row, int first)
    {
        for (int i = 0; i < 2 * bytes.Length; i++)
        {
            if ((uint)(first + i) < (uint)row.Length)
                row[first + i] = (byte)Int4.Element(bytes, i);
        }
    }

    /// <summary>int4 from one in a byte to two in a byte; what is left of the last word is 0.</summary>
    public static void Pack(ReadOnlySpan<byte> elements, Span<byte> row)
    {
        for (int i = 0; i < elements.Length; i++)
        {
            int nibble = elements[i] & 15;
            row[i >> 1] = (byte)((i & 1) == 0 ? nibble : row[i >> 1] | (nibble << 4));
        }

        Close(row, Int4.RowBytes(elements.Length), false);
    }

    /// <summary>Puts elements into words, one in each, the row having been cleared before the first of p.</summary>
    /// <param name="bytes">int8, or int4 two in a byte.</param>
    /// <param name="row">Words.</param>
    /// <param name="first">Word of the first element; -1 when that is another row's.</param>
    /// <param name="member">Place in the word, 0 to p - 1.</param>
    /// <param name="bits">4 or 8.</param>
    public static void Gather(ReadOnlySpan<byte> bytes, Span<byte> row, int first, int member, int bits)
    {
        if (bits == 8)
        {
            for (int i = 0; i < bytes.Length; i++)
                row[((first + i) * PackedBytes) + member] = bytes[i];
            return;
        }

        int at = member >> 1, shift = 4 * (member & 1), words = row.Length / PackedBytes;
        for (int i = 0; i < 2 * bytes.Length; i++)
        {
            if ((uint)(first + i) < (uint)words)
                row[((first + i) * PackedBytes) + at] |= (byte)((Int4.Element(bytes, i) & 15) << shift);
        }
    }
}
