namespace HybridEmu.Chip;

/// <summary>One access of a trace: the burst of HBM that holds a byte.</summary>
public struct MemoryAccess
{
    /// <summary>Memory cycle before which it is not offered.</summary>
    public long Stamp;

    /// <summary>Byte offset in HBM.</summary>
    public ulong Address;
    public bool IsWrite;
}

/// <summary>Where a replay takes its accesses from: a file, a recipe, a list of a test.</summary>
public interface IAccessSource
{
    /// <summary>Puts the next accesses into a span, in order; the replay asks for many at once.</summary>
    /// <returns>How many; 0 only at the end.</returns>
    /// <exception cref="DataException">What comes next cannot be replayed.</exception>
    int Read(Span<MemoryAccess> accesses);
}
