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
/// launched when it entered, and its column's addend. So a row's sums are known at its entry, and put into the accumulators
/// after it has left, many rows at once, in the order in which rows entered: a fold over sums of an earlier one finds them.
/// Whoever looks (core, archive, waveform) while rows are in the array has theirs put there early, the registers written
/// out, and the early sums taken back (<see cref="TakeBackEarlySums"/>).
/// Bounds: an X row is in the array for R + C steps; a fold's tokens are R steps long, so of a product's folds a few more than C / R matter, and of streams
/// as many as may be on their way out.
/// </remarks>
public sealed partial class FastArray
{
    private const int RowsAtOnce = 8 * FoldFloat.Rows; // that are settled by a thread

    private readonly int _rows;
    private readonly int _columns;
    private readonly int _stride;
    private readonly int _rowWords; // of a row of operands, zeros included
    private readonly int _rowBytes; // from row to row of them
    private readonly SimdWidth _simd;
    private readonly bool _addsAtBottom;
    private readonly Accumulators _accumulators;

    private readonly StepInput[] _steps; // ring by step
    private readonly byte[] _operands; // ring by row: bf16 as fp32, integers as they came, as both are what the kernels take
    private readonly int[] _looked;    // a row of them as words, for who looks
    private readonly int[] _addends;     // what the accumulators held where a row's sums go, while somebody looks
    private readonly FoldInput[] _folds; // ring by fold
    private readonly WeightTokens _tokens;
    private readonly int[] _kept;        // tiles of weights that the PEs hold, or held, and whose tokens may be gone
    private readonly int _mostKept;
    private readonly Packing _packing;   // of operands for the kernels
    private readonly int[] _sums;
    private readonly int _sumsAt;
    private readonly SharedRows? _shared; // with host threads that help
    private readonly int _stepMask;
    private readonly int _rowsKept;

    private long _time;
    private int _tokensInTile;
    private WeightTile _filling; // what the shift tokens bring
    private int _lastKept;
    private bool _filled;        // whether all of it is in the shadow and no switch token has taken it
    private WeightTile _held;    // what the last switch token took
    private long _launched;
    private long _entered; // rows
    private int _slot;     // of the next
    private long _settled; // rows whose sums are in the accumulators
    private StepFlags _entering;
    private RowFormat _format; // of the rows of the fold launched last

    /// <param name="config">Sizes.</param>
    /// <param name="accumulators">Where sums go.</param>
    /// <param name="team">Host threads that share the work, or null.</param>
    public FastArray(MatrixConfig config, Accumulators accumulators, HostTeam? team = null)
    {
        _rows = config.Rows;
        _columns = config.Columns;
        _stride = (_columns + FoldFloat.Block - 1) / FoldFloat.Block * FoldFloat.Block;
        _rowWords = (_rows + CacheLines.Words - 1) / CacheLines.Words * CacheLines.Words;
        _rowBytes = _rowWords * sizeof(int);
        _simd = SimdWidths.Choose(config.Simd);
        _addsAtBottom = config.Accumulate == AccumulatePlace.Bottom;
        _accumulators = accumulators;
        int steps = (int)BitOperations.RoundUpToPowerOf2((uint)(_rows + _columns));
        int atOnce = team is null ? RowsAtOnce : SharedRows.MostRows;
        _rowsKept = (_rows + _columns + atOnce + RowsAtOnce - 1) / RowsAtOnce * RowsAtOnce; // whole blocks, none of them across the ring's end
        _steps = new StepInput[steps];
        _stepMask = steps - 1;
        _operands = new byte[_rowsKept * _rowBytes];
        _looked = new int[_rows];
        _addends = new int[_rowsKept * _stride];
        _folds = new FoldInput[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(MatrixUnit.MostLeaving + 3, (_columns / _rows) + 6))];
        _tokens = new WeightTokens(_rows * (3 + ((_columns + _rows - 1) / _rows)), _columns); // no more: they displace the weights in use from the host's caches
        _mostKept = 1 + ((_columns + (2 * _rows) - 1) / (2 * _rows));
        _kept = new int[_mostKept * _rows * _columns];
        _packing = new Packing(this, config, atOnce);
        _sums = CacheLines.Allocate(atOnce * _stride, out _sumsAt);
        if (team is not null)
            _shared = new SharedRows(this, team);
    }

    /// <summary>Enabled cycles so far, which is the index of the next step.</summary>
    public long Time => _time;

    /// <summary>A shift token enters at the next step with one row of weights, bottom row first; R of them make a tile.</summary>
    /// <param name="row">One word a column; empty for a row beyond K.</param>
    /// <param name="words">Words in the row, up to C.</param>
    public void EnterWeights(ReadOnlySpan<byte> row, int words, RowFormat format)
    {
        if (_tokensInTile == 0)
            StartTile();

        Span<int> weights = _tokens.Enter(!row.IsEmpty);
        words = row.IsEmpty ? 0 : words;
        RowFormats.Widen(row, format, weights[..words]);
        weights[words..].Clear();
        if (!row.IsEmpty)
            _filling.EnabledRows = Math.Max(_filling.EnabledRows, _rows - _tokensInTile);
        _entering |= row.IsEmpty ? StepFlags.ShiftToken : StepFlags.ShiftToken | StepFlags.Enable;
        if (++_tokensInTile == _rows)
        {
            _tokensInTile = 0;
            _filled = true;
        }
    }

    /// <summary>The first X row of this fold enters at the next step.</summary>
    /// <param name="switches">With the switch token: the fold takes the weights of the shadow, else those of the fold before it.</param>
    /// <param name="operands">What the X rows are in memory.</param>
    /// <param name="weights">What the weights were there.</param>
    public void Launch(in FoldInFlight wave, bool switches, RowFormat operands, RowFormat weights)
    {
        // The slot may still be wanted by rows that have left: it was taken C + 5 R steps or more before.
        while (_settled < _entered && FoldOf(_settled) <= _launched - _folds.Length)
            SettleSome();
        if (switches)
        {
            _filling.Number = _held.Number + 1;
            _held = _filling;
            _filled = false;
            _entering |= StepFlags.SwitchToken;
        }

        Fold(_launched) = new FoldInput { Wave = wave, FirstRow = _entered, Weights = _held, Format = weights, Operands = operands };
        _format = operands;
        _launched++;
    }

    /// <summary>The next X row of the fold launched last enters at the next step.</summary>
    /// <param name="words">Words in the row, up to R; the others are 0.</param>
    public void EnterRow(ReadOnlySpan<byte> row, int words)
    {
        // Full, so that the oldest rows entered R + C steps ago or more and have left.
        if (_entered - _settled == _rowsKept)
            SettleSome();
        Span<byte> operands = OperandRow(_slot);
        int size = RowFormats.BytesOf(KeptAs(_format)), bytes = words * size;
        if (_format == RowFormat.Bf16)
            WidenBf16.Run(MemoryMarshal.Cast<byte, ushort>(row)[..words], MemoryMarshal.Cast<byte, float>(operands)[..words]);
        else
            row[..bytes].CopyTo(operands);
        if (words < _rowWords)
            operands[bytes..(_rowWords * size)].Clear();
        _slot = _slot + 1 == _rowsKept ? 0 : _slot + 1;
        _entered++;
        _entering |= StepFlags.Row;
        _shared?.OfferThoseThatLeft();
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
    /// <param name="remember">
    /// Keeps what was there before, for <see cref="WriteRegisters"/> and <see cref="TakeBackEarlySums"/>: some rows may not have left yet.
    /// Else all have.
    /// </param>
    public void Settle(bool remember = false)
    {
        if (!remember)
            _shared?.OfferAll();
        _shared?.Finish();
        while (_settled < _entered)
            SettleSome(remember);
    }

    /// <summary>At least one of the oldest rows, which have left unless it is to be remembered what was there before.</summary>
    private void SettleSome(bool remember = false)
    {
        if (!remember)
            _shared?.OfferThoseThatLeft();
        if (_shared is not null && _shared.FinishOne())
            return;
        RowBlock block = NextBlock(_settled, RowsAtOnce);
        _packing.TakeWeights(in Fold(block.Fold));
        SettleRows(in block, 0, remember);
        _settled += block.Count;
        _shared?.GoOnAt(_settled);
    }

    /// <summary>Rows from a number on that entered: of one fold, beside each other, as many as there are up to a limit.</summary>
    private RowBlock NextBlock(long first, int limit)
    {
        int slot = SlotOf(first);
        long fold = FoldOf(first), end = fold == _launched - 1 ? _entered : Fold(fold + 1).FirstRow;
        int count = (int)Math.Min(Math.Min(end - first, _rowsKept - slot), limit);
        return new RowBlock { Fold = fold, Slot = slot, FirstRow = (int)(first - Fold(fold).FirstRow), Count = count };
    }

    private int SlotOf(long row)
    {
        int slot = _slot - (int)(_entered - row);
        return slot < 0 ? slot + _rowsKept : slot;
    }

    /// <summary>The number of the fold of a row that is not settled, or still in the array.</summary>
    private long FoldOf(long row)
    {
        long fold = _launched - 1;
        while (Fold(fold).FirstRow > row)
            fold--;
        return fold;
    }

    /// <summary>Sums of some rows, whose weights are packed and which nobody else touches meanwhile.</summary>
    /// <param name="block">The rows.</param>
    /// <param name="place">Their place in the buffers for rows on their way, which nobody else has.</param>
    /// <param name="remember">Whether to keep what the accumulators held.</param>
    private void SettleRows(in RowBlock block, int place, bool remember)
    {
        ref FoldInFlight wave = ref Fold(block.Fold).Wave;
        int count = block.Count;
        Span<int> held = _accumulators.Rows(in wave, block.FirstRow, count);
        for (int i = 0; remember && i < count; i++)
            held.Slice(i * _columns, wave.Columns).CopyTo(_addends.AsSpan((block.Slot + i) * _stride));

        // Sums start from the addend, or from +0 when there is none or it joins at the bottom.
        bool fromAddend = wave.Addend != 0 && !_addsAtBottom;
        ReadOnlySpan<byte> x = _operands.AsSpan(block.Slot * _rowBytes, count * _rowBytes);

        // The kernels write whole blocks of columns: in place where a fold has no others.
        if (_columns == _stride && wave.Columns % FoldFloat.Block == 0 && (fromAddend || wave.Addend == 0))
        {
            for (int i = 0; wave.Addend == 0 && i < count; i++)
                held.Slice(i * _columns, wave.Columns).Clear();
            _packing.Multiply(x, _rowBytes, place, held, _columns, count, wave.Columns);
            return;
        }

        Span<int> sums = _sums.AsSpan(_sumsAt + (place * _stride), count * _stride);
        for (int i = 0; fromAddend && i < count; i++)
            held.Slice(i * _columns, wave.Columns).CopyTo(sums[(i * _stride)..]);
        if (!fromAddend)
            sums.Clear();
        _packing.Multiply(x, _rowBytes, place, sums, _stride, count, (wave.Columns + FoldFloat.Block - 1) / FoldFloat.Block * FoldFloat.Block);
        for (int i = 0; i < count; i++)
        {
            Span<int> row = sums.Slice(i * _stride, wave.Columns), target = held[(i * _columns)..];
            if (wave.Addend != 0 && _addsAtBottom)
                AddHeld(target[..wave.Columns], row, wave.Kind);
            row.CopyTo(target);
        }
    }

    private static void AddHeld(ReadOnlySpan<int> held, Span<int> sums, MacKind kind)
    {
        if (kind == MacKind.Bf16)
        {
            Span<float> floats = MemoryMarshal.Cast<int, float>(sums);
            AddLane.Run(MemoryMarshal.Cast<int, float>(held), floats, floats);
            return;
        }

        for (int c = 0; c < held.Length; c++)
            sums[c] = Accumulators.AddAtBottom(held[c], sums[c], kind);
    }

    // fp32 are words already.
    private static RowFormat KeptAs(RowFormat format) => format == RowFormat.Bf16 ? RowFormat.Packed : format;

    private Span<byte> OperandRow(int slot) => _operands.AsSpan(slot * _rowBytes, _rowBytes);

    private ref FoldInput Fold(long number) => ref _folds[number & (_folds.Length - 1)];

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

    private struct FoldInput
    {
        public FoldInFlight Wave;
        public WeightTile Weights;
        public long FirstRow;
        public RowFormat Format, Operands;
    }

    /// <summary>Rows of one fold, beside each other.</summary>
    private struct RowBlock
    {
        public long Fold;
        public int Slot, FirstRow, Count;
    }
}
