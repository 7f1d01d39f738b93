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
    // A multiple of the kernels' tiles: 6 and 8 rows.
    private const int MostRowsAtOnce = 96;

    private readonly int _rows;
    private readonly int _columns;
    private readonly int _stride;
    private readonly SimdWidth _simd;
    private readonly bool _addsAtBottom;
    private readonly Accumulators _accumulators;

    private readonly StepInput[] _steps; // ring by step
    private readonly RowInput[] _rowInputs; // ring by row
    private readonly byte[] _rowBytes;
    private readonly int[] _addends;     // what the accumulators held where a row's sums go
    private readonly FoldInput[] _folds; // ring by fold
    private readonly WeightTokens _tokens;
    private readonly int _rowPitch;
    private readonly int _stepMask;
    private readonly int _rowMask;

    // What the kernels take: rows of a batch, the weights of one fold, sums that are not computed in place.
    private readonly int[] _x;
    private readonly int _xAt;
    private readonly int _xPitch;
    private readonly int[] _weights;
    private readonly int _weightsAt;
    private readonly int _weightPitch;
    private readonly int[] _corrections;
    private readonly int[] _sums;
    private readonly int _sumsAt;
    private readonly int[] _zeros;
    private readonly int[] _row;
    private readonly sbyte[] _elements;

    private long _time;
    private long _packedFold = -1;
    private Form _packedForm;
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
        _simd = SimdWidths.Choose(config.Simd);
        _addsAtBottom = config.Accumulate == AccumulatePlace.Bottom;
        _accumulators = accumulators;
        int steps = (int)BitOperations.RoundUpToPowerOf2((uint)(_rows + _columns));
        int rows = (int)BitOperations.RoundUpToPowerOf2((uint)(_rows + _columns + MostRowsAtOnce));
        _steps = new StepInput[steps];
        _stepMask = steps - 1;
        _rowInputs = new RowInput[rows];
        _rowMask = rows - 1;
        _rowPitch = 4 * _rows;
        _rowBytes = new byte[rows * _rowPitch];
        _addends = new int[rows * _stride];
        _folds = new FoldInput[(_columns / _rows) + 6];
        _tokens = new WeightTokens((_folds.Length + 1) * _rows, _columns);

        // Eight int4 are two words of bytes or four of pairs.
        int deepest = FoldBytes.HasVectors(_simd) ? 2 * _rows : 4 * _rows;
        _xPitch = CacheLines.Pitch(deepest);
        _x = CacheLines.Allocate(MostRowsAtOnce * _xPitch, out _xAt);
        _weightPitch = CacheLines.Pitch(_stride);
        _weights = CacheLines.Allocate(deepest * _weightPitch, out _weightsAt);
        _sums = CacheLines.Allocate(MostRowsAtOnce * _stride, out _sumsAt);
        _corrections = new int[_stride];
        _zeros = new int[_columns];
        _row = new int[Math.Max(_rows, 2 * _columns)];
        _elements = new sbyte[8 * _rows];
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
            fold = new FoldInput { OnlyInt8 = true };
        }

        Span<int> weights = _tokens.Enter(!row.IsEmpty);
        words = row.IsEmpty ? 0 : words;
        RowFormats.Widen(row, format, weights[..words]);
        weights[words..].Clear();
        if (!row.IsEmpty)
        {
            fold.EnabledRows = Math.Max(fold.EnabledRows, _rows - _tokensInFold);
            fold.OnlyInt8 &= format == RowFormat.Int8;
        }

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
        _rowInputs[slot] = new RowInput { Fold = _launched - 1, EnteredAt = _time, Index = index, Words = words, Format = format };
        row[..(words * RowFormats.BytesOf(format))].CopyTo(_rowBytes.AsSpan(slot * _rowPitch));
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
            while (count < most && _rowInputs[slot + count].Fold == first.Fold && _rowInputs[slot + count].Format == first.Format)
                count++;
            SettleRows(slot, count);
            _settled += count;
        }
    }

    /// <summary>Rows of one fold and one format.</summary>
    private void SettleRows(int slot, int count)
    {
        long number = _rowInputs[slot].Fold;
        ref FoldInput fold = ref Fold(number);
        ref FoldInFlight wave = ref fold.Wave;
        Form form = FormOf(in fold, _rowInputs[slot].Format);
        int depth = Depth(in fold, form);
        PackFold(in fold, number, form, depth);
        PackRows(in fold, slot, count, form, depth);
        Span<int> held = _accumulators.Rows(in wave, _rowInputs[slot].Index, count);
        for (int i = 0; i < count; i++)
            held.Slice(i * _columns, wave.Columns).CopyTo(_addends.AsSpan((slot + i) * _stride));

        // Sums start from the addend, or from +0 when there is none or it joins at the bottom.
        bool fromAddend = wave.Addend != 0 && !_addsAtBottom;

        // The kernels write whole blocks of columns: in place where a fold has no others.
        if (_columns == _stride && wave.Columns % FoldFloat.Block == 0 && (fromAddend || wave.Addend == 0))
        {
            for (int i = 0; wave.Addend == 0 && i < count; i++)
                held.Slice(i * _columns, wave.Columns).Clear();
            Multiply(form, depth, count, held, _columns, wave.Columns);
            for (int i = 0; wave.Kind == MacKind.Bf16 && i < count; i++)
                CanonicalLanes.Run(MemoryMarshal.Cast<int, float>(held.Slice(i * _columns, wave.Columns)));
            return;
        }

        Span<int> sums = _sums.AsSpan(_sumsAt, count * _stride);
        if (fromAddend)
            _addends.AsSpan(slot * _stride, sums.Length).CopyTo(sums);
        else
            sums.Clear();
        Multiply(form, depth, count, sums, _stride, (wave.Columns + FoldFloat.Block - 1) / FoldFloat.Block * FoldFloat.Block);
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

    private void Multiply(Form form, int depth, int rows, Span<int> sums, int pitch, int columns)
    {
        ReadOnlySpan<int> x = _x.AsSpan(_xAt), weights = _weights.AsSpan(_weightsAt);
        switch (form)
        {
            case Form.Float:
                FoldFloat.Run(
                    MemoryMarshal.Cast<int, float>(x), _xPitch, MemoryMarshal.Cast<int, float>(weights), _weightPitch,
                    MemoryMarshal.Cast<int, float>(sums), pitch, rows, depth, columns, _simd);
                break;
            case Form.Bytes:
                FoldBytes.Run(x, _xPitch, weights, _weightPitch, _corrections, sums, pitch, rows, depth, columns, _simd);
                break;
            default:
                FoldInteger.Run(x, _xPitch, weights, _weightPitch, sums, pitch, rows, depth, columns, _simd);
                break;
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
        public int Index, Words;
        public RowFormat Format;
    }

    private struct FoldInput
    {
        public FoldInFlight Wave;
        public int EnabledRows;

        /// <summary>Whether all its rows of weights came as int8.</summary>
        public bool OnlyInt8;
    }
}
