using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>
/// Queue MX of a tile: the sequencer, the systolic array, its accumulators and transposers. Runs one descriptor at a time,
/// in the order in which they come, but a load of weights beside the stream before it, and streams one behind the other; a descriptor is
/// reported when all its results are in accumulators or scratchpad.
/// </summary>
public sealed partial class MatrixUnit
{
    private const int CauseSetup = 2;
    private const int CauseWeightShift = 3;
    private const int CauseWeightWait = 4;
    private const int CauseOperandStall = 5;
    private const int CauseAccumulatorHazard = 6;
    private const int CauseTranspose = 7;
    private const int CauseFillDrain = 8;
    private const int CauseDrainRead = 9;
    private const int CauseDrainWrite = 10;
    private const int CauseAcknowledge = 11;
    private const int CauseReport = 12;
    private const int CauseAccumulatorPort = 13;

    /// <summary>Names of the ledger's causes.</summary>
    public static readonly string[] Causes =
    [
        "Idle",
        "Busy",                // an X row entered, a row was drained, a line was zeroed
        "Setup",               // a descriptor was taken
        "WeightShift",         // the next fold's weights are moving into the shadow
        "WeightWait",          // a weight row is not here: a missing token
        "OperandStall",        // an X row is not here
        "AccumulatorHazard",   // the next fold reads sums that are not written yet
        "Transpose",           // the row that is not here comes through a transposer
        "FillDrain",           // all rows are in, results are still leaving; a drain's functions fill
        "DrainRead",           // a drain waits for parameters or bias
        "DrainWrite",          // a drain waits for its write port
        "Acknowledge",         // all is written, not all is acknowledged
        "Report",              // dispatch takes the report or has no room for it
        "AccumulatorPort",     // single-ported banks write what the step before read beside
    ];

    private readonly MatrixConfig _config;
    private readonly Channel<StartDescriptor> _start;
    private readonly Channel<DescriptorDone> _done;
    private readonly ScratchpadPort _readWeights;
    private readonly ScratchpadPort _write;
    private readonly ScratchpadPort _core;
    private readonly SystolicArray _registers;
    private readonly SteppedSums _steppedSums;
    private readonly FastArray _fast;
    private readonly Accumulators _accumulators;
    private readonly OperandStream _operands;
    private readonly OperandStream _weights;
    private readonly float[] _drainValues;
    private readonly byte[] _bias;
    private readonly byte[] _out;

    public MatrixUnitState State;

    /// <param name="config">Sizes.</param>
    /// <param name="start">Descriptors from dispatch, checked.</param>
    /// <param name="done">Reports to dispatch, in order.</param>
    /// <param name="readOperands">Scratchpad port of X rows.</param>
    /// <param name="readWeights">Scratchpad port of weights, bias and parameters.</param>
    /// <param name="write">Scratchpad port of drains.</param>
    /// <param name="core">
    /// The scalar core's way to the accumulators: the unit is the answering side; addresses are byte offsets.
    /// </param>
    /// <param name="team">Host threads for the array's sums, or null.</param>
    public MatrixUnit(
        MatrixConfig config,
        Channel<StartDescriptor> start,
        Channel<DescriptorDone> done,
        ScratchpadPort readOperands,
        ScratchpadPort readWeights,
        ScratchpadPort write,
        ScratchpadPort core,
        HostTeam? team = null)
    {
        config.Check();
        _config = config;
        _start = start;
        _done = done;
        _readWeights = readWeights;
        _write = write;
        _core = core;
        _accumulators = new Accumulators(config);
        _steppedSums = new SteppedSums(config, _accumulators);
        _registers = new SystolicArray(config.Rows, config.Columns, config.Simd, _steppedSums);
        _fast = new FastArray(config, _accumulators, team);
        _operands = new OperandStream(OperandRole.Activations, config, readOperands);
        _weights = new OperandStream(OperandRole.Weights, config, readWeights);
        _drainValues = new float[config.Columns];
        _bias = new byte[config.Columns * 4];
        _out = new byte[config.Columns * 4];
        State.ActiveUntil = -1;
    }

    public long AccumulatorReads => _accumulators.ReadsBefore(ArrayTime);

    public long AccumulatorWrites => _accumulators.WritesBefore(ArrayTime);

    /// <summary>Cycles that the PEs took for the multiply-accumulates, which are fewer where they pack products.</summary>
    public long UsedPeCycles =>
        State.MacsBf16 + ((State.MacsInt8 - State.MacsInt16) / _config.Int8Packing) + (2 * State.MacsInt16) + (State.MacsInt4 / _config.Int4Packing);

    /// <summary>Scratchpad requests of the two operand streams.</summary>
    public long ReadRequests => _operands.Requests + _weights.Requests;

    /// <summary>
    /// One edge. When nothing moved, nothing can move before a channel does: every decision depends on this unit's state and
    /// on channels alone, so the unit may sleep with the cause it has.
    /// </summary>
    public long Evaluate(long edge)
    {
        Settle(edge - 1);
        MatrixPhase phase = State.Phase;
        bool moved = phase != MatrixPhase.Idle && TakeAcknowledgement(edge);
        int cause;
        switch (phase)
        {
            case MatrixPhase.Idle:
                cause = TakeDescriptor(edge, ref moved);
                break;
            case MatrixPhase.Matmul:
                cause = Multiply(edge, ref moved);
                break;
            case MatrixPhase.DrainParameters:
                cause = ReadParameters(edge, ref moved);
                break;
            case MatrixPhase.DrainBias:
                cause = ReadBias(edge, ref moved);
                break;
            case MatrixPhase.DrainRows:
                cause = DrainRows(edge, ref moved);
                break;
            case MatrixPhase.Zero:
                cause = ZeroLine(ref moved);
                break;
            case MatrixPhase.Load:
                cause = State.Loading == LoadProgress.Loaded ? ReportLoad(edge, ref moved) : ShiftLoad(edge, ref moved);
                break;
            case MatrixPhase.Acknowledge:
                cause = CauseAcknowledge;
                if (State.Unacknowledged == 0)
                {
                    State.Phase = MatrixPhase.Report;
                    moved = true;
                }

                break;
            default:
                cause = Report(edge, ref moved);
                if (State.Loading == LoadProgress.Shifting)
                    ShiftLoad(edge, ref moved);
                break;
        }

        if (phase == MatrixPhase.Matmul)
            TakeBesideStream(edge, ref moved);
        ServeCore(edge, phase, cause, ref moved);
        State.Ledger.Charge(edge, cause);
        if (_emptyingFrom != NotEmptying && !moved)
            return _emptyingFrom + (EdgesPerStep * (1 + Math.Max(0, NoneOverUntil + 1 - ArrayTime)));
        return moved ? edge + 1 : Wake.Never;
    }

    /// <summary>Presents all state; the ledger is settled up to the domain's edge first.</summary>
    public void Walk(StateArchive archive, long edge)
    {
        UseRegisters(edge);
        State.Ledger.Settle(edge);
        archive.Value("state", ref State);
        _registers.Walk(archive);
        _accumulators.Walk(archive);
        if (archive.IsLoad)
            _steppedSums.Restart();
        if (!archive.IsHash)
            archive.Value("emptying", ref _emptyingFrom);
        _operands.Walk(archive);
        _weights.Walk(archive);
        _write.Lines?.Walk(archive);
        archive.Array("bias", _bias);
        archive.Array("out", _out);
    }

    /// <summary>Names sequencer state, and every PE register of arrays up to 16 x 16.</summary>
    public void Describe(SignalMap map)
    {
        map.Add("phase", 4, () => (ulong)State.Phase, Enum.GetNames<MatrixPhase>());
        map.Add("sequence", 32, () => State.Current.Sequence);
        map.Add("cause", 4, () => (ulong)State.Ledger.Waiting, Causes);
        map.Add("foldsShifted", 32, () => (ulong)State.FoldsShifted);
        map.Add("foldsLaunched", 32, () => (ulong)State.FoldsLaunched);
        map.Add("rowsEntered", 32, () => (ulong)State.RowsEntered);
        map.Add("loading", 2, () => (ulong)State.Loading, Enum.GetNames<LoadProgress>());
        map.Add("block", 32, () => (ulong)State.Block);
        map.Add("row", 32, () => (ulong)State.Row);
        map.Scope("array", array => _registers.Describe(array, () => UseRegisters(_start.Edge)));
    }

    private static bool UsesAccumulators(MatrixPhase phase) => phase is MatrixPhase.DrainRows or MatrixPhase.Zero;

    private int TakeDescriptor(long edge, ref bool moved)
    {
        if (!_start.CanPop(edge))
            return Ledger.Idle;
        moved = true;
        if (_start.Peek(edge).Descriptor.Opcode == DescriptorOpcode.MxLoad)
        {
            UseEngine();
            StartLoad(edge);
            State.Phase = MatrixPhase.Load;
            return CauseSetup;
        }

        State.Current = _start.Pop(edge);
        ref readonly Descriptor descriptor = ref State.Current.Descriptor;
        State.Descriptors++;
        State.Block = 0;
        State.Row = 0;
        State.FunctionEdges = 0;
        State.AskedBytes = 0;
        State.ArrivedBytes = 0;
        State.OutBytes = 0;
        State.OutSent = 0;
        switch (descriptor.Opcode)
        {
            case DescriptorOpcode.MxMatmul:
                StartMatmul(in descriptor);
                break;
            case DescriptorOpcode.MxStream:
                StartStream(in descriptor);
                break;
            case DescriptorOpcode.MxZero:
                State.Phase = MatrixPhase.Zero;
                break;
            default:
                StartDrain(in descriptor);
                break;
        }

        return CauseSetup;
    }

    /// <summary>One line of one block an edge.</summary>
    private int ZeroLine(ref bool moved)
    {
        moved = true;
        ref readonly Descriptor descriptor = ref State.Current.Descriptor;
        int columns = Math.Min(_config.Columns, descriptor.N2 - (State.Block * _config.Columns));
        int line = _accumulators.BlockLine(descriptor.Slot, descriptor.N0, State.Block) + State.Row;
        _accumulators.ClearLine(line, columns);
        if (++State.Row == descriptor.N0)
        {
            State.Row = 0;
            if (++State.Block * _config.Columns >= descriptor.N2)
                State.Phase = MatrixPhase.Report;
        }

        return Ledger.Busy;
    }

    private int Report(long edge, ref bool moved)
    {
        if (!_done.CanPush(edge))
            return CauseReport;
        _done.Push(new DescriptorDone { Sequence = State.Current.Sequence }, edge);
        State.Phase = State.Loading == LoadProgress.None ? MatrixPhase.Idle : MatrixPhase.Load;
        moved = true;
        return CauseReport;
    }

    private bool TakeAcknowledgement(long edge)
    {
        if (!_write.Response.CanPop(edge))
            return false;
        _write.Response.Discard(edge);
        State.Unacknowledged--;
        return true;
    }

    /// <summary>The core comes after the array, drain and zero, and only to a bank that they leave free at this edge.</summary>
    private void ServeCore(long edge, MatrixPhase phase, int cause, ref bool moved)
    {
        if (!_core.Request.CanPop(edge) || !_core.Response.CanPush(edge))
            return;
        ref readonly ScratchpadRequest request = ref _core.Request.Peek(edge);
        int lastByte = request.Length - 1;
        if (request.Length == 0 || request.Address + (uint)lastByte >= (uint)_accumulators.SizeBytes)
            throw new InvalidOperationException("Core access outside the accumulators: the control core checks it.");

        // Drain and zero move a whole line at the edges they are busy at, through all read or all write ports.
        bool single = _config.SinglePortedAccumulators, write = request.Write != 0;
        bool conflict = UsesAccumulators(phase) && cause == Ledger.Busy && (single || (phase == MatrixPhase.Zero) == write);
        bool steps = phase == MatrixPhase.Matmul && (_stepped || (single && _secondEdge));
        for (int word = 0; steps && word <= (int)(((request.Address & 3) + lastByte) / 4); word++)
        {
            int bank = _accumulators.BankOf(request.Address + (uint)(word * 4));
            conflict |= _accumulators.Busy(ArrayTime - 1, bank, write) || (single && _accumulators.Busy(ArrayTime - 1, bank, !write));
        }

        UseRegisters(edge); // the word may be one whose sum is on its way

        if (conflict)
        {
            State.CoreConflicts++;
            moved = true;
            return;
        }

        ScratchpadRequest taken = _core.Request.Pop(edge);
        ScratchpadResponse response = default;
        response.Set(taken.Address, taken.Length, taken.Write, taken.Tag);
        Span<byte> bytes = _accumulators.Bytes(taken.Address, taken.Length);
        if (taken.Write != 0)
            Line64.Span(ref taken.Data)[..taken.Length].CopyTo(bytes);
        else
            bytes.CopyTo(Line64.Span(ref response.Data));
        _accumulators.CountCore((taken.Length + 3) / 4, taken.Write != 0);
        _core.Response.Push(in response, edge);
        State.CoreAccesses++;
        moved = true;
    }
}
