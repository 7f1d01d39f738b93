namespace HybridEmu.Units;

/// <summary>One retired instruction, or one trap that took its place: the fields of RVFI, and the CSR that was written.</summary>
public struct Retirement
{
    /// <summary>Retirements of this hart before it, traps included.</summary>
    public long Order;

    /// <summary>Core cycle (grid, unthrottled) of the retirement.</summary>
    public long Cycle;
    public int Hart;
    public uint Pc;

    /// <summary>Instruction word; 0 for an interrupt and for a fetch that faulted.</summary>
    public uint Word;
    public uint NextPc;

    /// <summary>Source registers, 0 for none, and what they held before.</summary>
    public byte Rs1, Rs2;
    public uint Rs1Value, Rs2Value;

    /// <summary>Register written, 0 for none.</summary>
    public byte Rd;
    public uint RdValue;

    /// <summary>Bytes of memory accessed, 0 for none.</summary>
    public byte MemorySize;

    /// <summary>1 when the access read, 1 when it wrote; both for an AMO.</summary>
    public byte IsRead, IsWrite;
    public uint MemoryAddress;

    /// <summary>Bytes read (before sign extension) and written, in the low MemorySize bytes.</summary>
    public uint ReadData, WriteData;

    /// <summary>1: nothing retired; a trap with TrapCause (bit 31 for interrupts) was taken.</summary>
    public byte Trap;
    public uint TrapCause;
    public uint TrapValue;

    /// <summary>1: the first record after a trap, so the first of its handler.</summary>
    public byte Intr;

    /// <summary>1: a trap without a handler, with which the program ends.</summary>
    public byte Halt;

    /// <summary>1 when a CSR was written.</summary>
    public byte CsrWritten;
    public ushort CsrNumber;
    public uint CsrValue;

    /// <summary>Which bytes from MemoryAddress on were read, bit 0 the first.</summary>
    public readonly byte ReadMask => (byte)(IsRead != 0 ? (1 << MemorySize) - 1 : 0);

    /// <summary>Which bytes from MemoryAddress on were written, bit 0 the first.</summary>
    public readonly byte WriteMask => (byte)(IsWrite != 0 ? (1 << MemorySize) - 1 : 0);
}

/// <summary>
/// A preallocated ring of retirements, for commit logs and lockstep. The producer never waits: whoever attaches it
/// drains it often enough, and <see cref="Dropped"/> says whether that was so.
/// </summary>
public sealed class RetirementLog
{
    private readonly Retirement[] _ring;
    private long _written;
    private long _read;

    /// <param name="capacity">Entries.</param>
    public RetirementLog(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _ring = new Retirement[capacity];
    }

    /// <summary>Entries not read yet.</summary>
    public int Count => (int)(_written - _read);

    /// <summary>Entries overwritten before they were read.</summary>
    public long Dropped { get; private set; }

    public void Append(in Retirement entry)
    {
        if (_written - _read == _ring.Length)
        {
            _read++;
            Dropped++;
        }

        _ring[(int)(_written % _ring.Length)] = entry;
        _ring[(int)(_written % _ring.Length)].Order = _written++;
    }

    /// <summary>Takes the oldest entry.</summary>
    public bool TryRead(out Retirement entry)
    {
        if (_read == _written)
        {
            entry = default;
            return false;
        }

        entry = _ring[(int)(_read++ % _ring.Length)];
        return true;
    }
}
