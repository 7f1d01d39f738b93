using System.Numerics;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// One network of the fabric: every source can reach every destination over a link of one flit a cycle. An input
/// channel is the source's buffer and its depth the credits; an output channel is the buffer at the destination.
/// A packet that has begun keeps its link until its last flit; between packets the link goes round-robin.
/// </summary>
/// <typeparam name="TFlit">The flit.</typeparam>
/// <typeparam name="TRoute">How to read destination and end of packet from it.</typeparam>
public sealed class Crossbar<TFlit, TRoute>
    where TFlit : unmanaged
    where TRoute : struct, IFlitRoute<TFlit>
{
    /// <summary>Largest port number + 1, on either side.</summary>
    public const int MaximumPorts = 64;

    private const int StallOutputFull = 2;
    private const int StallPacketGap = 3;

    public static readonly string[] Causes = ["Idle", "Busy", "OutputFull", "PacketGap"];

    public CrossbarState State;

    private readonly Channel<TFlit>?[] _inputs;
    private readonly Channel<TFlit>?[] _outputs;
    private readonly InputSet _filled = new();
    private readonly CrossbarLink[] _links;
    private readonly long[] _losses;

    // What follows from the heads of the inputs, read once each: sources by the destination that they want, and the destinations with any.
    private readonly ulong[] _wanted;
    private ulong _read;
    private ulong _wantedOutputs;

    /// <param name="name">Unit name as reports give it: fabric.req.</param>
    /// <param name="inputs">By source number; null where that number sends nothing in this network.</param>
    /// <param name="outputs">By destination number; null where that number receives nothing in this network.</param>
    public Crossbar(string name, Channel<TFlit>?[] inputs, Channel<TFlit>?[] outputs)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(inputs.Length, MaximumPorts);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(outputs.Length, MaximumPorts);
        Name = name;
        _inputs = inputs;
        _outputs = outputs;
        for (int i = 0; i < inputs.Length; i++)
            inputs[i]?.ShowIn(_filled, i);
        _links = new CrossbarLink[outputs.Length];
        _losses = new long[inputs.Length * inputs.Length];
        _wanted = new ulong[outputs.Length];
    }

    public string Name { get; }

    /// <summary>Cycles in which a flit went to this destination.</summary>
    public long LinkBusyCycles(int destination) => _links[destination].BusyCycles;

    /// <summary>Cycles in which a flit of <paramref name="loser"/> waited because one of <paramref name="winner"/> took the link.</summary>
    public long Losses(int loser, int winner) => _losses[(loser * _inputs.Length) + winner];

    public long Evaluate(long edge)
    {
        for (ulong unread = _filled.Filled & ~_read; unread != 0; unread &= unread - 1)
        {
            int source = BitOperations.TrailingZeroCount(unread);
            Channel<TFlit> input = _inputs[source]!;
            if (!input.CanPop(edge))
                continue;
            int destination = TRoute.Destination(in input.Peek(edge));
            _read |= 1UL << source;
            _wanted[destination] |= 1UL << source;
            _wantedOutputs |= 1UL << destination;
        }

        int cause = Ledger.Idle;
        bool moved = false;
        for (ulong outputs = _wantedOutputs; outputs != 0; outputs &= outputs - 1)
        {
            int destination = BitOperations.TrailingZeroCount(outputs);
            ulong wanted = _wanted[destination];
            Channel<TFlit> output = _outputs[destination] ?? throw new InvalidOperationException("A flit for an endpoint that this network does not reach.");
            if (!output.CanPush(edge))
            {
                cause = StallOutputFull;
                continue;
            }

            ref CrossbarLink link = ref _links[destination];
            if (link.Held != 0 && (wanted >> link.Holder & 1) == 0)
            {
                cause = cause == Ledger.Idle ? StallPacketGap : cause;
                continue;
            }

            Move(ref link, destination, output, edge);
            moved = true;
        }

        State.Ledger.Charge(edge, moved ? Ledger.Busy : cause);
        return moved ? edge + 1 : Wake.Never;
    }

    public void Walk(StateArchive archive, long edge)
    {
        State.Ledger.Settle(edge);
        archive.Value("state", ref State);
        archive.Array("links", _links);
        archive.Array("losses", _losses);
        if (!archive.IsLoad)
            return;
        _read = 0;
        _wantedOutputs = 0;
        Array.Clear(_wanted);
    }

    public void Describe(SignalMap map)
    {
        map.Add("flit_hops", 64, () => (ulong)State.FlitHops);
        map.Add("packets", 64, () => (ulong)State.Packets);
        for (int i = 0; i < _outputs.Length; i++)
        {
            int destination = i;
            if (_outputs[i] is null)
                continue;
            map.Add($"link{i}.held", 1, () => _links[destination].Held);
            map.Add($"link{i}.holder", 8, () => _links[destination].Holder);
        }
    }

    private void Move(ref CrossbarLink link, int destination, Channel<TFlit> output, long edge)
    {
        ulong wanted = _wanted[destination];
        int winner = link.Holder;
        if (link.Held == 0)
        {
            ulong fromNext = wanted & (ulong.MaxValue << link.Next);
            winner = BitOperations.TrailingZeroCount(fromNext != 0 ? fromNext : wanted);
            link.Next = (byte)((winner + 1) % MaximumPorts);
            link.Holder = (byte)winner;
            link.Held = 1;
        }

        Channel<TFlit> input = _inputs[winner]!;
        ref readonly TFlit flit = ref input.Peek(edge);
        output.Push(in flit, edge);
        State.FlitHops++;
        link.BusyCycles++;
        if (TRoute.IsLast(in flit))
        {
            link.Held = 0;
            State.Packets++;
        }

        input.Discard(edge);
        _read &= ~(1UL << winner);
        _wanted[destination] = wanted & ~(1UL << winner);
        if (_wanted[destination] == 0)
            _wantedOutputs &= ~(1UL << destination);

        for (ulong losers = _wanted[destination]; losers != 0; losers &= losers - 1)
        {
            int loser = BitOperations.TrailingZeroCount(losers);
            _losses[(loser * _inputs.Length) + winner]++;
            State.ArbitrationLosses++;
        }
    }
}
