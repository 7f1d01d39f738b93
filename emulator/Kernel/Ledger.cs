using System.Runtime.CompilerServices;

namespace HybridEmu.Kernel;

/// <summary>Cycle counts by cause: room for sixteen causes.</summary>
[InlineArray(Ledger.MaximumCauses)]
public struct CauseCounts
{
    private long _first;
}

/// <summary>
/// A unit's conserved cycles: every edge since reset has exactly one cause. By convention cause 0 is Idle and cause 1
/// Busy; the others are the unit's named stalls. A unit charges each edge it is evaluated at; edges that it sleeps
/// through have the cause it named when it went to sleep, which is the closed form that makes skipping exact.
/// </summary>
public struct Ledger
{
    public const int MaximumCauses = 16;
    public const int Idle = 0;
    public const int Busy = 1;

    // Beside the first causes, so that a charge mostly touches one line of the host's cache.
    private long _settled; // edges accounted for: 0 .. _settled - 1
    private int _asleep;
    private CauseCounts _counts;

    /// <summary>Charges this edge, and the edges slept through before it. Call once at every evaluation.</summary>
    /// <param name="edge">The edge being evaluated.</param>
    /// <param name="cause">The cause of this edge.</param>
    /// <param name="whileAsleep">The cause of the edges until the next evaluation.</param>
    public void Charge(long edge, int cause, int whileAsleep)
    {
        _counts[_asleep] += edge - _settled;
        _counts[cause]++;
        _settled = edge + 1;
        _asleep = whileAsleep;
    }

    /// <summary>Charges this edge; edges slept through afterwards have the same cause.</summary>
    public void Charge(long edge, int cause) => Charge(edge, cause, cause);

    /// <summary>Brings the counts up to and including an edge that has passed. Changes no later count.</summary>
    public void Settle(long edge)
    {
        if (edge + 1 <= _settled)
            return;
        _counts[_asleep] += edge + 1 - _settled;
        _settled = edge + 1;
    }

    /// <summary>Edges that are not charged yet, and slept through, have another cause from now on.</summary>
    public void Sleep(int cause) => _asleep = cause;

    /// <summary>What was charged since a time was charged so many times more.</summary>
    public void Repeat(in Ledger since, long times)
    {
        for (int cause = 0; cause < MaximumCauses; cause++)
            _counts[cause] += times * (_counts[cause] - since._counts[cause]);
        _settled += times * (_settled - since._settled);
    }

    /// <summary>Notes up to where edges are charged, and how those after it will be.</summary>
    public readonly void Note(Rhythm rhythm)
    {
        rhythm.AddEdge(_settled);
        rhythm.Add(_asleep);
    }

    public readonly long this[int cause] => _counts[cause];

    /// <summary>Edges accounted for; equals the sum over all causes.</summary>
    public readonly long Total => _settled;

    /// <summary>The cause that the unit is asleep with, for deadlock reports.</summary>
    public readonly int Waiting => _asleep;
}
