using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>Two accesses that nothing orders.</summary>
/// <param name="Agent">Agent of the earlier-seen access, see <see cref="RaceChecker.AgentName"/>.</param>
/// <param name="Index">Its index: the descriptor's place in its queue from 1, or the core's epoch.</param>
/// <param name="Address">First conflicting granule.</param>
public readonly record struct RaceConflict(int Agent, uint Index, ulong Address);

/// <summary>
/// Happens-before over issue, chain, post to wait, in-order completion, drain and barrier, by vector clocks; whether two
/// accesses overlap in time plays no part, so a missing wait is found whatever the timing. It watches whole descriptors'
/// footprints in granules of 16 bytes: scratchpads, accumulator slots, HBM as DMA sees it, and the host's memory. A checker, not hardware:
/// it takes no cycles and changes none.
/// </summary>
public sealed partial class RaceChecker
{
    /// <summary>Agents of one tile: its core, then its queues.</summary>
    public const int AgentsPerTile = 5;

    private const int Pending = 64; // descriptors of a queue between issue and completion, at most
    private const int PageBytes = 4096;

    private readonly int _tiles;
    private readonly int _agents;
    private readonly uint[] _core;
    private readonly uint[] _started;
    private readonly uint[] _performed;
    private readonly uint[] _pending;
    private readonly uint[] _barrier;
    private readonly uint[] _barrierGeneration;
    private readonly int[] _barrierLeft;
    private readonly GranuleTable[] _scratchpads;
    private readonly GranuleTable[] _slots;
    private readonly GranuleTable?[] _hbm;
    private readonly GranuleTable?[] _host;
    private readonly SemaphoreClocks?[] _semaphores;
    private readonly int _slotBytes;

    /// <param name="tiles">Tiles, each a core and four queues.</param>
    /// <param name="scratchpadBytes">Bytes of one scratchpad.</param>
    /// <param name="accumulatorBytes">Bytes of one accumulator memory.</param>
    /// <param name="hbmBytes">Bytes of HBM.</param>
    /// <param name="hostBytes">Bytes of the host's memory.</param>
    public RaceChecker(int tiles, int scratchpadBytes, int accumulatorBytes, long hbmBytes, long hostBytes = 0)
    {
        _tiles = tiles;
        _agents = tiles * AgentsPerTile;
        _core = new uint[tiles * _agents];
        _started = new uint[tiles * 4 * _agents];
        _performed = new uint[tiles * 4 * _agents];
        _pending = new uint[tiles * 4 * Pending * _agents];
        _barrier = new uint[2 * _agents];
        _barrierGeneration = new uint[tiles];
        _barrierLeft = new int[2];
        _scratchpads = new GranuleTable[tiles];
        _slots = new GranuleTable[tiles];
        _slotBytes = accumulatorBytes / 4;
        for (int t = 0; t < tiles; t++)
        {
            _scratchpads[t] = new GranuleTable(scratchpadBytes / GranuleTable.GranuleBytes, AgentsPerTile);
            _slots[t] = new GranuleTable(4, AgentsPerTile);
            Own(_core, t)[(t * AgentsPerTile)] = 1;
        }

        _hbm = new GranuleTable?[hbmBytes / PageBytes];
        _host = new GranuleTable?[hostBytes / PageBytes];
        _semaphores = new SemaphoreClocks?[tiles * 256];
    }

    /// <summary>Name of an agent for messages: tile0.core, tile1.ld.</summary>
    public static string AgentName(int agent) =>
        $"tile{agent / AgentsPerTile}.{(agent % AgentsPerTile) switch { 0 => "core", 1 => "ld", 2 => "st", 3 => "mx", _ => "vx" }}";

    /// <summary>The core issued descriptor <paramref name="sequence"/> (from 0) of a queue.</summary>
    public void Issue(int tile, int queue, uint sequence)
    {
        Own(_core, tile).CopyTo(PendingClock(tile, queue, sequence));
        Tick(tile);
    }

    /// <summary>The descriptor starts: orders it after its queue's earlier ones as the ISA says, and after what its waits consumed.</summary>
    public void Start(int tile, int queue, uint sequence, in Descriptor d)
    {
        Span<uint> clock = PendingClock(tile, queue, sequence);
        int lane = (tile * 4) + queue;
        Join(clock, Own(_started, lane));
        if (d.Chain)
            Join(clock, Own(_performed, lane));
        if (queue == (int)DescriptorQueue.Mx)
            clock[QueueAgent(tile, queue)] = Math.Max(clock[QueueAgent(tile, queue)], sequence);
        Consume(tile, d.Wait0, clock);
        Consume(tile, d.Wait1, clock);
        clock.CopyTo(Own(_started, lane));
    }

    /// <summary>The descriptor's writes are done: fires its posts.</summary>
    public void Performed(int tile, int queue, uint sequence, in Descriptor d)
    {
        int lane = (tile * 4) + queue;
        Span<uint> performed = Own(_performed, lane);
        Join(performed, PendingClock(tile, queue, sequence));
        performed[QueueAgent(tile, queue)] = sequence + 1;
        Post(tile, d.Post0, performed);
        Post(tile, d.Post1, performed);
    }

    public void InitializeSemaphore(int tile, int semaphore, int count)
    {
        Clocks(tile, semaphore).Clear();
        CorePost(tile, semaphore, count);
    }

    public void CorePost(int tile, int semaphore, int count)
    {
        if (count == 0)
            return;
        Clocks(tile, semaphore).Push(Own(_core, tile), count);
        Tick(tile);
    }

    public void CoreWait(int tile, int semaphore, int count)
    {
        if (count > 0)
            Clocks(tile, semaphore).Pop(count, Own(_core, tile));
    }

    /// <summary>The core has seen that every descriptor issued to the queues in the mask is performed.</summary>
    public void CoreDrained(int tile, uint mask)
    {
        for (int queue = 0; queue < 4; queue++)
        {
            if ((mask >> queue & 1) != 0)
                Join(Own(_core, tile), Own(_performed, (tile * 4) + queue));
        }
    }

    public void BarrierArrive(int tile)
    {
        int side = (int)(_barrierGeneration[tile] & 1);
        Join(Own(_barrier, side), Own(_core, tile));
        Tick(tile);
    }

    public void BarrierLeave(int tile)
    {
        int side = (int)(_barrierGeneration[tile]++ & 1);
        Join(Own(_core, tile), Own(_barrier, side));
        if (++_barrierLeft[side] == _tiles)
        {
            _barrierLeft[side] = 0;
            Own(_barrier, side).Clear();
        }
    }

    /// <summary>The accesses of a descriptor that <see cref="Start"/> has ordered. One that conflicts makes none of them: it may be skipped.</summary>
    /// <param name="slot">The accumulator slot that it reads or writes.</param>
    public RaceConflict? Access(int tile, int queue, uint sequence, ReadOnlySpan<Region> regions, int? slot)
    {
        ReadOnlySpan<uint> clock = PendingClock(tile, queue, sequence);
        int agent = QueueAgent(tile, queue);
        uint index = sequence + 1;
        foreach (ref readonly Region region in regions)
        {
            if (Visit(tile, agent, index, clock, region, record: false) is { } conflict)
                return conflict;
        }

        if (slot is { } used)
        {
            if (VisitSlot(tile, agent, index, clock, used, write: true, record: false) is { } conflict)
                return conflict;
            VisitSlot(tile, agent, index, clock, used, write: true, record: true);
        }

        foreach (ref readonly Region region in regions)
            Visit(tile, agent, index, clock, region, record: true);
        return null;
    }

    /// <summary>An uncached access by the tile's core to its scratchpad or accumulators.</summary>
    public RaceConflict? CoreAccess(int tile, ulong address, int bytes, bool write)
    {
        RaceConflict? conflict = CoreVisit(tile, address, bytes, write, record: false);
        if (conflict is null)
            CoreVisit(tile, address, bytes, write, record: true);
        return conflict;
    }

    private RaceConflict? CoreVisit(int tile, ulong address, int bytes, bool write, bool record)
    {
        Span<uint> clock = Own(_core, tile);
        int agent = tile * AgentsPerTile;
        if (address < AddressMap.Accumulators)
            return Visit(tile, agent, clock[agent], clock, address, bytes, write, record);
        int slot = (int)Math.Min(3, (address - AddressMap.Accumulators) / (ulong)_slotBytes);
        return VisitSlot(tile, agent, clock[agent], clock, slot, write, record);
    }

    /// <summary>Looks at, or enters, all bytes of an operand.</summary>
    private RaceConflict? Visit(int tile, int agent, uint index, ReadOnlySpan<uint> clock, in Region region, bool record)
    {
        // Elements that lie apart are looked at one by one, so that interleaved copies do not meet in the gaps.
        bool dense = region.ElementStride == region.ElementBytes;
        int runs = dense ? 1 : region.Columns;
        long bytes = dense ? region.RowBytes : region.ElementBytes;
        int rows = region.Rows;
        if (dense && region.Pitch == bytes)
        {
            bytes *= rows; // rows that touch are one run
            rows = 1;
        }

        // A row that is read and written is looked at for both before the next one.
        const int G = GranuleTable.GranuleBytes;
        bool alone = rows == 1 || (region.Pitch % G == 0 && (record || region.Access != RegionAccess.ReadWrite));
        if (dense && alone && region.Address < AddressMap.Hbm && region.Planes == 1)
        {
            int first = Granule(region.Address), last = Granule(region.Address + (ulong)bytes - 1);
            var granules = new GranuleRows(first, last - first + 1, rows, (int)(region.Pitch / G));
            return VisitRows(tile, agent, index, clock, granules, region.Access, record);
        }

        for (int plane = 0; plane < region.Planes; plane++)
        {
            for (int row = 0; row < rows; row++)
            {
                for (int run = 0; run < runs; run++)
                {
                    ulong address = region.Address + (ulong)((plane * region.PlanePitch) + (row * region.Pitch) + ((long)run * region.ElementStride));
                    if ((region.Access & RegionAccess.Read) != 0 && Visit(tile, agent, index, clock, address, bytes, false, record) is { } read)
                        return read;
                    if ((region.Access & RegionAccess.Write) != 0 && Visit(tile, agent, index, clock, address, bytes, true, record) is { } write)
                        return write;
                }
            }
        }

        return null;
    }

    private RaceConflict? Visit(int tile, int agent, uint index, ReadOnlySpan<uint> clock, ulong address, long bytes, bool write, bool record)
    {
        const int G = GranuleTable.GranuleBytes;
        if (address < AddressMap.Hbm)
        {
            int first = Granule(address), last = Granule(address + (ulong)bytes - 1);
            return VisitRows(tile, agent, index, clock, new GranuleRows(first, last - first + 1), write ? RegionAccess.Write : RegionAccess.Read, record);
        }

        (GranuleTable?[] pages, ulong origin) = address >= AddressMap.HostMemory ? (_host, AddressMap.HostMemory) : (_hbm, AddressMap.Hbm);
        ulong offset = address - origin;
        while (bytes > 0)
        {
            int page = (int)(offset / PageBytes);
            int within = (int)(offset % PageBytes);
            int length = (int)Math.Min(bytes, PageBytes - within);
            GranuleTable table = pages[page] ??= new GranuleTable(PageBytes / G, _agents);
            int first = within / G;
            var granules = new GranuleRows(first, ((within + length - 1) / G) - first + 1);
            int hit = Visit(table, granules, agent, index, clock, write, record, out ulong other);
            if (hit >= 0)
                return Conflict(hit, origin + ((ulong)page * PageBytes), G, other, 0);
            offset += (ulong)length;
            bytes -= length;
        }

        return null;
    }

    private RaceConflict? VisitSlot(int tile, int agent, uint index, ReadOnlySpan<uint> clock, int slot, bool write, bool record)
    {
        int hit = Visit(_slots[tile], new GranuleRows(slot, 1), agent % AgentsPerTile, index, Local(tile, clock), write, record, out ulong other);
        return Conflict(hit, AddressMap.Accumulators, _slotBytes, other, tile * AgentsPerTile);
    }

    /// <summary>Looks at, or enters, rows of a scratchpad's granules.</summary>
    private RaceConflict? VisitRows(int tile, int agent, uint index, ReadOnlySpan<uint> clock, in GranuleRows rows, RegionAccess access, bool record)
    {
        ReadOnlySpan<uint> local = Local(tile, clock);
        int hit = -1;
        ulong other = 0;
        if ((access & RegionAccess.Read) != 0)
            hit = Visit(_scratchpads[tile], rows, agent % AgentsPerTile, index, local, false, record, out other);
        if (hit < 0 && (access & RegionAccess.Write) != 0)
            hit = Visit(_scratchpads[tile], rows, agent % AgentsPerTile, index, local, true, record, out other);
        return Conflict(hit, AddressMap.Scratchpad, GranuleTable.GranuleBytes, other, tile * AgentsPerTile);
    }

    private static int Visit(GranuleTable table, in GranuleRows rows, int agent, uint index, ReadOnlySpan<uint> clock, bool write, bool record, out ulong other)
    {
        if (!record)
            return table.Conflict(rows, agent, index, clock, write, out other);
        table.Record(rows, agent, index, write);
        other = 0;
        return -1;
    }

    private static int Granule(ulong scratchpadAddress) => (int)((scratchpadAddress - AddressMap.Scratchpad) / GranuleTable.GranuleBytes);

    private static RaceConflict? Conflict(int hit, ulong origin, int granule, ulong other, int firstAgent) =>
        hit < 0 ? null : new RaceConflict(firstAgent + (int)(other >> 32), (uint)other, origin + ((ulong)hit * (ulong)granule));

    private static ReadOnlySpan<uint> Local(int tile, ReadOnlySpan<uint> clock) => clock.Slice(tile * AgentsPerTile, AgentsPerTile);

    private static int QueueAgent(int tile, int queue) => (tile * AgentsPerTile) + 1 + queue;

    private static void Join(Span<uint> into, ReadOnlySpan<uint> from)
    {
        for (int i = 0; i < into.Length; i++)
            into[i] = Math.Max(into[i], from[i]);
    }

    private void Tick(int tile) => Own(_core, tile)[tile * AgentsPerTile]++;

    private Span<uint> Own(uint[] clocks, int index) => clocks.AsSpan(index * _agents, _agents);

    private Span<uint> PendingClock(int tile, int queue, uint sequence) =>
        _pending.AsSpan(((((tile * 4) + queue) * Pending) + (int)(sequence % Pending)) * _agents, _agents);

    private void Consume(int tile, SemaphoreCount wait, Span<uint> clock)
    {
        if (wait.Count > 0)
            Clocks(tile, wait.Semaphore).Pop(wait.Count, clock);
    }

    private void Post(int tile, SemaphoreCount post, ReadOnlySpan<uint> clock)
    {
        if (post.Count > 0)
            Clocks(tile, post.Semaphore).Push(clock, post.Count);
    }

    private SemaphoreClocks Clocks(int tile, int semaphore) =>
        _semaphores[(tile * 256) + semaphore] ??= new SemaphoreClocks(_agents);
}
