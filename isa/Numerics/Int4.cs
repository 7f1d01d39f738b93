namespace HybridEmu.Isa;

/// <summary>Two's-complement integers of 4 bits, two in a byte: the even element in the low half.</summary>
public static class Int4
{
    /// <summary>Element <paramref name="index"/> of a packed row: -8 to 7.</summary>
    public static sbyte Element(ReadOnlySpan<byte> row, int index)
    {
        int both = row[index >> 1];
        return (sbyte)((index & 1) == 0 ? (sbyte)(both << 4) >> 4 : (sbyte)both >> 4);
    }

    /// <summary>Bytes that a row of <paramref name="elements"/> takes.</summary>
    public static int RowBytes(int elements) => (elements + 1) / 2;
}
