using System.Buffers.Binary;
using System.Numerics;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <content>
/// SECDED: parts of words, flipped bits, and the scrubber. Only words with flipped bits are kept apart from the bytes: every
/// other word decodes clean, so that nobody else pays for the code.
/// </content>
public sealed partial class Scratchpad
{
    private readonly FlippedWords _flipped = new();

    /// <summary>Flips a bit of a word behind everybody's back, after an edge that has passed. Without SECDED, data bits only.</summary>
    /// <param name="address">Byte offset of the word, a multiple of 8.</param>
    /// <param name="bit">0 to 63 data, 64 to 71 check bits.</param>
    /// <param name="edge">The latest edge; -1 before the first.</param>
    public void Flip(int address, int bit, long edge)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)address, (uint)_bytes.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(address % Secded.WordBytes, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)bit, _secded ? (uint)Secded.WordBits : 64);
        Settle(edge);
        if (_secded)
            _flipped.Flip(address / Secded.WordBytes, bit);
        else
            _bytes[address + (bit / 8)] ^= (byte)(1 << (bit % 8));
    }

    /// <summary>Banks of words of which an access has only a part: at most its first and its last.</summary>
    private ulong BanksOfParts(uint address, int length)
    {
        uint end = address + (uint)length;
        ulong banks = 0;
        if (address % Secded.WordBytes != 0)
            banks |= 1UL << (int)((address >> _bankShift) & (uint)_bankMask);
        if (end % Secded.WordBytes != 0)
            banks |= 1UL << (int)(((end - 1) >> _bankShift) & (uint)_bankMask);
        return banks;
    }

    /// <summary>Notes for whom banks write back in the next cycle: writes that read, too.</summary>
    private void Hold(ulong granted)
    {
        for (int p = 0; p < _heldBy.Length; p++)
            _heldBy[p] = (granted >> p & 1) != 0 && _writing[p] != 0 ? _reading[p] : 0;
    }

    /// <summary>A read passes the decoder: what it finds wrong in a word is right in the answer and stays in the bank.</summary>
    private void Disturb(int port, uint address, Span<byte> answer, long edge)
    {
        Span<byte> word = stackalloc byte[Secded.WordBytes];
        int last = (int)(address + (uint)answer.Length - 1) / Secded.WordBytes;
        for (int i = _flipped.First((int)address / Secded.WordBytes); i < _flipped.Count && _flipped[i].Word <= last; i++)
        {
            Count(Decode(in _flipped[i], out ulong data), port, (int)_flipped[i].Word, edge);
            BinaryPrimitives.WriteUInt64LittleEndian(word, data);
            Line64.Overlay((ulong)_flipped[i].Word * Secded.WordBytes, word, address, answer);
        }
    }

    /// <summary>A write replaces whole words, whatever they held, and reads those of which it has a part.</summary>
    private void Overwrite(int port, uint address, int length, long edge)
    {
        uint end = address + (uint)length;
        int i = _flipped.First((int)address / Secded.WordBytes);
        while (i < _flipped.Count && (uint)_flipped[i].Word * Secded.WordBytes < end)
        {
            uint word = (uint)_flipped[i].Word * Secded.WordBytes;
            bool whole = word >= address && word + Secded.WordBytes <= end;
            if (!whole)
            {
                SecdedOutcome outcome = Decode(in _flipped[i], out ulong data);
                Count(outcome, port, (int)_flipped[i].Word, edge);
                BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan((int)word), data);
                if (outcome == SecdedOutcome.Uncorrectable)
                {
                    _flipped.Poison(i++); // the new check byte says what the old one said, so the word stays poisoned
                    continue;
                }
            }

            _flipped.RemoveAt(i);
        }
    }

    private SecdedOutcome Decode(in FlippedWord flipped, out ulong data)
    {
        data = BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan((int)flipped.Word * Secded.WordBytes));
        byte check = (byte)(Secded.Encode(data) ^ flipped.Check);
        data ^= flipped.Data;
        return Secded.Decode(ref data, ref check);
    }

    private void Count(SecdedOutcome outcome, int port, int word, long edge)
    {
        if (outcome == SecdedOutcome.Corrected)
            State.Corrected++;
        if (outcome != SecdedOutcome.Uncorrectable)
            return;
        State.Detected++;
        string address = $"address 0x{word * Secded.WordBytes:x}";
        _faults.Raise(new Fault(
            FaultKind.Poison, _name, address, edge,
            $"{_ports[port].Name} read the word at {address}; two of its bits are wrong, which SECDED cannot correct.",
            "A scrubber (scratchpad.scrub) corrects single errors before a second one joins them."));
    }

    /// <summary>The scrubber in a cycle in which requesters use banks: it takes a free bank or waits a cycle.</summary>
    private void ScrubBeside(ulong busy, long edge)
    {
        int bank = (int)((State.ScrubWord * Secded.WordBytes) >> _bankShift) & _bankMask;
        if ((busy >> bank & 1) != 0)
            State.ScrubAt = edge + 1;
        else
            Scrub(edge);
    }

    /// <summary>
    /// What the scrubber did up to an edge, all banks being free at the edges that it wanted: a word each ScrubCycles. Closed
    /// form, as only flipped words have anything to find.
    /// </summary>
    private void Scrub(long edge)
    {
        long words = _bytes.Length / Secded.WordBytes;
        long looks = ((edge - State.ScrubAt) / _scrubCycles) + 1;
        for (int i = _flipped.Count - 1; i >= 0; i--)
        {
            long ahead = _flipped[i].Word - State.ScrubWord;
            ahead += ahead < 0 ? words : 0;
            if (ahead >= looks)
                continue;
            SecdedOutcome outcome = Decode(in _flipped[i], out ulong data);
            if (outcome == SecdedOutcome.Uncorrectable)
            {
                State.Detected += 1 + ((looks - 1 - ahead) / words); // at each of its rounds
                continue;
            }

            BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan((int)_flipped[i].Word * Secded.WordBytes), data);
            _flipped.RemoveAt(i);
            State.Scrubbed += outcome == SecdedOutcome.Corrected ? 1 : 0; // four flips can make another word
        }

        State.ScrubWord = (State.ScrubWord + looks) % words;
        State.ScrubReads += looks;
        State.ScrubAt += looks * _scrubCycles;
    }
}
