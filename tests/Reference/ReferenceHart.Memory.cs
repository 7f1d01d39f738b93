using HybridEmu.Isa;

namespace HybridEmu.Reference;

/// <content>The address map, loads, stores and atomics.</content>
public sealed partial class ReferenceHart
{
    private const ulong LineBytes = 64;
    private const int WindowBits = 28;

    private bool IsCacheable(uint address, out ulong place)
    {
        place = address - AddressMap.Hbm;
        if (address >= AddressMap.Window)
            place = ((ulong)_window << WindowBits) + (address - AddressMap.Window);
        return address >= AddressMap.Hbm && place < _config.StreamOffset && place < Hbm.SizeBytes;
    }

    /// <summary>The on-tile memory at an address, or null.</summary>
    private ReferenceMemory? OnTile(uint address, out ulong place)
    {
        place = address - AddressMap.Scratchpad;
        if (_config.Bare)
            return null;
        if (address >= AddressMap.Scratchpad && place < _config.ScratchpadBytes)
            return Scratchpad;
        place = address - AddressMap.Accumulators;
        return address >= AddressMap.Accumulators && place < _config.AccumulatorBytes ? Accumulators : null;
    }

    private static bool IsDevice(uint address) =>
        (address >= AddressMap.Clint && address < AddressMap.Clint + AddressMap.ClintBytes)
        || (address >= AddressMap.HostPort && address < AddressMap.HostPort + AddressMap.HostPortBytes);

    private uint Load(uint address, int size)
    {
        uint value;
        if (IsCacheable(address, out ulong place))
        {
            // Misaligned accesses are split at word boundaries; a byte beyond cacheable memory traps with the address of its part.
            uint second = (address & ~3u) + 4;
            if (address + (uint)size > second && !IsCacheable(second, out _))
                throw new TrapTaken(Cause.LoadAccess, second);
            value = 0;
            for (int i = 0; i < size; i++)
            {
                IsCacheable(address + (uint)i, out place);
                value |= (uint)Hbm[place] << (8 * i);
            }

            value = _injection.Load ?? value;
        }
        else
        {
            ReferenceMemory? memory = OnTile(address, out place);
            CheckUncached(address, size, memory, Cause.LoadMisaligned, Cause.LoadAccess);
            value = memory is null ? Timed() & (uint.MaxValue >> (32 - (8 * size))) : memory.Read(place, size);
            value = memory is null ? value : _injection.Load ?? value;
        }

        Read(address, size, value);
        return value;
    }

    private void Store(uint address, uint value, int size)
    {
        if (IsCacheable(address, out ulong place))
        {
            uint second = (address & ~3u) + 4;
            if (address + (uint)size > second && !IsCacheable(second, out _))
                throw new TrapTaken(Cause.StoreAccess, second);
            for (int i = 0; i < size; i++)
            {
                IsCacheable(address + (uint)i, out place);
                Hbm[place] = (byte)(value >> (8 * i));
            }
        }
        else
        {
            ReferenceMemory? memory = OnTile(address, out place);
            CheckUncached(address, size, memory, Cause.StoreMisaligned, Cause.StoreAccess);
            memory?.Write(place, value, size);
        }

        Write(address, size, value);
    }

    private void CheckUncached(uint address, int size, ReferenceMemory? memory, uint misaligned, uint access)
    {
        if (memory is null && (_config.Bare || !IsDevice(address)))
            throw new TrapTaken(access, address);
        if (address % (uint)size != 0)
            throw new TrapTaken(misaligned, address);
        if (memory is null && _injection.Fault)
            throw new TrapTaken(access, address);
    }

    private uint LoadReserved(uint address)
    {
        ulong place = AtomicPlace(address, Cause.LoadMisaligned, Cause.LoadAccess);
        _reservedLine = place / LineBytes;
        uint value = _injection.Load ?? Hbm.Read(place, 4);
        Read(address, 4, value);
        return value;
    }

    private uint StoreConditional(uint address, uint value)
    {
        ulong place = AtomicPlace(address, Cause.StoreMisaligned, Cause.StoreAccess);
        bool may = _reservedLine == place / LineBytes;
        _reservedLine = null;
        uint failed = _injection.Value ?? (may ? 0u : 1);
        _record.TimeDependent = true;
        if (failed == 0 && !may)
            throw new InvalidOperationException($"sc.w at pc 0x{Pc:x8} succeeded without a reservation of its line.");
        if (failed != 0)
            return failed;
        Hbm.Write(place, value, 4);
        Write(address, 4, value);
        return 0;
    }

    private uint Atomic(Instruction op, uint address, uint operand)
    {
        ulong place = AtomicPlace(address, Cause.StoreMisaligned, Cause.StoreAccess);
        uint old = _injection.Load ?? Hbm.Read(place, 4);
        uint value = op switch
        {
            Instruction.AmoswapW => operand,
            Instruction.AmoaddW => old + operand,
            Instruction.AmoxorW => old ^ operand,
            Instruction.AmoandW => old & operand,
            Instruction.AmoorW => old | operand,
            Instruction.AmominW => (int)old < (int)operand ? old : operand,
            Instruction.AmomaxW => (int)old > (int)operand ? old : operand,
            Instruction.AmominuW => old < operand ? old : operand,
            _ => old > operand ? old : operand,
        };
        Hbm.Write(place, value, 4);
        Read(address, 4, old);
        Write(address, 4, value);
        return old;
    }

    /// <summary>Atomics work on aligned words of cacheable memory only.</summary>
    private ulong AtomicPlace(uint address, uint misaligned, uint access)
    {
        if ((address & 3) != 0)
            throw new TrapTaken(misaligned, address);
        return IsCacheable(address, out ulong place) ? place : throw new TrapTaken(access, address);
    }

    private void Read(uint address, int size, uint data)
    {
        _record.MemoryAddress = address;
        _record.MemorySize = (byte)size;
        _record.IsRead = true;
        _record.ReadData = data;
    }

    private void Write(uint address, int size, uint data)
    {
        _record.MemoryAddress = address;
        _record.MemorySize = (byte)size;
        _record.IsWrite = true;
        _record.WriteData = data;
    }
}
