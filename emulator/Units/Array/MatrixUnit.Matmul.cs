using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>mx.matmul: three walks over the same folds. Operand streams fetch, shift tokens load shadows, X rows run.</summary>
public sealed partial class MatrixUnit
{
    private bool _stepped; // whether the array moved at the edge being evaluated

    private RowFormat Format => State.Kind == MacKind.Bf16 ? RowFormat.Bf16 : RowFormat.Int8;

    private void StartMatmul(in Descriptor descriptor)
    {
        State.KBlocks = (descriptor.N1 + _config.Rows - 1) / _config.Rows;
        State.NBlocks = (descriptor.N2 + _config.Columns - 1) / _config.Columns;
        State.FoldsShifted = 0;
        State.TokensShifted = 0;
        State.ShiftNBlock = 0;
        State.ShiftKBlock = 0;
        State.FoldsLaunched = 0;
        State.RowsEntered = descriptor.N0; // of the fold before the first
        State.LaunchNBlock = 0;
        State.LaunchKBlock = 0;
        UseEngine();
        State.Kind = descriptor.TypeA == ElementType.Bf16 ? MacKind.Bf16 : MacKind.Integer;
        _operands.Start(in descriptor);
        _weights.Start(in descriptor);
        State.Phase = MatrixPhase.Matmul;
    }

    private int Multiply(long edge, ref bool moved)
    {
        int folds = State.KBlocks * State.NBlocks;
        long time = ArrayTime;
        bool rowsLeft = State.RowsEntered < State.Current.Descriptor.N0;
        bool foldsLeft = State.FoldsLaunched < folds;
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
        if (!rowsLeft && foldsLeft && !weightsReady)
            cause = token ? CauseWeightShift : _weights.Transposed ? CauseTranspose : CauseWeightWait;
        if (entered)
            EnterRow();
        if (entered || token)
            State.ActiveUntil = time + _config.Rows + _config.Columns - 1 + _config.AccumulatorLatencyCycles;

        _stepped = !frozen && time <= State.ActiveUntil;
        if (_stepped)
        {
            StepArray(time);
            bool emptying = !rowsLeft && !foldsLeft;
            _emptyingFrom = emptying ? edge : NotEmptying;
            moved |= !emptying;
        }
        else if (!rowsLeft && !foldsLeft)
        {
            State.Phase = MatrixPhase.Report;
            _emptyingFrom = NotEmptying;
            SettleSums();
            moved = true;
        }

        moved |= _operands.Advance(edge);
        moved |= _weights.Advance(edge);
        return cause;
    }

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
            _fast.Launch(in fold);
        else
            _registers.EnterSwitch();
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

    private int KRows(int kBlock) => Math.Min(_config.Rows, State.Current.Descriptor.N1 - (kBlock * _config.Rows));

    private void EnterRow()
    {
        if (_isFast)
            _fast.EnterRow(_operands.Row, State.FoldRows, State.RowsEntered, Format);
        else
            _registers.EnterRow(_operands.Row, State.FoldRows, Format);
        long macs = (long)State.FoldRows * State.FoldColumns;
        if (State.Kind == MacKind.Bf16)
            State.MacsBf16 += macs;
        else
            State.MacsInt8 += macs;
        _operands.Take();
        State.RowsEntered++;
        State.XRows++;
    }

    /// <summary>Sends the next shift token if its weights are here; rows beyond k need none.</summary>
    private bool ShiftToken()
    {
        int row = _config.Rows - 1 - State.TokensShifted;
        if (row >= KRows(State.ShiftKBlock))
        {
            EnterWeights([], 0);
        }
        else
        {
            if (!_weights.Ready)
                return false;
            int columns = Math.Min(_config.Columns, State.Current.Descriptor.N2 - (State.ShiftNBlock * _config.Columns));
            EnterWeights(_weights.Row, columns);
            _weights.Take();
            State.WeightRows++;
        }

        if (++State.TokensShifted == _config.Rows)
        {
            State.TokensShifted = 0;
            State.FoldsShifted++;
            if (++State.ShiftNBlock == State.NBlocks)
            {
                State.ShiftNBlock = 0;
                State.ShiftKBlock++;
            }
        }

        return true;
    }

    private void EnterWeights(ReadOnlySpan<byte> row, int columns)
    {
        if (_isFast)
            _fast.EnterWeights(row, columns, Format);
        else
            _registers.EnterWeights(row, columns, Format);
    }
}
