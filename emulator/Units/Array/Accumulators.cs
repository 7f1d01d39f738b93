using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// C column banks of 32-bit words, one read and one write port a bank, in four slots; and the address generators that
/// follow the wavefront: column c of a fold is read c cycles after column 0, and written R cycles after it was read.
/// </summary>
/// <remarks>
/// Layout: word w of the byte space is line w / C, column w mod C. Slot s starts at line s * L, L = floor(slotBytes / 4C).
/// A slot of m x n keeps block b of C columns in lines b * m .. b * m + m - 1, and in column c of it row i in line
/// (i + c) mod m of the block. That is what makes one edge's accesses one line: the elements that enter together are the
/// ones with equal i + c, and they lie in line (i + c) mod m.
/// </remarks>
public sealed class Accumulators
{
    public const int Slots = 4;

    private readonly int _columns;
    private readonly int _rows;
    private readonly int _latency;
    private readonly int[] _words;
    private readonly FoldInFlight[] _folds;
    private AccumulatorsState _state;

    public Accumulators(MatrixConfig config)
    {
        _columns = config.Columns;
        _rows = config.Rows;
        _latency = config.AccumulatorLatencyCycles;
        SizeBytes = config.AccumulatorBytes;
        LinesPerSlot = config.AccumulatorBytes / Slots / (4 * _columns);
        _words = new int[((config.AccumulatorBytes / 4) + _columns - 1) / _columns * _columns];
        // Folds start at least R cycles apart and are tracked for up to max(m, R) + R + C + La cycles.
        _folds = new FoldInFlight[4 + ((_rows + _columns + _latency) / _rows)];
    }

    public int SizeBytes { get; }

    /// <summary>Lines of C words in a slot.</summary>
    public int LinesPerSlot { get; }

    /// <summary>Words read by the array in the steps before a time, by drains and by the core.</summary>
    public long ReadsBefore(long time)
    {
        long reads = _state.Reads;
        for (int i = 0; i < _state.Folds; i++)
            reads += Fold(i).Addend != 0 ? Passed(in Fold(i), time - Fold(i).Start) : 0;
        return reads;
    }

    /// <summary>Words written by the array in the steps before a time, by zeroing and by the core.</summary>
    public long WritesBefore(long time)
    {
        long writes = _state.Writes;
        for (int i = 0; i < _state.Folds; i++)
            writes += Passed(in Fold(i), time - Fold(i).Start - _rows);
        return writes;
    }

    /// <summary>What a slot holds.</summary>
    public ref SlotShape Shape(int slot)
    {
        if ((uint)slot >= Slots)
            throw new InvalidOperationException("Accumulator slot out of range: dispatch checks it.");
        return ref MemoryMarshal.CreateSpan(ref _state.Slot0, Slots)[slot];
    }

    /// <summary>Whether m x n fits a slot.</summary>
    public bool Fits(int m, int n) => (long)((n + _columns - 1) / _columns) * m <= LinesPerSlot;

    /// <summary>First line of a block of C columns.</summary>
    public int BlockLine(int slot, int m, int nBlock) => (slot * LinesPerSlot) + (nBlock * m);

    /// <summary>
    /// The earliest array time at which a fold over the same lines may take its first row: La after the first row of the
    /// fold before it is written. Later rows and columns follow at the same distance.
    /// </summary>
    public long FreeFrom(int line)
    {
        long from = 0;
        for (int i = 0; i < _state.Folds; i++)
        {
            ref FoldInFlight fold = ref Fold(i);
            if (fold.Line == line)
                from = Math.Max(from, fold.Start + _rows + _latency);
        }

        return from;
    }

    /// <summary>A fold's first X row enters at this array time.</summary>
    public void Launch(in FoldInFlight fold)
    {
        if (_state.Folds == _folds.Length)
            throw new InvalidOperationException("More folds in flight than the array is long.");
        _state.Folds++;
        Fold(_state.Folds - 1) = fold;
    }

    /// <summary>Reads what enters the top at a step: the addend of each column that a fold reaches, at its entry.</summary>
    public void ReadAddends(long time, Span<int> top)
    {
        for (int i = 0; i < _state.Folds; i++)
        {
            ref FoldInFlight fold = ref Fold(i);
            if (fold.Addend == 0 || !Active(in fold, time - fold.Start, out int line, out int first, out int end))
                continue;
            _words.AsSpan((line * _columns) + first, end - first).CopyTo(top[first..]);
        }
    }

    /// <summary>Writes what the bottom row held before this step, for the columns in which a fold leaves.</summary>
    public void WriteResults(long time, ReadOnlySpan<int> bottom)
    {
        for (int i = 0; i < _state.Folds; i++)
        {
            ref FoldInFlight fold = ref Fold(i);
            if (!Active(in fold, time - fold.Start - _rows, out int line, out int first, out int end))
                continue;
            Span<int> words = _words.AsSpan((line * _columns) + first, end - first);
            bottom[first..end].CopyTo(words);
            if (fold.FloatingPoint != 0)
                Canonicalise(words);
        }
    }

    /// <summary>Forgets the folds whose wavefront is past at the step of this time; their accesses are counted for good.</summary>
    public void Retire(long time)
    {
        while (_state.Folds > 0 && time >= Fold(0).Start + Fold(0).Rows + _rows + _columns + _latency)
        {
            ref FoldInFlight fold = ref Fold(0);
            long words = (long)fold.Rows * fold.Columns;
            _state.Writes += words;
            if (fold.Addend != 0)
                _state.Reads += words;
            _state.First = _state.First + 1 == _folds.Length ? 0 : _state.First + 1;
            _state.Folds--;
        }
    }

    /// <summary>The words under rows of a fold, <paramref name="pitch"/> apart.</summary>
    public void Gather(in FoldInFlight fold, int firstRow, int rows, Span<int> words, int pitch)
    {
        for (int i = 0; i < rows; i++)
        {
            int line = (firstRow + i) % fold.Rows;
            ref int from = ref _words[fold.Line * _columns];
            Span<int> row = words.Slice(i * pitch, fold.Columns);
            for (int c = 0; c < row.Length; c++)
            {
                row[c] = Unsafe.Add(ref from, (line * _columns) + c);
                line = line + 1 == fold.Rows ? 0 : line + 1;
            }
        }
    }

    /// <summary>Writes rows of a fold's sums, <paramref name="pitch"/> apart; fp32 NaNs canonical.</summary>
    public void Scatter(in FoldInFlight fold, int firstRow, int rows, Span<int> words, int pitch)
    {
        for (int i = 0; i < rows; i++)
        {
            Span<int> row = words.Slice(i * pitch, fold.Columns);
            if (fold.FloatingPoint != 0)
                Canonicalise(row);
            PutBack(in fold, firstRow + i, 0, row);
        }
    }

    /// <summary>Writes one row of a fold as it is, from a column on.</summary>
    public void PutBack(in FoldInFlight fold, int row, int firstColumn, ReadOnlySpan<int> words)
    {
        int line = (row + firstColumn) % fold.Rows;
        ref int to = ref _words[fold.Line * _columns];
        for (int c = firstColumn; c < fold.Columns; c++)
        {
            Unsafe.Add(ref to, (line * _columns) + c) = words[c];
            line = line + 1 == fold.Rows ? 0 : line + 1;
        }
    }

    /// <summary>Whether the array uses this column's read port (or write port) at the step of this time.</summary>
    public bool Busy(long time, int column, bool write)
    {
        for (int i = 0; i < _state.Folds; i++)
        {
            ref FoldInFlight fold = ref Fold(i);
            long age = time - fold.Start - (write ? _rows : 0);
            if ((write || fold.Addend != 0) && Active(in fold, age, out _, out int first, out int end) && column >= first && column < end)
                return true;
        }

        return false;
    }

    /// <summary>Drain: reads row i of a block, one word of each of the first columns.</summary>
    public void ReadRow(int blockLine, int m, int row, Span<int> words)
    {
        int line = row;
        for (int c = 0; c < words.Length; c++)
        {
            words[c] = _words[((blockLine + line) * _columns) + c];
            line = line + 1 == m ? 0 : line + 1;
        }

        _state.Reads += words.Length;
    }

    /// <summary>Zero: clears the first columns of one line.</summary>
    public void ClearLine(int line, int columns)
    {
        _words.AsSpan(line * _columns, columns).Clear();
        _state.Writes += columns;
    }

    /// <summary>The bank of a byte of the core's address space.</summary>
    public int BankOf(uint address) => (int)(address / 4 % (uint)_columns);

    /// <summary>Core access; the bytes must lie inside.</summary>
    public Span<byte> Bytes(uint address, int length) => MemoryMarshal.AsBytes(_words.AsSpan()).Slice((int)address, length);

    /// <summary>Counts words that the core read or wrote.</summary>
    public void CountCore(int words, bool write)
    {
        if (write)
            _state.Writes += words;
        else
            _state.Reads += words;
    }

    public void Walk(StateArchive archive)
    {
        archive.Value("accumulators", ref _state);
        archive.Array("folds", _folds);
        archive.Array("banks", _words);
    }

    private static void Canonicalise(Span<int> words)
    {
        foreach (ref int word in words)
        {
            if ((word & 0x7FFF_FFFF) > 0x7F80_0000)
                word = (int)CanonicalNaN.Bits;
        }
    }

    /// <summary>How many words (row i, column c) of a fold have i + c below an age: those that a wavefront has passed.</summary>
    private static long Passed(in FoldInFlight fold, long age)
    {
        static long Triangle(long side) => side > 0 ? side * (side + 1) / 2 : 0;
        return Triangle(age) - Triangle(age - fold.Rows) - Triangle(age - fold.Columns) + Triangle(age - fold.Rows - fold.Columns);
    }

    /// <summary>Which columns of a fold stand at the top (or bottom) at an age, and the line they are in.</summary>
    private bool Active(in FoldInFlight fold, long age, out int line, out int first, out int end)
    {
        line = 0;
        first = age < fold.Rows ? 0 : (int)Math.Min(age - fold.Rows + 1, _columns);
        end = (int)Math.Min(age + 1, fold.Columns);
        if (age < 0 || first >= end)
            return false;
        int inBlock = (int)age;
        if (inBlock >= fold.Rows)
            inBlock %= fold.Rows;
        line = fold.Line + inBlock;
        return true;
    }

    private ref FoldInFlight Fold(int index)
    {
        int slot = _state.First + index;
        return ref _folds[slot >= _folds.Length ? slot - _folds.Length : slot];
    }
}

/// <summary>A fold whose wavefront is in the array.</summary>
public struct FoldInFlight
{
    /// <summary>Array time at which its first X row entered.</summary>
    public long Start;

    /// <summary>M.</summary>
    public int Rows;

    /// <summary>Columns with results, up to C.</summary>
    public int Columns;

    /// <summary>First accumulator line of its block.</summary>
    public int Line;

    /// <summary>1: reads addends; 0: starts from +0.</summary>
    public byte Addend;

    /// <summary>1: fp32, whose NaNs are stored canonical.</summary>
    public byte FloatingPoint;
}

/// <summary>What the last matmul or zero left in a slot; all 0 when nothing did.</summary>
public struct SlotShape
{
    public int M, N;
    public ElementType Type;
}

/// <summary>The registers of the accumulators apart from the banks.</summary>
public struct AccumulatorsState
{
    public SlotShape Slot0, Slot1, Slot2, Slot3;

    /// <summary>Ring of folds in flight.</summary>
    public int First, Folds;
    public long Reads, Writes;
}
