using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// Executes queue ST: reads scratchpad beats through its port into a transaction buffer and sends each full buffer as a
/// write over the wide plane. A descriptor is performed when every write is acknowledged by its stream port.
/// </summary>
public sealed partial class StoreEngine
{
    public static readonly string[] Causes =
        ["Idle", "Busy", "StallNoTransaction", "StallScratchpad", "StallRequestLink", "WaitWriteAck", "WaitHbm"];

    private const int StallNoTransaction = 2, StallScratchpad = 3, StallRequestLink = 4, WaitWriteAck = 5, WaitHbm = 6;

    public DmaState State;

    private readonly DmaConfig _config;
    private readonly DmaTransaction[] _transactions;
    private readonly byte[] _buffers;
    private readonly byte[] _addends;
    private readonly Channel<StartDescriptor> _start;
    private readonly Channel<DescriptorDone> _done;
    private readonly Channel<WideFlit> _request;
    private readonly Channel<WideFlit> _response;
    private readonly ScratchpadPort _port;

    public StoreEngine(
        DmaConfig config,
        Channel<StartDescriptor> start,
        Channel<DescriptorDone> done,
        Channel<WideFlit> request,
        Channel<WideFlit> response,
        ScratchpadPort port)
    {
        _config = config;
        _transactions = new DmaTransaction[config.Outstanding];
        _buffers = new byte[config.Outstanding * DmaConfig.TransactionBytes];
        _addends = new byte[config.Outstanding * DmaConfig.TransactionBytes];
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
        moved |= Receive(edge);
        moved |= DmaDescriptorRing.Accept(ref State, _start, edge);
        moved |= Open(edge, out bool full);
        bool asked = AskForAddends(edge, out bool linkBlocked);
        moved |= asked;
        if (!asked && !linkBlocked)
            moved |= Emit(edge, out linkBlocked);
        moved |= RequestBeat(edge, out bool portBlocked);

        int cause = Ledger.Idle;
        if (moved)
            cause = Ledger.Busy;
        else if (linkBlocked)
            cause = StallRequestLink;
        else if (LacksOnlyAddends())
            cause = WaitHbm;
        else if (portBlocked || State.Emitted < State.Read)
            cause = StallScratchpad;
        else if (full)
            cause = StallNoTransaction;
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
        archive.Value("store", ref State);
        archive.Array("store.transactions", _transactions);
        archive.Array("store.buffers", _buffers);
        archive.Array("store.addends", _addends);
    }

    public void Describe(SignalMap map)
    {
        map.Add("descriptors", 3, () => State.Used);
        map.Add("in_flight", 8, () => State.InFlight);
        map.Add("bytes", 64, () => (ulong)State.Bytes);
        map.Add("read_beats", 64, () => (ulong)State.Beats);
    }

    // Rule ST-2: a transaction buffer is opened an edge, never across a granule of HBM.
    private bool Open(long edge, out bool full)
    {
        full = false;
        if (!DmaDescriptorRing.HasNext(in State))
            return false;
        int index = (int)(State.Allocated % _transactions.Length);
        ref DmaTransaction t = ref _transactions[index];
        if (t.Active != 0)
        {
            full = true;
            return false;
        }

        t = DmaDescriptorRing.Next(ref State, load: false);
        State.Allocated++;
        return true;
    }

    // Rule ST-3: one scratchpad read an edge, up to the end of a 64-byte line.
    private bool RequestBeat(long edge, out bool blocked)
    {
        blocked = false;
        if (State.Read == State.Allocated)
            return false;
        ref DmaTransaction t = ref _transactions[State.Read % _transactions.Length];
        if (!_port.Request.CanPush(edge))
        {
            blocked = true;
            return false;
        }

        uint address = t.Scratchpad + t.Requested;
        int length = Math.Min(t.ScratchpadBytes - t.Requested, 64 - (int)(address & 63));
        ScratchpadRequest.PushRead(_port.Request, address, length, (int)(State.Read % _transactions.Length), edge);
        State.Beats++;
        t.Requested += (ushort)length;
        if (t.Requested == t.ScratchpadBytes)
            State.Read++;
        return true;
    }

    private bool Receive(long edge)
    {
        if (!_port.Response.CanPop(edge))
            return false;
        ref readonly ScratchpadResponse response = ref _port.Response.Peek(edge);
        ref DmaTransaction t = ref _transactions[response.Tag];
        ref DmaDescriptor d = ref State.Descriptors[t.Descriptor];
        ReadOnlySpan<byte> source = Line64.ReadSpan(response.Data)[..response.Length];
        Span<byte> buffer = _buffers.AsSpan(response.Tag * DmaConfig.TransactionBytes, DmaConfig.TransactionBytes);
        if (d.TypeOut == (byte)ElementType.Int4)
        {
            ElementConversion.Pack(source, buffer, t.Arrived);
        }
        else
        {
            int sourceBytes = ((ElementType)d.TypeIn).SizeBytes(), destinationBytes = ((ElementType)d.TypeOut).SizeBytes();
            ElementConversion.Convert((ElementType)d.TypeIn, (ElementType)d.TypeOut, source, buffer[(t.Arrived / sourceBytes * destinationBytes)..]);
        }

        t.Arrived += response.Length;
        State.Bytes += response.Length;
        _port.Response.Discard(edge);
        return true;
    }

    // Rule ST-4: a full buffer leaves as a header and then one data flit an edge.
    private bool Emit(long edge, out bool blocked)
    {
        blocked = false;
        if (State.Emitted == State.Allocated)
            return false;
        int index = (int)(State.Emitted % _transactions.Length);
        ref DmaTransaction t = ref _transactions[index];
        if (t.Arrived < t.ScratchpadBytes || LacksAddends(in t))
            return false;
        if (!_request.CanPush(edge))
        {
            blocked = true;
            return false;
        }

        WideFlit flit = default;
        flit.Port = (byte)_config.WidePort;
        flit.Home = (byte)_config.Homes.Index(t.Hbm);
        flit.Tag = (ushort)index;
        if (t.HeaderSent == 0)
        {
            flit.Kind = WideKind.WriteNoSnoop;
            flit.Address = t.Hbm;
            flit.Length = t.HbmBytes;
            t.HeaderSent = 1;
        }
        else
        {
            flit.Kind = WideKind.WriteData;
            flit.Address = t.Hbm + t.Sent;
            flit.Length = (ushort)Math.Min(t.HbmBytes - t.Sent, 64 - (int)(flit.Address & 63));
            int first = (index * DmaConfig.TransactionBytes) + t.Sent;
            _buffers.AsSpan(first, flit.Length).CopyTo(Line64.Span(ref flit.Data));
            if (t.Adds != 0)
                Add(_addends.AsSpan(first, flit.Length), Line64.Span(ref flit.Data));
            t.Sent += flit.Length;
            if (t.Sent == t.HbmBytes)
            {
                flit.Last = 1;
                State.Emitted++;
            }
        }

        _request.Push(flit, edge);
        return true;
    }

    private bool Acknowledge(long edge)
    {
        if (!_response.CanPop(edge))
            return false;
        if (_response.Peek(edge).Kind == WideKind.ReadData)
        {
            TakeAddends(edge);
            return true;
        }

        ref DmaTransaction t = ref _transactions[_response.Peek(edge).Tag];
        _response.Discard(edge);
        State.Descriptors[t.Descriptor].Outstanding--;
        State.InFlight--;
        t = default;
        return true;
    }
}
