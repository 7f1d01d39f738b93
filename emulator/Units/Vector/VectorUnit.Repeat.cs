using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>
/// Beats that follow each other as those before them did, settled as one event: what each leaves in memory, and of the last ones what rings and
/// channels hold, is computed many elements at once; counts and times go on as they did.
/// </summary>
/// <remarks>
/// Numbers: beat e is the next to be executed, and beats have R results each. At the head of the channels are the operands of beat e, the
/// requests of those not yet granted, result w that is not yet written, and the acknowledgement of an earlier one.
/// </remarks>
public sealed partial class VectorUnit
{
    private const int ElementsAtOnce = 512;
    private const int FewestBeatsAtOnce = 24; // below which it costs more than it saves

    // Registers of the host: since when beats are alike.
    private Ledger _noted;
    private long _notedBeats;

    private readonly byte[] _computed = new byte[2 * ElementsAtOnce * sizeof(float)]; // of each result, elements side by side

    /// <summary>How many of the last beats the ring, or behind it a slot of a channel, in use or not, may hold something of.</summary>
    private int LastBeats => (ResultSlots / ResultsOfBeat) + (2 * _write.Response.Depth);

    private int ResultsOfBeat => State.Plan.Results;

    private int BeatsOfRow => State.Plan.Columns / _lanes;

    /// <summary>Whether beats that are alike are on their way, and enough of them left.</summary>
    public bool MayRepeat =>
        State.Active != 0
        && (State.ParametersToTake | State.HeldElements | State.Issue.Further | State.Issue.Finished) == 0
        && State.BeatsInFlight > 0
        && State.Plan.IsOfAlikeBeats(_lanes, _widthBytes)
        && ((long)State.Plan.Rows * BeatsOfRow) - NumberOf(State.Issue) > FewestBeatsAtOnce;

    /// <summary>Notes on what it depends what the unit does next.</summary>
    public void Note(Rhythm rhythm)
    {
        _readA.Note(rhythm);
        _readB.Note(rhythm);
        _write.Note(rhythm);
        rhythm.Add(State.ResultCount);
        for (int i = 0; i < State.ResultCount; i++)
            rhythm.AddEdge(_results[ResultSlot(i)].ReadyAt);
        State.Ledger.Note(rhythm);
    }

    /// <summary>Counts from here on.</summary>
    public void StartNote() => (_noted, _notedBeats) = (State.Ledger, State.Beats);

    /// <summary>Bytes by which its accesses, which wait for each other, went on in the scratchpad since <see cref="StartNote"/>.</summary>
    public long NotedBytes => (State.Beats - _notedBeats) * _lanes * State.Plan.SizeA;

    /// <summary>How often what it did since <see cref="StartNote"/> can be done again before it does anything else, at most so often.</summary>
    public long Repeats(long most)
    {
        long beats = State.Beats - _notedBeats;
        if (beats == 0 || beats * ResultsOfBeat > ResultSlots)
            return 0;
        long times = Math.Min(most, (((long)State.Plan.Rows * BeatsOfRow) - 1 - NumberOf(State.Issue)) / beats);
        return times * beats < FewestBeatsAtOnce ? 0 : times;
    }

    /// <summary>Does what it did since <see cref="StartNote"/> so many times more.</summary>
    /// <param name="times">At most <see cref="Repeats"/>.</param>
    /// <param name="period">Edges that it takes once.</param>
    /// <param name="memory">The scratchpad's bytes.</param>
    public void Repeat(long times, long period, Span<byte> memory)
    {
        long inPeriod = State.Beats - _notedBeats, beats = times * inPeriod;
        long first = NumberOf(State.Execute), end = first + beats, last = Math.Max(first, end - LastBeats);
        Passage passage = new(first * ResultsOfBeat, State.ResultCount, _write, beats * ResultsOfBeat);
        PassWhatIsDone(in passage, memory);
        RepeatMany(first, last, memory);
        RepeatLast(first, last, end, (first - inPeriod) * ResultsOfBeat, period, in passage, memory);
        State.ReadBytes += beats * _lanes * (State.Plan.ReadsB != 0 ? State.Plan.SizeA + State.Plan.SizeB : State.Plan.SizeA);
        for (int r = 0; r < ResultsOfBeat; r++)
            State.WriteBytes += beats * _lanes * SizeOfResult(r);
        State.Beats += beats;
        State.ResultHead = ResultSlot(beats * ResultsOfBeat);
        State.Execute = CursorOf(end);
        State.Issue = CursorOf(end + State.BeatsInFlight);
        State.Ledger.Repeat(in _noted, times);
        _readA.Turn(beats, times * period);
        if (State.Plan.ReadsB != 0)
            _readB.Turn(beats, times * period);
        _write.Turn(beats * ResultsOfBeat, times * period);
    }

    /// <summary>Results that are in the port or in the ring go on as far as they come.</summary>
    private void PassWhatIsDone(in Passage passage, Span<byte> memory)
    {
        for (int i = 0; i < passage.Waiting; i++)
            passage.Pass(_write, passage.First + i, _write.Request.At(i).Address, _write.WriteBytes(i), memory);
        for (int i = 0; i < State.ResultCount; i++)
        {
            int slot = ResultSlot(i);
            passage.Pass(_write, passage.First + passage.Waiting + i, _results[slot].Address, _resultBytes.AsSpan(slot * _widthBytes, _results[slot].Length), memory);
        }
    }

    /// <summary>Beats all of whose results are written, and of which nothing is left but these.</summary>
    private void RepeatMany(long first, long end, Span<byte> memory)
    {
        for (long beat = first; beat < end;)
        {
            BeatCursor at = CursorOf(beat);
            int count = (int)Math.Min(Math.Min(ElementsAtOnce, State.Plan.Columns - at.Column), (end - beat) * _lanes);
            Compute(at, count, memory);
            for (int r = 0; r < ResultsOfBeat; r++)
                ResultBytes(r, count).CopyTo(memory[(int)AddressOfResult(at, r)..]);
            beat += count / _lanes;
        }
    }

    /// <summary>Beats one by one, and those that are asked for behind them: channels and ring hold something of them.</summary>
    /// <param name="first">The first of all.</param>
    /// <param name="from">The first of these.</param>
    /// <param name="end">The first that is not executed.</param>
    /// <param name="noted">The first result of the period that was noted, whose times come again.</param>
    /// <param name="period">Edges of it.</param>
    /// <param name="passage">Results through the write port.</param>
    /// <param name="memory">The scratchpad's bytes.</param>
    private void RepeatLast(long first, long from, long end, long noted, long period, in Passage passage, Span<byte> memory)
    {
        int results = ResultsOfBeat;
        long leaving = passage.First + passage.Waiting; // the result at the head of the ring
        Span<long> readyAt = stackalloc long[(int)((first * results) - noted)];
        for (int i = 0; i < readyAt.Length; i++)
            readyAt[i] = _results[ResultSlot(noted + i - leaving)].ReadyAt;

        for (long beat = from; beat < end + State.BeatsInFlight; beat++)
        {
            BeatCursor at = CursorOf(beat);
            Fill(_readA, beat - first, end - first, AddressA(at), State.Plan.SizeA, memory);
            if (State.Plan.ReadsB != 0)
                Fill(_readB, beat - first, end - first, AddressB(at), State.Plan.SizeB, memory);
            if (beat >= end)
                continue;
            Compute(at, _lanes, memory);
            for (int r = 0; r < results; r++)
            {
                long number = (beat * results) + r, periods = Math.DivRem(number - noted, readyAt.Length, out long place);
                ReadOnlySpan<byte> bytes = ResultBytes(r, _lanes);
                uint address = AddressOfResult(at, r);
                bytes.CopyTo(Place(number - leaving, address, bytes.Length, readyAt[(int)place] + (periods * period)));
                passage.Pass(_write, number, address, bytes, memory);
            }
        }
    }

    /// <summary>An operand of a beat into the channel where it is at the end.</summary>
    private void Fill(ScratchpadPort port, long beat, long end, uint address, int size, ReadOnlySpan<byte> memory)
    {
        int length = _lanes * size, answered = port.Response.Count;
        if (beat < end + answered)
            port.SetAnswer(beat, address, memory.Slice((int)address, length));
        else
            port.SetRead(beat - answered, address, length);
    }

    /// <summary>Results of elements that begin at a place, from the operands in memory.</summary>
    private void Compute(in BeatCursor at, int count, ReadOnlySpan<byte> memory)
    {
        ref VectorPlan plan = ref State.Plan;
        Span<float> x = _x.AsSpan(0, count), y = _y.AsSpan(0, count), z = _z.AsSpan(0, count);
        Decode(memory.Slice((int)AddressA(at), count * plan.SizeA), plan.TypeA, x);
        if (plan.ReadsB != 0)
            Decode(memory.Slice((int)AddressB(at), count * plan.SizeB), plan.TypeB, y);
        if (plan.Behaviour == VectorBehaviour.Elementwise)
        {
            Elementwise(at, x, y, z);
            Encode(z, ResultBytes(0, count), at.Row, at.Column);
            return;
        }

        State.LaneOperations += count;
        Sgd.Run(Constant(0), y, x, MemoryMarshal.Cast<byte, ushort>(_computed.AsSpan(ElementsAtOnce * sizeof(float), count * sizeof(ushort))));
        if (!RoundsShadowToNearest)
            Encode(x, ResultBytes(1, count), at.Row, at.Column);
        MemoryMarshal.AsBytes(x).CopyTo(ResultBytes(0, count));
    }

    private Span<byte> ResultBytes(int result, int count) => _computed.AsSpan(result * ElementsAtOnce * sizeof(float), count * SizeOfResult(result));

    // The master is the first of an optimizer's results, and lies where it was.
    private bool IsMaster(int result) => State.Plan.Behaviour == VectorBehaviour.Optimizer && result == 0;

    private int SizeOfResult(int result) => IsMaster(result) ? sizeof(float) : State.Plan.SizeD;

    private uint AddressOfResult(in BeatCursor at, int result) => IsMaster(result) ? AddressA(at) : AddressD(at);

    private long NumberOf(in BeatCursor at) => ((long)at.Row * BeatsOfRow) + (at.Column / _lanes);

    private BeatCursor CursorOf(long beat)
    {
        long row = Math.DivRem(beat, BeatsOfRow, out long place);
        return new BeatCursor { Row = (int)row, Group = (int)(row - (row % VectorPlan.GroupRows)), Column = (int)place * _lanes };
    }

    /// <summary>Results by their numbers on their way through the write port, of which so many are written.</summary>
    private readonly struct Passage
    {
        private readonly long _end; // the first that is not written
        private readonly int _answered;

        /// <param name="next">The result that is computed next.</param>
        /// <param name="inRing">Those before it that are in the ring.</param>
        /// <param name="port">The write port.</param>
        /// <param name="count">How many are written.</param>
        public Passage(long next, int inRing, ScratchpadPort port, long count)
        {
            Waiting = port.Request.Count;
            First = next - inRing - Waiting;
            _end = First + count;
            _answered = port.Response.Count;
        }

        /// <summary>The first that is written, and how many from it on are requests already.</summary>
        public long First { get; }

        /// <inheritdoc cref="First"/>
        public int Waiting { get; }

        /// <summary>A result goes into the port and is written, or only the former, or neither. In the order of numbers.</summary>
        public void Pass(ScratchpadPort port, long number, uint address, ReadOnlySpan<byte> bytes, Span<byte> memory)
        {
            if (number >= First + Waiting && number < _end + Waiting)
                port.SetWrite(number - First, address, bytes);
            if (number >= _end)
                return;
            bytes.CopyTo(memory[(int)address..]);
            if (number >= _end - _answered)
                port.SetAcknowledgement(number - First + _answered, address, bytes.Length);
        }
    }
}
