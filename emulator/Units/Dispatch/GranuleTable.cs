namespace HybridEmu.Units;

/// <summary>
/// Who last wrote, and who has read since, for each 16-byte granule of a memory. Accesses are (agent, index) pairs with
/// indices from 1; index 0 is "nobody".
/// </summary>
internal sealed class GranuleTable
{
    public const int GranuleBytes = 16;

    private readonly int _agents;
    private readonly ulong[] _writer;
    private readonly uint[] _readers;

    public GranuleTable(int granules, int agents)
    {
        _agents = agents;
        _writer = new ulong[granules];
        _readers = new uint[granules * agents];
    }

    public ulong[] Writers => _writer;

    public uint[] Readers => _readers;

    /// <summary>Looks for an earlier access that nothing orders before this one.</summary>
    /// <param name="first">First granule.</param>
    /// <param name="count">Granules.</param>
    /// <param name="agent">Who, in this table's numbering.</param>
    /// <param name="index">The agent's index of this access.</param>
    /// <param name="clock">What the access is known to come after, in this table's numbering.</param>
    /// <param name="write">Write, or read.</param>
    /// <param name="other">On conflict: the earlier access, agent in the upper and index in the lower half.</param>
    /// <returns>The granule of the first conflict, or -1.</returns>
    public int Conflict(int first, int count, int agent, uint index, ReadOnlySpan<uint> clock, bool write, out ulong other)
    {
        ulong self = ((ulong)agent << 32) | index;
        other = 0;
        for (int granule = first; granule < first + count; granule++)
        {
            ulong writer = _writer[granule];
            if (writer == self)
                continue;
            if ((uint)writer > clock[(int)(writer >> 32)])
            {
                other = writer;
                return granule;
            }

            if (!write)
                continue;
            ReadOnlySpan<uint> readers = _readers.AsSpan(granule * _agents, _agents);
            for (int reader = 0; reader < readers.Length; reader++)
            {
                if (readers[reader] > clock[reader] && !(reader == agent && readers[reader] == index))
                {
                    other = ((ulong)reader << 32) | readers[reader];
                    return granule;
                }
            }
        }

        return -1;
    }

    /// <summary>Enters an access without a conflict to a range of granules.</summary>
    public void Record(int first, int count, int agent, uint index, bool write)
    {
        ulong self = ((ulong)agent << 32) | index;
        if (write)
        {
            _readers.AsSpan(first * _agents, count * _agents).Clear();
            _writer.AsSpan(first, count).Fill(self);
            return;
        }

        for (int granule = first; granule < first + count; granule++)
        {
            if (_writer[granule] != self)
                _readers[(granule * _agents) + agent] = index;
        }
    }
}
