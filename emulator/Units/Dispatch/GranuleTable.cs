using System.Numerics;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// Who last wrote, and who last read, each 16-byte granule of a memory. Accesses are (agent, index) pairs with
/// indices from 1; index 0 is "nobody".
/// </summary>
internal sealed class GranuleTable
{
    public const int GranuleBytes = 16;

    private readonly int _granules;
    private readonly ulong[] _writer;
    private readonly uint[] _readers; // [agent][granule]
    private readonly uint[] _lastWrite, _lastRead; // greatest index of each agent that was ever entered

    public GranuleTable(int granules, int agents)
    {
        _granules = granules;
        _writer = new ulong[granules];
        _readers = new uint[granules * agents];
        _lastWrite = new uint[agents];
        _lastRead = new uint[agents];
    }

    /// <summary>Looks for an earlier access that nothing orders before this one.</summary>
    /// <param name="rows">Granules.</param>
    /// <param name="agent">Who, in this table's numbering.</param>
    /// <param name="index">The agent's index of this access.</param>
    /// <param name="clock">What the access is known to come after, in this table's numbering.</param>
    /// <param name="write">Write, or read.</param>
    /// <param name="other">On conflict: the earlier access, agent in the upper and index in the lower half.</param>
    /// <returns>The granule of the first conflict, or -1.</returns>
    public int Conflict(in GranuleRows rows, int agent, uint index, ReadOnlySpan<uint> clock, bool write, out ulong other)
    {
        // Who was never here after what the clock knows of need not be looked for.
        ulong lateWriters = Late(_lastWrite, clock), lateReaders = write ? Late(_lastRead, clock) : 0;
        other = 0;
        for (int row = 0; row < rows.Count && (lateWriters | lateReaders) != 0; row++)
        {
            int first = rows.First + (row * rows.Pitch);
            int found = FindWriter(first, rows.Length, Access(agent, index), clock, lateWriters, ref other);

            // Of one granule the writer counts first, then its readers in order.
            for (ulong late = lateReaders; late != 0; late &= late - 1)
            {
                int reader = BitOperations.TrailingZeroCount(late);
                found = FindReader(first, found, reader, clock[reader], reader == agent ? index : 0, ref other);
            }

            if (found < rows.Length)
                return first + found;
        }

        return -1;
    }

    /// <summary>
    /// Enters an access without a conflict to rows of granules. Reads before a write stay: who comes after the write comes
    /// after what it came after, and who does not is found by the write.
    /// </summary>
    public void Record(in GranuleRows rows, int agent, uint index, bool write)
    {
        for (int row = 0; row < rows.Count; row++)
        {
            int first = rows.First + (row * rows.Pitch);
            if (write)
                _writer.AsSpan(first, rows.Length).Fill(Access(agent, index));
            else
                Readers(agent, first, rows.Length).Fill(index);
        }

        ref uint last = ref (write ? _lastWrite : _lastRead)[agent];
        last = Math.Max(last, index);
    }

    public void Walk(StateArchive archive)
    {
        archive.Array("race.writers", _writer);
        archive.Array("race.readers", _readers);
        archive.Array("race.lastWrite", _lastWrite);
        archive.Array("race.lastRead", _lastRead);
    }

    /// <summary>Agents whose last access a clock does not know of, one bit each.</summary>
    private static ulong Late(uint[] last, ReadOnlySpan<uint> clock)
    {
        ulong late = 0;
        for (int agent = 0; agent < last.Length; agent++)
            late |= (last[agent] > clock[agent] ? 1UL : 0) << agent;
        return late;
    }

    private int FindWriter(int first, int count, ulong self, ReadOnlySpan<uint> clock, ulong late, ref ulong other)
    {
        if (late == 0)
            return count;
        ReadOnlySpan<ulong> writers = _writer.AsSpan(first, count);
        ulong before = self;
        for (int i = 0; i < writers.Length; i++)
        {
            ulong writer = writers[i];
            if (writer == before || writer == self)
                continue;
            before = writer;
            if ((uint)writer <= clock[(int)(writer >> 32)])
                continue;
            other = writer;
            return i;
        }

        return count;
    }

    private int FindReader(int first, int count, int reader, uint known, uint self, ref ulong other)
    {
        ReadOnlySpan<uint> reads = Readers(reader, first, count);
        for (int i = 0; i < reads.Length; i++)
        {
            if (reads[i] <= known || reads[i] == self)
                continue;
            other = Access(reader, reads[i]);
            return i;
        }

        return count;
    }

    private static ulong Access(int agent, uint index) => ((ulong)agent << 32) | index;

    private Span<uint> Readers(int agent, int first, int count) => _readers.AsSpan((agent * _granules) + first, count);
}

/// <summary>Rows of granules that lie a pitch apart.</summary>
internal readonly record struct GranuleRows(int First, int Length, int Count = 1, int Pitch = 0);
