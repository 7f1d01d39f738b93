namespace HybridEmu.Kernel;

/// <summary>
/// A FIFO between two clock domains (two-flop synchronisers on both pointers). An entry is visible at the second edge of
/// the consumer strictly later than the push; a freed slot at the second edge of the producer strictly later than the pop.
/// Both ends may be the same domain, which then only costs the extra edge.
/// </summary>
/// <typeparam name="T">The entry, an unmanaged struct.</typeparam>
public sealed class Crossing<T>
    where T : unmanaged
{
    private readonly T[] _entries;
    private readonly long[] _visibleFrom;
    private readonly long[] _freeFrom;
    private readonly ClockDomain _from;
    private readonly ClockDomain _to;
    private readonly int _producer;
    private readonly int _consumer;
    private readonly int _mask;
    private CrossingState _state;

    public Crossing(ClockDomain from, int producer, ClockDomain to, int consumer, int depth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        _from = from;
        _to = to;
        _producer = producer;
        _consumer = consumer;
        Depth = depth;
        int slots = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)depth); // division by any depth costs more than the rest
        _mask = slots - 1;
        _entries = new T[slots];
        _visibleFrom = new long[slots];
        _freeFrom = new long[slots];
    }

    public int Depth { get; }

    /// <summary>Entries in the FIFO, whether visible yet or not.</summary>
    public int Count => (int)(_state.Pushed - _state.Popped);

    public bool IsEmpty => _state.Pushed == _state.Popped;

    /// <summary>Free slots as the producer sees them at the edge of its own domain.</summary>
    public int Room(long producerEdge)
    {
        long freed = _state.Freed;
        while (freed < _state.Popped && _freeFrom[freed & _mask] <= producerEdge)
            freed++;
        _state.Freed = freed;
        return Depth - (int)(_state.Pushed - freed);
    }

    /// <summary>Whether the producer sees a free slot; if not but one is on its way, wakes the producer when it arrives.</summary>
    public bool CanPush(long producerEdge)
    {
        if (Room(producerEdge) > 0)
            return true;
        if (_state.Freed != _state.Popped)
            _from.WakeAt(_producer, _freeFrom[_state.Freed & _mask]);
        return false;
    }

    /// <summary>Whether the consumer sees an entry; if not but one is on its way, wakes the consumer when it arrives.</summary>
    public bool CanPop(long consumerEdge)
    {
        if (_state.Pushed == _state.Popped)
            return false;
        long from = _visibleFrom[_state.Popped & _mask];
        if (from <= consumerEdge)
            return true;
        _to.WakeAt(_consumer, from);
        return false;
    }

    public void Push(in T entry, long producerEdge)
    {
        if (Room(producerEdge) <= 0)
            throw new InvalidOperationException("Push into a full crossing: the unit did not ask CanPush.");
        long slot = _state.Pushed++ & _mask;
        _entries[slot] = entry;
        _visibleFrom[slot] = _to.Edge + 2;
        _to.WakeAt(_consumer, _to.Edge + 2);
    }

    /// <summary>The head entry, to look at without taking it. Only when <see cref="CanPop"/>.</summary>
    public ref readonly T Peek(long consumerEdge)
    {
        if (!CanPop(consumerEdge))
            throw new InvalidOperationException("Peek into a crossing without a visible entry.");
        return ref _entries[_state.Popped & _mask];
    }

    public T Pop(long consumerEdge)
    {
        T entry = Peek(consumerEdge);
        Discard(consumerEdge);
        return entry;
    }

    /// <summary>Takes the head entry without copying it: for who has looked at it by <see cref="Peek"/>.</summary>
    public void Discard(long consumerEdge)
    {
        if (!CanPop(consumerEdge))
            throw new InvalidOperationException("Pop from a crossing without a visible entry.");
        long slot = _state.Popped++ & _mask;
        _freeFrom[slot] = _from.Edge + 2;
        if (_state.Pushed != _state.Popped)
            _to.WakeAt(_consumer, Math.Max(consumerEdge + 1, _visibleFrom[_state.Popped & _mask]));

        // Only a producer that sees no other slot may be waiting for this one; when it has used up those, CanPush wakes it.
        if (_state.Pushed - _state.Freed == Depth && Room(_from.Edge) == 0)
            _from.WakeAt(_producer, _from.Edge + 2);
    }

    public void Walk(StateArchive archive, string name)
    {
        // Freed lags by when the producer last looked; settle it so that skipping does not show.
        Room(_from.Edge);
        archive.Value(name, ref _state);
        archive.Array(name, _visibleFrom);
        archive.Array(name, _freeFrom);
        archive.Array(name, _entries);
    }
}

/// <summary>The pointers of a crossing, as counts since reset.</summary>
public struct CrossingState
{
    public long Pushed, Popped, Freed;
}
