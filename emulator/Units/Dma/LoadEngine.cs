using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// Executes queue LD: reads HBM in transactions over the wide plane and writes what comes back, beat by beat, through
/// its scratchpad port. Transactions of several descriptors overlap; descriptors are reported performed in order.
/// </summary>
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
    private readonly Channel<WideFlit> _response;
    private readonly ScratchpadPort _port;

    public LoadEngine(
        DmaConfig config,
        Channel<StartDescriptor> start,
        Channel<DescriptorDone> done,
        Channel<WideFlit> request,
        Channel<WideFlit> response,
        ScratchpadPort port)
    {
        _config = config;
        _transactions = new DmaTransaction[config.Outstanding];
        _start = start;
        _done = done;
        _request = request;
        _response = response;
        _port = port;
    }

    public long Evaluate(long edge)
    {
        bool moved = DmaDescriptorRing.Report(ref State, _done, edge);
        moved |= Acknowledge(edge);
        bool wrote = WriteBeat(edge, out bool writeBlocked);
        moved |= DmaDescriptorRing.Accept(ref State, _start, edge);
        bool sent = SendRequest(edge, out int requestStall);
        moved |= wrote | sent;
        moved |= Fill(edge, wrote | writeBlocked, ref writeBlocked);

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
        _request.Push(t.Read(_config, free), edge);
        return true;
    }

    // Rule LD-3: one scratchpad write an edge; a flit that straddles a line, or widens, takes several.
    private bool WriteBeat(long edge, out bool blocked)
    {
        blocked = false;
        if (State.StagedValid == 0)
        {
            if (!_response.CanPop(edge))
                return false;
            State.Staged = _response.Peek(edge);
            _response.Discard(edge);
            ref DmaTransaction first = ref _transactions[State.Staged.Tag];
            State.StagedDone = first.Hbm == State.Staged.Address ? first.FirstHalf : (ushort)0;
            State.StagedValid = 1;
        }

        if (!_port.Request.CanPush(edge))
        {
            blocked = true;
            return false;
        }

        ref DmaTransaction t = ref _transactions[State.Staged.Tag];
        ref DmaDescriptor d = ref State.Descriptors[t.Descriptor];
        int sourceHalves = ElementConversion.HalfBytes((ElementType)d.TypeIn), destinationBytes = ((ElementType)d.TypeOut).SizeBytes();
        int before = ((2 * (int)(State.Staged.Address - t.Hbm)) + State.StagedDone - t.FirstHalf) / sourceHalves;
        int left = Math.Min((t.ScratchpadBytes / destinationBytes) - before, ((2 * State.Staged.Length) - State.StagedDone) / sourceHalves);
        uint destination = t.Scratchpad + (uint)(before * destinationBytes);
        int elements = Math.Min(left, (64 - (int)(destination & 63)) / destinationBytes);
        ref ScratchpadRequest request = ref _port.Request.Allocate(edge);
        request.Address = destination;
        request.Length = (ushort)(elements * destinationBytes);
        request.Write = 1;
        request.Tag = t.Descriptor;
        if (d.TypeIn == (byte)ElementType.Int4)
        {
            ElementConversion.Unpack(Line64.ReadSpan(State.Staged.Data), State.StagedDone, Line64.Span(ref request.Data)[..elements]);
        }
        else
        {
            ElementConversion.Convert(
                (ElementType)d.TypeIn,
                (ElementType)d.TypeOut,
                Line64.ReadSpan(State.Staged.Data).Slice(State.StagedDone / 2, elements * sourceHalves / 2),
                Line64.Span(ref request.Data));
        }

        d.Outstanding++;
        State.Beats++;
        State.Bytes += request.Length;
        State.StagedDone += (ushort)(elements * sourceHalves);
        if (elements < left)
            return true;
        State.StagedValid = 0;
        t.Arrived += State.Staged.Length;
        if (t.Arrived == t.HbmBytes)
        {
            t = default;
            d.Outstanding--;
            State.InFlight--;
        }

        return true;
    }

    private bool Acknowledge(long edge)
    {
        if (!_port.Response.CanPop(edge))
            return false;
        State.Descriptors[_port.Response.Peek(edge).Tag].Outstanding--;
        _port.Response.Discard(edge);
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
