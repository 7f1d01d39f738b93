using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// The wide plane's end at the PCI Express link: turns ReadNoSnoop and WriteNoSnoop transactions into packets to the host's
/// memory and gives each one's data, or its acknowledgement, back. The link has its own pace, which no throttle of the core changes.
/// </summary>
/// <remarks>
/// Each direction carries one packet after another in the order of acceptance, so the time at which the link is done with a
/// transaction is known when it goes on the link, and nothing is left to do until then.
/// </remarks>
public sealed class PcieEndpoint
{
    public static readonly string[] Causes = ["Idle", "Busy", "ResponseBlocked", "WaitLink"];

    private const int StallResponse = 2, WaitLink = 3;
    private const long PicosecondsPerSecond = 1_000_000_000_000;

    /// <summary>Wide-plane byte offset of the host memory's first byte.</summary>
    private const ulong Origin = AddressMap.HostMemory - AddressMap.Hbm;

    public PcieState State;

    private readonly PcieConfig _config;
    private readonly ClockDomain _clock;
    private readonly SparseMemory _host;
    private readonly Channel<WideFlit> _requests;
    private readonly Channel<WideFlit> _responses;
    private readonly PcieTransaction[] _transactions;
    private readonly byte[] _data;

    /// <param name="config">Sizes and rates.</param>
    /// <param name="clock">The clock of its channels, for the time of an edge.</param>
    /// <param name="host">The host's memory.</param>
    /// <param name="requests">Wide request network to here.</param>
    /// <param name="responses">Here to wide response network.</param>
    public PcieEndpoint(PcieConfig config, ClockDomain clock, SparseMemory host, Channel<WideFlit> requests, Channel<WideFlit> responses)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(config.Transactions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(config.Transactions, 64);
        _config = config;
        _clock = clock;
        _host = host;
        _requests = requests;
        _responses = responses;
        _transactions = new PcieTransaction[config.Transactions];
        _data = new byte[config.Transactions * HomeMap.GranuleBytes];
    }

    public long Evaluate(long edge)
    {
        long now = _clock.TimePs;
        bool moved = Respond(now, edge, out bool blocked);
        moved |= Accept(now, edge);
        int waiting = State.Count > 0 ? WaitLink : Ledger.Idle;
        State.Ledger.Charge(edge, moved ? Ledger.Busy : blocked ? StallResponse : waiting, blocked ? StallResponse : waiting);
        if (moved)
            return edge + 1;
        int next = blocked ? -1 : EarliestEnd();
        return next < 0 || _transactions[next].EndPs == long.MaxValue ? Wake.Never : _clock.EdgeAtOrAfter(_transactions[next].EndPs);
    }

    public void Walk(StateArchive archive, long edge)
    {
        State.Ledger.Settle(edge);
        archive.Value("pcie", ref State);
        archive.Array("pcie.transactions", _transactions);
        archive.Array("pcie.data", _data);
    }

    public void Describe(SignalMap map)
    {
        map.Add("count", 8, () => State.Count);
        map.Add("receiving", 1, () => State.Receiving);
        map.Add("responding", 1, () => State.Responding);
        map.Add("responder", 8, () => State.Responder);
        map.Add("outbound_bytes", 64, () => (ulong)State.OutboundBytes);
        map.Add("inbound_bytes", 64, () => (ulong)State.InboundBytes);
    }

    // Rule PCI-1: one flit an edge, while there is room for another transaction; what is whole goes on the link at once.
    private bool Accept(long now, long edge)
    {
        if (!_requests.CanPop(edge) || (State.Receiving == 0 && State.Count == _transactions.Length))
            return false;
        ref readonly WideFlit flit = ref _requests.Peek(edge);
        if (State.Receiving == 0)
            Open(in flit, now);
        else
            TakeWriteData(in flit, now);
        _requests.Discard(edge);
        return true;
    }

    private void Open(in WideFlit flit, long now)
    {
        WideTransaction wide = WideTransaction.Of(in flit);
        if (flit.Address < Origin)
            throw new InvalidOperationException("A wide transaction of the host's memory must lie in it.");
        int slot = 0;
        while (_transactions[slot].Wide.Kind != WideKind.None)
            slot++;
        _transactions[slot] = new PcieTransaction { Wide = wide, EndPs = long.MaxValue };
        State.Count++;
        if (flit.Kind == WideKind.ReadNoSnoop)
        {
            SendRead(slot, now);
            return;
        }

        State.Receiving = 1;
        State.Receiver = (byte)slot;
    }

    private void TakeWriteData(in WideFlit flit, long now)
    {
        if (!_transactions[State.Receiver].Wide.Take(in flit, Granule(State.Receiver)))
            return;
        State.Receiving = 0;
        SendWrite(State.Receiver, now);
    }

    // Rules PCI-2 and PCI-3: the request goes out, the completions come in, each behind what that direction has to carry.
    private void SendRead(int slot, long now)
    {
        ref PcieTransaction t = ref _transactions[slot];
        _host.Read((long)(t.Wide.Address - Origin), Bytes(slot));
        long left = State.OutboundFreePs = Math.Max(now, State.OutboundFreePs) + TimeOf(_config.OverheadBytes);
        int packets = Packets(in t), bytes = t.Wide.Length + (packets * _config.OverheadBytes);
        t.EndPs = State.InboundFreePs = Math.Max(left + _config.LatencyPs, State.InboundFreePs) + TimeOf(bytes);
        State.Reads++;
        State.ReadBytes += t.Wide.Length;
        State.OutboundPackets++;
        State.OutboundBytes += _config.OverheadBytes;
        State.InboundPackets += packets;
        State.InboundBytes += bytes;
    }

    // Rule PCI-4: posted. No read passes it, so the bytes count as there for every later transaction.
    private void SendWrite(int slot, long now)
    {
        ref PcieTransaction t = ref _transactions[slot];
        _host.Write((long)(t.Wide.Address - Origin), Bytes(slot));
        int packets = Packets(in t), bytes = t.Wide.Length + (packets * _config.OverheadBytes);
        t.EndPs = State.OutboundFreePs = Math.Max(now, State.OutboundFreePs) + TimeOf(bytes);
        State.Writes++;
        State.WriteBytes += t.Wide.Length;
        State.OutboundPackets += packets;
        State.OutboundBytes += bytes;
    }

    // Rule PCI-5: one flit an edge of a transaction that the link is done with, the earliest first, each whole.
    private bool Respond(long now, long edge, out bool blocked)
    {
        blocked = false;
        if (State.Responding == 0)
        {
            int first = EarliestEnd();
            if (first < 0 || _transactions[first].EndPs > now)
                return false;
            State.Responder = (byte)first;
            State.Responding = 1;
        }

        if (!_responses.CanPush(edge))
        {
            blocked = true;
            return false;
        }

        ref PcieTransaction t = ref _transactions[State.Responder];
        WideFlit flit = t.Wide.Answer(_config.Home, Granule(State.Responder));
        _responses.Push(in flit, edge);
        if (flit.Last != 0)
        {
            t = default;
            State.Responding = 0;
            State.Count--;
        }

        return true;
    }

    /// <summary>Slot of the transaction that the link is done with first, or -1. No two end at the same time in one direction; of two, the read.</summary>
    private int EarliestEnd()
    {
        int earliest = -1;
        for (int i = 0; i < _transactions.Length; i++)
        {
            ref PcieTransaction t = ref _transactions[i];
            if (t.Wide.Kind == WideKind.None)
                continue;
            bool earlier = earliest < 0 || t.EndPs < _transactions[earliest].EndPs
                || (t.EndPs == _transactions[earliest].EndPs && t.Wide.Kind < _transactions[earliest].Wide.Kind);
            if (earlier)
                earliest = i;
        }

        return earliest;
    }

    private int Packets(in PcieTransaction t) =>
        ((t.Wide.First + t.Wide.Length - 1) / _config.PayloadBytes) - (t.Wide.First / _config.PayloadBytes) + 1;

    private long TimeOf(int bytes) => ((bytes * PicosecondsPerSecond) + _config.BytesPerSecond - 1) / _config.BytesPerSecond;

    /// <summary>The granule of a slot's transaction.</summary>
    private Span<byte> Granule(int slot) => _data.AsSpan(slot * HomeMap.GranuleBytes, HomeMap.GranuleBytes);

    /// <summary>The transaction's own bytes of it.</summary>
    private Span<byte> Bytes(int slot) => Granule(slot).Slice(_transactions[slot].Wide.First, _transactions[slot].Wide.Length);
}
