using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>A requester of a scratchpad: makes accesses as a script says and takes the answers.</summary>
internal sealed class PortEnd
{
    private readonly Queue<PortAccess> _script;
    private readonly Wire<ScratchpadRequest> _requests;
    private readonly int _lineBytes, _stallPercent;
    private readonly ulong _seed;
    private Seeded _random;
    private long _since;

    /// <param name="bench">Where its two channels are noted.</param>
    /// <param name="name">Of the port.</param>
    /// <param name="widthBytes">Of its accesses.</param>
    /// <param name="lineBytes">Of its twin's messages.</param>
    /// <param name="seed">Of written bytes and stalls.</param>
    /// <param name="stallPercent">Cycles in which it takes no answer.</param>
    /// <param name="script">In order.</param>
    public PortEnd(TwinBench bench, string name, int widthBytes, int lineBytes, ulong seed, int stallPercent, IEnumerable<PortAccess> script)
    {
        WideLines? lines = widthBytes > ScratchpadPort.LineBytes ? new(widthBytes, 4) : null;
        Port = new ScratchpadPort(name, bench.Channel<ScratchpadRequest>(2), bench.Channel<ScratchpadResponse>(4), lines);
        _requests = bench.Add($"{name}.request", WireEnd.Feeds, Port.Request, Messages.Request(Port, lineBytes));
        bench.Add($"{name}.response", WireEnd.Drains, Port.Response, Messages.Response(Port, lineBytes));
        _script = new(script);
        _lineBytes = lineBytes;
        _stallPercent = stallPercent;
        _seed = seed;
        _random = new Seeded(seed + 1000);
        bench.Attach(Evaluate);
    }

    public ScratchpadPort Port { get; }

    public bool IsIdle => _script.Count == 0 && Port.Request.IsEmpty && Port.Response.IsEmpty;

    private long Evaluate(long edge)
    {
        if (Port.Response.CanPop(edge) && !Seeded.Stalls(_seed ^ 0x900, _stallPercent, edge))
        {
            if (Port.Response.Peek(edge).Write == 0)
                Port.DiscardRead(edge);
            else
                Port.Response.Discard(edge);
        }

        if (_script.Count > 0 && edge >= _since + _script.Peek().Gap && Port.Request.CanPush(edge))
        {
            Push(_script.Dequeue(), edge);
            _since = edge + 1;
        }

        return edge + 1;
    }

    private void Push(PortAccess access, long edge)
    {
        if (!access.Write)
        {
            _requests.Feed(new ScratchpadRequest { Address = (uint)access.Address, Length = (ushort)access.Length, Tag = (ushort)edge }, edge);
            return;
        }

        byte[] data = new byte[access.Length];
        _random.Fill(data);
        Port.PushWrite((uint)access.Address, data, edge);
        Messages.AddWrite((uint)access.Address, data, _lineBytes, _requests.Fed);
    }
}
