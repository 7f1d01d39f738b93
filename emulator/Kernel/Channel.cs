using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace HybridEmu.Kernel;

/// <summary>
/// A FIFO between two units of one clock domain. What is pushed at edge N can be popped from N + 1 on; a slot freed at
/// N can be pushed from N + 1 on, so full rate needs a depth of 2. Both answers depend on state committed before the
/// edge only: the order in which units are evaluated cannot matter.
/// </summary>
/// <typeparam name="T">The entry, an unmanaged struct.</typeparam>
public sealed class Channel<T>
    where T : unmanaged
{
    private readonly T[] _entries;
    private readonly long[] _pushedAt;
    private readonly ClockDomain _domain;
    private readonly int _producer;
    private readonly int _consumer;
    private ChannelState _state;
    private InputSet? _inputs; // of the consumer
    private ulong _input;

    /// <param name="domain">The clock domain of both ends.</param>
    /// <param name="producer">Unit index that is woken when a full channel gets room.</param>
    /// <param name="consumer">Unit index that is woken when an entry becomes visible.</param>
    /// <param name="depth">Slots; 2 or more for full rate.</param>
    public Channel(ClockDomain domain, int producer, int consumer, int depth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        _domain = domain;
        _producer = producer;
        _consumer = consumer;
        _entries = new T[depth];
        _pushedAt = new long[depth];
        _state.PoppedAt = -1;
    }

    public int Depth => _entries.Length;

    /// <summary>The latest edge of the clock of both ends.</summary>
    public long Edge => _domain.Edge;

    /// <summary>Entries in the channel, whether visible yet or not.</summary>
    public int Count => _state.Count;

    public bool IsEmpty => _state.Count == 0;

    /// <summary>Shows in a set whether the channel holds entries.</summary>
    /// <param name="inputs">The consumer's.</param>
    /// <param name="index">Bit of it, 0 to 63.</param>
    public void ShowIn(InputSet inputs, int index)
    {
        _inputs = inputs;
        _input = 1UL << index;
        Show();
    }

    /// <summary>Free slots as the producer sees them at this edge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Room(long edge) => _entries.Length - _state.Count - (_state.PoppedAt == edge ? _state.Popped : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool CanPush(long edge) => Room(edge) > 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool CanPop(long edge) => _state.Count > 0 && _pushedAt[_state.Head] < edge;

    public void Push(in T entry, long edge) => Allocate(edge) = entry;

    /// <summary>
    /// Pushes an entry that the caller fills in place before the edge is over. It starts with what its slot held last.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T Allocate(long edge)
    {
        if (Room(edge) <= 0)
            Misused("Push into a full channel: the unit did not ask CanPush.");
        int slot = _state.Head + _state.Count;
        if (slot >= _entries.Length)
            slot -= _entries.Length;
        _pushedAt[slot] = edge;
        _state.Count++;
        if (_inputs is not null)
            _inputs.Filled |= _input;
        _domain.WakeNext(_consumer);
        return ref _entries[slot];
    }

    /// <summary>The head entry, to look at without taking it. Only when <see cref="CanPop"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly T Peek(long edge)
    {
        if (!CanPop(edge))
            Misused("Peek into a channel without a visible entry.");
        return ref _entries[_state.Head];
    }

    public T Pop(long edge)
    {
        ref readonly T entry = ref _entries[_state.Head];
        Discard(edge);
        return entry;
    }

    /// <summary>Takes the head entry without copying it: for who has looked at it by <see cref="Peek"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Discard(long edge)
    {
        if (!CanPop(edge))
            Misused("Pop from a channel without a visible entry.");
        if (_state.PoppedAt != edge)
        {
            _state.PoppedAt = edge;
            _state.Popped = 0;
        }

        if (_state.Count + _state.Popped == _entries.Length)
            _domain.WakeNext(_producer);
        _state.Popped++;
        _state.Head = _state.Head + 1 == _entries.Length ? 0 : _state.Head + 1;
        if (--_state.Count == 0 && _inputs is not null)
            _inputs.Filled &= ~_input;
    }

    // Apart, so that what calls it is small enough to be part of its callers.
    [DoesNotReturn]
    private static void Misused(string how) => throw new InvalidOperationException(how);

    public void Walk(StateArchive archive, string name)
    {
        archive.Ring(name, _entries, _pushedAt, ref _state, _domain.Edge);
        if (archive.IsLoad)
            Show();
    }

    private void Show()
    {
        if (_inputs is null)
            return;
        _inputs.Filled &= ~_input;
        _inputs.Filled |= IsEmpty ? 0 : _input;
    }
}

/// <summary>The registers of a channel apart from its entries.</summary>
public struct ChannelState
{
    public int Head, Count, Popped;
    public long PoppedAt;
}
