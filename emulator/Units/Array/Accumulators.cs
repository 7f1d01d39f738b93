using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>
/// C column banks of 32-bit words, one read and one write port a bank, in four slots; and the address generators that
/// follow the wavefront: column c of a fold is read c cycles after column 0 and written R cycles after it entered. Addends
/// are read at the entry when they join at the top, and with the write when they join at the bottom.
/// </summary>
/// <remarks>
/// Layout: word w of the byte space is line w / C, column w mod C. Slot s starts at line s * L, L = floor(slotBytes / 4C).
/// A slot of m x n keeps row i of block b of C columns in line b * m + i. A bank's address runs one step behind that of the
/// bank to its left, as everything in the array does.
/// </remarks>
public sealed class Accumulators
{
    public const int Slots = 4;

    private readonly int _columns;
    private readonly int _rows;
    private readonly int _latency;
    private readonly bool _addsAtBottom;
    private readonly int[] _words;
    private readonly int _wordsAt;
    private readonly FoldInFlight[] _folds;
    private AccumulatorsState _state;
    private long _pastFrom = long.MaxValue; // follows from the oldest fold

    public Accumulators(MatrixConfig config)
    {
        _columns = config.Columns;
        _rows = config.Rows;
        _latency = config.AccumulatorLatencyCycles;
        _addsAtBottom = config.Accumulate == AccumulatePlace.Bottom;
        SizeBytes = config.AccumulatorBytes;
        LinesPerSlot = config.AccumulatorBytes / Slots / (4 * _columns);
        Length = ((config.AccumulatorBytes / 4) + _columns - 1) / _columns * _columns;
        _words = CacheLines.Allocate(Length, out _wordsAt);
        // Folds of a product start at least R cycles apart and are tracked for up to max(m, R) + R + C + La cycles; of streams there are some on their way out.
        _folds = new FoldInFlight[Math.Max(MatrixUnit.MostLeaving + 2, 4 + ((_rows + _columns + _latency) / _rows))];
    }

    public int SizeBytes { get; }

    private int Length { get; }

    private Span<int> Words => _words.AsSpan(_wordsAt, Length);

    /// <summary>Lines of C words in a slot.</summary>
    public int LinesPerSlot { get; }

    /// <summary>Cycles from the entry of a word's row to the read of its addend.</summary>
    private int ReadDelay => _addsAtBottom ? _rows : 0;

    /// <summary>Folds whose wavefront is in the array, the oldest first.</summary>
    public int FoldsInFlight => _state.Folds;

    public ref readonly FoldInFlight InFlight(int index) => ref Fold(index);

    /// <summary>Words read by the array in the steps before a time, by drains and by the core.</summary>
    public long ReadsBefore(long time)
    {
        long reads = _state.Reads;
        for (int i = 0; i < _state.Folds; i++)
            reads += Fold(i).Addend != 0 ? Passed(in Fold(i), time - Fold(i).Start - ReadDelay) : 0;
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

    /// <summary>First line of a block of C columns.</summary>
    public int BlockLine(int slot, int m, int nBlock) => (slot * LinesPerSlot) + (nBlock * m);

    /// <summary>
    /// The earliest array time at which a fold over the same lines may take its first row, so that it reads its first sum La
    /// after the fold before it has written that. Later rows and columns follow at the same distance.
    /// </summary>
    public long FreeFrom(int line)
    {
        long from = 0;
        for (int i = 0; i < _state.Folds; i++)
        {
            ref FoldInFlight fold = ref Fold(i);
            if (fold.Line == line)
                from = Math.Max(from, fold.Start + _rows - ReadDelay + _latency);
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
        FindNextToRetire();
    }

    /// <summary>Forgets the folds whose wavefront is past at the step of this time; their accesses are counted for good.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Retire(long time)
    {
        if (time >= _pastFrom)
            RetireThosePast(time);
    }

    private void RetireThosePast(long time)
    {
        while (_state.Folds > 0 && time >= PastFrom(in Fold(0)))
        {
            ref FoldInFlight fold = ref Fold(0);
            long words = (long)fold.Rows * fold.Columns;
            _state.Writes += words;
            if (fold.Addend != 0)
                _state.Reads += words;
            _state.First = _state.First + 1 == _folds.Length ? 0 : _state.First + 1;
            _state.Folds--;
        }

        FindNextToRetire();
    }

    private void FindNextToRetire() => _pastFrom = _state.Folds > 0 ? PastFrom(in Fold(0)) : long.MaxValue;

    /// <summary>The time from which on a fold's wavefront is past.</summary>
    private long PastFrom(in FoldInFlight fold) => fold.Start + fold.Rows + _rows + _columns + _latency;

    /// <summary>The words of one row of a fold.</summary>
    public Span<int> Row(in FoldInFlight fold, int row) => Words.Slice((fold.Line + row) * _columns, fold.Columns);

    /// <summary>The lines of some rows of a fold, C words apart; from the fold's columns on they are another's or nobody's.</summary>
    public Span<int> Rows(in FoldInFlight fold, int firstRow, int count) =>
        Words.Slice((fold.Line + firstRow) * _columns, ((count - 1) * _columns) + fold.Columns);

    /// <summary>Whether the array uses this column's read port (or write port) at the step of this time.</summary>
    public bool Busy(long time, int column, bool write)
    {
        for (int i = 0; i < _state.Folds; i++)
        {
            ref FoldInFlight fold = ref Fold(i);
            long age = time - fold.Start - (write ? _rows : ReadDelay);
            if ((write || fold.Addend != 0) && Active(in fold, age, out int first, out int end) && column >= first && column < end)
                return true;
        }

        return false;
    }

    /// <summary>Whether the step of this time both reads and writes a bank, so that one port serves it in two edges.</summary>
    public bool ReadsWhatItWrites(long time)
    {
        for (int r = 0; r < _state.Folds; r++)
        {
            ref FoldInFlight reader = ref Fold(r);
            if (reader.Addend == 0 || !Active(in reader, time - reader.Start - ReadDelay, out int readFirst, out int readEnd))
                continue;
            for (int w = 0; w < _state.Folds; w++)
            {
                ref FoldInFlight writer = ref Fold(w);
                if (Active(in writer, time - writer.Start - _rows, out int first, out int end) && first < readEnd && readFirst < end)
                    return true;
            }
        }

        return false;
    }

    /// <summary>Drain: the first columns of a line.</summary>
    public ReadOnlySpan<int> ReadLine(int line, int columns)
    {
        _state.Reads += columns;
        return Words.Slice(line * _columns, columns);
    }

    /// <summary>Zero: clears the first columns of one line.</summary>
    public void ClearLine(int line, int columns)
    {
        Words.Slice(line * _columns, columns).Clear();
        _state.Writes += columns;
    }

    /// <summary>The bank of a byte of the core's address space.</summary>
    public int BankOf(uint address) => (int)(address / 4 % (uint)_columns);

    /// <summary>Core access; the bytes must lie inside.</summary>
    public Span<byte> Bytes(uint address, int length) => MemoryMarshal.AsBytes(Words).Slice((int)address, length);

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
        FindNextToRetire();
        archive.Bytes("banks", MemoryMarshal.AsBytes(Words));
    }

    /// <summary>What is held plus a fold's sum; a NaN is not canonical yet.</summary>
    internal static int AddAtBottom(int held, int sum, MacKind kind) => kind == MacKind.Bf16
        ? BitConverter.SingleToInt32Bits(BitConverter.Int32BitsToSingle(held) + BitConverter.Int32BitsToSingle(sum))
        : unchecked(held + sum);

    /// <summary>How many words (row i, column c) of a fold have i + c below an age: those that a wavefront has passed.</summary>
    private static long Passed(in FoldInFlight fold, long age)
    {
        static long Triangle(long side) => side > 0 ? side * (side + 1) / 2 : 0;
        return Triangle(age) - Triangle(age - fold.Rows) - Triangle(age - fold.Columns) + Triangle(age - fold.Rows - fold.Columns);
    }

    /// <summary>Which columns of a fold stand at the top (or bottom) at an age.</summary>
    private bool Active(in FoldInFlight fold, long age, out int first, out int end)
    {
        first = age < fold.Rows ? 0 : (int)Math.Min(age - fold.Rows + 1, _columns);
        end = (int)Math.Min(age + 1, fold.Columns);
        return age >= 0 && first < end;
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

    /// <summary>What its PEs compute. NaNs of fp32 sums are stored canonical.</summary>
    public MacKind Kind;
}

/// <summary>The registers of the accumulators apart from the banks.</summary>
public struct AccumulatorsState
{
    /// <summary>Ring of folds in flight.</summary>
    public int First, Folds;
    public long Reads, Writes;
}
