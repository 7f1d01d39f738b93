using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>A way of data from the wide plane to the scratchpad.</summary>
/// <param name="WidePort">Wide-plane port number.</param>
/// <param name="Response">From that port.</param>
/// <param name="Port">To the scratchpad.</param>
public sealed record LoadLane(int WidePort, Channel<WideFlit> Response, ScratchpadPort Port);

/// <summary>
/// Executes queue LD: reads HBM in transactions over the wide plane and writes what comes back, beat by beat, through
/// its scratchpad ports. Transactions of several descriptors overlap; descriptors are reported performed in order.
/// </summary>
/// <remarks>Transaction i comes back on lane i modulo the lanes; a lane writes a beat an edge, and all lanes do so at once.</remarks>
public sealed partial class LoadEngine
{
    public static readonly string[] Causes =
        ["Idle", "Busy", "StallNoTransaction", "StallRequestLink", "WaitHbm", "StallScratchpad", "WaitWriteAck"];

    private const int StallNoTransaction = 2, StallRequestLink = 3, WaitHbm = 4, StallScratchpad = 5, WaitWriteAck = 6;

    public DmaState State;

    private readonly DmaConfig _config;
    private readonly DmaTransaction[] _transactions;
    private readonly Channel<StartDescriptor> _start;
    private readonly Channel<DescriptorDone> _done;
    private readonly Channel<WideFlit> _request;
    private readonly LoadLane[] _lanes;
    private readonly StagedFlit[] _staged;

    /// <param name="config">Sizes; its wide port is lane 0's.</param>
    /// <param name="start">Descriptors from dispatch.</param>
    /// <param name="done">Reports to dispatch.</param>
    /// <param name="request">Reads to the wide plane.</param>
    /// <param name="response">Lane 0's data.</param>
    /// <param name="port">Lane 0's scratchpad port.</param>
    /// <param name="more">Further lanes.</param>
    public LoadEngine(
        DmaConfig config,
        Channel<StartDescriptor> start,
        Channel<DescriptorDone> done,
        Channel<WideFlit> request,
        Channel<WideFlit> response,
        ScratchpadPort port,
        params ReadOnlySpan<LoadLane> more)
    {
        _config = config;
        _transactions = new DmaTransaction[config.Outstanding];
        _start = start;
        _done = done;
        _request = request;
        _lanes = [new LoadLane(config.WidePort, response, port), .. more];
        _staged = new StagedFlit[_lanes.Length];
    }

    public long Evaluate(long edge)
    {
        bool moved = DmaDescriptorRing.Report(ref State, _done, edge);
        bool wrote = false, writeBlocked = false, firstTaken = false;
        for (int lane = 0; lane < _lanes.Length; lane++)
        {
            moved |= Acknowledge(lane, edge);
            bool laneWrote = WriteBeat(lane, edge, out bool laneBlocked);
            wrote |= laneWrote;
            writeBlocked |= laneBlocked;
            firstTaken |= lane == 0 && (laneWrote || laneBlocked);
        }

        moved |= DmaDescriptorRing.Accept(ref State, _start, edge);
        bool sent = SendRequest(edge, out int requestStall);
        moved |= wrote | sent;
        moved |= Fill(edge, firstTaken, ref writeBlocked);

        int cause = Ledger.Idle;
        if (moved)
            cause = Ledger.Busy;
        else if (writeBlocked)
            cause = StallScratchpad;
        else if (requestStall != 0)
            cause = requestStall;
        else if (State.InFlight > 0)
            cause = WaitHbm;
        else if (State.Used > 0)
            cause = WaitWriteAck;
        if (!moved)
        {
            State.Ledger.Charge(edge, cause);
            return Wake.Never;
        }

        State.Ledger.Charge(edge, cause, Ledger.Idle);
        return edge + 1;
    }

    public void Walk(StateArchive archive, long edge)
    {
        State.Ledger.Settle(edge);
        archive.Value("load", ref State);
        archive.Array("load.transactions", _transactions);
        archive.Array("load.staged", _staged);
    }

    public void Describe(SignalMap map)
    {
        map.Add("descriptors", 3, () => State.Used);
        map.Add("in_flight", 8, () => State.InFlight);
        map.Add("bytes", 64, () => (ulong)State.Bytes);
        map.Add("write_beats", 64, () => (ulong)State.Beats);
    }

    // Rule LD-2: one read request an edge, never across a granule.
    private bool SendRequest(long edge, out int stall)
    {
        stall = 0;
        if (!DmaDescriptorRing.HasNext(in State))
            return false;
        if (DmaDescriptorRing.PassOver(ref State))
            return true;
        int free = FreeTransaction();
        if (free < 0)
        {
            stall = StallNoTransaction;
            return false;
        }

        if (!_request.CanPush(edge))
        {
            stall = StallRequestLink;
            return false;
        }

        ref DmaTransaction t = ref _transactions[free];
        t = DmaDescriptorRing.Next(ref State, load: true);
        _request.Push(t.Read(_config, free, _lanes[free % _lanes.Length].WidePort), edge);
        return true;
    }

    // Rule LD-3: one scratchpad write an edge and lane; a flit that straddles a line, or widens, takes several.
    private bool WriteBeat(int number, long edge, out bool blocked)
    {
        LoadLane lane = _lanes[number];
        ref StagedFlit staged = ref _staged[number];
        blocked = false;
        if (staged.Valid == 0)
        {
            if (!lane.Response.CanPop(edge))
                return false;
            staged.Flit = lane.Response.Peek(edge);
            lane.Response.Discard(edge);
            ref DmaTransaction first = ref _transactions[staged.Flit.Tag];
            staged.Done = first.Hbm == staged.Flit.Address ? first.FirstHalf : (ushort)0;
            staged.Valid = 1;
        }

        if (!lane.Port.Request.CanPush(edge))
        {
            blocked = true;
            return false;
        }

        ref DmaTransaction t = ref _transactions[staged.Flit.Tag];
        ref DmaDescriptor d = ref State.Descriptors[t.Descriptor];
        int sourceHalves = ElementConversion.HalfBytes((ElementType)d.TypeIn), destinationBytes = ((ElementType)d.TypeOut).SizeBytes();
        int before = ((2 * (int)(staged.Flit.Address - t.Hbm)) + staged.Done - t.FirstHalf) / sourceHalves;
        int left = Math.Min((t.ScratchpadBytes / destinationBytes) - before, ((2 * staged.Flit.Length) - staged.Done) / sourceHalves);
        uint destination = t.Scratchpad + (uint)(before * destinationBytes);
        int elements = Math.Min(left, (64 - (int)(destination & 63)) / destinationBytes);
        ref ScratchpadRequest request = ref lane.Port.Request.Allocate(edge);
        request.Address = destination;
        request.Length = (ushort)(elements * destinationBytes);
        request.Write = 1;
        request.Tag = t.Descriptor;
        if (d.TypeIn == (byte)ElementType.Int4)
        {
            ElementConversion.Unpack(Line64.ReadSpan(staged.Flit.Data), staged.Done, Line64.Span(ref request.Data)[..elements]);
        }
        else
        {
            ElementConversion.Convert(
                (ElementType)d.TypeIn,
                (ElementType)d.TypeOut,
                Line64.ReadSpan(staged.Flit.Data).Slice(staged.Done / 2, elements * sourceHalves / 2),
                Line64.Span(ref request.Data));
        }

        d.Outstanding++;
        State.Beats++;
        State.Bytes += request.Length;
        staged.Done += (ushort)(elements * sourceHalves);
        if (elements < left)
            return true;
        staged.Valid = 0;
        t.Arrived += staged.Flit.Length;
        if (t.Arrived == t.HbmBytes)
        {
            t = default;
            d.Outstanding--;
            State.InFlight--;
        }

        return true;
    }

    private bool Acknowledge(int lane, long edge)
    {
        Channel<ScratchpadResponse> answers = _lanes[lane].Port.Response;
        if (!answers.CanPop(edge))
            return false;
        State.Descriptors[answers.Peek(edge).Tag].Outstanding--;
        answers.Discard(edge);
        return true;
    }

    private int FreeTransaction()
    {
        if (State.InFlight == _transactions.Length)
            return -1;
        for (int i = 0; i < _transactions.Length; i++)
        {
            if (_transactions[i].Active == 0)
                return i;
        }

        return -1;
    }
}
