using System.Numerics;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// The controller of one channel without its ports: two pseudo-channels behind one row bus and one column bus. Requests
/// are offered straight to it; <see cref="HbmChannel"/> puts clock crossings in front.
/// </summary>
public sealed partial class HbmController
{
    private const int PseudoChannels = 2;

    private readonly HbmConfig _config;
    private readonly int _channel;
    private readonly bool _sleeps; // power-down or self-refresh is configured
    private readonly bool _refreshesWhenDue; // no refresh is put off, or left to self-refresh
    private readonly HbmPseudoChannel[] _pseudoChannels = new HbmPseudoChannel[PseudoChannels];

    /// <summary>Registers and counters.</summary>
    public HbmState State;

    /// <param name="config">Timings, map and policies.</param>
    /// <param name="channel">This channel's number, as the map counts.</param>
    /// <param name="memory">The bytes of all of HBM.</param>
    /// <param name="sources">Request sources of a pseudo-channel.</param>
    public HbmController(HbmConfig config, int channel, SparseMemory memory, int sources)
    {
        _config = config;
        _channel = channel;
        _sleeps = config.PowerDown > 0 || config.SelfRefresh > 0;
        _refreshesWhenDue = config.Postpone == 0 && config.SelfRefresh == 0;
        Memory = memory;
        Ecc = config.Secded ? new HbmEcc() : null;
        State.LastRow = State.LastColumn = 1; // pseudo-channel 0 goes first
        State.RefreshShift = (byte)BitOperations.Log2((uint)config.RefreshRate);
        for (int p = 0; p < PseudoChannels; p++)
            _pseudoChannels[p] = new HbmPseudoChannel(this, config, p, sources);
    }

    /// <summary>Set to record every command; costs nothing while null and changes no cycle.</summary>
    public HbmCommandLog? Log { get; set; }

    internal SparseMemory Memory { get; }

    /// <summary>Flipped bits of this channel's words; null without ECC.</summary>
    internal HbmEcc? Ecc { get; }

    /// <summary>Offers a request at an edge, before <see cref="Tick"/>; its first command issues at the next edge at the soonest.</summary>
    /// <returns>Whether there was room for it.</returns>
    public bool TryAccept(in HbmRequest request, int source, long edge)
    {
        HbmLocation at = Locate(in request);
        return TryAccept(in request, in at, source, edge);
    }

    /// <summary>As <see cref="TryAccept(in HbmRequest, int, long)"/>, of a port of one pseudo-channel.</summary>
    public bool TryAccept(in HbmRequest request, int pseudoChannel, int source, long edge)
    {
        HbmLocation at = Locate(in request, pseudoChannel);
        return TryAccept(in request, in at, source, edge);
    }

    /// <summary>Where a request goes that came to the port of one pseudo-channel.</summary>
    internal HbmLocation Locate(in HbmRequest request, int pseudoChannel)
    {
        HbmLocation at = Locate(in request);
        if (at.PseudoChannel != pseudoChannel)
            throw new InvalidOperationException($"HBM channel {_channel} pseudo-channel {pseudoChannel} was asked for address {request.Address:x}.");
        return at;
    }

    private bool TryAccept(in HbmRequest request, in HbmLocation at, int source, long edge)
    {
        HbmPseudoChannel pseudoChannel = _pseudoChannels[at.PseudoChannel];
        if (!pseudoChannel.HasRoom(in at, request.Write))
            return false;
        pseudoChannel.Accept(in request, source, in at, edge);
        return true;
    }

    /// <summary>A bit of the word of eight bytes at an address flips in the array: 0 to 63 of its bytes, with ECC 64 to 71 of its check bits.</summary>
    public void Flip(ulong address, int bit)
    {
        _ = Locate(new HbmRequest { Address = address & ~(ulong)(HbmAddressMap.BurstBytes - 1) }); // it must be ours
        if (Ecc is not null)
        {
            Ecc.Flip(address, bit);
            return;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)bit, (uint)64, nameof(bit));
        long at = (long)(address & ~(ulong)(Secded.WordBytes - 1)) + (bit >> 3);
        Span<byte> value = stackalloc byte[1];
        Memory.Read(at, value);
        value[0] ^= (byte)(1 << (bit & 7));
        Memory.Write(at, value);
    }

    /// <summary>Moves the data of bursts that end at or before this edge.</summary>
    public void Complete(long edge)
    {
        for (int p = 0; p < PseudoChannels; p++)
        {
            ref HbmPseudoChannelState s = ref State.PseudoChannels[p];
            if (s.FlightCount > 0 && s.FlightEndsAt <= edge && _pseudoChannels[p].Bursts.Complete(edge))
                _pseudoChannels[p].RoomCame(edge);
        }
    }

    internal HbmPseudoChannel PseudoChannel(int index) => _pseudoChannels[index];

    /// <summary>The oldest answer that waits for a source, without taking it; its burst has ended.</summary>
    public bool HasResponse(int pseudoChannel, int source) => _pseudoChannels[pseudoChannel].Bursts.HasResponse(source);

    public ref readonly HbmResponse Response(int pseudoChannel, int source) => ref _pseudoChannels[pseudoChannel].Bursts.Response(source);

    /// <summary>Takes the answer that <see cref="Response"/> shows.</summary>
    public void ReleaseResponse(int pseudoChannel, int source, long edge) => _pseudoChannels[pseudoChannel].Release(source, edge);

    /// <summary>
    /// Issues at most one command a bus. Refreshes go first on the row bus; apart from that each of the two shared buses
    /// serves the pseudo-channel that did not have it last, if it has something to issue. On a bus of its own, a
    /// pseudo-channel puts column commands before row commands.
    /// </summary>
    /// <returns>Whether a command was issued.</returns>
    public bool Tick(long edge)
    {
        if (_sleeps && IsAsleep)
            return WakeUp(edge);
        int awake = 0; // pseudo-channels that could issue something; the others' objects stay out of the host's cache
        for (int p = 0; p < PseudoChannels; p++)
        {
            ref HbmPseudoChannelState s = ref State.PseudoChannels[p];
            bool none = s.Refresh == HbmRefreshPhase.None;
            if (none && s.RefreshBank == 0 && edge < s.RefreshDueAt && edge < s.ScheduleAt)
                continue;
            awake |= 1 << p;
            _pseudoChannels[p].StepRefresh(edge);
            _pseudoChannels[p].Schedule(edge);
        }

        if (awake == 0)
            return _sleeps && FallAsleep(edge);
        int issued = _config.Buses == HbmBuses.OneEach ? IssueOnBusOfEach(edge, awake) : IssueOnTwoBuses(edge, awake);

        // What comes next is known already: without it the channel would have to look again at the next edge.
        for (int p = 0; p < PseudoChannels; p++)
        {
            if ((issued >> p & 1) != 0)
                _pseudoChannels[p].Schedule(edge + 1);
        }

        return issued != 0 || (_sleeps && FallAsleep(edge));
    }

    /// <summary>The next edge at which requests or bursts need the controller, or <see cref="Wake.Never"/>.</summary>
    /// <param name="edge">The edge that was ticked last.</param>
    /// <param name="background">
    /// The next one at which a refresh takes a step, the page policy closes a row or the channel falls asleep: events that
    /// no request waits for, or <see cref="Wake.Never"/>.
    /// </param>
    public long Next(long edge, out long background)
    {
        if (_sleeps && IsAsleep)
        {
            background = Math.Max(WakeUpAt(background: true), edge + 1);
            return Math.Max(WakeUpAt(background: false), edge + 1);
        }

        long next = Wake.Never, behind = _sleeps ? NextEntryAt(edge) : Wake.Never;
        bool waits = (State.PseudoChannels[0].QueueCount | State.PseudoChannels[1].QueueCount) != 0;
        for (int p = 0; p < PseudoChannels; p++)
        {
            ref HbmPseudoChannelState s = ref State.PseudoChannels[p];
            long refresh = RefreshNextAt(p), schedule = s.Refresh == HbmRefreshPhase.None ? s.ScheduleAt : Wake.Never;
            behind = Math.Min(behind, refresh);
            if (s.FlightCount > 0)
                next = Math.Min(next, _pseudoChannels[p].Bursts.NextEndAt(waits));
            if (s.QueueCount == 0)
            {
                behind = Math.Min(behind, schedule);
                continue;
            }

            next = Math.Min(next, Math.Min(schedule, refresh));
            if (State.ReadyAt > edge)
                next = Math.Min(next, State.ReadyAt);
        }

        background = Math.Max(behind, edge + 1);
        return Math.Max(next, edge + 1);
    }

    /// <summary>Brings the accounts of the data buses and of standby up to an edge.</summary>
    public void Settle(long edge)
    {
        Complete(edge);
        foreach (HbmPseudoChannel pseudoChannel in _pseudoChannels)
            pseudoChannel.Settle(edge);
        SettleStandby(edge);
    }

    public void Walk(StateArchive archive)
    {
        archive.Value("state", ref State);
        foreach (HbmPseudoChannel pseudoChannel in _pseudoChannels)
            pseudoChannel.Walk(archive);
        Ecc?.Walk(archive);
    }

    private HbmLocation Locate(in HbmRequest request)
    {
        HbmLocation at = _config.Map.Decode(request.Address);
        if (at.Channel != _channel || (request.Address & (HbmAddressMap.BurstBytes - 1)) != 0)
            throw new InvalidOperationException($"HBM channel {_channel} was asked for address {request.Address:x}.");
        return at;
    }

    /// <summary>When a pseudo-channel's refresh takes its next step.</summary>
    private long RefreshNextAt(int p)
    {
        ref HbmPseudoChannelState s = ref State.PseudoChannels[p];
        if (_refreshesWhenDue && s.Refresh == HbmRefreshPhase.None && s.RefreshBank == 0)
            return s.RefreshDueAt; // mostly, and the objects stay out of the host's cache
        long at = _pseudoChannels[p].RefreshNextAt();
        return s.Refresh == HbmRefreshPhase.Draining || s.RefreshBank != 0 ? Math.Max(at, State.RowBusFreeAt) : at;
    }

    /// <returns>Bits of the pseudo-channels that issued.</returns>
    private int IssueOnBusOfEach(long edge, int awake)
    {
        int issued = 0;
        for (int p = 0; p < PseudoChannels; p++)
        {
            if ((awake >> p & 1) == 0)
                continue;
            HbmPseudoChannel channel = _pseudoChannels[p];
            bool refreshed = channel.IssueRefresh(edge);
            if (!refreshed && channel.ColumnCandidate != HbmPseudoChannel.None)
                channel.IssueColumn(edge);
            else if (!refreshed && channel.WantsRowBus)
                channel.IssueRow(edge);
            else if (!refreshed)
                continue;
            issued |= 1 << p;
        }

        return issued;
    }

    /// <returns>Bits of the pseudo-channels that issued.</returns>
    private int IssueOnTwoBuses(long edge, int awake)
    {
        int issued = State.RowBusFreeAt <= edge ? IssueOnRowBus(edge, awake) : 0;
        for (int i = 1; i <= PseudoChannels; i++)
        {
            int p = (State.LastColumn + i) & 1;
            if ((awake >> p & 1) == 0 || _pseudoChannels[p].ColumnCandidate == HbmPseudoChannel.None)
                continue;
            _pseudoChannels[p].IssueColumn(edge);
            State.LastColumn = (byte)p;
            issued |= 1 << p;
            break;
        }

        return issued;
    }

    /// <returns>Bit of the pseudo-channel that issued, or 0.</returns>
    private int IssueOnRowBus(long edge, int awake)
    {
        for (int i = 1; i <= PseudoChannels; i++)
        {
            int p = (State.LastRow + i) & 1;
            if ((awake >> p & 1) != 0 && _pseudoChannels[p].IssueRefresh(edge))
                return TakeRowBus(p, edge + 1);
        }

        for (int i = 1; i <= PseudoChannels; i++)
        {
            int p = (State.LastRow + i) & 1;
            HbmPseudoChannel channel = _pseudoChannels[p];
            if ((awake >> p & 1) == 0 || !channel.WantsRowBus)
                continue;
            bool activate = channel.IssueRow(edge) == HbmCommand.Activate;
            return TakeRowBus(p, edge + (activate ? _config.Timing.ActivateClocks : 1));
        }

        return 0;
    }

    private int TakeRowBus(int pseudoChannel, long freeAt)
    {
        State.LastRow = (byte)pseudoChannel;
        State.RowBusFreeAt = freeAt;
        return 1 << pseudoChannel;
    }
}
