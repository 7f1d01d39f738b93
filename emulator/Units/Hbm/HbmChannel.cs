using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// One HBM channel, in the domain of its command clock: the controller behind clock crossings. Each pseudo-channel has
/// one request and one response crossing a source (0 the home slice, 1 the stream port).
/// </summary>
public sealed partial class HbmChannel
{
    private const int PseudoChannels = 2;
    private const int SourceBits = 8; // of a pseudo-channel in the set of inputs

    private readonly HbmController _controller;
    private readonly ClockDomain _domain;
    private readonly int _unit;
    private readonly Crossing<HbmRequest>[][] _requests;
    private readonly Crossing<HbmResponse>[][] _responses;
    private readonly InputSet _filled = new();
    private readonly FaultLatch? _faults;
    private readonly bool _sendsAhead;
    private long _backgroundAt;

    /// <param name="name">As the breadboard names it: hbm3.</param>
    /// <param name="config">Timings, map and policies.</param>
    /// <param name="channel">This channel's number, as the map counts.</param>
    /// <param name="domain">The domain of the command clock.</param>
    /// <param name="unit">This unit's index in the domain, for background wakes at refreshes.</param>
    /// <param name="memory">The bytes of all of HBM, shared by all channels.</param>
    /// <param name="requests">[pseudo-channel][source].</param>
    /// <param name="responses">[pseudo-channel][source].</param>
    /// <param name="faults">Hears of words that could not be corrected; null: they are only counted.</param>
    public HbmChannel(
        string name, HbmConfig config, int channel, ClockDomain domain, int unit, SparseMemory memory,
        Crossing<HbmRequest>[][] requests, Crossing<HbmResponse>[][] responses, FaultLatch? faults = null)
    {
        if (requests.Length != PseudoChannels || responses.Length != PseudoChannels || requests[0].Length != requests[1].Length)
            throw new ArgumentException("An HBM channel has two pseudo-channels with the same sources.", nameof(requests));
        Name = name;
        _domain = domain;
        _unit = unit;
        _requests = requests;
        _responses = responses;
        _faults = faults;
        _sendsAhead = config.BurstsKeepOrder && !config.Secded; // what a word's check bits say must be known when it is read, not before
        _controller = new HbmController(config, channel, memory, requests[0].Length);
        _trainSource = Array.FindIndex(responses[0], response => response.IsTakenAtOnce);
        _mayTrain = _trainSource >= 0 && _sendsAhead && CanTrain(config);
        for (int p = 0; p < PseudoChannels; p++)
        {
            for (int source = 0; source < requests[p].Length; source++)
                requests[p][source].ShowIn(_filled, (p * SourceBits) + source);
        }
    }

    public static readonly string[] Causes =
    [
        "Idle", "Busy", "BurstInFlight", "RowTiming", "ColumnTiming", "Refreshing", "RefreshBlocks", "ResponseFull", "WakingUp",
    ];

    private const int BurstInFlight = 2;
    private const int RowTiming = 3;
    private const int ColumnTiming = 4;
    private const int Refreshing = 5;
    private const int RefreshBlocks = 6;
    private const int ResponseFull = 7;
    private const int WakingUp = 8;

    public string Name { get; }

    /// <summary>Registers and counters.</summary>
    public ref HbmState State => ref _controller.State;

    /// <summary>Set to record every command.</summary>
    public HbmCommandLog? Log
    {
        get => _controller.Log;
        set => _controller.Log = value;
    }

    public long Evaluate(long edge)
    {
        if (_mayTrain && TryTrain(edge))
            return _trainWake;
        _controller.Complete(edge);
        if (State.Poisoned != 0 && _faults is not null)
            Raise(edge);
        long next = Wake.Never;
        bool left = false, accepted = false; // whether requests stay visible, and whether one was taken
        for (int p = 0; p < PseudoChannels; p++)
        {
            if (State.PseudoChannels[p].ReadyCount > 0)
                Answer(p, edge, ref next);
            if ((_filled.Filled >> (p * SourceBits) & ((1 << SourceBits) - 1)) != 0)
                Accept(p, edge, ref left, ref accepted);
        }

        bool rowBusBusy = State.RowBusFreeAt > edge;
        bool issued = _controller.Tick(edge);
        if (issued && _sendsAhead)
        {
            for (int p = 0; p < PseudoChannels; p++)
            {
                if (State.PseudoChannels[p].FlightCount > 0)
                    _controller.PseudoChannel(p).Bursts.SendAhead(_responses[p]);
            }
        }

        // What is visible and stays wakes nobody again; room for it comes with a command.
        if (left && (accepted || issued))
            next = edge + 1;
        bool rowIssued = !rowBusBusy && State.RowBusFreeAt > edge;
        long wanted = _controller.Next(edge, out long background);
        next = rowIssued ? edge + 1 : Math.Min(next, wanted);
        WakeBehind(background, edge);
        int waiting = WaitingCause(edge);
        State.Ledger.Charge(edge, issued || rowBusBusy ? Ledger.Busy : waiting, waiting);
        return next;
    }

    /// <summary>Brings bursts that ended, and the accounts of data buses and standby, up to an edge, the cycles before it included.</summary>
    public void Settle(long edge)
    {
        EndTrain(edge);
        _controller.Settle(edge);
    }

    /// <summary>Takes back the answers that went ahead: what they depend on is about to change, or somebody looks.</summary>
    public void Rejoin()
    {
        for (int p = 0; p < PseudoChannels; p++)
        {
            for (int source = 0; source < _responses[p].Length; source++)
                _controller.PseudoChannel(p).Bursts.TakeBack(source, _responses[p][source].Rejoin());
        }
    }

    /// <param name="archive">Hash, save or load.</param>
    /// <param name="edge">The domain's current edge.</param>
    public void Walk(StateArchive archive, long edge)
    {
        Settle(edge);
        State.Ledger.Settle(edge);
        _controller.Walk(archive);
        if (archive.IsLoad)
            _backgroundAt = _noTrainBefore = 0;
    }

    public void Describe(SignalMap map)
    {
        map.Scope(Name, scope =>
        {
            scope.Add("cause", 4, () => (ulong)State.Ledger.Waiting, Causes);
            scope.Add("standby", 2, () => (ulong)State.Standby, Enum.GetNames<HbmStandby>());
            for (int i = 0; i < PseudoChannels; i++)
            {
                int p = i;
                scope.Scope($"pc{p}", pc =>
                {
                    pc.Add("queue", 10, () => (ulong)State.PseudoChannels[p].QueueCount);
                    pc.Add("bursts", 7, () => (ulong)_controller.PseudoChannel(p).Bursts.InFlight(_domain.Edge));
                    pc.Add("refresh", 2, () => (ulong)State.PseudoChannels[p].Refresh, Enum.GetNames<HbmRefreshPhase>());
                    pc.Add("reads", 64, () => (ulong)State.PseudoChannels[p].Reads);
                    pc.Add("writes", 64, () => (ulong)State.PseudoChannels[p].Writes);
                    pc.Add("activates", 64, () => (ulong)State.PseudoChannels[p].Activates);
                    pc.Add("precharges", 64, () => (ulong)State.PseudoChannels[p].Precharges);
                    pc.Add("refreshes", 64, () => (ulong)State.PseudoChannels[p].Refreshes);
                });
            }
        });
    }

    /// <summary>A bit of the array flips; see <see cref="HbmController.Flip"/>.</summary>
    public void Flip(ulong address, int bit) => _controller.Flip(address, bit);

    private void Raise(long edge) => _faults!.Raise(new Fault(
        FaultKind.Poison, Name, $"address 0x{State.PoisonedAddress:x}", edge, "A word of memory has more flipped bits than its ECC corrects.",
        "Write the word as a whole before it is read, or flip fewer of its bits."));

    private void Answer(int p, long edge, ref long next)
    {
        Crossing<HbmResponse>[] responses = _responses[p];
        for (int source = 0; source < responses.Length; source++)
        {
            if (!_controller.HasResponse(p, source) || !responses[source].CanPush(edge))
                continue; // a full crossing wakes its producer
            responses[source].Push(_controller.Response(p, source), edge);
            _controller.ReleaseResponse(p, source, edge);
            if (_controller.HasResponse(p, source))
                next = edge + 1;
        }
    }

    /// <summary>One request a pseudo-channel and cycle, round robin over its sources, starting after the last one served.</summary>
    private void Accept(int p, long edge, ref bool left, ref bool accepted)
    {
        bool mayTake = true;
        Crossing<HbmRequest>[] requests = _requests[p];
        ulong filled = _filled.Filled >> (p * SourceBits);
        ref HbmPseudoChannelState s = ref State.PseudoChannels[p];
        for (int i = 0, source = s.NextSource; i < requests.Length; i++)
        {
            int at = source;
            Crossing<HbmRequest> request = requests[at];
            source = at + 1 == requests.Length ? 0 : at + 1;
            if ((filled >> at & 1) == 0 || !request.CanPop(edge))
                continue;
            if (!mayTake || !_controller.TryAccept(in request.Peek(edge), p, at, edge))
            {
                left = true;
                continue;
            }

            request.Discard(edge);
            s.NextSource = (byte)source;
            mayTake = false;
            accepted = true;
            left |= request.CanPop(edge);
        }
    }

    private void WakeBehind(long at, long edge)
    {
        if (at == Wake.Never || (at == _backgroundAt && at > edge))
            return;
        _backgroundAt = at;
        _domain.BackgroundAt(_unit, at);
    }

    /// <summary>Why the edges until the next event pass; depends on nothing that changes without an evaluation.</summary>
    private int WaitingCause(long edge)
    {
        bool requests = false, hit = false, noRoom = false, row = false, refresh = false, bursts = false, answers = false;
        for (int p = 0; p < PseudoChannels; p++)
        {
            ref HbmPseudoChannelState s = ref State.PseudoChannels[p];
            bool any = s.QueueCount > 0;
            bool open = s.Refresh == HbmRefreshPhase.None;
            requests |= any;
            refresh |= !open;
            hit |= any && open && s.HasHit != 0 && s.NoRoom == 0;
            noRoom |= any && open && s.NoRoom != 0;
            row |= any && open && s.HasHit == 0;
            bursts |= s.FlightCount > 0;
            answers |= s.ReadyCount > 0;
        }

        if (requests && (State.Standby >= HbmStandby.PowerDown || State.ReadyAt > edge))
            return WakingUp;
        if (requests)
            return hit ? ColumnTiming : row ? RowTiming : noRoom ? ResponseFull : RefreshBlocks;
        if (answers)
            return ResponseFull;
        return bursts ? BurstInFlight : refresh ? Refreshing : Ledger.Idle;
    }
}
