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
/// So all PEs with the same r + c see what entered together, and the registers are kept as that says:
/// act of a row is a stream stored newest first, and moving it right is moving one pointer left; tokens are one bit history
/// whose bit r + c is the token register of PE (r, c).
/// </remarks>
public sealed partial class SystolicArray
{
    private const int Lanes = 16;

    // Cycles between two moves of the act streams back to the end of their buffers.
    private const int StreamSlack = 64;

    private const int PageWords = 1024;
    private const int PsumAt = 0; // in _grid; row 0 is what enters the top, PE (r, c) is in row r + 1

    private readonly int _stride;        // words from row to row of the grids: columns rounded up to a vector
    private readonly int _actStride;
    private readonly int _words;         // 64-bit words of enables a row
    private readonly SimdWidth _simd;

    private readonly int[] _act;         // R streams, newest first; PE (r, c) is at r * _actStride + Position + c
    private readonly int[] _grid;        // psum, weight, shadow, weightOut
    private readonly int _weightAt;
    private readonly int _shadowAt;
    private readonly int _weightOutAt;
    private readonly int[] _weightSkew;  // C lines; what column c takes at time t is in line t mod C
    private readonly ulong[] _enable;
    private readonly ulong[] _enableShadow;
    private readonly ulong[] _enableOut;
    private readonly ulong[] _shiftHistory;  // bit j: a token entered j steps ago
    private readonly ulong[] _switchHistory;
    private readonly ulong[] _enableHistory; // the enable that entered with the shift token
    private readonly int[] _widened;         // a row being entered
    private readonly ulong[] _fullRow;       // enables of a row with all columns on
    private readonly RowEnable[] _rowEnable; // summary of _enable, derived

    private ArrayState _state;

    /// <param name="rows">R, 1 to 256.</param>
    /// <param name="columns">C, 1 to 256.</param>
    /// <param name="simd">Host vector width.</param>
    public SystolicArray(int rows, int columns, SimdWidth simd = SimdWidth.Widest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        Rows = rows;
        Columns = columns;
        _simd = SimdWidths.Choose(simd);
        _stride = (columns + Lanes - 1) / Lanes * Lanes;
        _actStride = rows + StreamSlack + _stride + Lanes;
        _words = (columns + 63) / 64;
        _act = new int[rows * _actStride];
        // Each grid a quarter page further on, so that stores into one do not look like loads from another.
        int grid = ((rows + 1) * _stride / PageWords * PageWords) + PageWords + (PageWords / 4);
        _grid = new int[4 * grid];
        _weightAt = grid;
        _shadowAt = _weightAt + grid;
        _weightOutAt = _shadowAt + grid;
        _weightSkew = new int[columns * _stride];
        _enable = new ulong[rows * _words];
        _enableShadow = new ulong[rows * _words];
        _enableOut = new ulong[rows * _words];
        int history = ((rows + columns + Lanes) / 64) + 2;
        _shiftHistory = new ulong[history];
        _switchHistory = new ulong[history];
        _enableHistory = new ulong[history];
        _fullRow = new ulong[_words];
        for (int c = 0; c < columns; c++)
            _fullRow[c >> 6] |= 1UL << (c & 63);
        _rowEnable = new RowEnable[rows];
        _widened = new int[Math.Max(rows, columns)];
        _state.Position = PositionAfterRebase;
    }

    private enum RowEnable : byte
    {
        None,
        All,
        Mixed,
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Enabled cycles so far, which is the index of the next step.</summary>
    public long Time => _state.Time;

    /// <summary>What enters the top of each column at the next step; +0 where nobody writes.</summary>
    public Span<int> Top => _grid.AsSpan(PsumAt, Columns);

    /// <summary>The bottom row's psum registers.</summary>
    public ReadOnlySpan<int> Bottom => _grid.AsSpan(PsumAt + (Rows * _stride), Columns);

    private int PositionAfterRebase => Rows + StreamSlack;

    /// <summary>An X row enters at the next step: words as the PEs multiply them, element r for row r; missing ones are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void EnterRow(ReadOnlySpan<int> words)
    {
        ref int entry = ref _act[_state.Position - 1];
        nint step = _actStride - 1;
        for (int r = 0; r < words.Length; r++)
            Unsafe.Add(ref entry, r * step) = words[r];
    }

    /// <summary>As <see cref="EnterRow(ReadOnlySpan{int})"/>, from the bytes of a row.</summary>
    /// <param name="words">Words of the row, up to R.</param>
    public void EnterRow(ReadOnlySpan<byte> row, int words, RowFormat format)
    {
        Span<int> widened = _widened.AsSpan(0, words);
        RowFormats.Widen(row, format, widened);
        EnterRow(widened);
    }

    /// <summary>A switch token enters at the next step, with the first X row of a fold.</summary>
    public void EnterSwitch() => _state.SwitchEntering = 1;

    /// <summary>A shift token enters at the next step with one row of weights, bottom row first.</summary>
    /// <param name="words">One word a column; missing ones are 0.</param>
    /// <param name="enabled">False for a row beyond K, which passes psum through unchanged.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void EnterWeights(ReadOnlySpan<int> words, bool enabled)
    {
        _state.ShiftEntering = 1;
        _state.EnableEntering = (byte)(enabled ? 1 : 0);

        // Column c will take its word c steps from now. A token without weights brings zeros.
        int line = (int)(_state.Time % Columns);
        int wrap = Columns - line; // columns from here on go to the lines from 0
        ref int skew = ref MemoryMarshal.GetArrayDataReference(_weightSkew);
        for (int c = 0; c < Columns; c++)
        {
            int target = c < wrap ? line + c : c - wrap;
            Unsafe.Add(ref skew, (target * _stride) + c) = c < words.Length ? words[c] : 0;
        }
    }

    /// <summary>As <see cref="EnterWeights(ReadOnlySpan{int}, bool)"/>, from the bytes of a row.</summary>
    /// <param name="row">Empty for a row beyond k, which passes psum through unchanged.</param>
    /// <param name="words">Words of the row, up to C.</param>
    public void EnterWeights(ReadOnlySpan<byte> row, int words, RowFormat format)
    {
        Span<int> widened = row.IsEmpty ? default : _widened.AsSpan(0, words);
        RowFormats.Widen(row, format, widened);
        EnterWeights(widened, !row.IsEmpty);
    }

    /// <summary>One enabled cycle.</summary>
    /// <param name="kind">What every PE computes.</param>
    public void Step(MacKind kind)
    {
        Push(_shiftHistory, _state.ShiftEntering);
        Push(_switchHistory, _state.SwitchEntering);
        Push(_enableHistory, _state.EnableEntering);
        _state.ShiftEntering = 0;
        _state.SwitchEntering = 0;
        _state.EnableEntering = 0;
        _state.Position--;

        SwitchWeights();
        if (AnyInGrid(_shiftHistory))
            ShiftWeights();
        Multiply(kind);
        _grid.AsSpan(PsumAt, _stride).Clear();

        _state.Time++;
        if (_state.Position < Rows)
            RebaseStreams();
    }

    private static void Push(ulong[] history, ulong bit)
    {
        for (int i = 0; i < history.Length; i++)
        {
            ulong word = history[i];
            history[i] = (word << 1) | bit;
            bit = word >> 63;
        }
    }

    /// <summary>Whether a token is at some PE: bits 0 .. R + C - 2.</summary>
    private bool AnyInGrid(ulong[] history)
    {
        int bits = Rows + Columns - 1;
        ulong any = 0;
        int word = 0;
        for (; (word + 1) * 64 <= bits; word++)
            any |= history[word];
        return (any | (history[word] & ((1UL << (bits & 63)) - 1))) != 0;
    }

    /// <summary>A switch token stands on one anti-diagonal of the grid, so it costs one PE a row and not the grid.</summary>
    private void SwitchWeights()
    {
        for (int word = 0; word < _switchHistory.Length; word++)
        {
            ulong tokens = _switchHistory[word];
            while (tokens != 0)
            {
                int age = (word * 64) + System.Numerics.BitOperations.TrailingZeroCount(tokens);
                tokens &= tokens - 1;
                SwitchDiagonal(age);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SwitchDiagonal(int age)
    {
        int last = Math.Min(Rows - 1, age);
        ref int weight = ref _grid[_weightAt];
        ref int shadow = ref _grid[_shadowAt];
        for (int r = Math.Max(0, age - Columns + 1); r <= last; r++)
        {
            int c = age - r;
            int place = (r * _stride) + c;
            Unsafe.Add(ref weight, place) = Unsafe.Add(ref shadow, place);
            int word = (r * _words) + (c >> 6);
            ulong changed = (_enable[word] ^ _enableShadow[word]) & (1UL << (c & 63));
            if (changed == 0)
                continue;
            _enable[word] ^= changed;
            _rowEnable[r] = Summary(r);
        }
    }

    private RowEnable Summary(int row)
    {
        ReadOnlySpan<ulong> enables = _enable.AsSpan(row * _words, _words);
        if (enables.IndexOfAnyExcept(0UL) < 0)
            return RowEnable.None;
        return enables.SequenceEqual(_fullRow) ? RowEnable.All : RowEnable.Mixed;
    }

    private void RebaseStreams()
    {
        int from = _state.Position - Rows + 1;
        int to = PositionAfterRebase - Rows + 1;
        int length = Rows - 1 + _stride;
        for (int r = 0; r < Rows; r++)
        {
            Span<int> stream = _act.AsSpan(r * _actStride, _actStride);
            stream.Slice(from, length).CopyTo(stream[to..]);
            stream[..to].Clear();
        }

        _state.Position = PositionAfterRebase;
    }
}

/// <summary>The registers of the array that are not a grid.</summary>
public struct ArrayState
{
    /// <summary>Enabled cycles so far.</summary>
    public long Time;

    /// <summary>Where in its buffer each act stream has column 0. Derived storage, not a register.</summary>
    public int Position;
    public byte ShiftEntering, SwitchEntering, EnableEntering;
}
