using HybridEmu.Kernel;

namespace HybridEmu.Chip;

/// <summary>
/// An engine that is behind the clock, and does the same again and again with the next row or beat each time, does all of it in one event.
/// </summary>
/// <remarks>
/// What an engine does next depends on counts and times alone, not on the bytes that it moves. Where these are the same at two edges, as
/// seen from each, and nobody else is at work, they are so again a period later.
/// </remarks>
internal sealed partial class Tile
{
    private const int LongestPeriod = 8; // edges, as is below
    private const int RestAfterTrying = 16, RestOfVector = 8;

    // Registers of the host: whose work may repeat itself, and since when it was looked at.
    private Rhythm _noted = new(), _now = new();
    private uint _listeningTo;
    private long _notedAt, _patience, _tryFrom;

    /// <summary>Edges at which an engine was not evaluated, as it repeated itself.</summary>
    public long EdgesRepeated { get; private set; }

    /// <summary>Before an edge at which an engine and the scratchpad are due, and they alone: makes up for as many edges as they repeat themselves.</summary>
    /// <param name="due">Who is due.</param>
    /// <param name="edge">The first that is not evaluated.</param>
    /// <param name="end">The first that must not be.</param>
    /// <returns>The first that is not evaluated then.</returns>
    private long Repeat(uint due, long edge, long end)
    {
        bool matrix = due == (MatrixBit | ScratchpadBit);
        bool may = matrix ? Matrix.MayRepeat : Vector.MayRepeat;
        if (!may || !Scratchpad.IsDualPorted || !Scratchpad.IsAskedOnlyBy(matrix ? _matrixPorts : _vectorPorts) || _wantedAt[matrix ? 0 : 1] != Kernel.Wake.Never || _wantedAt[2] != Kernel.Wake.Never)
        {
            _listeningTo = 0;
            _tryFrom = edge + (matrix ? 1 : RestOfVector); // where it costs more to ask
            return edge;
        }

        _now.Start(edge);
        Scratchpad.State.Ledger.Note(_now);
        if (matrix)
            Matrix.Note(_now);
        else
            Vector.Note(_now);
        if (_listeningTo != due || !_now.Equals(_noted))
        {
            Listen(due, edge);
            return edge;
        }

        _listeningTo = 0;
        long period = edge - _notedAt, most = (Math.Min(end, _wantedAt[matrix ? 1 : 0]) - edge) / period;
        long times = matrix ? Matrix.Repeats(most) : Vector.Repeats(most), shift = matrix ? 0 : Vector.NotedBytes;
        if (times == 0 || !Scratchpad.MayRepeat(shift))
        {
            _tryFrom = edge + RestAfterTrying;
            return edge;
        }

        Scratchpad.Repeat(times, shift);
        if (matrix)
            Matrix.Repeat(times, period, Scratchpad.Bytes);
        else
            Vector.Repeat(times, period, Scratchpad.Bytes);
        EdgesRepeated += times * period;
        return edge + (times * period);
    }

    /// <summary>Waits for what was noted to come again; then notes anew, and waits twice as long; and gives up for a while.</summary>
    private void Listen(uint due, long edge)
    {
        bool starts = _listeningTo != due;
        if (!starts && edge - _notedAt < _patience)
            return;
        _patience = starts ? 1 : 2 * _patience;
        if (_patience > LongestPeriod)
        {
            _listeningTo = 0;
            _tryFrom = edge + RestAfterTrying;
            return;
        }

        (_listeningTo, _notedAt) = (due, edge);
        (_noted, _now) = (_now, _noted);
        Scratchpad.StartNote();
        if ((due & MatrixBit) != 0)
            Matrix.StartNote();
        else
            Vector.StartNote();
    }
}
