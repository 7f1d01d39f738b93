using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <content>Loads, stores, atomics, the store buffer, and uncached accesses.</content>
public sealed partial class ControlCore
{
    private const uint WindowPageBits = 28;

    private MemorySpace Locate(uint address, out ulong target)
    {
        if (address >= (uint)AddressMap.Hbm)
        {
            target = address < (uint)AddressMap.Window
                ? address - (uint)AddressMap.Hbm
                : ((ulong)State.Window << (int)WindowPageBits) | (address & ((1u << (int)WindowPageBits) - 1));
            return target < _cacheableBytes ? MemorySpace.Cacheable : MemorySpace.Unmapped;
        }

        target = address;
        if (_config.Bare)
            return MemorySpace.Unmapped;
        if (address - (uint)AddressMap.Scratchpad < _config.ScratchpadBytes)
        {
            target = address - (uint)AddressMap.Scratchpad;
            return MemorySpace.Scratchpad;
        }

        if (address - (uint)AddressMap.Accumulators < _config.AccumulatorBytes)
        {
            target = address - (uint)AddressMap.Accumulators;
            return MemorySpace.Accumulators;
        }

        bool system = address - (uint)AddressMap.Clint < (uint)AddressMap.ClintBytes
            || address - (uint)AddressMap.HostPort < (uint)AddressMap.HostPortBytes;
        return system ? MemorySpace.System : MemorySpace.Unmapped;
    }

    /// <summary>Loads 1, 2 or 4 bytes. False: not done (yet), and _stall says why.</summary>
    private bool Load(long edge, ref CoreState s, uint address, int size, out uint value)
    {
        MemorySpace space = Locate(address, out ulong target);
        if (space != MemorySpace.Cacheable)
            return LoadUncached(edge, ref s, space, address, target, size, out value);
        int inWord = 4 - (int)(address & 3);
        if (size > inWord)
            return LoadSplit(edge, ref s, address, target, size, inWord, out value);
        if (!ReadCacheable(ref s, target, size, out value))
        {
            _stall = Stall(StallLoadMiss);
            return false;
        }

        s.Loads++;
        if (Log is not null)
            LogRead(address, size, value);
        return true;
    }

    /// <summary>A load across a word boundary: two accesses, one a cycle, perhaps in two lines.</summary>
    private bool LoadSplit(long edge, ref CoreState s, uint address, ulong target, int size, int inWord, out uint value)
    {
        value = 0;
        if (Locate(address + (uint)inWord, out ulong second) != MemorySpace.Cacheable)
        {
            _stall = Trap(edge, TrapCause.LoadAccess, address + (uint)inWord);
            return false;
        }

        bool there = s.SplitPhase == 0
            ? ReadCacheable(ref s, target, inWord, out uint part)
            : ReadCacheable(ref s, second, size - inWord, out part);
        if (!there)
        {
            _stall = Stall(StallLoadMiss);
            return false;
        }

        if (s.SplitPhase == 0)
        {
            s.SplitPhase = 1;
            s.SplitValue = part;
            _stall = Stall(StallSplit, edge + 1);
            return false;
        }

        s.SplitPhase = 0;
        value = s.SplitValue | (part << (8 * inWord));
        s.Loads++;
        if (Log is not null)
            LogRead(address, size, value);
        return true;
    }

    /// <summary>Bytes inside one word: the youngest buffered store's where there is one, else the L1D's.</summary>
    private bool ReadCacheable(ref CoreState s, ulong target, int size, out uint value)
    {
        uint wanted = uint.MaxValue >> (32 - (8 * size));
        uint forwarded = 0;
        value = 0;
        if (s.StoreCount != 0)
        {
            forwarded = Forward(ref s, target, wanted, ref value);
            if (forwarded == wanted)
                return true;
        }

        ulong line = target & ~63UL;
        int frame = _data.Find(line);
        if (frame < 0)
        {
            _data.StartMiss(line, CoherenceType.GetShared);
            return false;
        }

        value |= _data.Read(frame, (int)target & 63, size) & ~forwarded;
        return true;
    }

    /// <summary>Oldest to youngest, so that the youngest store to a byte wins. Returns the mask of bytes found.</summary>
    private static uint Forward(ref CoreState s, ulong target, uint wanted, ref uint value)
    {
        uint found = 0;
        for (int i = 0; i < s.StoreCount; i++)
        {
            ref readonly StoreEntry store = ref s.Stores[(s.StoreHead + i) % CoreState.StoreSlots];
            long distance = (long)(store.Target - target);
            if (store.Space != MemorySpace.Cacheable || distance is <= -4 or >= 4)
                continue;
            uint mask = uint.MaxValue >> (32 - (8 * store.Size));
            uint data = store.Data & mask;
            int shift = 8 * (int)distance;
            mask = (shift >= 0 ? mask << shift : mask >> -shift) & wanted;
            data = shift >= 0 ? data << shift : data >> -shift;
            value = (value & ~mask) | (data & mask);
            found |= mask;
        }

        return found;
    }

    /// <summary>Buffers a store. False: not done (yet), and _stall says why.</summary>
    private bool Store(long edge, ref CoreState s, uint address, int size, uint data)
    {
        MemorySpace space = Locate(address, out ulong target);
        if (space != MemorySpace.Cacheable && !MayAccess(edge, space, address, size, TrapCause.StoreMisaligned, TrapCause.StoreAccess))
            return false;
        if (space == MemorySpace.System)
            return StoreSystem(edge, ref s, address, size, data);
        int inWord = 4 - (int)(address & 3);
        ulong second = 0;
        bool split = size > inWord;
        if (split && Locate(address + (uint)inWord, out second) != MemorySpace.Cacheable)
        {
            _stall = Trap(edge, TrapCause.StoreAccess, address + (uint)inWord);
            return false;
        }

        if (s.StoreCount >= _config.StoreBuffer)
        {
            _stall = Stall(StallStoreBuffer);
            return false;
        }

        if (!split)
        {
            Buffer(ref s, space, target, size, data);
        }
        else if (s.SplitPhase == 0)
        {
            Buffer(ref s, space, target, inWord, data);
            s.SplitPhase = 1;
            _stall = Stall(StallSplit, edge + 1);
            return false;
        }
        else
        {
            Buffer(ref s, space, second, size - inWord, data >> (8 * inWord));
            s.SplitPhase = 0;
        }

        s.StoresRetired++;
        if (Races is not null && space is MemorySpace.Scratchpad or MemorySpace.Accumulators)
            CheckRace(edge, address, size, write: true);
        if (Log is not null)
            LogWrite(address, size, data);
        return true;
    }

    private static void Buffer(ref CoreState s, MemorySpace space, ulong target, int size, uint data)
    {
        s.Stores[(s.StoreHead + s.StoreCount) % CoreState.StoreSlots] = new StoreEntry
        {
            Target = target,
            Data = data,
            Size = (byte)size,
            Space = space,
        };
        s.StoreCount++;
    }

    /// <summary>Performs the oldest buffered store if it can be. Returns whether another edge could bring progress by itself.</summary>
    private bool DrainStores(long edge, ref CoreState s)
    {
        ref StoreEntry store = ref s.Stores[s.StoreHead];
        if (store.Space != MemorySpace.Cacheable)
            return DrainUncached(edge, ref s, ref store);
        ulong line = store.Target & ~63UL;
        int frame = _data.Find(line);
        if (frame < 0 || !_data.IsWritable(frame))
        {
            _data.StartMiss(line, CoherenceType.GetModified);
            return false;
        }

        _data.Write(frame, (int)store.Target & 63, store.Size, store.Data);
        return PopStore(ref s);
    }

    private bool DrainUncached(long edge, ref CoreState s, ref StoreEntry store)
    {
        ScratchpadPort port = store.Space == MemorySpace.Scratchpad ? _ports.Scratchpad : _ports.Accumulators;
        if (s.DrainOutstanding == 0)
        {
            if (port.Request.CanPush(edge))
            {
                port.Request.Push(Uncached(store.Target, store.Size, true, store.Data), edge);
                s.DrainOutstanding = 1;
            }

            return false;
        }

        if (!port.Response.CanPop(edge))
            return false;
        port.Response.Pop(edge);
        s.DrainOutstanding = 0;
        return PopStore(ref s);
    }

    private static bool PopStore(ref CoreState s)
    {
        s.Stores[s.StoreHead] = default;
        s.StoreHead = (s.StoreHead + 1) % CoreState.StoreSlots;
        s.StoreCount--;
        return s.StoreCount != 0;
    }

    private static ScratchpadRequest Uncached(ulong target, int size, bool write, uint data)
    {
        ScratchpadRequest request = new() { Address = (uint)target, Length = (ushort)size, Write = (byte)(write ? 1 : 0) };
        Span<byte> bytes = Line64.Span(ref request.Data);
        for (int i = 0; write && i < size; i++)
            bytes[i] = (byte)(data >> (8 * i));
        return request;
    }

    /// <summary>Checks an access outside cacheable HBM; traps and returns false when it may not be.</summary>
    private bool MayAccess(long edge, MemorySpace space, uint address, int size, uint misaligned, uint access)
    {
        if (space == MemorySpace.Unmapped)
            _stall = Trap(edge, access, address);
        else if ((address & (uint)(size - 1)) != 0)
            _stall = Trap(edge, misaligned, address);
        else
            return true;
        return false;
    }

    /// <summary>Waits for the store buffer, asks, waits for the answer.</summary>
    private bool LoadUncached(long edge, ref CoreState s, MemorySpace space, uint address, ulong target, int size, out uint value)
    {
        value = 0;
        if (!MayAccess(edge, space, address, size, TrapCause.LoadMisaligned, TrapCause.LoadAccess))
            return false;
        if (space == MemorySpace.System)
        {
            SystemRequest request = new() { Operation = SystemOperation.Read, Size = (byte)size, Address = address };
            if (!AskSystem(edge, ref s, in request, StallUncached, out SystemReply reply))
                return false;
            if (reply.Fault != 0)
            {
                _stall = Trap(edge, TrapCause.LoadAccess, address);
                return false;
            }

            value = reply.Data;
        }
        else
        {
            ScratchpadPort port = space == MemorySpace.Scratchpad ? _ports.Scratchpad : _ports.Accumulators;
            _stall = Stall(s.StoreCount != 0 ? StallStoreBuffer : StallUncached);
            if (s.StoreCount != 0)
                return false;
            if (s.Outstanding == 0)
            {
                if (port.Request.CanPush(edge))
                {
                    port.Request.Push(Uncached(target, size, false, 0), edge);
                    s.Outstanding = 1;
                }

                return false;
            }

            if (!port.Response.CanPop(edge))
                return false;
            ScratchpadResponse response = port.Response.Pop(edge);
            ReadOnlySpan<byte> bytes = Line64.ReadSpan(in response.Data);
            for (int i = 0; i < size; i++)
                value |= (uint)bytes[i] << (8 * i);
            s.Outstanding = 0;
            s.UncachedAccesses++;
            if (Races is not null)
                CheckRace(edge, address, size, write: false);
        }

        s.Loads++;
        if (Log is not null)
            LogRead(address, size, value);
        return true;
    }

    /// <summary>Stores to the host port and CLINT block, so that a store to nothing traps precisely.</summary>
    private bool StoreSystem(long edge, ref CoreState s, uint address, int size, uint data)
    {
        SystemRequest request = new() { Operation = SystemOperation.Write, Size = (byte)size, Address = address, Data = data };
        if (!AskSystem(edge, ref s, in request, StallUncached, out SystemReply reply))
            return false;
        if (reply.Fault != 0)
        {
            _stall = Trap(edge, TrapCause.StoreAccess, address);
            return false;
        }

        s.StoresRetired++;
        if (Log is not null)
            LogWrite(address, size, data);
        return true;
    }

    private bool AskSystem(long edge, ref CoreState s, in SystemRequest request, int cause, out SystemReply reply)
    {
        reply = default;
        _stall = Stall(s.StoreCount != 0 ? StallStoreBuffer : cause);
        if (s.StoreCount != 0)
            return false;
        if (s.Outstanding == 0)
        {
            if (_ports.SystemRequest.CanPush(edge))
            {
                _ports.SystemRequest.Push(in request, edge);
                s.Outstanding = 1;
            }
            else
            {
                _wake = edge + 1;
            }

            return false;
        }

        if (!_ports.SystemReply.CanPop(edge))
            return false;
        reply = _ports.SystemReply.Pop(edge);
        s.Outstanding = 0;
        s.UncachedAccesses++;
        return true;
    }
}
