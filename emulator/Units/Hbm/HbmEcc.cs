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
    private const int Capacity = 64, DataBits = 64, WordBytes = Secded.WordBytes;

    private struct Word
    {
        public ulong Address, Data;
        public byte Check;
    }

    private readonly Word[] _words = new Word[Capacity];
    private int _count;

    /// <summary>Whether any bit has flipped.</summary>
    public bool Any => _count > 0;

    /// <summary>Flips a bit of a word: 0 to 63 of its bytes from the lowest on, 64 to 71 of its check bits.</summary>
    /// <exception cref="InvalidOperationException">More words have flipped bits than are kept.</exception>
    public void Flip(ulong address, int bit)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)bit, (uint)Secded.WordBits, nameof(bit));
        ulong word = address & ~(ulong)(WordBytes - 1);
        int at = Find(word);
        if (at < 0)
        {
            if (_count == Capacity)
                throw new InvalidOperationException($"A channel keeps flipped bits of {Capacity} words.");
            at = _count++;
            _words[at] = new Word { Address = word };
        }

        ref Word flipped = ref _words[at];
        if (bit < DataBits)
            flipped.Data ^= 1UL << bit;
        else
            flipped.Check ^= (byte)(1 << (bit - DataBits));
        if (flipped.Data == 0 && flipped.Check == 0)
            Remove(at);
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
            int at = Find(address + (ulong)(i * WordBytes));
            if (at < 0)
                continue;
            SecdedOutcome outcome = Decode(_words[at], out ulong left);
            words[i] ^= left;
            if (outcome == SecdedOutcome.Uncorrectable)
            {
                detected++;
                continue;
            }

            corrected += outcome == SecdedOutcome.Clean ? 0 : 1;
            Encode(at, left);
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
            int at = Find(address + (ulong)(i * WordBytes));
            uint enable = byteEnable >> (i * WordBytes) & 0xFF;
            if (at < 0 || enable == 0)
                continue;
            SecdedOutcome outcome = Decode(_words[at], out ulong left);
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
            Encode(at, left & kept);
        }

        return detected;
    }

    public void Walk(StateArchive archive)
    {
        archive.Array("flipped", _words);
        archive.Value("flippedCount", ref _count);
    }

    /// <summary>What a decoder says of a word, and the flips that it leaves in the data: more than before where three look like another one.</summary>
    private static SecdedOutcome Decode(in Word word, out ulong left)
    {
        left = word.Data;
        byte check = word.Check;
        return Secded.Decode(ref left, ref check);
    }

    /// <summary>A word is written as it was read, with check bits that fit it.</summary>
    private void Encode(int at, ulong left)
    {
        _words[at].Data = left;
        _words[at].Check = Secded.Encode(left);
        if (left == 0)
            Remove(at);
    }

    private int Find(ulong address)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_words[i].Address == address)
                return i;
        }

        return -1;
    }

    private void Remove(int at)
    {
        _words[at] = _words[--_count];
        _words[_count] = default;
    }
}
