namespace HybridEmu.Kernel;

/// <summary>
/// A FIFO between two clock domains (two-flop synchronisers on both pointers). An entry is visible at the second edge of
/// the consumer strictly later than the push; a freed slot at the second edge of the producer strictly later than the pop.
/// Both ends may be the same domain, which then only costs the extra edge.
/// </summary>
/// <remarks>
/// Between clocks that tick together, whoever knows that it will push entries at edges to come, one each, can do so at once, by
/// <see cref="PushAhead"/>, as far as the slots go that are free now. A crossing with <c>places</c> is one whose consumer takes every entry at
/// the first edge that shows it: then it never fills, entries of any later edge can go ahead, and the consumer takes them when it next has something
/// to do with them (<see cref="Await"/>), each as of the edge that showed it. A consumer that knows when it will take entries can do so at once, by
/// <see cref="PopAhead"/>; the producer sees each slot free in its time. <see cref="Rejoin"/> takes back what is still to come, so that the
/// crossing is in the state of stepping.
/// </remarks>
/// <typeparam name="T">The entry, an unmanaged struct.</typeparam>
public sealed class Crossing<T>
    where T : unmanaged
{
    /// <summary>An entry beside its edges: what a push or a pop touches is close together for the host's cache.</summary>
    private struct Slot
    {
        public long VisibleFrom, FreeFrom;
        public T Entry;
    }

    private readonly Slot[] _slots;
    private readonly ClockDomain _from;
    private readonly ClockDomain _to;
    private readonly int _producer;
    private readonly int _consumer;
    private readonly int _mask;
    private readonly int _aheadEntries; // at most so many are pushed ahead, or wait for a consumer that is behind; 0: none
    private CrossingState _state;
    private bool _ahead; // every entry in it is shown at an edge of its own, and taken at that
    private bool _refused; // the producer saw no slot, and none on its way back
    private InputSet? _inputs; // of the consumer
    private ulong _input;
    private long _awaited; // count of the first entry that the consumer wants to be woken for

    /// <param name="from">The producer's clock.</param>
    /// <param name="producer">Unit index in it that is woken when a full crossing gets room.</param>
    /// <param name="to">The consumer's clock.</param>
    /// <param name="consumer">Unit index in it that is woken when an entry becomes visible.</param>
    /// <param name="depth">Entries that the producer may have pushed and not got back.</param>
    /// <param name="places">Entries that fit in ahead of their time, from 4 times the depth on; 0 where the consumer may let entries wait.</param>
    public Crossing(ClockDomain from, int producer, ClockDomain to, int consumer, int depth, int places = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        if (places != 0 && (depth < LeastDepthAhead || places < 4 * depth))
            throw new ArgumentException("A crossing that is to be pushed into ahead of time needs its depth and room.", nameof(places));
        _aheadEntries = places / 2;
        _from = from;
        _to = to;
        _producer = producer;
        _consumer = consumer;
        Depth = depth;
        int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(depth, places)); // division by any depth costs more than the rest
        _mask = size - 1;
        _slots = new Slot[size];
    }

    // An entry pushed at N is taken at N + 2 and its slot is free at N + 4: of one push an edge three others are in the way.
    private const int LeastDepthAhead = 4;

    public int Depth { get; }

    /// <summary>Entries in the FIFO, whether visible yet or not.</summary>
    public int Count => (int)(_state.Pushed - _state.Popped);

    public bool IsEmpty => _state.Pushed == _state.Popped;

    /// <summary>Whether both clocks tick together from now on, and nobody looks at each edge. Changed only after <see cref="Rejoin"/>.</summary>
    public bool MayGoAhead { get; set; }

    /// <summary>Whether its consumer takes every entry at once, so that entries of any later edge may be pushed ahead.</summary>
    public bool IsTakenAtOnce => _aheadEntries > 0;

    /// <summary>Whether the consumer may be behind: each entry is to be taken as of the edge that <see cref="ShownAt"/> says.</summary>
    public bool IsAhead => _ahead;

    /// <summary>Whether an entry of any later edge may be pushed now, into a crossing whose consumer takes every one at once.</summary>
    public bool CanPushAhead
    {
        get
        {
            // What was shown before now has been taken; the rest goes with what is pushed ahead.
            if (!_ahead && MayGoAhead && _aheadEntries > 0 && ShownAt > _to.Edge)
            {
                _ahead = true;
                _awaited = _state.Popped;
            }

            return _ahead && Count < _aheadEntries;
        }
    }

    /// <summary>The consumer's edge that shows the head entry, or <see cref="Wake.Never"/>.</summary>
    public long ShownAt => IsEmpty ? Wake.Never : _slots[_state.Popped & _mask].VisibleFrom;

    /// <summary>Shows in a set whether the crossing holds entries, visible yet or not.</summary>
    /// <param name="inputs">The consumer's.</param>
    /// <param name="index">Bit of it, 0 to 63.</param>
    public void ShowIn(InputSet inputs, int index)
    {
        _inputs = inputs;
        _input = 1UL << index;
        Show();
    }

    /// <summary>Free slots as the producer sees them at the edge of its own domain.</summary>
    public int Room(long producerEdge)
    {
        long freed = _state.Freed;
        while (freed < _state.Popped && _slots[freed & _mask].FreeFrom <= producerEdge)
            freed++;
        _state.Freed = freed;
        return Depth - (int)(_state.Pushed - freed);
    }

    /// <summary>Whether the producer sees a free slot; if not but one is on its way, wakes the producer when it arrives.</summary>
    public bool CanPush(long producerEdge)
    {
        if (_ahead || Room(producerEdge) > 0)
            return true;
        if (_state.Freed != _state.Popped)
            _from.WakeAt(_producer, _slots[_state.Freed & _mask].FreeFrom);
        else
            _refused = true;
        return false;
    }

    /// <summary>Whether the consumer sees an entry; if not but one is on its way, wakes the consumer when it arrives.</summary>
    public bool CanPop(long consumerEdge)
    {
        if (_state.Pushed == _state.Popped)
            return false;
        long from = _slots[_state.Popped & _mask].VisibleFrom;
        if (from <= consumerEdge)
            return true;
        WakeFor(_state.Popped, from);
        return false;
    }

    public void Push(in T entry, long producerEdge)
    {
        if (_ahead ? Count > _mask : Room(producerEdge) <= 0)
            throw new InvalidOperationException("Push into a full crossing: the unit did not ask CanPush.");
        Allocate(_to.Edge + 2) = entry;
    }

    /// <summary>
    /// Pushes an entry that the caller fills in place, as of an edge of its own that is later than that of every entry before it
    /// and not over. Only when <see cref="CanPushAhead"/>, or into a slot that is free now while <see cref="MayGoAhead"/>.
    /// </summary>
    public ref T PushAhead(long producerEdge) => ref Allocate(_to.Edge + (producerEdge - _from.Edge) + 2);

    /// <summary>The consumer needs no waking before so many more entries are there, from 1 on. Holds until it says so again.</summary>
    public void Await(int entries)
    {
        _awaited = _state.Popped + entries - 1;
        if (_awaited < _state.Pushed)
            _to.WakeAt(_consumer, _slots[_awaited & _mask].VisibleFrom);
    }

    /// <summary>
    /// Takes back what was pushed as of edges to come, and makes both sides go edge by edge. The consumer has taken all that it was shown up to
    /// the present.
    /// </summary>
    /// <returns>How many entries were taken back. The producer has to push them in their time, from the next edge on.</returns>
    public int Rejoin()
    {
        int back = 0;
        for (; !IsEmpty && _slots[(_state.Pushed - 1) & _mask].VisibleFrom > _to.Edge + 2; back++)
            _state.Pushed--;
        if (back > 0)
            _from.WakeAt(_producer, _from.Edge + 1);
        if (_ahead && !IsEmpty)
            _to.WakeAt(_consumer, ShownAt);
        _ahead = false;
        Show();
        return back;
    }

    /// <summary>An entry that <see cref="Rejoin"/> took back, from 0 on in the order of pushes, until the next push.</summary>
    public ref readonly T TakenBack(int index) => ref _slots[(_state.Pushed + index) & _mask].Entry;

    /// <summary>The head entry, shown yet or not.</summary>
    public ref readonly T Head => ref _slots[_state.Popped & _mask].Entry;

    /// <summary>The head entry, to look at without taking it. Only when <see cref="CanPop"/>.</summary>
    public ref readonly T Peek(long consumerEdge)
    {
        if (!CanPop(consumerEdge))
            throw new InvalidOperationException("Peek into a crossing without a visible entry.");
        return ref _slots[_state.Popped & _mask].Entry;
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
        if (_inputs is not null && IsEmpty)
            _inputs.Filled &= ~_input;
        if (_ahead)
        {
            _slots[slot].FreeFrom = _slots[slot].VisibleFrom - (_to.Edge - _from.Edge) + 2;
            if (_state.Popped - _state.Freed > Depth)
                Room(_from.Edge); // nobody asks, and the slots go round
            return;
        }

        _slots[slot].FreeFrom = _from.Edge + 2;
        if (_state.Pushed != _state.Popped)
            _to.WakeAt(_consumer, Math.Max(consumerEdge + 1, _slots[_state.Popped & _mask].VisibleFrom));

        // A producer that was refused waits for this one; when others are on their way, CanPush has it woken.
        if (_refused)
            _from.WakeAt(_producer, _from.Edge + 2);
        _refused = false;
    }

    /// <summary>
    /// Takes the head entry, shown yet or not, as of an edge of the consumer's own that is not over, shows it, and comes after that of every
    /// entry before it. Only while <see cref="MayGoAhead"/>. <see cref="PutBack"/> undoes it while that edge is to come.
    /// </summary>
    public void PopAhead(long consumerEdge)
    {
        ref Slot slot = ref _slots[_state.Popped++ & _mask];
        slot.FreeFrom = _from.Edge + (consumerEdge - _to.Edge) + 2;
        if (_inputs is not null && IsEmpty)
            _inputs.Filled &= ~_input;
        if (_refused)
            _from.WakeAt(_producer, slot.FreeFrom);
        _refused = false;
    }

    /// <summary>The last so many entries that were taken ahead are not taken after all.</summary>
    public void PutBack(int entries)
    {
        _state.Popped -= entries;
        Show();
    }

    /// <summary>The last so many entries that were pushed ahead are not pushed after all; the consumer was shown none of them yet.</summary>
    public void Retract(int entries)
    {
        _state.Pushed -= entries;
        Show();
    }

    /// <summary>A hash sees the entries that are on their way and the slots that are on their way back, not what the others still hold.</summary>
    public void Walk(StateArchive archive, string name)
    {
        // Freed lags by when the producer last looked; settle it so that skipping does not show.
        Room(_from.Edge);
        archive.Value(name, ref _state);
        if (!archive.IsHash)
        {
            archive.Array(name, _slots);
            if (archive.IsLoad)
            {
                _refused = true; // at worst it is woken for nothing
                Show();
            }

            return;
        }

        archive.Variable = true;
        for (long i = _state.Freed; i < _state.Popped; i++)
            archive.Value(name, ref _slots[i & _mask].FreeFrom);
        for (long i = _state.Popped; i < _state.Pushed; i++)
        {
            archive.Value(name, ref _slots[i & _mask].VisibleFrom);
            archive.Value(name, ref _slots[i & _mask].Entry);
        }

        archive.Variable = false;
    }

    private ref T Allocate(long visibleFrom)
    {
        long slot = _state.Pushed & _mask;
        _slots[slot].VisibleFrom = visibleFrom;
        if (_inputs is not null)
            _inputs.Filled |= _input;
        WakeFor(_state.Pushed++, visibleFrom);
        return ref _slots[slot].Entry;
    }

    private void Show()
    {
        if (_inputs is null)
            return;
        _inputs.Filled &= ~_input;
        _inputs.Filled |= IsEmpty ? 0 : _input;
    }

    // A consumer that is behind comes in any case before the places run out; one that is not finds what went ahead behind other entries.
    private void WakeFor(long entry, long visibleFrom)
    {
        if (_ahead ? entry >= _awaited || Count >= _aheadEntries : entry == _state.Popped || visibleFrom <= _to.Edge + 2)
            _to.WakeAt(_consumer, visibleFrom);
    }
}

/// <summary>The pointers of a crossing, as counts since reset.</summary>
public struct CrossingState
{
    public long Pushed, Popped, Freed;
}
