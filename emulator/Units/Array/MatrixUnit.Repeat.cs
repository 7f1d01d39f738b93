using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Rows of a block that are drained as those before them were, settled as one event.</summary>
public sealed partial class MatrixUnit
{
    private const int FewestRowsAtOnce = 4;

    // Registers of the host: since when rows are alike.
    private Ledger _noted;
    private int _notedRow;

    /// <summary>Whether rows of a block are being drained, not the first, and more of them are left.</summary>
    public bool MayRepeat =>
        State.Phase == MatrixPhase.DrainRows && State.Row > 0 && State.Current.Descriptor.N0 - State.Row > FewestRowsAtOnce;

    /// <summary>Notes on what it depends what the unit does next.</summary>
    public void Note(Rhythm rhythm)
    {
        _write.Note(rhythm);
        rhythm.Add(State.OutSent);
        // How rows are cut into requests, and how many banks these take.
        int place = _write.WidthBytes - 1;
        rhythm.Add(State.OutAddress & (uint)place);
        for (int i = 0; i < _write.Request.Count; i++)
        {
            rhythm.Add(_write.Request.At(i).Address & (uint)place);
            rhythm.Add(_write.Request.At(i).Length);
        }

        State.Ledger.Note(rhythm);
    }

    /// <summary>Counts from here on.</summary>
    public void StartNote() => (_noted, _notedRow) = (State.Ledger, State.Row);

    /// <summary>How often what it did since <see cref="StartNote"/> can be done again before it does anything else, at most so often.</summary>
    public long Repeats(long most)
    {
        ref readonly Descriptor descriptor = ref State.Current.Descriptor;
        int rows = State.Row - _notedRow;
        if (rows <= 0)
            return 0;
        long times = Math.Min(most, (descriptor.N0 - State.Row) / rows);
        return times * rows < FewestRowsAtOnce ? 0 : times;
    }

    /// <summary>Does what it did since <see cref="StartNote"/> so many times more.</summary>
    /// <param name="times">At most <see cref="Repeats"/>.</param>
    /// <param name="period">Edges that it takes once.</param>
    /// <param name="memory">The scratchpad's bytes.</param>
    public void Repeat(long times, long period, Span<byte> memory)
    {
        int sent = State.OutSent;
        long requests = 0;
        for (long rows = times * (State.Row - _notedRow); rows > 0; rows--)
        {
            requests += Pass(State.OutBytes, requests, memory);
            ConvertRow();
        }

        requests += Pass(sent, requests, memory);
        State.Ledger.Repeat(in _noted, times);
        _write.Turn(requests, times * period);
    }

    /// <summary>
    /// The converted row up to a byte goes into the port, and for each of its requests one that was there before is written and answered.
    /// </summary>
    /// <param name="before">Requests that went into the port since its channels were turned.</param>
    /// <returns>How many more did.</returns>
    private long Pass(int end, long before, Span<byte> memory)
    {
        long requests = 0;
        for (; State.OutSent < end; requests++)
        {
            ReadOnlySpan<byte> part = TakePart(out uint address);
            _write.PassWrite(before + requests, address, part, memory);
        }

        return requests;
    }
}
