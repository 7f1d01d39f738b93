using System.Runtime.InteropServices;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// Sideband SECDED of a channel: eight check bits travel beside every word of eight bytes and cost no cycle. The array's
/// bytes stay what was written; which bits of a word have flipped since is kept here, for the few words that have any.
/// The code is linear, so that the flipped bits alone decide what a decoder does with a word.
/// </summary>
internal sealed class HbmEcc
{
    private const int WordBytes = Secded.WordBytes;

    private readonly FlippedWords _words = new();

    /// <summary>Whether any bit has flipped.</summary>
    public bool Any => _words.Count > 0;

    /// <summary>Flips a bit of a word: 0 to 63 of its bytes from the lowest on, 64 to 71 of its check bits.</summary>
    public void Flip(ulong address, int bit)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)bit, (uint)Secded.WordBits, nameof(bit));
        _words.Flip((long)address / WordBytes, bit);
    }

    /// <summary>A burst is read: single errors are corrected, and written back as they are seen.</summary>
    /// <param name="address">Of the burst.</param>
    /// <param name="data">The bytes that were written; they become what the decoder makes of them.</param>
    /// <param name="corrected">Grows by the words corrected.</param>
    /// <returns>Words with an error that the code detects and cannot correct.</returns>
    public int Read(ulong address, Span<byte> data, ref long corrected)
    {
        int detected = 0;
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(data);
        for (int i = 0; i < words.Length; i++)
        {
            int at = _words.Find(((long)address / WordBytes) + i);
            if (at < 0)
                continue;
            SecdedOutcome outcome = Decode(in _words[at], out ulong left);
            words[i] ^= left;
            if (outcome == SecdedOutcome.Uncorrectable)
            {
                detected++;
                continue;
            }

            corrected += outcome == SecdedOutcome.Clean ? 0 : 1;
            _words.Rewrite(at, left);
        }

        return detected;
    }

    /// <summary>
    /// A burst is written. Words written as a whole are as new. One written in part was read first: a single error in it is
    /// corrected; one that cannot be stays, so that the word is bad until it is written as a whole.
    /// </summary>
    public int Write(ulong address, uint byteEnable, ref long corrected)
    {
        int detected = 0;
        for (int i = 0; i < HbmAddressMap.BurstBytes / WordBytes; i++)
        {
            int at = _words.Find(((long)address / WordBytes) + i);
            uint enable = byteEnable >> (i * WordBytes) & 0xFF;
            if (at < 0 || enable == 0)
                continue;
            SecdedOutcome outcome = Decode(in _words[at], out ulong left);
            if (enable == 0xFF)
                outcome = SecdedOutcome.Clean; // nobody reads it
            if (outcome == SecdedOutcome.Uncorrectable)
            {
                detected++;
                continue;
            }

            corrected += outcome == SecdedOutcome.Clean ? 0 : 1;
            ulong kept = 0; // flips in bytes that are not written
            for (int lane = 0; lane < WordBytes; lane++)
                kept |= (enable >> lane & 1) == 0 ? 0xFFUL << (8 * lane) : 0;
            _words.Rewrite(at, left & kept);
        }

        return detected;
    }

    public void Walk(StateArchive archive) => _words.Walk(archive);

    /// <summary>What a decoder says of a word, and the flips that it leaves in the data: more than before where three look like another one.</summary>
    private static SecdedOutcome Decode(in FlippedWord word, out ulong left)
    {
        left = word.Data;
        byte check = word.Check;
        return Secded.Decode(ref left, ref check);
    }
}
