namespace HybridEmu.Units;

/// <summary>One retired instruction, or one trap that took its place.</summary>
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

    /// <summary>Register written, 0 for none.</summary>
    public byte Rd;
    public uint RdValue;

    /// <summary>Bytes of memory accessed, 0 for none; an AMO has both its bytes read (RdValue) and written (MemoryData).</summary>
    public byte MemorySize;

    /// <summary>1 when the access wrote.</summary>
    public byte IsWrite;
    public uint MemoryAddress;

    /// <summary>Bytes written, or read before sign extension, in the low MemorySize bytes.</summary>
    public uint MemoryData;

    /// <summary>1: nothing retired; a trap with TrapCause (bit 31 for interrupts) was taken.</summary>
    public byte Trap;
    public uint TrapCause;
    public uint TrapValue;

    /// <summary>1 when a CSR was written.</summary>
    public byte CsrWritten;
    public ushort CsrNumber;
    public uint CsrValue;
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
