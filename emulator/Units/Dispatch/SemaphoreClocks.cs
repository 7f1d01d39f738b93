using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>The clocks that came with a semaphore's posts, first in first out; a wait joins those of the counts it consumes.</summary>
internal sealed class SemaphoreClocks
{
    private const int Capacity = 256; // a count never passes 255, and each entry holds at least 1

    private readonly int _agents;
    private readonly uint[] _clocks;
    private readonly int[] _counts = new int[Capacity];
    private int _head, _entries;

    public SemaphoreClocks(int agents)
    {
        _agents = agents;
        _clocks = new uint[Capacity * agents];
    }

    public void Clear() => _entries = 0;

    public void Push(ReadOnlySpan<uint> clock, int count)
    {
        int slot = (_head + _entries++) % Capacity;
        clock.CopyTo(_clocks.AsSpan(slot * _agents, _agents));
        _counts[slot] = count;
    }

    public void Pop(int count, Span<uint> into)
    {
        while (count > 0 && _entries > 0)
        {
            ReadOnlySpan<uint> clock = _clocks.AsSpan(_head * _agents, _agents);
            for (int i = 0; i < into.Length; i++)
                into[i] = Math.Max(into[i], clock[i]);
            int taken = Math.Min(count, _counts[_head]);
            count -= taken;
            _counts[_head] -= taken;
            if (_counts[_head] > 0)
                return;
            _head = (_head + 1) % Capacity;
            _entries--;
        }
    }

    public void Walk(StateArchive archive)
    {
        archive.Array("clocks", _clocks);
        archive.Array("counts", _counts);
        archive.Value("head", ref _head);
        archive.Value("entries", ref _entries);
    }
}
