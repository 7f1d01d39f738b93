using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

/// <summary>Accesses of a test, for a replay.</summary>
internal sealed class AccessList(IEnumerable<MemoryAccess> accesses) : IAccessSource
{
    private readonly MemoryAccess[] _accesses = [.. accesses];
    private int _at;

    public int Read(Span<MemoryAccess> accesses)
    {
        int count = Math.Min(accesses.Length, _accesses.Length - _at);
        _accesses.AsSpan(_at, count).CopyTo(accesses);
        _at += count;
        return count;
    }

    public static MemoryAccess Access(long stamp, bool write, ulong address) => new() { Stamp = stamp, IsWrite = write, Address = address };
}
