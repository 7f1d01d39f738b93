using System.Numerics;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>What the scheduler looks at of a waiting request.</summary>
internal struct HbmQueueEntry
{
    public long AcceptedAt;
    public int Row;
    public byte Bank, Write, Slot, Source;

    /// <summary>0 its row was open, 1 a bank was activated for it, 2 another row was closed for it.</summary>
    public byte Met;
}

/// <summary>
/// The request queue of a pseudo-channel, oldest first. Requests stay in slots; entries are kept packed in order of age.
/// A request to the same burst as an older one waits for it when either writes.
/// </summary>
internal sealed class HbmQueue
{
    private readonly HbmQueueEntry[] _entries;
    private readonly HbmRequest[] _requests;
    private readonly ulong[] _waitsFor;
    private readonly ulong _slots;
    private ulong _used;
    private ulong _writes;
    private ulong _waiting;

    public HbmQueue(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, 64);
        _entries = new HbmQueueEntry[capacity];
        _requests = new HbmRequest[capacity];
        _waitsFor = new ulong[capacity];
        _slots = capacity == 64 ? ulong.MaxValue : (1UL << capacity) - 1;
    }

    public bool IsFull => _used == _slots;

    /// <summary>Entries by age; only the first QueueCount are there.</summary>
    public ReadOnlySpan<HbmQueueEntry> Entries => _entries;

    public ref HbmQueueEntry Entry(int index) => ref _entries[index];

    public ref readonly HbmRequest Request(int slot) => ref _requests[slot];

    /// <summary>Whether an older request to the same burst is still waiting.</summary>
    public bool Waits(int slot) => (_waiting >> slot & 1) != 0;

    /// <returns>Whether it waits for an older request to the same burst.</returns>
    public bool Add(in HbmRequest request, int source, int bank, int row, int count, long edge)
    {
        int slot = BitOperations.TrailingZeroCount(~_used);
        ulong bit = 1UL << slot, conflicts = 0;
        for (ulong left = request.Write != 0 ? _used : _used & _writes; left != 0; left &= left - 1)
        {
            int other = BitOperations.TrailingZeroCount(left);
            if (_requests[other].Address == request.Address)
                conflicts |= 1UL << other;
        }

        _used |= bit;
        _writes = request.Write != 0 ? _writes | bit : _writes & ~bit;
        _requests[slot] = request;
        if (conflicts != 0)
        {
            _waitsFor[slot] = conflicts;
            _waiting |= bit;
        }

        _entries[count] = new HbmQueueEntry
        {
            AcceptedAt = edge,
            Row = row,
            Bank = (byte)bank,
            Write = request.Write,
            Slot = (byte)slot,
            Source = (byte)source,
        };
        return conflicts != 0;
    }

    public void Remove(int index, int count)
    {
        int slot = _entries[index].Slot;
        _used &= ~(1UL << slot);
        for (ulong left = _waiting; left != 0; left &= left - 1)
        {
            int other = BitOperations.TrailingZeroCount(left);
            _waitsFor[other] &= ~(1UL << slot);
            if (_waitsFor[other] == 0)
                _waiting &= ~(1UL << other);
        }

        _entries.AsSpan(index + 1, count - index - 1).CopyTo(_entries.AsSpan(index));
    }

    public void Walk(StateArchive archive)
    {
        archive.Array("entries", _entries);
        archive.Array("requests", _requests);
        archive.Array("waitsFor", _waitsFor);
        archive.Value("used", ref _used);
        archive.Value("writes", ref _writes);
        archive.Value("waiting", ref _waiting);
    }
}
