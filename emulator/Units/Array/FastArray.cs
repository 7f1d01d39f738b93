using System.Numerics;
using System.Runtime.InteropServices;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>
/// The fast engine: keeps what entered the array and computes whole rows of sums from it, when somebody needs them. Same
/// bits as <see cref="SystolicArray"/>, without its registers; those of any step can be had by <see cref="WriteRegisters"/>.
/// </summary>
/// <remarks>
/// Everything that enters together meets again in every PE it passes: an X row finds the weights of the last fold that was
/// launched when it entered, and its column's addend. So a row's sums are known at its entry. They are put into the
/// accumulators ahead of their time, which nobody sees: whoever looks (drain, core, archive, waveform) comes after the array
/// has run empty, or has the registers written out first, which takes early sums back (<see cref="TakeBackEarlySums"/>).
/// A fold with addends follows the fold that wrote them at such a distance that it reads what is computed here before.
/// Bounds: an X row is in the array for R + C steps; a fold's tokens are R steps long, so of folds a few more than C / R matter.
/// </remarks>
public sealed partial class FastArray
{
    private const int MostRowsAtOnce = 64;

    private readonly int _rows;
    private readonly int _columns;
    private readonly int _stride;
    private readonly int _xPitch;
    private readonly int _weightPitch;
    private readonly SimdWidth _simd;
    private readonly bool _addsAtBottom;
    private readonly Accumulators _accumulators;

    private readonly StepInput[] _steps; // ring by step
    private readonly RowInput[] _rowInputs; // ring by row
    private readonly int[] _x;
    private readonly int[] _addends;     // what the accumulators held where a row's sums go
    private readonly FoldInput[] _folds; // ring by fold
    private readonly WeightTokens _tokens;
    private readonly int[] _weights;     // of one fold, k ascending
    private readonly int[] _weightPairs; // of one fold, for integers
    private readonly int[] _xPairs;
    private readonly int[] _zeros;
    private readonly int[] _sums;
    private readonly int _stepMask;
    private readonly int _rowMask;

    private long _time;
    private long _packedFold = -1;
    private long _fillingFold;
    private int _tokensInFold;
    private long _launched;
    private long _entered; // rows
    private long _settled; // rows whose sums are in the accumulators
    private StepFlags _entering;

    public FastArray(MatrixConfig config, Accumulators accumulators)
    {
        _rows = config.Rows;
        _columns = config.Columns;
        _stride = (_columns + FoldFloat.Block - 1) / FoldFloat.Block * FoldFloat.Block;
        _xPitch = (_rows + 15) / 16 * 16;
        _weightPitch = _stride + FoldFloat.Block; // no power of two: a column block's rows would share a few sets of the host's cache
        _simd = SimdWidths.Choose(config.Simd);
        _addsAtBottom = config.Accumulate == AccumulatePlace.Bottom;
        _accumulators = accumulators;
        int steps = (int)BitOperations.RoundUpToPowerOf2((uint)(_rows + _columns));
        int rows = (int)BitOperations.RoundUpToPowerOf2((uint)(_rows + _columns + MostRowsAtOnce));
        _steps = new StepInput[steps];
        _stepMask = steps - 1;
        _rowInputs = new RowInput[rows];
        _rowMask = rows - 1;
        _x = new int[rows * _xPitch];
        _addends = new int[rows * _stride];
        _folds = new FoldInput[(_columns / _rows) + 6];
        _tokens = new WeightTokens((_folds.Length + 1) * _rows, _columns);
        _weights = new int[_rows * _weightPitch];
        _weightPairs = new int[(_rows + 1) / 2 * _weightPitch];
        _zeros = new int[_stride];
        _xPairs = new int[MostRowsAtOnce * _xPitch];
        _sums = new int[MostRowsAtOnce * _stride];
    }

    /// <summary>Enabled cycles so far, which is the index of the next step.</summary>
    public long Time => _time;

    /// <summary>A shift token enters at the next step with one row of weights, bottom row first; R of them make a fold.</summary>
    /// <param name="row">One word a column; empty for a row beyond K.</param>
    /// <param name="words">Words in the row, up to C.</param>
    public void EnterWeights(ReadOnlySpan<byte> row, int words, RowFormat format)
    {
        ref FoldInput fold = ref Fold(_fillingFold);
        if (_tokensInFold == 0)
        {
            // The slot may still be wanted by rows that entered long ago.
            if (_settled < _entered && _rowInputs[_settled & _rowMask].Fold <= _fillingFold - _folds.Length)
                Settle();
            fold = default;
        }

        Span<int> weights = _tokens.Enter(!row.IsEmpty);
        words = row.IsEmpty ? 0 : words;
        RowFormats.Widen(row, format, weights[..words]);
        weights[words..].Clear();
        if (!row.IsEmpty)
            fold.EnabledRows = Math.Max(fold.EnabledRows, _rows - _tokensInFold);
        _entering |= row.IsEmpty ? StepFlags.ShiftToken : StepFlags.ShiftToken | StepFlags.Enable;
        if (++_tokensInFold == _rows)
        {
            _tokensInFold = 0;
            _fillingFold++;
        }
    }

    /// <summary>The switch token enters at the next step, with the first X row of this fold.</summary>
    public void Launch(in FoldInFlight wave)
    {
        Fold(_launched).Wave = wave;
        _launched++;
        _entering |= StepFlags.SwitchToken;
    }

    /// <summary>The next X row of the fold launched last enters at the next step.</summary>
    /// <param name="words">Words in the row, up to R; the others are 0.</param>
    /// <param name="index">Number of the row in its fold.</param>
    public void EnterRow(ReadOnlySpan<byte> row, int words, int index, RowFormat format)
    {
        if (_entered - _settled == MostRowsAtOnce)
            Settle();
        int slot = (int)_entered & _rowMask;
        _rowInputs[slot] = new RowInput { Fold = _launched - 1, Index = index, EnteredAt = _time };
        Span<int> x = _x.AsSpan(slot * _xPitch, _xPitch);
        RowFormats.Widen(row, format, x[..words]);
        x[words..].Clear();
        _entered++;
        _entering |= StepFlags.Row;
    }

    /// <summary>One enabled cycle.</summary>
    /// <param name="kind">What every PE computes.</param>
    public void Step(MacKind kind)
    {
        ref StepInput step = ref _steps[_time & _stepMask];
        step.Fold = _launched - 1;
        step.Row = _entered - 1;
        step.Flags = _entering;
        step.Kind = kind;
        _entering = StepFlags.None;
        _time++;
    }

    /// <summary>Steps at which nothing enters.</summary>
    public void Rest(long steps, MacKind kind)
    {
        long recorded = Math.Min(steps, _steps.Length);
        _time += steps - recorded;
        for (long i = 0; i < recorded; i++)
            Step(kind);
    }

    /// <summary>Puts the sums of all rows that entered into the accumulators.</summary>
    public void Settle()
    {
        while (_settled < _entered)
        {
            int slot = (int)_settled & _rowMask;
            ref RowInput first = ref _rowInputs[slot];
            int most = (int)Math.Min(Math.Min(_entered - _settled, _rowInputs.Length - slot), MostRowsAtOnce);
            int count = 1;
            while (count < most && _rowInputs[slot + count].Fold == first.Fold)
                count++;
            SettleRows(slot, first.Fold, first.Index, count);
            _settled += count;
        }
    }

    private void SettleRows(int slot, long number, int firstRow, int count)
    {
        ref FoldInput fold = ref Fold(number);
        ref FoldInFlight wave = ref fold.Wave;
        Span<int> held = _accumulators.Rows(in wave, firstRow, count);
        for (int i = 0; i < count; i++)
            held.Slice(i * _columns, wave.Columns).CopyTo(_addends.AsSpan((slot + i) * _stride));

        // Sums start from the addend, or from +0 when there is none or it joins at the bottom.
        bool fromAddend = wave.Addend != 0 && !_addsAtBottom;

        // The kernels write whole blocks of columns: in place where a fold has no others.
        if (_columns == _stride && wave.Columns % FoldFloat.Block == 0 && (fromAddend || wave.Addend == 0))
        {
            for (int i = 0; wave.Addend == 0 && i < count; i++)
                held.Slice(i * _columns, wave.Columns).Clear();
            Multiply(in fold, number, slot, count, held, _columns, wave.Columns);
            for (int i = 0; wave.Kind == MacKind.Bf16 && i < count; i++)
                CanonicalLanes.Run(MemoryMarshal.Cast<int, float>(held.Slice(i * _columns, wave.Columns)));
            return;
        }

        Span<int> sums = _sums.AsSpan(0, count * _stride);
        if (fromAddend)
            _addends.AsSpan(slot * _stride, sums.Length).CopyTo(sums);
        else
            sums.Clear();
        Multiply(in fold, number, slot, count, sums, _stride, (wave.Columns + FoldFloat.Block - 1) / FoldFloat.Block * FoldFloat.Block);
        for (int i = 0; wave.Addend != 0 && _addsAtBottom && i < count; i++)
            AddHeld(held.Slice(i * _columns, wave.Columns), sums[(i * _stride)..], wave.Kind);
        if (wave.Kind == MacKind.Bf16)
            CanonicalLanes.Run(MemoryMarshal.Cast<int, float>(sums));
        for (int i = 0; i < count; i++)
            sums.Slice(i * _stride, wave.Columns).CopyTo(held[(i * _columns)..]);
    }

    private static void AddHeld(ReadOnlySpan<int> held, Span<int> sums, MacKind kind)
    {
        for (int c = 0; c < held.Length; c++)
            sums[c] = Accumulators.AddAtBottom(held[c], sums[c], kind);
    }

    private void Multiply(in FoldInput fold, long number, int slot, int count, Span<int> sums, int pitch, int columns)
    {
        ReadOnlySpan<int> x = _x.AsSpan(slot * _xPitch, count * _xPitch);
        PackWeights(number, in fold);
        if (fold.Wave.Kind == MacKind.Bf16)
        {
            FoldFloat.Run(
                MemoryMarshal.Cast<int, float>(x), _xPitch, MemoryMarshal.Cast<int, float>(_weights), _weightPitch,
                MemoryMarshal.Cast<int, float>(sums), pitch, count, fold.EnabledRows, columns, _simd);
            return;
        }

        int pairs = (fold.EnabledRows + 1) / 2;
        for (int i = 0; i < count; i++)
            FoldInteger.PairNeighbours(x[(i * _xPitch)..], _xPairs.AsSpan(i * _xPitch, pairs));
        FoldInteger.Run(_xPairs, _xPitch, _weightPairs, _weightPitch, sums, pitch, count, pairs, columns, _simd);
    }

    private void PackWeights(long number, in FoldInput fold)
    {
        if (_packedFold == number)
            return;
        _packedFold = number;
        if (fold.Wave.Kind == MacKind.Bf16)
        {
            for (int r = 0; r < fold.EnabledRows; r++)
                WeightRow(number, r).CopyTo(_weights.AsSpan(r * _weightPitch));
            return;
        }

        for (int r = 0; r < fold.EnabledRows; r += 2)
        {
            ReadOnlySpan<int> odd = r + 1 < fold.EnabledRows ? WeightRow(number, r + 1) : _zeros;
            FoldInteger.PairRows(WeightRow(number, r), odd, _weightPairs.AsSpan(r / 2 * _weightPitch));
        }
    }

    private ref FoldInput Fold(long number) => ref _folds[number % _folds.Length];

    private Span<int> WeightRow(long fold, int row) => _tokens.Row(((fold + 1) * _rows) - row);

    /// <summary>What entered at one step.</summary>
    private struct StepInput
    {
        /// <summary>The row entered last, at this step or before; the fold launched last.</summary>
        public long Row, Fold;
        public StepFlags Flags;
        public MacKind Kind;
    }

    [Flags]
    private enum StepFlags
    {
        None = 0,
        Row = 1,
        ShiftToken = 2,
        Enable = 4, // of the shift token
        SwitchToken = 8,
    }

    private struct RowInput
    {
        public long Fold, EnteredAt;
        public int Index;
    }

    private struct FoldInput
    {
        public FoldInFlight Wave;
        public int EnabledRows;
    }
}
