namespace HybridEmu.Kernel;

/// <summary>
/// Counts and times, seen from an edge, on which alone it depends what some units do next. If they are the same at two edges, then what
/// happened between the two happens again, and again, until something comes from outside.
/// </summary>
public sealed class Rhythm
{
    private long[] _notes = new long[64];
    private int _count;

    /// <summary>The edge from which it is seen, the first that is not evaluated.</summary>
    public long Edge { get; private set; }

    /// <summary>Begins anew, as seen from an edge.</summary>
    public void Start(long edge)
    {
        _count = 0;
        Edge = edge;
    }

    public void Add(long count)
    {
        if (_count == _notes.Length)
            Array.Resize(ref _notes, 2 * _count);
        _notes[_count++] = count;
    }

    /// <summary>Adds an edge, of which only the distance counts.</summary>
    public void AddEdge(long edge) => Add(edge - Edge);

    public bool Equals(Rhythm other) => _notes.AsSpan(0, _count).SequenceEqual(other._notes.AsSpan(0, other._count));
}
