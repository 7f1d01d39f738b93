using System.Runtime.InteropServices;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>What a stub cache is asked to do; one at a time.</summary>
/// <param name="Kind">Load, Store, Evict, or Fetch (ReadOnce).</param>
/// <param name="Address">HBM byte offset.</param>
/// <param name="Value">The byte to store.</param>
internal readonly record struct CacheOperation(CacheOperationKind Kind, ulong Address, byte Value = 0);

internal enum CacheOperationKind
{
    Load,
    Store,
    Evict,
    Fetch,
}

/// <summary>An L1 for tests with as many lines as it likes: the endpoint's half of the protocol, with random delays.</summary>
internal sealed class StubCache
{
    private readonly int _endpoint;
    private readonly Func<ulong, int> _homeOf;
    private readonly Channel<CoherenceFlit> _requests;
    private readonly Channel<CoherenceFlit> _snoops;
    private readonly Channel<CoherenceFlit> _answers;
    private readonly Channel<CoherenceFlit> _replies;
    private readonly Queue<CoherenceFlit> _sendRequests = new();
    private readonly Queue<CoherenceFlit> _sendAnswers = new();
    private readonly Dictionary<ulong, CacheLine> _lines = [];
    private readonly ulong[] _filling = new ulong[8];
    private TestRandom _random;
    private CacheOperation? _current;
    private bool _waiting;
    private ulong _putLine;
    private CacheLine? _put;

    public StubCache(
        int endpoint,
        Func<ulong, int> homeOf,
        Channel<CoherenceFlit> requests,
        Channel<CoherenceFlit> snoops,
        Channel<CoherenceFlit> answers,
        Channel<CoherenceFlit> replies)
    {
        _endpoint = endpoint;
        _homeOf = homeOf;
        _requests = requests;
        _snoops = snoops;
        _answers = answers;
        _replies = replies;
        _random = new TestRandom((ulong)endpoint + 991);
    }

    /// <summary>Chance in percent that a part of the cache does nothing in a cycle.</summary>
    public int DelayPercent { get; init; }

    /// <summary>Gives the next operation, or null for none now.</summary>
    public Func<long, CacheOperation?> Next { get; set; } = _ => null;

    /// <summary>Called when an operation is done, with the byte loaded.</summary>
    public Action<CacheOperation, byte, long> Done { get; set; } = (_, _, _) => { };

    public bool IsIdle => _current is null && _put is null && _sendAnswers.Count == 0 && _sendRequests.Count == 0;

    /// <summary>I, S, E or M.</summary>
    public char StateOf(ulong line) => _lines.TryGetValue(line, out CacheLine? held) ? held.State : 'I';

    public IEnumerable<ulong> DirtyLines => [.. _lines.Where(l => l.Value.State == 'M').Select(l => l.Key).Order()];

    public CoherenceType LastGrant { get; private set; }

    public long Evaluate(long edge)
    {
        if (_sendRequests.Count > 0 && _requests.CanPush(edge) && !Delays())
            _requests.Push(_sendRequests.Dequeue(), edge);
        if (_sendAnswers.Count > 0 && _answers.CanPush(edge) && !Delays())
            _answers.Push(_sendAnswers.Dequeue(), edge);
        if (_replies.CanPop(edge) && !Delays())
            TakeReply(_replies.Pop(edge), edge);
        if (_snoops.CanPop(edge) && _sendAnswers.Count == 0 && !Delays())
            TakeSnoop(_snoops.Pop(edge));
        if (_current is null && _put is null && !Delays())
            _current = Next(edge);
        if (_current is { } operation && !_waiting)
            Begin(operation, edge);
        return edge + 1;
    }

    private bool Delays() => DelayPercent > 0 && _random.Next(100) < DelayPercent;

    private void Begin(CacheOperation operation, long edge)
    {
        ulong line = operation.Address & ~63ul;
        char state = StateOf(line);
        switch (operation.Kind)
        {
            case CacheOperationKind.Evict:
                if (state == 'M')
                {
                    _put = _lines[line];
                    _putLine = line;
                    Send(_sendRequests, CoherenceType.PutModified, line, _put.Data);
                }

                _lines.Remove(line);
                Finish(operation, 0, edge);
                return;
            case CacheOperationKind.Load or CacheOperationKind.Fetch when state != 'I':
                Finish(operation, _lines[line].Byte(operation.Address), edge);
                return;
            case CacheOperationKind.Store when state is 'E' or 'M':
                Store(operation, edge);
                return;
        }

        CoherenceType request = operation.Kind switch
        {
            CacheOperationKind.Load => CoherenceType.GetShared,
            CacheOperationKind.Store => CoherenceType.GetModified,
            _ => CoherenceType.ReadOnce,
        };
        Send(_sendRequests, request, line, null);
        _waiting = true;
    }

    private void Store(CacheOperation operation, long edge)
    {
        CacheLine held = _lines[operation.Address & ~63ul];
        held.State = 'M';
        held.SetByte(operation.Address, operation.Value);
        Finish(operation, operation.Value, edge);
    }

    private void Finish(CacheOperation operation, byte value, long edge)
    {
        _current = null;
        _waiting = false;
        Done(operation, value, edge);
    }

    private void TakeReply(CoherenceFlit flit, long edge)
    {
        if (flit.Type == CoherenceType.PutAck)
        {
            Assert.Equal(_putLine, flit.Line);
            _put = null;
            return;
        }

        if (flit.Index > 0)
        {
            _filling[(flit.Index - 1) * 2] = flit.Data0;
            _filling[((flit.Index - 1) * 2) + 1] = flit.Data1;
        }

        if (flit.Last == 0)
            return;
        LastGrant = flit.Type;
        CacheOperation operation = _current!.Value;
        var line = new CacheLine { State = flit.Type switch { CoherenceType.GrantShared => 'S', CoherenceType.GrantExclusive => 'E', CoherenceType.GrantModified => 'M', _ => 'I' } };
        _filling.CopyTo(line.Data, 0);
        Send(_sendAnswers, CoherenceType.GrantAck, flit.Line, null);
        if (line.State != 'I')
            _lines[flit.Line] = line;
        if (operation.Kind == CacheOperationKind.Store)
            Store(operation, edge);
        else
            Finish(operation, line.Byte(operation.Address), edge);
    }

    private void TakeSnoop(CoherenceFlit flit)
    {
        if (_put is not null && _putLine == flit.Line)
        {
            Send(_sendAnswers, _put.State == 'M' ? CoherenceType.SnoopData : CoherenceType.SnoopAck, flit.Line, _put.State == 'M' ? _put.Data : null);
            _put.State = 'I';
            return;
        }

        bool dirty = StateOf(flit.Line) == 'M';
        Send(_sendAnswers, dirty ? CoherenceType.SnoopData : CoherenceType.SnoopAck, flit.Line, dirty ? _lines[flit.Line].Data : null);
        if (flit.Type == CoherenceType.SnoopInvalidate)
            _lines.Remove(flit.Line);
        else if (_lines.TryGetValue(flit.Line, out CacheLine? held))
            held.State = 'S';
    }

    private void Send(Queue<CoherenceFlit> queue, CoherenceType type, ulong line, ulong[]? data)
    {
        for (int i = 0; i <= (data is null ? 0 : 4); i++)
        {
            queue.Enqueue(new CoherenceFlit
            {
                Type = type,
                Source = (byte)_endpoint,
                Destination = (byte)_homeOf(line),
                Line = line,
                Index = (byte)i,
                Last = (byte)(data is null || i == 4 ? 1 : 0),
                Data0 = i == 0 ? 0 : data![(i - 1) * 2],
                Data1 = i == 0 ? 0 : data![((i - 1) * 2) + 1],
            });
        }
    }

    private sealed class CacheLine
    {
        public char State { get; set; }

        public ulong[] Data { get; } = new ulong[8];

        public byte Byte(ulong address) => MemoryMarshal.AsBytes(Data.AsSpan())[(int)(address % 64)];

        public void SetByte(ulong address, byte value) => MemoryMarshal.AsBytes(Data.AsSpan())[(int)(address % 64)] = value;
    }
}
