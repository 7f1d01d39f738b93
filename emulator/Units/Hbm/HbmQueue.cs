using System.Runtime.CompilerServices;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>What the scheduler looks at of a waiting request.</summary>
internal struct HbmQueueEntry
{
    public ulong Address;
    public long AcceptedAt;

    /// <summary>Arrival number: orders requests that came at one edge.</summary>
    public long Age;
    public int Row, Column;

    /// <summary>Neighbours among all requests, and among those of the same bank and kind; -1 at the ends.</summary>
    public short Older, Newer, Previous, Next;

    /// <summary>Older requests to the same burst of which one of the two writes.</summary>
    public short WaitsFor;
    public byte Bank, Write, Source;

    /// <summary>0 its row was open, 1 a bank was activated for it, 2 another row was closed for it.</summary>
    public byte Met;

    /// <summary>1 when it stands in its bank's register, because the bank was activated for it, and takes no room in the queue.</summary>
    public byte Registered;

    /// <summary>1 when a younger request to the same burst may wait for it.</summary>
    public byte HasWaiters;
}

/// <summary>
/// The request queue of a pseudo-channel: reads and writes of each bank in order of age, and which of them find their row
/// open. A request to the same burst as an older one waits for it when either writes.
/// </summary>
internal sealed class HbmQueue
{
    public const int None = -1;

    /// <summary>Requests to one bank of one kind.</summary>
    private struct Line
    {
        public short Head, Tail, Count, Hits;

        /// <summary>Oldest request to the open row that waits for no other, or -1.</summary>
        public short FirstHit;
    }

    /// <summary>Banks, one bit each, for reads and for writes.</summary>
    [InlineArray(2)]
    private struct BanksByKind
    {
        private ulong _reads;
    }

    /// <summary>Requests, for reads and for writes.</summary>
    [InlineArray(2)]
    private struct CountByKind
    {
        private int _reads;
    }

    private readonly HbmQueueEntry[] _entries;
    private readonly HbmRequest[] _requests;
    private readonly short[] _free;
    private readonly Line[] _lines; // [2 * bank + write]
    private readonly byte[] _registers; // 1 where a bank's register is taken
    private readonly int[] _taken; // room in use: of everything, of reads and writes, or of banks
    private BanksByKind _waiting; // banks with requests, by kind
    private BanksByKind _wanted; // banks with requests to their open row
    private BanksByKind _hits; // banks with such requests that wait for no other
    private CountByKind _counts;
    private CountByKind _blocked; // requests that wait for another one
    private readonly HbmQueueKind _kind;
    private readonly int _room;
    private short _oldest = None, _newest = None;
    private int _freeCount;
    private long _arrivals;

    public HbmQueue(HbmConfig config)
    {
        int banks = config.Map.Banks;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(banks, 64);
        ArgumentOutOfRangeException.ThrowIfLessThan(config.QueueEntries, 1);
        _kind = config.Queue;
        _room = config.QueueEntries;
        _taken = new int[_kind switch { HbmQueueKind.Shared => 1, HbmQueueKind.ReadWrite => 2, _ => banks }];
        int slots = (_room * _taken.Length) + banks;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slots, short.MaxValue);
        _entries = new HbmQueueEntry[slots];
        _requests = new HbmRequest[slots];
        _free = new short[slots];
        for (int i = 0; i < slots; i++)
            _free[i] = (short)(slots - 1 - i);
        _freeCount = slots;
        _registers = new byte[banks];
        _lines = new Line[2 * banks];
        for (int i = 0; i < _lines.Length; i++)
            _lines[i].Head = _lines[i].Tail = _lines[i].FirstHit = None;
    }

    /// <summary>Slot of the oldest request, or <see cref="None"/>.</summary>
    public int Oldest => _oldest;

    /// <summary>Requests of a kind, 0 reads and 1 writes.</summary>
    public int Count(int write) => _counts[write];

    /// <summary>Requests of a kind that wait for no other one to the same burst.</summary>
    public int Free(int write) => _counts[write] - _blocked[write];

    /// <summary>Banks with requests of a kind, one bit each.</summary>
    public ulong Waiting(int write) => _waiting[write];

    /// <summary>Banks with requests of a kind to their open row.</summary>
    public ulong Wanted(int write) => _wanted[write];

    /// <summary>Banks with requests of a kind to their open row that wait for no other.</summary>
    public ulong Hits(int write) => _hits[write];

    /// <summary>Oldest request of a kind to a bank's open row that waits for no other, or <see cref="None"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int FirstHit(int bank, int write) => _lines[(2 * bank) + write].FirstHit;

    /// <summary>The next such request after one, or <see cref="None"/>.</summary>
    public int NextHit(int slot)
    {
        ref HbmQueueEntry entry = ref _entries[slot];
        return FindHit(entry.Next, entry.Row);
    }

    /// <summary>Oldest request of a kind to a bank, or <see cref="None"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Head(int bank, int write) => _lines[(2 * bank) + write].Head;

    /// <summary>Requests to a bank, of both kinds.</summary>
    public int CountOf(int bank) => _lines[2 * bank].Count + _lines[(2 * bank) + 1].Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref HbmQueueEntry Entry(int slot) => ref _entries[slot];

    public ref readonly HbmRequest Request(int slot) => ref _requests[slot];

    public bool HasRoom(int bank, int write) => _taken[RoomOf(bank, write)] < _room;

    /// <returns>The slot.</returns>
    public int Add(in HbmRequest request, int source, int bank, in HbmLocation at, int openRow, long edge)
    {
        int kind = request.Write, slot = _free[--_freeCount];
        _requests[slot] = request;
        ref HbmQueueEntry entry = ref _entries[slot];
        entry.Address = request.Address;
        entry.AcceptedAt = edge;
        entry.Age = _arrivals++;
        entry.Row = at.Row;
        entry.Column = at.Column;
        entry.Bank = (byte)bank;
        entry.Write = request.Write;
        entry.Source = (byte)source;
        entry.Met = entry.Registered = entry.HasWaiters = 0;
        entry.Older = _newest;
        entry.Newer = None;
        if (_newest >= 0)
            _entries[_newest].Newer = (short)slot;
        else
            _oldest = (short)slot;
        _newest = (short)slot;

        int before = FindBurst(bank, 1, request.Address);
        if (kind != 0)
            before += FindBurst(bank, 0, request.Address);
        entry.WaitsFor = (short)before;
        if (before > 0)
            _blocked[kind]++;

        ref Line line = ref _lines[(2 * bank) + kind];
        entry.Previous = line.Tail;
        entry.Next = None;
        if (line.Tail >= 0)
            _entries[line.Tail].Next = (short)slot;
        else
            line.Head = (short)slot;
        line.Tail = (short)slot;
        line.Count++;
        _counts[kind]++;
        _waiting[kind] |= 1UL << bank;
        if (at.Row == openRow)
        {
            line.Hits++;
            _wanted[kind] |= 1UL << bank;
            if (before == 0 && line.FirstHit < 0)
                SetFirstHit(ref line, bank, kind, slot);
        }

        _taken[RoomOf(bank, kind)]++;
        return slot;
    }

    /// <summary>Takes a request out whose row is open.</summary>
    public void Remove(int slot)
    {
        ref HbmQueueEntry entry = ref _entries[slot];
        int bank = entry.Bank, kind = entry.Write;
        ref Line line = ref _lines[(2 * bank) + kind];
        if (entry.Older >= 0)
            _entries[entry.Older].Newer = entry.Newer;
        else
            _oldest = entry.Newer;
        if (entry.Newer >= 0)
            _entries[entry.Newer].Older = entry.Older;
        else
            _newest = entry.Older;
        if (entry.Previous >= 0)
            _entries[entry.Previous].Next = entry.Next;
        else
            line.Head = entry.Next;
        if (entry.Next >= 0)
            _entries[entry.Next].Previous = entry.Previous;
        else
            line.Tail = entry.Previous;
        _counts[kind]--;
        if (--line.Count == 0)
            _waiting[kind] &= ~(1UL << bank);
        if (--line.Hits == 0)
            _wanted[kind] &= ~(1UL << bank);
        if (line.FirstHit == slot)
            SetFirstHit(ref line, bank, kind, FindHit(entry.Next, entry.Row));
        if (entry.Registered != 0)
            _registers[bank] = 0;
        else
            _taken[RoomOf(bank, kind)]--;
        if (entry.HasWaiters != 0)
            LetGo(bank, slot);
        _free[_freeCount++] = (short)slot;
    }

    /// <summary>A request came and went.</summary>
    public void Passed() => _arrivals++;

    /// <summary>A bank was activated for a request: it moves to the bank's register when that is free, and its row is open.</summary>
    public void Opened(int slot)
    {
        ref HbmQueueEntry entry = ref _entries[slot];
        int bank = entry.Bank;
        if (_registers[bank] == 0)
        {
            _registers[bank] = 1;
            entry.Registered = 1;
            _taken[RoomOf(bank, entry.Write)]--;
        }

        for (int kind = 0; kind < 2; kind++)
        {
            ref Line line = ref _lines[(2 * bank) + kind];
            int hits = 0, first = None;
            for (int other = line.Head; other >= 0; other = _entries[other].Next)
            {
                if (_entries[other].Row != entry.Row)
                    continue;
                hits++;
                if (first < 0 && _entries[other].WaitsFor == 0)
                    first = other;
            }

            line.Hits = (short)hits;
            if (hits > 0)
                _wanted[kind] |= 1UL << bank;
            SetFirstHit(ref line, bank, kind, first);
        }
    }

    /// <summary>A bank's row was closed.</summary>
    public void Closed(int bank)
    {
        for (int kind = 0; kind < 2; kind++)
        {
            ref Line line = ref _lines[(2 * bank) + kind];
            line.Hits = 0;
            line.FirstHit = None;
            _wanted[kind] &= ~(1UL << bank);
            _hits[kind] &= ~(1UL << bank);
        }
    }

    /// <summary>A hash sees the requests that wait, in order of age, not in which slots.</summary>
    public void Walk(StateArchive archive)
    {
        int slots = _entries.Length;
        archive.Value("slots", ref slots);
        archive.Array("registers", _registers);
        archive.Array("taken", _taken);
        archive.Value("waiting", ref _waiting);
        archive.Value("wanted", ref _wanted);
        archive.Value("hits", ref _hits);
        archive.Value("counts", ref _counts);
        archive.Value("blocked", ref _blocked);
        archive.Value("arrivals", ref _arrivals);
        if (!archive.IsHash)
        {
            archive.Array("entries", _entries);
            archive.Array("requests", _requests);
            archive.Array("free", _free);
            archive.Array("lines", _lines);
            archive.Value("oldest", ref _oldest);
            archive.Value("newest", ref _newest);
            archive.Value("freeCount", ref _freeCount);
            return;
        }

        archive.Variable = true;
        for (int slot = _oldest; slot >= 0; slot = _entries[slot].Newer)
        {
            HbmQueueEntry entry = _entries[slot];
            entry.Older = entry.Newer = entry.Previous = entry.Next = 0;
            archive.Value("entry", ref entry);
            archive.Value("request", ref _requests[slot]);
        }

        archive.Variable = false;
    }

    private int RoomOf(int bank, int write) => _kind switch { HbmQueueKind.Shared => 0, HbmQueueKind.ReadWrite => write, _ => bank };

    private void SetFirstHit(ref Line line, int bank, int kind, int slot)
    {
        line.FirstHit = (short)slot;
        if (slot >= 0)
            _hits[kind] |= 1UL << bank;
        else
            _hits[kind] &= ~(1UL << bank);
    }

    private int FindHit(int slot, int row)
    {
        while (slot >= 0 && (_entries[slot].Row != row || _entries[slot].WaitsFor != 0))
            slot = _entries[slot].Next;
        return slot;
    }

    /// <summary>Counts the requests of a kind to a burst, and notes that somebody may wait for them.</summary>
    private int FindBurst(int bank, int kind, ulong address)
    {
        int found = 0;
        for (int slot = _lines[(2 * bank) + kind].Head; slot >= 0; slot = _entries[slot].Next)
        {
            ref HbmQueueEntry entry = ref _entries[slot];
            if (entry.Address != address)
                continue;
            entry.HasWaiters = 1;
            found++;
        }

        return found;
    }

    /// <summary>Those that waited for a request to their burst wait for one less.</summary>
    private void LetGo(int bank, int slot)
    {
        ref HbmQueueEntry gone = ref _entries[slot];
        for (int kind = 1 - gone.Write; kind < 2; kind++)
        {
            ref Line line = ref _lines[(2 * bank) + kind];
            for (int other = line.Head; other >= 0; other = _entries[other].Next)
            {
                ref HbmQueueEntry entry = ref _entries[other];
                if (entry.Address != gone.Address || --entry.WaitsFor > 0) // whoever is left came later
                    continue;
                _blocked[kind]--;
                if (line.FirstHit < 0 || _entries[line.FirstHit].Age > entry.Age)
                    SetFirstHit(ref line, bank, kind, other);
            }
        }
    }
}
