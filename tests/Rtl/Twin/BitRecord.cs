namespace HybridEmu.Rtl.Tests;

/// <summary>Bits in the order of a packed vector of SystemVerilog, the lowest first, appended field by field.</summary>
internal sealed class BitRecord
{
    private readonly List<byte> _bytes = [];
    private int _spare; // bits of the last byte that are free

    public void Clear()
    {
        _bytes.Clear();
        _spare = 0;
    }

    public void Add(ulong value, int bits)
    {
        for (; bits > 0;)
        {
            if (_spare == 0)
            {
                _bytes.Add(0);
                _spare = 8;
            }

            int taken = Math.Min(bits, _spare);
            _bytes[^1] |= (byte)((value & ((1UL << taken) - 1)) << (8 - _spare));
            value >>= taken;
            bits -= taken;
            _spare -= taken;
        }
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
            Add(b, 8);
    }

    public void AddZeros(int bits)
    {
        for (; bits > 32; bits -= 32)
            Add(0, 32);
        Add(0, bits);
    }

    /// <summary>Appends, at a byte of its own, those of another record, and zeros up to a number of bytes.</summary>
    public void Add(BitRecord other, int bytes)
    {
        _spare = 0;
        _bytes.AddRange(other._bytes);
        for (int i = other._bytes.Count; i < bytes; i++)
            _bytes.Add(0);
    }

    public byte[] ToArray() => [.. _bytes];

    /// <summary>A field of bytes that hold bits, as hexadecimal digits.</summary>
    public static string Hex(ReadOnlySpan<byte> bytes, int first, int bits)
    {
        var digits = new System.Text.StringBuilder();
        for (int at = first + ((bits - 1) / 4 * 4); at >= first; at -= 4)
        {
            int digit = 0;
            for (int i = 0; i < 4 && at + i < first + bits; i++)
                digit |= (bytes[(at + i) / 8] >> ((at + i) % 8) & 1) << i;
            digits.Append(digit.ToString("x"));
        }

        string text = digits.ToString().TrimStart('0');
        return text.Length == 0 ? "0" : text;
    }
}
