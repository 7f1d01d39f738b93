using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>
/// The step engine: a weight-stationary grid of R x C PEs, every register of every PE at every enabled cycle. What is
/// entered before a <see cref="Step"/> goes in at that step; when there is no step, the whole array holds.
/// </summary>
/// <remarks>
/// At a step PE (r, c) does
/// <code>
/// switch token arrives:  weight = shadow, enable = enableShadow (used at this very edge)
/// shift token arrives:   weightOut = shadow, shadow = weightOut of the PE above (the same for the enables)
/// act = act of the PE to the left;  psum = enable ? fma(act, weight, psum of the PE above) : psum of the PE above
/// </code>
/// Row 0 takes psum, weights and tokens from above with column c delayed by c, column 0 takes act with row r delayed by r.
/// So all PEs with the same r + c see what entered together, and the registers are kept as that says: an act register shows
/// element r of the row that entered r + c steps before the last, a token register what entered then. Shadows and pass registers
/// are not kept either: which word stands in them follows from how many tokens have come by (<see cref="WeightTokens"/>).
/// Sums and weights are kept PE by PE. Steps are recorded and made up some at a time (<c>SystolicArray.Sweep.cs</c>); whoever looks has
/// them made up first.
/// </remarks>
public sealed partial class SystolicArray
{
    private readonly int _groups;        // of so many columns side by side as the host computes at once
    private readonly int _lanes;
    private readonly SimdWidth _simd;
    private readonly SteppedSums? _sums;

    private readonly int[] _x;           // rows as they entered, by step
    private readonly int _xAt;
    private readonly int _xPitch;
    private readonly int _xEnd;
    private readonly int _xWindow;       // rows that the sweeps may look back on
    private readonly int[] _psum;        // of strips of 16 columns, row below row
    private readonly int _psumAt;
    private readonly int[] _weight;
    private readonly int _weightAt;
    private readonly WeightTokens _tokens;
    private readonly ushort[] _enable;   // of a group of columns, row below row; a bit a lane
    private readonly int[] _notFull;     // rows of a group whose enables are not all on
    private readonly StepRecord[] _records; // ring by step
    private readonly int _recordMask;
    private readonly int[] _tops;        // ring by step, of those at which somebody wrote it
    private readonly int[] _bottom;
    private readonly int[] _widened;     // a row on its way

    private long _time;
    private MacKind _kind;               // of the steps that are recorded
    private long _xFirst;                // step whose row is the first in the buffer
    private int _xNext;                  // where the next step's is
    private long _lastSwitch;
    private long _lastTop = -1;
    private StepFlags _entering;
    private bool _unlinked;

    /// <param name="rows">R, 1 to 512.</param>
    /// <param name="columns">C, 1 to 512.</param>
    /// <param name="simd">Host vector width.</param>
    /// <param name="sums">Where addends come from and sums go, or null: then they are <see cref="Top"/> and <see cref="Bottom"/>.</param>
    public SystolicArray(int rows, int columns, SimdWidth simd = SimdWidth.Widest, SteppedSums? sums = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        Rows = rows;
        Columns = columns;
        _sums = sums;
        _simd = SimdWidths.Choose(simd);
        _lanes = _simd switch
        {
            SimdWidth.Vector512 => Lanes16.Count,
            SimdWidth.Vector256 => Lanes8.Count,
            SimdWidth.Vector128 => Lanes4.Count,
            _ => Lanes1.Count,
        };
        _groups = (columns + _lanes - 1) / _lanes;
        int grid = (columns + CacheLines.Words - 1) / CacheLines.Words * CacheLines.Words * rows;
        _psum = CacheLines.Allocate(grid, out _psumAt);
        _weight = CacheLines.Allocate(grid, out _weightAt);
        _enable = new ushort[_groups * rows];
        _notFull = new int[_groups];
        System.Array.Fill(_notFull, rows);

        // Steps that are not made up yet, and those whose rows and tokens are in the array then.
        int pending = (2 * _lanes) + Block;
        _xPitch = CacheLines.Pitch(rows);
        _xWindow = rows + columns + _lanes + pending;
        _x = CacheLines.Allocate((_xWindow + XSlack) * _xPitch, out _xAt);
        _xEnd = _xAt + ((_xWindow + XSlack) * _xPitch);
        _tokens = new WeightTokens((2 * rows) + columns + _lanes + pending, columns);
        _records = new StepRecord[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(_xWindow + 2))];
        _recordMask = _records.Length - 1;
        _tops = new int[MostPending * columns];
        _bottom = new int[columns];
        _widened = new int[columns];
        _into = CacheLines.Allocate(Block * CacheLines.Words, out _intoAt);
        _line = CacheLines.Allocate((_groups + 1) * _lanes, out _lineAt);
        _masks = CacheLines.Allocate(2 * Block * CacheLines.Words, out _masksAt);
        _masks.AsSpan(_masksAt + (Block * CacheLines.Words), Block * CacheLines.Words).Fill(-1);
        RestAt(0);
    }

    /// <summary>What entered at a step, and what had come in before.</summary>
    private struct StepRecord
    {
        /// <summary>Number of the last shift token that entered at this step or before.</summary>
        public long Tokens;

        /// <summary>The last step up to this one at which a switch token entered.</summary>
        public long Switch;
        public StepFlags Flags;
    }

    [Flags]
    private enum StepFlags : byte
    {
        None = 0,
        ShiftToken = 1,
        SwitchToken = 2,
        Enable = 4, // of the shift token
        Row = 8,
        Top = 16,
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Enabled cycles so far, which is the index of the next step.</summary>
    public long Time => _time;

    /// <summary>What enters the top of each column at the next step; +0 where nobody writes.</summary>
    public Span<int> Top
    {
        get
        {
            Span<int> top = TopOf(_time);
            if ((_entering & StepFlags.Top) == 0)
                top.Clear();
            _entering |= StepFlags.Top;
            _lastTop = _time;
            return top;
        }
    }

    /// <summary>The bottom row's psum registers.</summary>
    public ReadOnlySpan<int> Bottom
    {
        get
        {
            Settle();
            return HeldAtBottom();
        }
    }

    /// <summary>An X row enters at the next step: words as the PEs multiply them, element r for row r; missing ones are 0.</summary>
    public void EnterRow(ReadOnlySpan<int> words) => words.CopyTo(XRow(words.Length));

    /// <summary>As <see cref="EnterRow(ReadOnlySpan{int})"/>, from the bytes of a row.</summary>
    /// <param name="words">Words of the row, up to R.</param>
    public void EnterRow(ReadOnlySpan<byte> row, int words, RowFormat format) => RowFormats.Widen(row, format, XRow(words));

    /// <summary>A switch token enters at the next step, with the first X row of a fold.</summary>
    public void EnterSwitch() => _entering |= StepFlags.SwitchToken;

    /// <summary>A shift token enters at the next step with one row of weights, bottom row first.</summary>
    /// <param name="words">One word a column; missing ones are 0.</param>
    /// <param name="enabled">False for a row beyond K, which passes psum through unchanged.</param>
    public void EnterWeights(ReadOnlySpan<int> words, bool enabled)
    {
        Span<int> row = TokenRow(enabled);
        words.CopyTo(row);
        row[words.Length..].Clear();
    }

    /// <summary>As <see cref="EnterWeights(ReadOnlySpan{int}, bool)"/>, from the bytes of a row.</summary>
    /// <param name="row">Empty for a row beyond k, which passes psum through unchanged.</param>
    /// <param name="words">Words of the row, up to C.</param>
    public void EnterWeights(ReadOnlySpan<byte> row, int words, RowFormat format)
    {
        Span<int> token = TokenRow(!row.IsEmpty);
        words = row.IsEmpty ? 0 : words;
        RowFormats.Widen(row, format, token[..words]);
        if (words < token.Length)
            token[words..].Clear();
    }

    /// <summary>One enabled cycle.</summary>
    /// <param name="kind">What every PE computes.</param>
    public void Step(MacKind kind)
    {
        if (kind != _kind)
        {
            Settle();
            _kind = kind;
        }

        Link();
        if ((_entering & StepFlags.Row) == 0)
            XRow(0);
        long time = _time;
        ref StepRecord record = ref Record(time);
        if ((_entering & StepFlags.SwitchToken) != 0)
            _lastSwitch = time;
        record.Flags = _entering;
        record.Tokens = _tokens.Last;
        record.Switch = _lastSwitch;
        _entering = StepFlags.None;
        _time = ++time;
        _xNext += _xPitch;
        if (time == _due)
            SweepWhatIsDue();
        if (_xNext == _xEnd)
            MoveRows();
    }

    private Span<int> TopOf(long step) => _tops.AsSpan((int)(step & (MostPending - 1)) * Columns, Columns);

    /// <summary>The row of X that enters at the next step, with so many words still to be written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<int> XRow(int words)
    {
        _entering |= StepFlags.Row;
        Span<int> row = _x.AsSpan(_xNext, Rows);
        if (words < row.Length)
            row[words..].Clear();
        return row[..words];
    }

    /// <summary>A second call before a step writes the same token again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<int> TokenRow(bool enabled)
    {
        bool again = (_entering & StepFlags.ShiftToken) != 0;
        _entering = (_entering & ~StepFlags.Enable) | (enabled ? StepFlags.ShiftToken | StepFlags.Enable : StepFlags.ShiftToken);
        if (!again)
            return _tokens.Enter(enabled);
        _tokens.Enable(_tokens.Last, enabled);
        return _tokens.Row(_tokens.Last);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref StepRecord Record(long step) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_records), (int)step & _recordMask);

    /// <summary>Number of the last token that entered at least <paramref name="age"/> steps before the last step.</summary>
    private long TokenOfAge(int age)
    {
        Link();
        return Record(_time - 1 - age).Tokens;
    }

    /// <summary>Counts tokens and finds switches anew, if registers were written one by one.</summary>
    private void Link()
    {
        if (_unlinked)
            FollowTokens();
    }

    private void FollowTokens()
    {
        _unlinked = false;
        long last = _time - 1, first = _time - _records.Length;
        long tokens = _tokens.Last - (long)(_entering & StepFlags.ShiftToken);
        for (long step = last; step >= first; step--)
        {
            Record(step).Tokens = tokens;
            tokens -= (long)(Record(step).Flags & StepFlags.ShiftToken);
        }

        long switched = first - 1;
        for (long step = first; step <= last; step++)
            Record(step).Switch = switched = (Record(step).Flags & StepFlags.SwitchToken) != 0 ? step : switched;
        _lastSwitch = switched;
    }

    /// <summary>Moves the rows that are still wanted to the start of their buffer.</summary>
    private void MoveRows()
    {
        _x.AsSpan(_xAt + (XSlack * _xPitch), _xWindow * _xPitch).CopyTo(_x.AsSpan(_xAt));
        _xFirst += XSlack;
        _xNext -= XSlack * _xPitch;
    }
}
