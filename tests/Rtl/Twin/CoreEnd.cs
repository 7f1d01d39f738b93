using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>The core's end of dispatch: pushes commands as a script says, without waiting for replies, and takes what comes.</summary>
internal sealed class CoreEnd
{
    private readonly Queue<CoreCommand> _script;
    private readonly ulong _seed;
    private readonly int _stallPercent;
    private long _since;
    private int _asked, _answered;

    public CoreEnd(TwinBench bench, ulong seed, int stallPercent, CoreCommand[] commands)
    {
        _script = new(commands);
        _seed = seed;
        _stallPercent = stallPercent;
        Commands = bench.Add("commands", WireEnd.Feeds, 2, Messages.Command);
        Replies = bench.Add("replies", WireEnd.Drains, 2, Messages.Reply);
        Notices = bench.Add("notices", WireEnd.Drains, 2, Messages.Notice);
        bench.Attach(Evaluate);
    }

    public Wire<DispatchCommand> Commands { get; }

    public Wire<DispatchReply> Replies { get; }

    public Wire<DispatchNotice> Notices { get; }

    /// <summary>Whether everything is asked and answered.</summary>
    public bool IsDone => _script.Count == 0 && _answered == _asked && Notices.Channel.IsEmpty;

    private long Evaluate(long edge)
    {
        if (Replies.Channel.CanPop(edge) && !Seeded.Stalls(_seed ^ 0x100, _stallPercent, edge))
        {
            Replies.Channel.Discard(edge);
            _answered++;
        }

        if (Notices.Channel.CanPop(edge) && !Seeded.Stalls(_seed ^ 0x200, _stallPercent, edge))
            Notices.Channel.Discard(edge);
        if (_script.Count > 0 && edge >= _since + _script.Peek().Gap && Commands.Channel.CanPush(edge))
        {
            Commands.Feed(_script.Dequeue().Command, edge);
            _asked++;
            _since = edge + 1;
        }

        return edge + 1;
    }
}
