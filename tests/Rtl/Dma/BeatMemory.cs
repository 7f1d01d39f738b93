using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>A scratchpad as an engine knows it: grants its requests in order, at some edges, and answers at once.</summary>
internal sealed class BeatMemory
{
    private readonly byte[] _bytes;
    private readonly ulong _seed;
    private readonly int _stallPercent;
    private readonly Wire<ScratchpadRequest> _requests;
    private readonly Wire<ScratchpadResponse> _responses;

    public BeatMemory(TwinBench bench, string name, ulong seed, int stallPercent, int sizeBytes)
    {
        _seed = seed;
        _stallPercent = stallPercent;
        _bytes = new byte[sizeBytes];
        new Seeded(seed).Fill(_bytes);
        Port = new ScratchpadPort(name, bench.Channel<ScratchpadRequest>(2), bench.Channel<ScratchpadResponse>(4));
        _requests = bench.Add($"{name}.request", WireEnd.Drains, Port.Request, Messages.Request(Port, ScratchpadPort.LineBytes));
        _responses = bench.Add($"{name}.response", WireEnd.Feeds, Port.Response, Messages.Response(Port, ScratchpadPort.LineBytes));
        bench.Attach(Evaluate);
    }

    public ScratchpadPort Port { get; }

    public bool IsIdle => _requests.Channel.IsEmpty && _responses.Channel.IsEmpty;

    private long Evaluate(long edge)
    {
        if (!_requests.Channel.CanPop(edge) || !_responses.Channel.CanPush(edge) || Seeded.Stalls(_seed ^ 0x700, _stallPercent, edge))
            return edge + 1;
        ScratchpadRequest request = _requests.Channel.Pop(edge);
        var response = new ScratchpadResponse { Address = request.Address, Length = request.Length, Tag = request.Tag, Write = request.Write };
        Span<byte> bytes = _bytes.AsSpan((int)request.Address, request.Length);
        if (request.Write != 0)
            Line64.ReadSpan(in request.Data)[..request.Length].CopyTo(bytes);
        else
            bytes.CopyTo(Line64.Span(ref response.Data));
        _responses.Feed(response, edge);
        return edge + 1;
    }
}
