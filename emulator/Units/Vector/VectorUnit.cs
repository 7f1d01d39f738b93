using System.Numerics;
using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// The engine of queue VX: element-wise operations, reductions, normalisation, pooling, loss, transpose and optimizer. Operands enter a beat at
/// a time (up to <see cref="VectorConfig.Lanes"/> elements of a row) through two read ports, results leave through a
/// write port; a descriptor is done when every write is acknowledged. One descriptor at a time.
/// </summary>
public sealed partial class VectorUnit
{
    public const int StallReadA = 2, StallReadB = 3, StallWrite = 4, StallStatistic = 5, Drain = 6;

    /// <summary>Names of the ledger's causes.</summary>
    public static readonly string[] Causes = ["Idle", "Busy", "StallReadA", "StallReadB", "StallWrite", "StallStatistic", "Drain"];

    private const int ResultSlots = 32;

    private readonly string _name;
    private readonly int _lanes;
    private readonly int _pipeline;
    private readonly int _transcendental;
    private readonly int _outstandingBeats;
    private readonly Channel<StartDescriptor> _start;
    private readonly Channel<DescriptorDone> _done;
    private readonly ScratchpadPort _readA, _readB, _write;
    private readonly int _widthBytes; // of each port: no access crosses a boundary of it

    // State beside the struct.
    private readonly RowStatistic[] _statistics = new RowStatistic[VectorPlan.GroupRows];
    private readonly VectorResult[] _results = new VectorResult[ResultSlots];
    private readonly byte[] _resultBytes;
    private readonly float[] _columnPartials = new float[Reduction.Count * Reduction.Count]; // [column][partial]
    private readonly byte[] _block = new byte[16 * 16 * sizeof(float)]; // [row][column], 64 bytes a row
    private readonly float[] _heldA, _heldB;
    private readonly float[] _pooled; // of the group of columns that is pooled: greatest element or sum
    private readonly byte[] _places; // and where in the window it was

    // Wires within one edge: no state.
    private readonly float[] _x, _y, _z, _v;

    public VectorState State;

    /// <param name="config">Lanes and latencies.</param>
    /// <param name="name">Name as the breadboard knows the unit: tile0.vector.</param>
    /// <param name="start">Descriptors from dispatch, checked and with their waits met.</param>
    /// <param name="done">To dispatch: performed.</param>
    /// <param name="readA">Operand A, momentum and the parameter block.</param>
    /// <param name="readB">Operand B, variance, labels, deviations and the record.</param>
    /// <param name="write">Results.</param>
    public VectorUnit(
        VectorConfig config,
        string name,
        Channel<StartDescriptor> start,
        Channel<DescriptorDone> done,
        ScratchpadPort readA,
        ScratchpadPort readB,
        ScratchpadPort write)
    {
        config.Validate();
        _name = name;
        _lanes = config.Lanes;
        _pipeline = config.PipelineCycles;
        _transcendental = config.TranscendentalCycles;
        _outstandingBeats = config.OutstandingBeats;
        _start = start;
        _done = done;
        _readA = readA;
        _readB = readB;
        _write = write;
        _widthBytes = readA.WidthBytes;
        if (readB.WidthBytes != _widthBytes || write.WidthBytes != _widthBytes)
            throw new ArgumentException("The ports of a vector unit are equally wide.", nameof(readB));
        _resultBytes = new byte[ResultSlots * _widthBytes];
        (_heldA, _heldB, _pooled, _places) = (new float[_lanes], new float[_lanes], new float[_lanes], new byte[_lanes]);
        int atOnce = Math.Max(_lanes, ElementsAtOnce);
        (_x, _y, _z, _v) = (new float[atOnce], new float[atOnce], new float[atOnce], new float[_lanes]);
    }

    public string Name => _name;

    /// <summary>One edge. Returns the next edge at which it must be evaluated even if no channel moves.</summary>
    public long Evaluate(long edge)
    {
        // Back to front, so that what leaves at this edge makes room at the next.
        bool moved = TakeAcknowledge(edge) | SendResult(edge);
        int cause = Ledger.Idle;
        if (State.Active != 0)
        {
            cause = Execute(edge);
            moved |= cause == Ledger.Busy;
            moved |= Issue(edge);
            moved |= Finish(edge);
        }
        else if (_start.CanPop(edge))
        {
            Begin(_start.Pop(edge), edge);
            cause = Ledger.Busy;
            moved = true;
        }

        State.Ledger.Charge(edge, cause);
        return moved ? edge + 1 : NextTimed(edge, cause);
    }

    private void Begin(in StartDescriptor start, long edge)
    {
        State.Plan = VectorPlan.From(start.Descriptor, _lanes, _widthBytes);
        State.Sequence = start.Sequence;
        State.Active = 1;
        State.Issue = default;
        State.Execute = default;
        State.Issue.Finished = State.Plan.ReadsA == 0 ? 1 : 0;
        byte parameters = (byte)(State.Plan.Parameters == VectorPlan.None ? 0 : 1);
        State.ParametersToIssue = parameters;
        State.ParametersToTake = parameters;
        byte record = (byte)State.Plan.RecordUse; // as many accesses
        State.RecordToIssue = record;
        State.RecordToTake = record;
        State.RecordToWrite = (byte)(State.Plan.RecordUse == RecordUse.ReadWrite ? 1 : 0);
        State.RecordReadyAt = 0;
        State.FactorReadyAt = 0;
        State.Parameters = default;
        State.Partials = default;
        Array.Clear(_columnPartials);
        if (State.Plan.Behaviour is VectorBehaviour.NormRows or VectorBehaviour.NormRowsGradient)
            DivideByColumns(edge);
        State.Descriptors++;
    }

    /// <summary>Takes the beat whose operands are here, or says why not.</summary>
    private int Execute(long edge)
    {
        if ((State.ParametersToTake | State.RecordToTake) != 0)
            return TakeParameters(edge);
        if (State.BlockLeaving != 0)
            return SendBlockColumn(edge);
        if (State.Execute.Finished != 0)
            return State.RecordToWrite != 0 ? WriteRecord(edge) : Drain;

        ref VectorPlan plan = ref State.Plan;
        ref BeatCursor at = ref State.Execute;
        if (edge < RipeAt(at))
            return StallStatistic;
        bool takesA = plan.ReadsA != 0, takesB = plan.ReadsB != 0 || TakesWord(at, RowWord.Label);
        if (State.HeldElements != 0)
        {
            takesA = plan.Momentum != VectorPlan.None;
            takesB = plan.Variance != VectorPlan.None || plan.Mask != VectorPlan.None || TakesWord(at, RowWord.Deviation);
        }
        else if (plan.FromWindows != 0 && Covering(at.Row).Count == 0)
        {
            (takesA, takesB) = (false, false);
        }

        if (takesA && !_readA.Response.CanPop(edge))
            return StallReadA;
        if (takesB && !_readB.Response.CanPop(edge))
            return StallReadB;

        // The answer is as long as the beat that asked for it.
        int count = !takesA ? BeatLength(at)
            : plan.SizeA == 0 ? Math.Min(2 * _readA.Response.Peek(edge).Length, plan.Columns - at.Column)
            : _readA.Response.Peek(edge).Length >> BitOperations.TrailingZeroCount((uint)plan.SizeA);
        if (State.HeldElements == 0 && HasFurther(at))
        {
            Hold(edge, count);
            return Ledger.Busy;
        }

        if (ResultSlots - State.ResultCount < plan.Results)
            return StallWrite;
        if (plan.Passes > 1 && at.Pass == 0 && at.Column == 0)
            BeginRow(edge);
        switch (plan.Behaviour)
        {
            case VectorBehaviour.Elementwise: ElementwiseBeat(edge, count); break;
            case VectorBehaviour.Sum: SumBeat(edge, count); break;
            case VectorBehaviour.Maximum: MaximumBeat(edge, count); break;
            case VectorBehaviour.SumRows: SumRowsBeat(edge, count); break;
            case VectorBehaviour.Transpose: FillBlock(edge, count); break;
            case VectorBehaviour.CrossEntropy or VectorBehaviour.Softmax: SoftmaxBeat(edge, count); break;
            case VectorBehaviour.SoftmaxGradient: SoftmaxGradientBeat(edge, count); break;
            case VectorBehaviour.NormRows: NormRowsBeat(edge, count); break;
            case VectorBehaviour.NormRowsGradient: NormRowsGradientBeat(edge, count); break;
            case VectorBehaviour.SquaredError: SquaredErrorBeat(edge, count); break;
            case VectorBehaviour.Norm: NormBeat(edge, count); break;
            case VectorBehaviour.Clip: ClipBeat(edge, count); break;
            case VectorBehaviour.Pooling: PoolingBeat(edge, count, takesA); break;
            case VectorBehaviour.Optimizer: OptimizerBeat(edge, count); break;
        }

        State.HeldElements = 0;
        State.Beats++;
        if (plan.ReadsA != 0)
            State.BeatsInFlight--;
        Advance(ref at, count);
        return Ledger.Busy;
    }

    /// <summary>Edge from which the beat's statistics are there.</summary>
    private long RipeAt(in BeatCursor at)
    {
        if (at.Pass > 0)
            return _statistics[at.Row - at.Group].ReadyAt;
        return State.Plan.Behaviour == VectorBehaviour.Clip ? State.FactorReadyAt : 0;
    }

    /// <summary>Keeps the operands of a beat that takes more.</summary>
    private void Hold(long edge, int count)
    {
        TakeOperand(_readA, edge, State.Plan.TypeA, _heldA.AsSpan(0, count));
        TakeOperand(_readB, edge, State.Plan.TypeB, _heldB.AsSpan(0, count));
        State.HeldElements = count;
    }

    /// <summary>Takes the operands of a beat: those held, or those at the ports.</summary>
    private void TakeOperands(long edge, Span<float> x, Span<float> y)
    {
        if (State.HeldElements != 0)
        {
            _heldA.AsSpan(0, x.Length).CopyTo(x);
            _heldB.AsSpan(0, y.Length).CopyTo(y);
            return;
        }

        TakeOperand(_readA, edge, State.Plan.TypeA, x);
        TakeOperand(_readB, edge, State.Plan.TypeB, y);
    }

    /// <summary>A row's first beat: empties its statistic and takes the word that comes with it.</summary>
    private void BeginRow(long edge)
    {
        ref RowStatistic row = ref _statistics[State.Execute.Row - State.Execute.Group];
        row = default;
        if (State.Plan.RowWord == RowWord.None)
            return;
        ReadOnlySpan<byte> word = _readB.BytesOf(in _readB.Response.Peek(edge));
        if (State.Plan.RowWord == RowWord.Label)
            row.Label = MemoryMarshal.Read<uint>(word);
        else
            row.Deviation = CanonicalNaN.Of(MemoryMarshal.Read<float>(word));
        _readB.DiscardRead(edge);
    }

    private bool Finish(long edge)
    {
        bool over = State.Execute.Finished != 0 && State.BlockLeaving == 0 && State.RecordToWrite == 0
            && State.ResultCount == 0 && State.WritesInFlight == 0;
        if (!over || !_done.CanPush(edge))
            return false;
        _done.Push(new DescriptorDone { Sequence = State.Sequence }, edge);
        State.Active = 0;
        return true;
    }

    /// <summary>When nothing moved: the edge at which something will of itself.</summary>
    private long NextTimed(long edge, int cause)
    {
        long next = Wake.Never;
        if (State.ResultCount > 0 && _results[State.ResultHead].ReadyAt > edge)
            next = _results[State.ResultHead].ReadyAt;
        if (cause == StallStatistic)
        {
            long ripe = State.Execute.Finished != 0 ? State.RecordReadyAt : RipeAt(State.Execute);
            next = Math.Min(next, ripe);
        }

        return next;
    }

    /// <summary>Presents the unit's state; settles the ledger to the domain's edge first.</summary>
    public void Walk(StateArchive archive, long edge)
    {
        State.Ledger.Settle(edge);
        archive.Value("state", ref State);
        archive.Array("statistics", _statistics);
        archive.Array("results", _results);
        archive.Array("resultBytes", _resultBytes);
        archive.Array("columnPartials", _columnPartials);
        archive.Array("block", _block);
        archive.Array("heldA", _heldA);
        archive.Array("heldB", _heldB);
        archive.Array("pooled", _pooled);
        archive.Array("places", _places);
        _readA.Lines?.Walk(archive);
        _readB.Lines?.Walk(archive);
        _write.Lines?.Walk(archive);
    }

    /// <summary>Names what a waveform shows.</summary>
    public void Describe(SignalMap map)
    {
        map.Add("active", 1, () => State.Active);
        map.Add("opcode", 8, () => (ulong)State.Plan.Opcode);
        map.Add("sequence", 32, () => State.Sequence);
        map.Add("cause", 4, () => (ulong)State.Ledger.Waiting, Causes);
        map.Add("row", 16, () => (ulong)State.Execute.Row);
        map.Add("column", 16, () => (ulong)State.Execute.Column);
        map.Add("pass", 2, () => (ulong)State.Execute.Pass);
        map.Add("beatsInFlight", 7, () => (ulong)State.BeatsInFlight);
        map.Add("results", 6, () => (ulong)State.ResultCount);
        map.Add("writesInFlight", 16, () => (ulong)State.WritesInFlight);
    }
}
