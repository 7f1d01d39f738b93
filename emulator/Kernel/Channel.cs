using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
    private readonly ChannelSlot<T>[] _slots;
    private readonly ClockDomain _domain;
    private EdgeWakes _wakes;
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
        _wakes = domain.Next;
        _producer = producer;
        _consumer = consumer;
        _slots = new ChannelSlot<T>[depth];
        _state.PoppedAt = -1;
    }

    public int Depth => _slots.Length;

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

    /// <summary>Has both ends woken by somebody else than their clock, or by that again: for ends that are behind it, or ahead.</summary>
    public void WakeBy(EdgeWakes wakes) => _wakes = wakes;

    /// <summary>Free slots as the producer sees them at this edge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Room(long edge) => _slots.Length - _state.Count - (_state.PoppedAt == edge ? _state.Popped : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool CanPush(long edge) => Room(edge) > 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool CanPop(long edge) => _state.Count > 0 && Slot(_state.Head).PushedAt < edge;

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
        if (slot >= _slots.Length)
            slot -= _slots.Length;
        ref ChannelSlot<T> allocated = ref Slot(slot);
        allocated.PushedAt = edge;
        _state.Count++;
        if (_inputs is not null)
            _inputs.Filled |= _input;
        _wakes.Add(_consumer);
        return ref allocated.Entry;
    }

    /// <summary>The head entry, to look at without taking it. Only when <see cref="CanPop"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly T Peek(long edge)
    {
        if (!CanPop(edge))
            Misused("Peek into a channel without a visible entry.");
        return ref Slot(_state.Head).Entry;
    }

    public T Pop(long edge)
    {
        ref readonly T entry = ref Slot(_state.Head).Entry;
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

        if (_state.Count + _state.Popped == _slots.Length)
            _wakes.Add(_producer);
        _state.Popped++;
        _state.Head = _state.Head + 1 == _slots.Length ? 0 : _state.Head + 1;
        if (--_state.Count == 0 && _inputs is not null)
            _inputs.Filled &= ~_input;
    }

    /// <summary>Notes what it holds, but not the entries themselves.</summary>
    public void Note(Rhythm rhythm)
    {
        rhythm.Add(_state.Count);
        for (int i = 0; i < _state.Count; i++)
            rhythm.AddEdge(PushedAt(i));
        rhythm.Add(_state.PoppedAt + 1 == rhythm.Edge ? _state.Popped : 0);
    }

    /// <summary>The slot of an entry, which may be pushed later, and holds another until then.</summary>
    /// <param name="index">How many were, or will be, pushed after the one at the head.</param>
    public ref T At(long index) => ref Slot(Place(index)).Entry;

    /// <summary>So many entries went through in so many edges, and what is in it now came at the same distances. Their slots are filled by the caller.</summary>
    public void Turn(long entries, long edges)
    {
        Span<long> pushedAt = stackalloc long[_state.Count];
        for (int i = 0; i < pushedAt.Length; i++)
            pushedAt[i] = PushedAt(i) + edges;
        Resume(entries, _state.PoppedAt + edges, pushedAt);
    }

    /// <summary>Number of the slot of an entry as <see cref="At"/> counts them, and what it holds.</summary>
    public int SlotOf(long index) => Place(index);

    /// <inheritdoc cref="SlotOf"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T InSlot(int slot) => ref Slot(slot).Entry;

    /// <summary>The edge at which an entry was pushed.</summary>
    public long PushedAt(int index) => Slot(Place(index)).PushedAt;

    /// <summary>Goes on after so many entries were popped, and others pushed behind those that were there, by somebody who filled their slots.</summary>
    /// <param name="popped">How many.</param>
    /// <param name="poppedAt">When the last of them was, each at an edge of its own; <see cref="Wake.Never"/> if none.</param>
    /// <param name="pushedAt">When those were that it holds now.</param>
    public void Resume(long popped, long poppedAt, ReadOnlySpan<long> pushedAt)
    {
        _state.Head = Place(popped);
        _state.Count = pushedAt.Length;
        for (int i = 0; i < pushedAt.Length; i++)
            Slot(Place(i)).PushedAt = pushedAt[i];
        if (poppedAt != Wake.Never)
            (_state.PoppedAt, _state.Popped) = (poppedAt, 1);
        Show();
    }

    // Apart, so that what calls it is small enough to be part of its callers.
    [DoesNotReturn]
    private static void Misused(string how) => throw new InvalidOperationException(how);

    public void Walk(StateArchive archive, string name)
    {
        archive.Ring(name, _slots, ref _state, _domain.Edge);
        if (archive.IsLoad)
            Show();
    }

    // Head and slots behind it are always inside: the array's own check would be one more.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref ChannelSlot<T> Slot(int index) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_slots), index);

    private int Place(long index) => (int)((_state.Head + index) % _slots.Length);

    private void Show()
    {
        if (_inputs is null)
            return;
        _inputs.Filled &= ~_input;
        _inputs.Filled |= IsEmpty ? 0 : _input;
    }
}

/// <summary>An entry beside the edge that it was pushed at: what a push or a pop touches is close together for the host's cache.</summary>
public struct ChannelSlot<T>
    where T : unmanaged
{
    public long PushedAt;
    public T Entry;
}

/// <summary>The registers of a channel apart from its entries.</summary>
public struct ChannelState
{
    public int Head, Count, Popped;
    public long PoppedAt;
}
