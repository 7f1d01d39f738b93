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
/// whose bit r + c is the token register of PE (r, c). Shadows and pass registers are not kept at all: which word stands in
/// them follows from how many tokens have come by (<see cref="WeightTokens"/>), and it is wanted only where a switch token stands.
/// </remarks>
public sealed partial class SystolicArray
{
    // Cycles between two moves of the act streams back to the end of their buffers.
    private const int StreamSlack = 64;

    private readonly int _width;         // columns rounded up to a vector
    private readonly int _pitch;         // words from row to row of the grids
    private readonly int _actPitch;
    private readonly int _words;         // 64-bit words of enables a row
    private readonly SimdWidth _simd;

    private readonly int[] _act;         // R streams, newest first; PE (r, c) is at _actAt + r * _actPitch + Position + c
    private readonly int _actAt;
    private readonly int[] _grid;        // psum, of which row 0 is what enters the top and PE (r, c) is in row r + 1; then weight
    private readonly int _psumAt;
    private readonly int _weightAt;
    private readonly WeightTokens _tokens;
    private readonly ulong[] _enable;
    private readonly ulong[] _shiftHistory;  // bit j: a token entered j steps ago
    private readonly ulong[] _switchHistory;
    private readonly ulong[] _enableHistory; // the enable that entered with the shift token
    private readonly int[] _widened;         // a row being entered
    private readonly ulong[] _fullRow;       // enables of a row with all columns on
    private readonly RowEnable[] _rowEnable; // summary of _enable, derived

    private ArrayState _state;

    /// <param name="rows">R, 1 to 512.</param>
    /// <param name="columns">C, 1 to 512.</param>
    /// <param name="simd">Host vector width.</param>
    public SystolicArray(int rows, int columns, SimdWidth simd = SimdWidth.Widest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        Rows = rows;
        Columns = columns;
        _simd = SimdWidths.Choose(simd);
        _pitch = CacheLines.Pitch(columns);
        _width = (columns + CacheLines.Words - 1) / CacheLines.Words * CacheLines.Words;
        _actPitch = CacheLines.Pitch(rows + StreamSlack + _width + CacheLines.Words);
        _words = (columns + 63) / 64;
        _act = CacheLines.Allocate(rows * _actPitch, out _actAt);
        _grid = CacheLines.Allocate(((2 * rows) + 1) * _pitch, out _psumAt);
        _weightAt = _psumAt + ((rows + 1) * _pitch);
        _tokens = new WeightTokens((2 * rows) + columns, columns);
        _enable = new ulong[rows * _words];
        int history = ((rows + columns + CacheLines.Words) / 64) + 2;
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
        None = 0,
        All = 1,
        Mixed,
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Enabled cycles so far, which is the index of the next step.</summary>
    public long Time => _state.Time;

    /// <summary>What enters the top of each column at the next step; +0 where nobody writes.</summary>
    public Span<int> Top => _grid.AsSpan(_psumAt, Columns);

    /// <summary>The bottom row's psum registers.</summary>
    public ReadOnlySpan<int> Bottom => _grid.AsSpan(_psumAt + (Rows * _pitch), Columns);

    private int PositionAfterRebase => Rows + StreamSlack;

    /// <summary>An X row enters at the next step: words as the PEs multiply them, element r for row r; missing ones are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void EnterRow(ReadOnlySpan<int> words)
    {
        ref int entry = ref _act[_actAt + _state.Position - 1];
        nint step = _actPitch - 1;
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
        token[words..].Clear();
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
        switch (kind)
        {
            case MacKind.Integer:
                Multiply<MacInteger>();
                break;
            case MacKind.Bf16:
                Multiply<MacBf16>();
                break;
            case MacKind.Int8x4:
                Multiply<MacInt8x4>();
                break;
            default:
                Multiply<MacInt4x8>();
                break;
        }

        Top.Clear();
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

    /// <summary>A second call before a step writes the same token again.</summary>
    private Span<int> TokenRow(bool enabled)
    {
        bool again = _state.ShiftEntering != 0;
        _state.ShiftEntering = 1;
        _state.EnableEntering = (byte)(enabled ? 1 : 0);
        if (!again)
            return _tokens.Enter(enabled);
        _tokens.Enable(_tokens.Last, enabled);
        return _tokens.Row(_tokens.Last);
    }

    /// <summary>Number of the last token that entered at least <paramref name="age"/> steps before the last step.</summary>
    private long TokenOfAge(int age)
    {
        long token = _tokens.Last - _state.ShiftEntering;
        int word = 0;
        for (; (word + 1) * 64 <= age; word++)
            token -= System.Numerics.BitOperations.PopCount(_shiftHistory[word]);
        return token - System.Numerics.BitOperations.PopCount(_shiftHistory[word] & ((1UL << (age & 63)) - 1));
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
                if (age >= Rows + Columns - 1)
                    return;
                tokens &= tokens - 1;
                SwitchDiagonal(age);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SwitchDiagonal(int age)
    {
        int first = Math.Max(0, age - Columns + 1);
        int last = Math.Min(Rows - 1, age);
        nint pitch = _pitch;
        nint tokenPitch = _tokens.Pitch;
        int mask = _tokens.Mask;
        int token = (int)(TokenOfAge(age + 1) - 1) & mask; // a shift token at the same edge comes after
        ref int words = ref _tokens.FirstWord;
        ref byte enabled = ref _tokens.FirstEnable;
        ref RowEnable held = ref MemoryMarshal.GetArrayDataReference(_rowEnable);
        ref int weight = ref _grid[_weightAt + (first * _pitch) + age - first];
        for (int r = first; r <= last; r++)
        {
            nint slot = (token - r) & mask;
            weight = Unsafe.Add(ref words, (slot * tokenPitch) + age - r);
            weight = ref Unsafe.Add(ref weight, pitch - 1);
            byte enable = Unsafe.Add(ref enabled, slot);
            if ((byte)Unsafe.Add(ref held, r) != enable)
                SwitchEnable(r, age - r, enable);
        }
    }

    private void SwitchEnable(int row, int column, byte enable)
    {
        ref ulong word = ref _enable[(row * _words) + (column >> 6)];
        ulong bit = 1UL << (column & 63);
        word = (word & ~bit) | (enable != 0 ? bit : 0);
        _rowEnable[row] = Summary(row);
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
        int length = Rows - 1 + _width;
        for (int r = 0; r < Rows; r++)
        {
            Span<int> stream = _act.AsSpan(_actAt + (r * _actPitch), _actPitch);
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
