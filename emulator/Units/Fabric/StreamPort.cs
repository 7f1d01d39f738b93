using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// The wide plane's end at one pseudo-channel: cuts ReadNoSnoop and WriteNoSnoop transactions into 32-byte column
/// accesses, keeps several transactions in flight, and gives each one's data back in ascending order.
/// </summary>
/// <remarks>
/// A read goes back once all its bytes are there: a packet keeps its link until its last flit, so one that began early
/// would hold a tile's link at the pace of a single pseudo-channel, a quarter of what the link can take.
/// </remarks>
public sealed partial class StreamPort
{
    /// <summary>Bytes of one column access.</summary>
    public const int BurstBytes = 32;

    private const int BurstsPerGranule = HomeMap.GranuleBytes / BurstBytes;

    private const int StallResponse = 2;
    private const int StallMemoryFull = 3;
    private const int StallMemory = 4;
    private const int StallWriteData = 5;

    public static readonly string[] Causes = ["Idle", "Busy", "ResponseBlocked", "MemoryFull", "WaitMemory", "WaitWriteData"];

    public StreamPortState State;

    private readonly StreamPortConfig _config;
    private readonly Channel<WideFlit> _requests;
    private readonly Channel<WideFlit> _responses;
    private readonly Crossing<HbmRequest> _memory;
    private readonly Crossing<HbmResponse> _memoryAnswers;
    private long _askedTo = -1; // edge as of which the last burst went to memory; at each edge up to there, one did
    private readonly StreamTransaction[] _transactions;
    private readonly byte[] _data;

    /// <summary>Slots in the order of acceptance; the first Count are in use.</summary>
    private readonly byte[] _order;

    /// <param name="name">Unit name: stream3.</param>
    /// <param name="config">Sizes.</param>
    /// <param name="requests">Wide request network to here.</param>
    /// <param name="responses">Here to wide response network.</param>
    /// <param name="memory">Bursts to the pseudo-channel.</param>
    /// <param name="memoryAnswers">Their answers, in any order.</param>
    public StreamPort(
        string name,
        StreamPortConfig config,
        Channel<WideFlit> requests,
        Channel<WideFlit> responses,
        Crossing<HbmRequest> memory,
        Crossing<HbmResponse> memoryAnswers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(config.Transactions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(config.Transactions, 64);
        Name = name;
        _config = config;
        _requests = requests;
        _responses = responses;
        _memory = memory;
        _memoryAnswers = memoryAnswers;
        _transactions = new StreamTransaction[config.Transactions];
        _order = new byte[config.Transactions];
        _data = new byte[config.Transactions * HomeMap.GranuleBytes];
    }

    public string Name { get; }

    public long Evaluate(long edge)
    {
        CatchUp(edge - 1);

        // Last stage first: what a stage hands on is seen by the next one at the next edge.
        int blocked = Ledger.Idle;
        bool moved = Respond(edge, ref blocked);
        moved |= TakeMemoryAnswer(edge);
        moved |= AskMemory(edge, ref blocked);
        moved |= Accept(edge);

        // While one answer goes out, it does not matter which of the others are complete.
        int missing = State.Responding != 0 ? int.MaxValue : FewestMissing();
        if (_memoryAnswers.IsAhead)
            _memoryAnswers.Await(Math.Max(1, missing));
        if (!moved)
        {
            State.Ledger.Charge(edge, blocked);
            return Wake.Never;
        }

        // Channels and crossings wake it; what it holds itself it goes on with at the next edge, or when no burst is ahead any more.
        State.Ledger.Charge(edge, Ledger.Busy, edge < _askedTo ? Ledger.Busy : blocked == StallMemoryFull ? blocked : WaitsFor());
        bool responds = State.Responding != 0 ? blocked != StallResponse : missing == 0;
        if (responds || (!_requests.IsEmpty && MayAccept))
            return edge + 1;
        return State.Issued < State.Count && HasData(in _transactions[_order[State.Issued]]) ? Math.Max(edge, _askedTo) + 1 : Wake.Never;
    }

    /// <summary>Whether bursts may go to memory, and its answers come, before their edges. Changed only after <see cref="Rejoin"/>.</summary>
    public bool MayGoAhead
    {
        get => _memory.MayGoAhead;
        set => _memory.MayGoAhead = _memoryAnswers.MayGoAhead = value;
    }

    /// <summary>Brings what changes in the unit's sleep up to and including an edge that has passed.</summary>
    public void Settle(long edge)
    {
        CatchUp(edge);
        State.Ledger.Settle(edge);
    }

    /// <summary>Settles, and takes back the bursts that went to memory ahead of their edges.</summary>
    public void Rejoin(long edge)
    {
        Settle(edge);
        TakeBack(_memory.Rejoin());
    }

    public void Walk(StateArchive archive, long edge)
    {
        Settle(edge);
        if (archive.IsLoad)
            _askedTo = -1;
        archive.Value("state", ref State);
        archive.Array("transactions", _transactions);
        archive.Array("order", _order);
        archive.Array("data", _data);
    }

    public void Describe(SignalMap map)
    {
        map.Add("count", 8, () => State.Count);
        map.Add("issued", 8, () => State.Issued);
        map.Add("receiving", 1, () => State.Receiving);
        map.Add("responding", 1, () => State.Responding);
        map.Add("responder", 8, () => State.Responder);
        map.Add("bursts", 64, () => (ulong)State.Bursts);
    }

    private bool MayAccept => State.Receiving != 0 || State.Count < _transactions.Length;

    /// <summary>What the port waits for while it sleeps and no burst is ahead. Only a link that is taken lets it sleep with an answer to send.</summary>
    private int WaitsFor()
    {
        if (State.Count == 0)
            return Ledger.Idle;
        if (State.Responding != 0)
            return StallResponse;
        return State.Issued < State.Count && !HasData(in _transactions[_order[State.Issued]]) ? StallWriteData : StallMemory;
    }

    /// <summary>Takes one flit of the request network.</summary>
    private bool Accept(long edge)
    {
        if (!MayAccept || !_requests.CanPop(edge))
            return false;
        ref readonly WideFlit flit = ref _requests.Peek(edge);
        if (State.Receiving == 0)
            Open(in flit);
        else
            TakeWriteData(in flit);
        _requests.Discard(edge);
        return true;
    }

    private void Open(in WideFlit flit)
    {
        WideTransaction wide = WideTransaction.Of(in flit);
        if (_config.Map.Index(flit.Address) != _config.Home)
            throw new InvalidOperationException("A wide transaction must lie in a granule of its port.");

        int slot = 0;
        while (_transactions[slot].Wide.Kind != WideKind.None)
            slot++;
        int firstBurst = wide.First / BurstBytes;
        _transactions[slot] = new StreamTransaction
        {
            Wide = wide,
            FirstBurst = (byte)firstBurst,
            Bursts = (byte)(((wide.First + wide.Length + BurstBytes - 1) / BurstBytes) - firstBurst),
        };
        _order[State.Count++] = (byte)slot;
        if (flit.Kind == WideKind.ReadNoSnoop)
        {
            State.Reads++;
            State.ReadBytes += flit.Length;
            return;
        }

        State.Receiving = 1;
        State.Writes++;
        State.WriteBytes += flit.Length;
    }

    private void TakeWriteData(in WideFlit flit)
    {
        int slot = _order[State.Count - 1];
        bool complete = _transactions[slot].Wide.Take(in flit, Bytes(slot));
        State.Receiving = (byte)(complete ? 0 : 1);
    }

    /// <summary>The granule buffer of a slot: byte i is byte i of the transaction's granule.</summary>
    private Span<byte> Bytes(int slot) => _data.AsSpan(slot * HomeMap.GranuleBytes, HomeMap.GranuleBytes);
}
