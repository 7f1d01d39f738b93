using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>
/// The wide plane and the memory behind it, for one engine: transactions are answered after random times, so out of
/// order, but each in ascending order and whole. Writes land when they are acknowledged. Checks what it is asked.
/// </summary>
internal sealed class StubStream(
    Channel<WideFlit> requests, Channel<WideFlit> responses, SparseMemory memory, HomeMap homes, int latencyCycles, int randomCycles, uint stallPercent, ulong seed)
{
    private readonly List<Transaction> _pending = [];
    private Transaction? _receiving;
    private Transaction? _answering;

    /// <summary>Headers taken: edge, address and length.</summary>
    public List<(long Edge, ulong Address, int Length)> Headers { get; } = [];

    /// <summary>Edges at which acknowledgements were pushed.</summary>
    public List<long> Acknowledgements { get; } = [];

    /// <summary>Transactions that were answered before one asked earlier.</summary>
    public int Overtakings { get; private set; }

    public int MostPending { get; private set; }

    public long Evaluate(long edge)
    {
        if (requests.CanPop(edge) && CounterRandom.Bits(seed, (ulong)edge) % 100 >= stallPercent)
            Take(requests.Pop(edge), edge);
        if (_answering is null)
        {
            int ready = _pending.FindIndex(t => t.Due <= edge && t != _receiving);
            if (ready >= 0)
            {
                Overtakings += ready > 0 ? 1 : 0;
                _answering = _pending[ready];
                _pending.RemoveAt(ready);
            }
        }

        if (_answering is not null && responses.CanPush(edge) && CounterRandom.Bits(seed + 1, (ulong)edge) % 100 >= stallPercent)
            Answer(_answering, edge);
        return _pending.Count > 0 || _answering is not null || !requests.IsEmpty ? edge + 1 : Wake.Never;
    }

    private void Take(WideFlit flit, long edge)
    {
        if (_receiving is not null)
        {
            Assert.Equal(WideKind.WriteData, flit.Kind);
            Assert.Equal(_receiving.Header.Address + (ulong)_receiving.Done, flit.Address);
            Assert.True((int)(flit.Address % 64) + flit.Length <= 64, "a flit crosses a 64-byte boundary");
            Line64.ReadSpan(in flit.Data)[..flit.Length].CopyTo(_receiving.Bytes.AsSpan(_receiving.Done));
            _receiving.Done += flit.Length;
            Assert.Equal(_receiving.Done == _receiving.Header.Length, flit.Last != 0);
            if (flit.Last != 0)
                _receiving = null;
            return;
        }

        Headers.Add((edge, flit.Address, flit.Length));
        Assert.InRange(flit.Length, 1, 512);
        Assert.True((int)(flit.Address % 512) + flit.Length <= 512, "a transaction crosses a granule");
        Assert.Equal(homes.Index(flit.Address), flit.Home);
        Assert.Equal(3, flit.Port);
        Assert.DoesNotContain(_pending, t => t.Header.Tag == flit.Tag);
        bool read = flit.Kind == WideKind.ReadNoSnoop;
        Assert.Equal(read, flit.Last != 0);
        long due = edge + latencyCycles + (randomCycles == 0 ? 0 : CounterRandom.Bits(seed + 2, (ulong)Headers.Count) % (uint)randomCycles);
        var transaction = new Transaction { Header = flit, Due = due, Bytes = new byte[flit.Length] };
        if (!read)
            _receiving = transaction;
        _pending.Add(transaction);
        MostPending = Math.Max(MostPending, _pending.Count);
    }

    private void Answer(Transaction t, long edge)
    {
        WideFlit flit = t.Header;
        if (flit.Kind == WideKind.WriteNoSnoop)
        {
            memory.Write((long)flit.Address, t.Bytes);
            Acknowledgements.Add(edge);
            responses.Push(new WideFlit { Kind = WideKind.WriteAck, Port = 3, Tag = flit.Tag, Home = flit.Home, Last = 1 }, edge);
            _answering = null;
            return;
        }

        flit.Kind = WideKind.ReadData;
        flit.Address += (ulong)t.Done;
        flit.Length = (ushort)Math.Min(64 - (int)(flit.Address % 64), t.Header.Length - t.Done);
        memory.Read((long)flit.Address, Line64.Span(ref flit.Data)[..flit.Length]);
        t.Done += flit.Length;
        flit.Last = t.Done == t.Header.Length ? (byte)1 : (byte)0;
        responses.Push(flit, edge);
        if (flit.Last != 0)
            _answering = null;
    }

    private sealed class Transaction
    {
        public required WideFlit Header { get; init; }

        public required long Due { get; init; }

        public required byte[] Bytes { get; init; }

        public int Done { get; set; }
    }
}
