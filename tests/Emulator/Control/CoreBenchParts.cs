using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>A pseudo-channel of fixed latency for core tests; can be told to lose writes.</summary>
internal sealed class BenchMemory(Crossing<HbmRequest> requests, Crossing<HbmResponse> responses, SparseMemory bytes, int latencyCycles)
{
    private readonly Queue<(long Due, HbmRequest Request)> _pending = new();

    public bool LosesWrites { get; set; }

    public long Writes { get; private set; }

    public long Evaluate(long edge)
    {
        if (_pending.Count > 0 && _pending.Peek().Due <= edge && responses.CanPush(edge))
        {
            HbmRequest request = _pending.Dequeue().Request;
            var response = new HbmResponse { Address = request.Address, Write = request.Write, Tag = request.Tag };
            if (request.Write == 0)
            {
                bytes.Read((long)request.Address, Burst32.Span(ref response.Data));
            }
            else
            {
                Writes++;
                if (!LosesWrites)
                    bytes.Write((long)request.Address, Burst32.ReadSpan(in request.Data));
            }

            responses.Push(response, edge);
        }

        if (requests.CanPop(edge))
            _pending.Enqueue((edge + latencyCycles, requests.Pop(edge)));
        return _pending.Count > 0 || !requests.IsEmpty ? edge + 1 : Wake.Never;
    }
}

/// <summary>A scratchpad of one port that answers after two cycles.</summary>
internal sealed class BenchScratchpad(ScratchpadPort port, byte[] bytes)
{
    private long _due = -1;
    private ScratchpadRequest _request;

    public long Evaluate(long edge)
    {
        if (_due >= 0 && edge >= _due && port.Response.CanPush(edge))
        {
            var response = new ScratchpadResponse { Address = _request.Address, Length = _request.Length, Write = _request.Write };
            Span<byte> target = bytes.AsSpan((int)_request.Address, _request.Length);
            if (_request.Write != 0)
                Line64.ReadSpan(in _request.Data)[.._request.Length].CopyTo(target);
            else
                target.CopyTo(Line64.Span(ref response.Data));
            port.Response.Push(response, edge);
            _due = -1;
        }

        if (_due < 0 && port.Request.CanPop(edge))
        {
            _request = port.Request.Pop(edge);
            _due = edge + 2;
        }

        return _due >= 0 ? Math.Max(_due, edge + 1) : Wake.Never;
    }
}

/// <summary>A dispatch unit that records commands and answers each as the test says.</summary>
internal sealed class BenchDispatch(Channel<DispatchCommand> commands, Channel<DispatchReply> replies, Channel<DispatchNotice> notices)
{
    private DispatchCommand _current;
    private bool _busy;
    private long _since;

    public List<DispatchCommand> Commands { get; } = [];

    /// <summary>Value of the reply, or null while it is not to be answered; given the command and the edges it has waited.</summary>
    public Func<DispatchCommand, long, uint?> Answer { get; set; } = (_, _) => 0;

    public Queue<DispatchNotice> Notices { get; } = new();

    /// <summary>Edge from which notices are sent.</summary>
    public long NoticesFrom { get; set; }

    public long Evaluate(long edge)
    {
        if (edge >= NoticesFrom && Notices.Count > 0 && notices.CanPush(edge))
            notices.Push(Notices.Dequeue(), edge);
        if (!_busy && commands.CanPop(edge))
        {
            _current = commands.Pop(edge);
            Commands.Add(_current);
            _busy = true;
            _since = edge;
        }

        if (_busy && Answer(_current, edge - _since) is { } value && replies.CanPush(edge))
        {
            replies.Push(new DispatchReply { Value = value }, edge);
            _busy = false;
        }

        return _busy || Notices.Count > 0 ? edge + 1 : Wake.Never;
    }
}
