using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>The (72,64) code, exhaustively over error patterns.</summary>
public class SecdedTests
{
    private static readonly ulong[] s_words = [0, ulong.MaxValue, 0x0123_4567_89AB_CDEF, 0x8000_0000_0000_0001, 0xAAAA_5555_F0F0_3C3C];

    [Fact]
    public void A_word_as_it_was_encoded_is_clean()
    {
        foreach (ulong word in s_words)
        {
            (ulong data, byte check) = (word, Secded.Encode(word));
            Assert.Equal(SecdedOutcome.Clean, Secded.Decode(ref data, ref check));
            Assert.Equal((word, Secded.Encode(word)), (data, check));
        }
    }

    [Fact]
    public void Each_of_72_single_errors_is_corrected()
    {
        foreach (ulong word in s_words)
        {
            for (int bit = 0; bit < Secded.WordBits; bit++)
            {
                (ulong data, byte check) = Flipped(word, bit);
                Assert.Equal(SecdedOutcome.Corrected, Secded.Decode(ref data, ref check));
                Assert.Equal((word, Secded.Encode(word)), (data, check));
            }
        }
    }

    [Fact]
    public void Each_of_2556_double_errors_is_detected_and_left_alone()
    {
        int pairs = 0;
        foreach (ulong word in s_words)
        {
            for (int first = 0; first < Secded.WordBits; first++)
            {
                for (int second = first + 1; second < Secded.WordBits; second++, pairs++)
                {
                    (ulong data, byte check) = Flipped(word, first, second);
                    (ulong, byte) wrong = (data, check);
                    Assert.Equal(SecdedOutcome.Uncorrectable, Secded.Decode(ref data, ref check));
                    Assert.Equal(wrong, (data, check));
                }
            }
        }

        Assert.Equal(2556 * s_words.Length, pairs);
    }

    [Fact]
    public void Three_errors_are_never_taken_for_none()
    {
        for (int first = 0; first < Secded.WordBits; first++)
        {
            for (int second = first + 1; second < Secded.WordBits; second++)
            {
                for (int third = second + 1; third < Secded.WordBits; third++)
                {
                    (ulong data, byte check) = Flipped(s_words[2], first, second, third);
                    Assert.NotEqual(SecdedOutcome.Clean, Secded.Decode(ref data, ref check));
                }
            }
        }
    }

    private static (ulong Data, byte Check) Flipped(ulong word, params ReadOnlySpan<int> bits)
    {
        (ulong data, byte check) = (word, Secded.Encode(word));
        foreach (int bit in bits)
        {
            if (bit < 64)
                data ^= 1UL << bit;
            else
                check ^= (byte)(1 << (bit - 64));
        }

        return (data, check);
    }
}
