using System.Numerics;

namespace HybridEmu.Units;

/// <summary>What a decoder finds in a word.</summary>
public enum SecdedOutcome : byte
{
    Clean,

    /// <summary>One bit was wrong and is right again.</summary>
    Corrected,

    /// <summary>Two bits are wrong, or more that look like two; nothing was changed.</summary>
    Uncorrectable,
}

/// <summary>
/// Single error correction, double error detection over 64 bits of data and 8 of check: a Hamming code with a parity bit
/// over everything (R. W. Hamming, Error detecting and error correcting codes, 1950). Data bits have the positions from 3 on
/// that are no power of two, check bit j the position 2^j and every position with bit j in its care; check bit 7 is the
/// parity of the other 71. Bits of a word are numbered 0 to 63 (data) and 64 to 71 (check).
/// </summary>
public static class Secded
{
    /// <summary>Bytes of data in a word.</summary>
    public const int WordBytes = 8;

    /// <summary>Bits of a word, data and check.</summary>
    public const int WordBits = 72;

    private const int HammingBits = 7;
    private const int HammingMask = (1 << HammingBits) - 1;

    // Data bits in the care of each check bit, and the data bit at each position; 64 where there is none.
    private static readonly ulong[] s_care = new ulong[HammingBits];
    private static readonly byte[] s_dataBit = new byte[1 << HammingBits];

    static Secded()
    {
        Array.Fill(s_dataBit, (byte)64);
        int bit = 0;
        for (int position = 3; bit < 64; position++)
        {
            if (BitOperations.IsPow2(position))
                continue;
            for (int j = 0; j < HammingBits; j++)
                s_care[j] |= (ulong)(position >> j & 1) << bit;
            s_dataBit[position] = (byte)bit++;
        }
    }

    /// <summary>The check byte of a word.</summary>
    public static byte Encode(ulong data)
    {
        int check = Hamming(data);
        return (byte)(check | (((BitOperations.PopCount(data) + BitOperations.PopCount((uint)check)) & 1) << HammingBits));
    }

    /// <summary>Corrects a word in place, if one bit of it is wrong.</summary>
    public static SecdedOutcome Decode(ref ulong data, ref byte check)
    {
        int syndrome = Hamming(data) ^ (check & HammingMask);
        bool odd = ((BitOperations.PopCount(data) + BitOperations.PopCount((uint)check)) & 1) != 0;
        if (!odd)
            return syndrome == 0 ? SecdedOutcome.Clean : SecdedOutcome.Uncorrectable;
        if (syndrome == 0)
            check ^= 1 << HammingBits;
        else if (BitOperations.IsPow2(syndrome))
            check ^= (byte)syndrome;
        else if (s_dataBit[syndrome] < 64)
            data ^= 1UL << s_dataBit[syndrome];
        else
            return SecdedOutcome.Uncorrectable; // three or more bits: no word has that position
        return SecdedOutcome.Corrected;
    }

    private static int Hamming(ulong data)
    {
        int check = 0;
        for (int j = 0; j < HammingBits; j++)
            check |= (BitOperations.PopCount(data & s_care[j]) & 1) << j;
        return check;
    }
}
