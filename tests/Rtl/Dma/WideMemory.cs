using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>
/// The wide plane and the memory behind it, for one engine: each transaction is answered after a time of its own, so out of order, but
/// whole and in ascending order. Bytes that were never written follow from their address.
/// </summary>
internal sealed class WideMemory
{
    private readonly List<Transaction> _pending = [];
    private readonly Dictionary<ulong, byte> _written;
    private readonly ulong _seed;
    private readonly int _stallPercent, _latencyCycles;
    private Transaction? _receiving, _answering;
    private ulong _asked;

    /// <param name="bench">Where its two channels are noted.</param>
    /// <param name="name">Of the engine.</param>
    /// <param name="written">Bytes that have been written, which engines may share.</param>
    /// <param name="seed">Of bytes, times and stalls.</param>
    /// <param name="stallPercent">Cycles in which it neither takes nor gives a flit.</param>
    /// <param name="latencyCycles">The most from a request to its first answer.</param>
    public WideMemory(TwinBench bench, string name, Dictionary<ulong, byte> written, ulong seed, int stallPercent, int latencyCycles)
    {
        _written = written;
        _seed = seed;
        _stallPercent = stallPercent;
        _latencyCycles = latencyCycles;
        Requests = bench.Add($"{name}.wide.request", WireEnd.Drains, 2, Messages.Flit);
        Responses = bench.Add($"{name}.wide.response", WireEnd.Feeds, 2, Messages.Flit);
        bench.Attach(Evaluate);
    }

    public Wire<WideFlit> Requests { get; }

    public Wire<WideFlit> Responses { get; }

    public bool IsIdle => _pending.Count == 0 && _answering is null && Requests.Channel.IsEmpty && Responses.Channel.IsEmpty;

    private long Evaluate(long edge)
    {
        if (Requests.Channel.CanPop(edge) && !Seeded.Stalls(_seed ^ 0x400, _stallPercent, edge))
            Take(Requests.Channel.Pop(edge), edge);
        if (_answering is null)
        {
            int due = _pending.FindIndex(t => t.Due <= edge && t != _receiving);
            if (due >= 0)
            {
                _answering = _pending[due];
                _pending.RemoveAt(due);
            }
        }

        if (_answering is not null && Responses.Channel.CanPush(edge) && !Seeded.Stalls(_seed ^ 0x500, _stallPercent, edge))
            Answer(_answering, edge);
        return edge + 1;
    }

    private void Take(WideFlit flit, long edge)
    {
        if (_receiving is null)
        {
            var transaction = new Transaction(flit, edge + (CounterRandom.Bits(_seed, _asked++) % (uint)_latencyCycles));
            _pending.Add(transaction);
            _receiving = flit.Kind == WideKind.WriteNoSnoop ? transaction : null;
            return;
        }

        ReadOnlySpan<byte> data = Line64.ReadSpan(in flit.Data);
        for (int i = 0; i < flit.Length; i++)
            _written[flit.Address + (ulong)i] = data[i];
        if (flit.Last != 0)
            _receiving = null;
    }

    private void Answer(Transaction t, long edge)
    {
        WideFlit flit = t.Header;
        flit.Last = 1;
        if (flit.Kind == WideKind.WriteNoSnoop)
        {
            Responses.Feed(new WideFlit { Kind = WideKind.WriteAck, Port = flit.Port, Tag = flit.Tag, Home = flit.Home, Last = 1 }, edge);
            _answering = null;
            return;
        }

        flit.Kind = WideKind.ReadData;
        flit.Address += (ulong)t.Done;
        flit.Length = (ushort)Math.Min(64 - (int)(flit.Address % 64), t.Header.Length - t.Done);
        Span<byte> data = Line64.Span(ref flit.Data);
        for (int i = 0; i < flit.Length; i++)
            data[i] = ByteAt(flit.Address + (ulong)i);
        t.Done += flit.Length;
        flit.Last = t.Done == t.Header.Length ? (byte)1 : (byte)0;
        Responses.Feed(flit, edge);
        if (flit.Last != 0)
            _answering = null;
    }

    // Whole words of fp32, one in four of them a value that rounds or carries in its own way.
    private byte ByteAt(ulong address)
    {
        if (_written.TryGetValue(address, out byte written))
            return written;
        uint word = CounterRandom.Bits(0x600, address >> 2);
        if ((word & 3) == 0)
            word = s_special[(word >> 8) % (uint)s_special.Length];
        return (byte)(word >> (int)(8 * (address & 3)));
    }

    private static readonly uint[] s_special =
    [
        0, 0x8000_0000, 0x7F80_0000, 0xFF80_0000, 0x7F80_0001, 0xFFC1_2345, 0x7F7F_FFFF, 0x0000_8000, 0x0001_8000, 0x3F80_8000, 0x3F81_8000, 0x3F80_7FFF,
        0x3F80_8001, 0x007F_FFFF,
    ];

    private sealed class Transaction(WideFlit header, long due)
    {
        public WideFlit Header => header;

        public long Due => due;

        public int Done { get; set; }
    }
}
