using System.Runtime.InteropServices;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// The home of all cacheable lines of one pseudo-channel: blocking-directory MESI, full map, no NACK. One transaction is
/// open at a time; later requests wait in the request network. <see cref="HomeProtocol"/> decides, this unit carries out.
/// </summary>
public sealed partial class HomeSlice
{
    /// <summary>Bytes of a line, the unit of coherence.</summary>
    public const int LineBytes = 64;

    private const int BurstBytes = 32;
    private const int BurstsPerLine = LineBytes / BurstBytes;
    private const int FlitDataBytes = 16;
    private const int DataFlits = LineBytes / FlitDataBytes;

    private const int StallLatency = 2;
    private const int StallSnoop = 3;
    private const int StallMemory = 4;
    private const int StallGrantAck = 5;
    private const int StallSend = 6;

    public static readonly string[] Causes = ["Idle", "Busy", "Latency", "WaitSnoop", "WaitMemory", "WaitGrantAck", "SendBlocked"];

    public HomeSliceState State;

    private readonly HomeSliceConfig _config;
    private readonly LineDirectory _directory;
    private readonly Channel<CoherenceFlit> _requests;
    private readonly Channel<CoherenceFlit> _snoops;
    private readonly Channel<CoherenceFlit> _answers;
    private readonly Channel<CoherenceFlit> _replies;
    private readonly Crossing<HbmRequest> _memory;
    private readonly Crossing<HbmResponse> _memoryAnswers;

    /// <param name="name">Unit name: home3.</param>
    /// <param name="config">Sizes and latencies.</param>
    /// <param name="requests">REQ network to here.</param>
    /// <param name="snoops">Here to SNP network.</param>
    /// <param name="answers">RSP and DAT network to here: SnoopAck, SnoopData, GrantAck.</param>
    /// <param name="replies">Here to RSP and DAT network: grants and PutAck.</param>
    /// <param name="memory">Bursts to the pseudo-channel.</param>
    /// <param name="memoryAnswers">Their answers, in any order.</param>
    public HomeSlice(
        string name,
        HomeSliceConfig config,
        Channel<CoherenceFlit> requests,
        Channel<CoherenceFlit> snoops,
        Channel<CoherenceFlit> answers,
        Channel<CoherenceFlit> replies,
        Crossing<HbmRequest> memory,
        Crossing<HbmResponse> memoryAnswers)
    {
        Name = name;
        _config = config;
        _directory = new LineDirectory(config.Map, config.MemoryBytes);
        _requests = requests;
        _snoops = snoops;
        _answers = answers;
        _replies = replies;
        _memory = memory;
        _memoryAnswers = memoryAnswers;
    }

    public string Name { get; }

    public long Evaluate(long edge)
    {
        bool moved = false;
        if (_memoryAnswers.CanPop(edge))
        {
            TakeMemoryAnswer(edge);
            moved = true;
        }

        if (_answers.CanPop(edge))
        {
            TakeAnswer(edge);
            moved = true;
        }

        if (_requests.CanPop(edge) && WantsRequestFlit())
        {
            TakeRequest(edge);
            moved = true;
        }

        bool latency = State.Pending != HomeActions.None && edge < State.DueEdge;
        if (State.Pending != HomeActions.None && !latency)
            moved |= Act(edge);

        State.Ledger.Charge(edge, Cause(moved, latency));

        // A crossing's wake can be folded into an earlier one: look again while something is in it or it is full.
        if (moved || !_memoryAnswers.IsEmpty || (WantsMemory() && !latency))
            return edge + 1;
        return latency ? State.DueEdge : Wake.Never;
    }

    /// <summary>Puts the line that is on its way to memory over a copy of it, for the host's view after a run.</summary>
    /// <param name="hbmOffset">HBM byte offset of the first byte.</param>
    /// <param name="bytes">What memory holds there.</param>
    public void Overlay(ulong hbmOffset, Span<byte> bytes)
    {
        if (State.Open != 0 && (State.Transaction.WritePending != 0 || State.Transaction.Phase == HomePhase.Writing))
            Line64.Overlay(State.Line, Line64.ReadSpan(in State.Data), hbmOffset, bytes);
    }

    /// <summary>The directory's entry of a line, for tests and reports.</summary>
    public DirectoryEntry EntryOf(ulong line) => _directory[line];

    public void Walk(StateArchive archive, long edge)
    {
        State.Ledger.Settle(edge);
        archive.Value("state", ref State);
        _directory.Walk(archive);
    }

    public void Describe(SignalMap map)
    {
        map.Add("open", 1, () => State.Open);
        map.Add("phase", 3, () => (ulong)State.Transaction.Phase, Enum.GetNames<HomePhase>());
        map.Add("request", 4, () => (ulong)State.Transaction.Request, Enum.GetNames<HomeEvent>());
        map.Add("requester", 8, () => State.Transaction.Requester);
        map.Add("line", 48, () => State.Line);
        map.Add("pending", 6, () => (ulong)State.Pending);
        map.Add("grant_flits", 3, () => State.GrantFlits);
        map.Add("snoops", 64, () => (ulong)State.Snoops);
    }

    /// <summary>A new request when nothing is open, or the rest of a PutModified that has begun.</summary>
    private bool WantsRequestFlit() =>
        State.Open == 0 || (State.Transaction.Phase == HomePhase.Idle && State.Pending == HomeActions.None);

    private bool WantsMemory() =>
        ((State.Pending & HomeActions.ReadMemory) != 0 && State.ReadsAsked < BurstsPerLine)
        || ((State.Pending & HomeActions.WriteMemory) != 0 && State.WritesAsked < BurstsPerLine);

    private int Cause(bool moved, bool latency)
    {
        if (moved)
            return Ledger.Busy;
        if (State.Open == 0)
            return Ledger.Idle;
        if (latency)
            return StallLatency;
        if ((State.Pending & (HomeActions.SendSnoop | HomeActions.SendGrant | HomeActions.SendPutAck)) != 0 || WantsMemory())
            return StallSend;
        return State.Transaction.Phase switch
        {
            HomePhase.Snooping => StallSnoop,
            HomePhase.Granting when State.Transaction.Acknowledged == 0 => StallGrantAck,
            HomePhase.Idle => Ledger.Busy, // between the flits of a PutModified
            _ => StallMemory,
        };
    }

    private void TakeRequest(long edge)
    {
        CoherenceFlit flit = _requests.Pop(edge);
        if (State.Open == 0)
        {
            State.Open = 1;
            State.Line = flit.Line;
        }

        if (flit.Index > 0)
            TakeData(in flit);
        if (flit.Last == 0)
            return;
        HomeEvent happened = flit.Type switch
        {
            CoherenceType.GetShared => HomeEvent.GetShared,
            CoherenceType.GetModified => HomeEvent.GetModified,
            CoherenceType.PutModified => HomeEvent.PutModified,
            CoherenceType.ReadOnce => HomeEvent.ReadOnce,
            _ => throw new InvalidOperationException("Not a message of the request class."),
        };
        Count(happened);
        Apply(happened, flit.Source, edge + _config.HomeCycles + _config.DirectoryCycles);
        if (happened == HomeEvent.PutModified && (State.Pending & HomeActions.SendPutAck) != 0)
            State.StalePuts++;
    }

    private void TakeAnswer(long edge)
    {
        CoherenceFlit flit = _answers.Pop(edge);
        if (State.Open == 0 || flit.Line != State.Line)
            throw new InvalidOperationException("An answer for a line without a transaction.");
        if (flit.Index > 0)
            TakeData(in flit);
        if (flit.Last == 0)
            return;
        HomeEvent happened = flit.Type switch
        {
            CoherenceType.SnoopAck => HomeEvent.SnoopAck,
            CoherenceType.SnoopData => HomeEvent.SnoopData,
            CoherenceType.GrantAck => HomeEvent.GrantAck,
            _ => throw new InvalidOperationException("Not an answer to a home."),
        };
        State.SnoopsDirty += happened == HomeEvent.SnoopData ? 1 : 0;
        Apply(happened, flit.Source, edge + _config.HomeCycles);
    }

    private void TakeMemoryAnswer(long edge)
    {
        HbmResponse answer = _memoryAnswers.Pop(edge);
        if (answer.Write != 0)
        {
            if (++State.WritesAnswered == BurstsPerLine)
            {
                State.Pending &= ~HomeActions.WriteMemory;
                Apply(HomeEvent.MemoryWritten, 0, edge + _config.HomeCycles);
            }

            return;
        }

        Burst32.ReadSpan(in answer.Data).CopyTo(Line64.Span(ref State.Data)[(answer.Tag * BurstBytes)..]);
        if (++State.ReadsAnswered == BurstsPerLine)
        {
            State.Pending &= ~HomeActions.ReadMemory;
            Apply(HomeEvent.MemoryRead, 0, edge + _config.HomeCycles);
        }
    }

    private void TakeData(in CoherenceFlit flit)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(Line64.Span(ref State.Data));
        int first = (flit.Index - 1) * 2;
        words[first] = flit.Data0;
        words[first + 1] = flit.Data1;
    }

    private void Apply(HomeEvent happened, int source, long dueEdge)
    {
        HomeActions actions = HomeProtocol.Step(ref _directory[State.Line], ref State.Transaction, happened, source);
        if (actions == HomeActions.None)
            return;
        State.Pending |= actions;
        if (actions == HomeActions.End)
            CloseWhenDone();
        else
            State.DueEdge = dueEdge;
    }

    private void Count(HomeEvent request)
    {
        State.GetShareds += request == HomeEvent.GetShared ? 1 : 0;
        State.GetModifieds += request == HomeEvent.GetModified ? 1 : 0;
        State.PutModifieds += request == HomeEvent.PutModified ? 1 : 0;
        State.ReadOnces += request == HomeEvent.ReadOnce ? 1 : 0;
    }
}
