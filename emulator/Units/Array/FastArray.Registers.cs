using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>From what entered to every register of every PE, and back from an array at rest.</summary>
public sealed partial class FastArray
{
    /// <summary>
    /// Goes on from an array in which nothing is in flight: all weights and enables are then those of the last fold, all shadows
    /// those of the last tile, the pass registers hold them a row further down, and what moves through the PEs is zeros.
    /// </summary>
    /// <param name="array">An array that has stood still or run empty since its last fold.</param>
    /// <param name="kind">The kind of the steps that ran it empty.</param>
    /// <param name="loaded">Whether the shadow holds a tile that no fold has taken.</param>
    public void ReadRegisters(SystolicArray array, MacKind kind, bool loaded)
    {
        // The fold in the PEs has number 0. Of the tile before the shadow's only the row in the bottom pass registers is left.
        _time = array.Time;
        _tokensInTile = 0;
        _launched = 1;
        _entered = 0;
        _slot = 0;
        _settled = 0;
        _shared?.GoOnAt(0);
        _packing.Forget();
        array.CopyTokensTo(_tokens, 2 * _rows);
        _filled = loaded;
        _filling = new WeightTile { First = _rows + 1 };
        _lastKept = 1;
        _held = new WeightTile { KeptIn = _lastKept };
        for (int r = 0; r < _rows; r++)
        {
            if (array.EnableShadow(r, 0))
                _filling.EnabledRows = r + 1;
            if (array.Enable(r, 0))
                _held.EnabledRows = r + 1;
            for (int c = 0; c < _columns; c++)
                WeightRow(in _held, r)[c] = array.Weight(r, c);
        }

        _folds[0] = new FoldInput { Weights = _held };
        _entering = StepFlags.None;
        Array.Fill(_steps, new StepInput { Row = -1, Kind = kind });
    }

    /// <summary>
    /// Writes the registers of this time. PE (r, c) has seen what entered up to r + c steps before the last step: its
    /// shadow follows from the shift tokens among it (<see cref="WeightTokens"/>), the weight is the word of the fold
    /// launched last, and psum is the chain over rows 0 .. r.
    /// </summary>
    public void WriteRegisters(SystolicArray array)
    {
        array.Reset(_time, _tokens);
        for (int age = 0; age < _rows + _columns - 1; age++)
        {
            long entered = _time - 1 - age;
            ref StepInput step = ref _steps[entered & _stepMask];
            array.SetTokens(age, Bit(in step, StepFlags.ShiftToken), Bit(in step, StepFlags.SwitchToken), Bit(in step, StepFlags.Enable));
            ReadOnlySpan<int> x = (step.Flags & StepFlags.Row) != 0 ? Words(in step) : default;
            for (int r = 0; r < x.Length; r++)
                array.SetAct(r, age - r, x[r]);
            for (int r = Math.Max(0, age - _columns + 1); r <= Math.Min(age, _rows - 1); r++)
                WriteElement(array, in step, entered, x, r, age - r);
        }
    }

    /// <summary>Puts back what the accumulators hold at this time in place of sums that have not left the array yet.</summary>
    public void TakeBackEarlySums()
    {
        for (int age = 1; age < _rows + _columns; age++)
        {
            ref StepInput step = ref _steps[(_time - age) & _stepMask];
            if ((step.Flags & StepFlags.Row) == 0)
                continue;
            ref FoldInput fold = ref Fold(step.Fold);
            int first = Math.Max(0, age - _rows); // columns before it have left
            if (first < fold.Wave.Columns)
                Addends(step.Row)[first..fold.Wave.Columns].CopyTo(_accumulators.Row(in fold.Wave, (int)(step.Row - fold.FirstRow))[first..]);
        }
    }

    /// <summary>A row of operands as PEs take them; until the next is asked for.</summary>
    private ReadOnlySpan<int> Words(in StepInput step)
    {
        RowFormats.Widen(OperandRow(SlotOf(step.Row)), KeptAs(Fold(step.Fold).Operands), _looked);
        return _looked;
    }

    private Span<int> Addends(long row) => _addends.AsSpan(SlotOf(row) * _stride, _stride);

    private static ulong Bit(in StepInput step, StepFlags flag) => (step.Flags & flag) != 0 ? 1u : 0;

    private void WriteElement(SystolicArray array, in StepInput step, long entered, ReadOnlySpan<int> x, int r, int c)
    {
        ref WeightTile weights = ref Fold(step.Fold).Weights;
        array.SetElement(r, c, Sum(in step, entered, x, r, c), WeightRow(in weights, r)[c], r < weights.EnabledRows);
    }

    private int Sum(in StepInput step, long entered, ReadOnlySpan<int> x, int lastRow, int c)
    {
        int sum = 0;
        ref FoldInput fold = ref Fold(step.Fold);
        if (!_addsAtBottom && !x.IsEmpty && fold.Wave.Addend != 0 && c < fold.Wave.Columns)
            sum = Addends(step.Row)[c];
        for (int r = 0; r <= Math.Min(lastRow, fold.Weights.EnabledRows - 1); r++)
        {
            int act = x.IsEmpty ? 0 : x[r];
            int weight = WeightRow(in fold.Weights, r)[c];
            sum = _steps[(entered + r + c) & _stepMask].Kind switch
            {
                MacKind.Integer => MacInteger.Apply(act, weight, sum),
                MacKind.Bf16 => MacBf16.Apply(act, weight, sum),
                MacKind.Int8x4 => MacInt8x4.Apply(act, weight, sum),
                _ => MacInt4x8.Apply(act, weight, sum),
            };
        }

        return sum;
    }
}
