using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// The host port's foot in the core clock: moves flits between the crossings of <see cref="HostLink"/> and the channels of
/// the coherent plane, one an edge and direction.
/// </summary>
public sealed class HostBridge
{
    public static readonly string[] Causes = ["Idle", "Busy"];

    /// <summary>Its only register.</summary>
    public Ledger Ledger;

    private readonly HostLink _host;
    private readonly Channel<CoherenceFlit> _request;
    private readonly Channel<CoherenceFlit> _answer;
    private readonly Channel<CoherenceFlit> _grant;

    /// <param name="host">Crossings: this unit is the consumer of Request and Answer and the producer of Grant.</param>
    /// <param name="plane">Channels to the plane as endpoint 2 * tiles; never snooped.</param>
    public HostBridge(HostLink host, CoherencePort plane)
    {
        _host = host;
        _request = plane.Request;
        _answer = plane.Answer;
        _grant = plane.Grant;
    }

    public long Evaluate(long edge)
    {
        bool moved = Move(_host.Request, _request, edge) | Move(_host.Answer, _answer, edge);
        if (_grant.CanPop(edge) && _host.Grant.CanPush(edge))
        {
            _host.Grant.Push(_grant.Pop(edge), edge);
            moved = true;
        }

        Ledger.Charge(edge, moved ? Ledger.Busy : Ledger.Idle, Ledger.Idle);

        // A crossing's wake can be folded into an earlier one: look again while something waits on either side of one.
        return moved || !_host.Request.IsEmpty || !_host.Answer.IsEmpty || _grant.CanPop(edge) ? edge + 1 : Wake.Never;
    }

    public void Walk(StateArchive archive, long edge)
    {
        Ledger.Settle(edge);
        archive.Value("bridge", ref Ledger);
    }

    private static bool Move(Crossing<CoherenceFlit> from, Channel<CoherenceFlit> to, long edge)
    {
        if (!from.CanPop(edge) || !to.CanPush(edge))
            return false;
        to.Push(from.Pop(edge), edge);
        return true;
    }
}
