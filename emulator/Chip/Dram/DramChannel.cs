using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>One controller of a replay, what it owes answers to, and when it wants to be stepped next.</summary>
internal sealed class DramChannel
{
    private const int PseudoChannels = 2, Source = 0;

    /// <summary>Commands of one cycle that a log must hold: one a bus, and room for what a later controller adds.</summary>
    private const int LogEntries = 16;

    /// <summary>More than queues and bursts of a channel hold.</summary>
    private const int Tags = 1 << 12;

    /// <summary>A request on its way; <see cref="AcceptedAt"/> is <see cref="Free"/> in one that is not.</summary>
    private struct Pending
    {
        public long AcceptedAt;
        public ulong Address;
        public bool IsWrite;
    }

    private const long Free = -1;

    private readonly HbmController _controller;
    private readonly LatencyHistogram _reads, _writes;
    private readonly Pending[] _pending = new Pending[Tags];
    private readonly ushort[] _freeTags = new ushort[Tags];
    private int _free;
    private HbmRequest _request = new() { ByteEnable = uint.MaxValue };

    /// <param name="config">Timings, map and policies.</param>
    /// <param name="channel">This channel's number, as the map counts.</param>
    /// <param name="memory">What the bytes come from; a replay keeps none.</param>
    /// <param name="reads">Receives latencies.</param>
    /// <param name="writes">Receives latencies.</param>
    public DramChannel(HbmConfig config, int channel, SparseMemory memory, LatencyHistogram reads, LatencyHistogram writes)
    {
        _controller = new HbmController(config, channel, memory, sources: 1) { Log = Log };
        _reads = reads;
        _writes = writes;
        for (; _free < Tags; _free++)
        {
            _pending[_free].AcceptedAt = Free;
            _freeTags[_free] = (ushort)_free;
        }
    }

    /// <summary>The last commands, and how many there were of each kind.</summary>
    public HbmCommandLog Log { get; } = new(LogEntries);

    public ref HbmState State => ref _controller.State;

    /// <summary>Cycle at which it has something to do; stepping it earlier changes nothing.</summary>
    public long NextAt { get; private set; }

    /// <summary>Requests accepted and not answered.</summary>
    public int Outstanding => Tags - _free;

    public long Reads { get; private set; }

    public long Writes { get; private set; }

    /// <summary>Sum of the latencies of reads.</summary>
    public long ReadCycles { get; private set; }

    /// <summary>Cycle at which the last burst ended.</summary>
    public long LastEnd { get; private set; }

    /// <returns>Whether the controller took the request; it can only after a command was issued, when it did not.</returns>
    public bool TryAccept(ulong address, bool isWrite, long cycle)
    {
        ushort tag = _freeTags[_free - 1];
        _request.Address = address;
        _request.Write = isWrite ? (byte)1 : (byte)0;
        _request.Tag = tag;
        if (!_controller.TryAccept(in _request, Source, cycle))
            return false;
        _free--;
        ref Pending pending = ref _pending[tag];
        pending.AcceptedAt = cycle;
        pending.Address = address;
        pending.IsWrite = isWrite;
        NextAt = Math.Min(NextAt, cycle + 1);
        return true;
    }

    /// <summary>One cycle of the memory: takes the answers of bursts that end, then lets the controller issue.</summary>
    /// <returns>Whether a command was issued.</returns>
    public bool Step(long cycle)
    {
        _controller.Complete(cycle);
        for (int p = 0; p < PseudoChannels; p++)
        {
            while (_controller.HasResponse(p, Source))
            {
                Take(in _controller.Response(p, Source), cycle);
                _controller.ReleaseResponse(p, Source, cycle);
            }
        }

        bool issued = _controller.Tick(cycle);
        NextAt = Math.Min(_controller.Next(cycle, out long background), background);
        return issued;
    }

    /// <summary>Brings the accounts of data buses and standby up to a cycle.</summary>
    public void Settle(long cycle) => _controller.Settle(cycle);

    private void Take(in HbmResponse response, long cycle)
    {
        if (response.Tag >= Tags || _pending[response.Tag] is not { AcceptedAt: not Free } pending
            || pending.Address != response.Address || pending.IsWrite != (response.Write != 0))
            throw new InvalidOperationException($"HBM answered a request to {response.Address:x} that does not wait for an answer.");
        long latency = cycle - pending.AcceptedAt;
        _pending[response.Tag].AcceptedAt = Free;
        _freeTags[_free++] = response.Tag;
        LastEnd = cycle;
        if (pending.IsWrite)
        {
            _writes.Add(latency);
            Writes++;
            return;
        }

        _reads.Add(latency);
        Reads++;
        ReadCycles += latency;
    }
}
