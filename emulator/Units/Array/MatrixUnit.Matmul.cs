using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// mx.matmul: three walks over the same folds. Operand streams fetch, shift tokens load shadows, X rows run. mx.stream is one
/// fold of it whose weights are there.
/// </summary>
public sealed partial class MatrixUnit
{
    private bool _stepped;    // whether the array moved at the edge being evaluated
    private bool _secondEdge; // or is in the second edge of its step

    private void StartMatmul(in Descriptor descriptor)
    {
        UseEngine();
        State.SecondPass = 0;
        StartProduct(in descriptor);
        State.FoldsShifted = 0;
        State.TokensShifted = 0;
        State.ShiftNBlock = 0;
        State.ShiftKBlock = 0;
        State.Switches = 1;
        State.ShadowLoaded = 0;
        _weights.Start(in descriptor, State.Packing);
    }

    /// <summary>What a matmul and a stream have in common: X rows, and where their sums go.</summary>
    private void StartProduct(in Descriptor descriptor)
    {
        State.Packing = PackingOf(in descriptor);
        State.Wide = (byte)(descriptor.TypeA == ElementType.Int16 || descriptor.TypeB == ElementType.Int16 ? 1 : 0);
        int foldRows = _config.Rows * State.Packing;
        State.KBlocks = (descriptor.N1 + foldRows - 1) / foldRows;
        State.NBlocks = (descriptor.N2 + _config.Columns - 1) / _config.Columns;
        State.FoldsLaunched = 0;
        State.RowsEntered = descriptor.N0; // of the fold before the first
        State.LaunchNBlock = 0;
        State.LaunchKBlock = 0;
        State.Kind = State.Packing switch
        {
            8 => MacKind.Int4x8,
            4 => MacKind.Int8x4,
            _ => descriptor.TypeA == ElementType.Bf16 ? MacKind.Bf16 : MacKind.Integer,
        };
        _operands.Start(in descriptor, State.Packing);
        State.Phase = MatrixPhase.Matmul;
    }

    private int PackingOf(in Descriptor descriptor) =>
        MatrixConfig.PackingOf(descriptor.TypeA, descriptor.TypeB, _config.Int8Packing, _config.Int4Packing);

    private int Multiply(long edge, ref bool moved)
    {
        _secondEdge = State.SecondPass != 0;
        ReportLeaving(edge, ref moved);
        FindLeavingOver(ref moved);
        if (_secondEdge)
            return EndStep(edge, ref moved);
        int folds = State.KBlocks * State.NBlocks;
        long time = ArrayTime;
        bool rowsLeft = State.RowsEntered < State.Current.Descriptor.N0;
        bool foldsLeft = State.FoldsLaunched < folds;
        if (!rowsLeft && !foldsLeft && time > State.SumsUntil)
            return State.LeavingCount > 0 ? WaitForReports(edge, ref moved) : EndProduct(edge, ref moved);
        bool weightsReady = State.FoldsShifted > State.FoldsLaunched;
        bool entered = false;
        bool frozen = false;
        int cause = CauseFillDrain;
        if (rowsLeft)
        {
            entered = _operands.Ready;
            frozen = !entered; // the rows of a fold are one wavefront: all of it waits
            cause = entered ? Ledger.Busy : LateOperand();
        }
        else if (foldsLeft && weightsReady)
        {
            cause = TryLaunch(time);
            entered = cause == Ledger.Busy;
        }

        bool token = !frozen && State.FoldsShifted < folds && State.FoldsShifted <= State.FoldsLaunched && ShiftToken();
        token |= !frozen && State.Loading == LoadProgress.Shifting && (State.Switches == 0 || !foldsLeft || entered) && ShiftLoadToken();
        if (!rowsLeft && foldsLeft && !weightsReady)
            cause = token ? CauseWeightShift : LateWeights();
        if (entered)
            EnterRow();
        if (entered || token)
            State.ActiveUntil = TimeToLeave(time);
        if (entered)
            State.SumsUntil = State.ActiveUntil;

        _stepped = !frozen && time <= State.ActiveUntil;
        if (_stepped)
        {
            StepArray(time);
            bool single = _config.SinglePortedAccumulators;
            State.SecondPass = (byte)(State.Wide != 0 || (single && _accumulators.ReadsWhatItWrites(time)) ? 1 : 0);
            State.FirstPassCause = cause;

            // Steps of one port take one edge or two: no closed form makes up for them.
            bool emptying = !rowsLeft && !foldsLeft && !single && State.Loading != LoadProgress.Shifting;
            _emptyingFrom = emptying ? edge : NotEmptying;
            moved |= !emptying;
        }

        moved |= _operands.Advance(edge);
        moved |= _weights.Advance(edge);
        return cause;
    }

    /// <summary>All sums are where they belong. A load goes on meanwhile.</summary>
    private int EndProduct(long edge, ref bool moved)
    {
        State.Phase = MatrixPhase.Report;
        State.Wide = 0;
        _stepped = false;
        _emptyingFrom = NotEmptying;
        SettleSums();
        moved = true;
        if (State.Loading == LoadProgress.Shifting)
            ShiftLoad(edge, ref moved);
        return CauseFillDrain;
    }

    /// <summary>Streams before this one are reported first. A load goes on meanwhile.</summary>
    private int WaitForReports(long edge, ref bool moved)
    {
        _stepped = false;
        _emptyingFrom = NotEmptying;
        if (State.Loading == LoadProgress.Shifting)
            ShiftLoad(edge, ref moved);
        return CauseReport;
    }

    /// <summary>
    /// The second edge of a step. An 8-bit multiplier takes the two bytes of a 16-bit operand one after the other, so that the
    /// array steps at every other edge; a single-ported bank that the step read is written.
    /// </summary>
    private int EndStep(long edge, ref bool moved)
    {
        State.SecondPass = 0;
        _stepped = false;
        bool fetched = _operands.Advance(edge) | _weights.Advance(edge);
        moved |= fetched || _emptyingFrom == NotEmptying;
        return State.Wide != 0 ? State.FirstPassCause : CauseAccumulatorPort;
    }

    /// <summary>Array time up to which what enters at a time is in the array or its sums are not readable.</summary>
    private long TimeToLeave(long time) => time + _config.Rows + _config.Columns - 1 + _config.AccumulatorLatencyCycles;

    private int LateWeights() => _weights.Transposed ? CauseTranspose : CauseWeightWait;

    private int LateOperand() => _operands.Transposed ? CauseTranspose : CauseOperandStall;

    /// <summary>Starts the next fold when its sums' and its first row's time has come. The array moves on meanwhile.</summary>
    private int TryLaunch(long time)
    {
        ref readonly Descriptor descriptor = ref State.Current.Descriptor;
        bool addend = State.LaunchKBlock > 0 || descriptor.Accumulate;
        int line = _accumulators.BlockLine(descriptor.Slot, descriptor.N0, State.LaunchNBlock);
        if (addend && time < _accumulators.FreeFrom(line))
            return CauseAccumulatorHazard;
        if (!_operands.Ready)
            return LateOperand();

        FoldInFlight fold = default;
        fold.Start = time;
        fold.Rows = descriptor.N0;
        fold.Columns = Math.Min(_config.Columns, descriptor.N2 - (State.LaunchNBlock * _config.Columns));
        fold.Line = line;
        fold.Addend = (byte)(addend ? 1 : 0);
        fold.Kind = State.Kind;
        _accumulators.Launch(in fold);
        if (_isFast)
            _fast.Launch(in fold, State.Switches != 0, _operands.Format, OperandStream.FormatOf(descriptor.TypeB, State.Packing));
        else
            LaunchInRegisters(in fold);
        State.FoldRows = KRows(State.LaunchKBlock);
        State.FoldColumns = fold.Columns;
        State.RowsEntered = 0;
        State.FoldsLaunched++;
        State.Folds++;
        State.LastInterval = time - State.LastLaunch;
        State.LastLaunch = time;
        if (++State.LaunchNBlock == State.NBlocks)
        {
            State.LaunchNBlock = 0;
            State.LaunchKBlock++;
        }

        return Ledger.Busy;
    }

    private void LaunchInRegisters(in FoldInFlight fold)
    {
        _steppedSums.Launch(in fold);
        if (State.Switches != 0)
            _registers.EnterSwitch();
    }

    /// <summary>k of a block.</summary>
    private int KRows(int kBlock)
    {
        int most = _config.Rows * State.Packing;
        return Math.Min(most, State.Current.Descriptor.N1 - (kBlock * most));
    }

    /// <summary>Words of p elements that so many k take.</summary>
    private int Words(int k) => (k + State.Packing - 1) / State.Packing;

    private void EnterRow()
    {
        int words = Words(State.FoldRows);
        if (_isFast)
            _fast.EnterRow(_operands.Row, words);
        else
            _registers.EnterRow(_operands.Row, words, _operands.Format);
        long macs = (long)State.FoldRows * State.FoldColumns;
        switch (State.Current.Descriptor.TypeB)
        {
            case ElementType.Bf16:
                State.MacsBf16 += macs;
                break;
            case ElementType.Int4:
                State.MacsInt4 += macs;
                break;
            default:
                State.MacsInt8 += macs;
                State.MacsInt16 += State.Wide != 0 ? macs : 0;
                break;
        }

        _operands.Take();
        State.RowsEntered++;
        State.XRows++;
    }

    private bool ShiftToken()
    {
        int columns = Math.Min(_config.Columns, State.Current.Descriptor.N2 - (State.ShiftNBlock * _config.Columns));
        if (!ShiftRow(Words(KRows(State.ShiftKBlock)), columns))
            return false;
        if (State.TokensShifted == 0)
        {
            State.FoldsShifted++;
            if (++State.ShiftNBlock == State.NBlocks)
            {
                State.ShiftNBlock = 0;
                State.ShiftKBlock++;
            }
        }

        return true;
    }

    /// <summary>Sends the next shift token of a tile if its weights are here; rows beyond k need none.</summary>
    private bool ShiftRow(int rows, int columns)
    {
        if (_config.Rows - 1 - State.TokensShifted >= rows)
        {
            EnterWeights([], 0);
        }
        else
        {
            if (!_weights.Ready)
                return false;
            EnterWeights(_weights.Row, columns);
            _weights.Take();
            State.WeightRows++;
        }

        if (++State.TokensShifted == _config.Rows)
            State.TokensShifted = 0;
        return true;
    }

    private void EnterWeights(ReadOnlySpan<byte> row, int columns)
    {
        if (_isFast)
            _fast.EnterWeights(row, columns, _weights.Format);
        else
            _registers.EnterWeights(row, columns, _weights.Format);
    }
}
