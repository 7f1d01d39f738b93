using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>
/// Between the step engine and the accumulators: the addends and sums of a group of columns at some i of a sweep. As all lanes of a group
/// then work for one row of X, those are neighbours in one line of the accumulators.
/// </summary>
public sealed class SteppedSums
{
    private readonly Accumulators _accumulators;
    private readonly int _rows;
    private readonly int _columns;
    private readonly bool _addsAtBottom;
    private readonly FoldInFlight[] _waves; // ring, in the order in which they started
    private long _first;
    private long _end;

    /// <param name="config">Sizes.</param>
    /// <param name="accumulators">What holds the sums.</param>
    public SteppedSums(MatrixConfig config, Accumulators accumulators)
    {
        _accumulators = accumulators;
        _rows = config.Rows;
        _columns = config.Columns;
        _addsAtBottom = config.Accumulate == AccumulatePlace.Bottom;

        // Folds of a product start R steps apart, streams at different ones; they are wanted until the sweeps have passed them.
        const int Late = SystolicArray.MostPending;
        _waves = new FoldInFlight[MatrixUnit.MostLeaving + 6 + Late + ((_rows + _columns + config.AccumulatorLatencyCycles + Late) / _rows)];
    }

    /// <summary>Steps from the write of a sum to the read of the same as an addend, where that is fewer than any sweep takes.</summary>
    public int ShortestReuse
    {
        get
        {
            long shortest = int.MaxValue;
            for (long reader = _first + 1; reader < _end && !_addsAtBottom; reader++)
            {
                for (long writer = _first; writer < reader && Wave(reader).Addend != 0; writer++)
                {
                    if (Wave(writer).Line == Wave(reader).Line)
                        shortest = Math.Min(shortest, Wave(reader).Start - Wave(writer).Start - _rows);
                }
            }

            return (int)shortest;
        }
    }

    /// <summary>A fold's first X row enters at its start.</summary>
    public void Launch(in FoldInFlight wave)
    {
        if (_end - _first == _waves.Length)
            throw new InvalidOperationException("More folds in flight than the array is long.");
        Wave(_end++) = wave;
    }

    /// <summary>Goes on with the folds that the accumulators have in flight, as all columns are at one time.</summary>
    public void Restart()
    {
        _first = 0;
        _end = 0;
        for (int i = 0; i < _accumulators.FoldsInFlight; i++)
            Launch(in _accumulators.InFlight(i));
    }

    /// <summary>Addends that come in above row 0; +0 stays where there is none.</summary>
    /// <param name="i">Step of the group's first column; the next column is a step further.</param>
    /// <param name="count">So many i.</param>
    /// <param name="column">First column.</param>
    /// <param name="lanes">Columns.</param>
    /// <param name="into">Zeros; a host's cache line for each i.</param>
    public void Read(long i, int count, int column, int lanes, Span<int> into)
    {
        if (_addsAtBottom)
            return;
        for (long w = _first; w < _end; w++)
        {
            ref FoldInFlight wave = ref Wave(w);
            int columns = Math.Min(wave.Columns - column, lanes);
            if (wave.Addend == 0 || columns <= 0)
                continue;
            long row = i - column - wave.Start;
            for (int j = (int)Math.Clamp(-row, 0, count); j < count && row + j < wave.Rows; j++)
                Copy(_accumulators.Row(in wave, (int)row + j).Slice(column, columns), into.Slice(j * CacheLines.Words, columns));
        }
    }

    /// <summary>What a group's bottom row held before the step of each lane.</summary>
    /// <param name="i">Step of the group's first column.</param>
    /// <param name="column">First column.</param>
    /// <param name="lanes">Columns.</param>
    /// <param name="active">Lanes that do their step.</param>
    /// <param name="bottom">A word a lane.</param>
    public void Write(long i, int column, int lanes, uint active, Span<int> bottom)
    {
        for (long w = _first; w < _end; w++)
        {
            ref FoldInFlight wave = ref Wave(w);
            long row = i - column - _rows - wave.Start;
            if (row < 0)
                return;
            int columns = Math.Min(wave.Columns - column, lanes);
            if (row >= wave.Rows || columns <= 0)
                continue;
            Write(in wave, _accumulators.Row(in wave, (int)row).Slice(column, columns), active, bottom[..columns]);
        }
    }

    /// <summary>One step of all columns, which are at one time: a wavefront is on a diagonal of lines then.</summary>
    /// <param name="time">The step.</param>
    /// <param name="top">Zeros, where addends come to.</param>
    /// <param name="bottom">What the bottom row held before the step.</param>
    public void StepOnce(long time, Span<int> top, Span<int> bottom)
    {
        for (long w = _first; w < _end; w++)
        {
            ref FoldInFlight wave = ref Wave(w);
            long age = time - wave.Start;
            for (int c = FirstColumn(in wave, age); c <= age && c < wave.Columns && wave.Addend != 0 && !_addsAtBottom; c++)
                top[c] = _accumulators.Row(in wave, (int)age - c)[c];
        }

        for (long w = _first; w < _end; w++)
        {
            ref FoldInFlight wave = ref Wave(w);
            long age = time - wave.Start - _rows;
            for (int c = FirstColumn(in wave, age); c <= age && c < wave.Columns; c++)
                Write(in wave, _accumulators.Row(in wave, (int)age - c).Slice(c, 1), 1, bottom.Slice(c, 1));
        }
    }

    /// <summary>Forgets the folds that have left all columns.</summary>
    /// <param name="i">The next.</param>
    public void Retire(long i)
    {
        while (_first < _end && Wave(_first).Start + Wave(_first).Rows + _rows + _columns < i)
            _first++;
    }

    /// <summary>The first column that the last row of a fold has not passed at an age.</summary>
    private static int FirstColumn(in FoldInFlight wave, long age) => (int)Math.Clamp(age - wave.Rows + 1, 0, wave.Columns);

    private void Write(in FoldInFlight wave, Span<int> held, uint active, Span<int> sums)
    {
        if (_addsAtBottom && wave.Addend != 0)
        {
            for (int c = 0; c < sums.Length; c++)
                sums[c] = Accumulators.AddAtBottom(held[c], sums[c], wave.Kind);
        }

        if (wave.Kind == MacKind.Bf16)
            CanonicalLanes.Run(MemoryMarshal.Cast<int, float>(sums));
        uint all = (1u << sums.Length) - 1;
        if ((active & all) == all)
        {
            Copy(sums, held);
            return;
        }

        for (int c = 0; c < sums.Length; c++)
            held[c] = (active >> c & 1) != 0 ? sums[c] : held[c];
    }

    // Most are whole cache lines, for which the host's general copy takes longer than the copy.
    private static void Copy(ReadOnlySpan<int> from, Span<int> to)
    {
        if (from.Length == CacheLines.Words && to.Length == CacheLines.Words)
            Unsafe.CopyBlockUnaligned(ref Unsafe.As<int, byte>(ref to[0]), ref Unsafe.As<int, byte>(ref MemoryMarshal.GetReference(from)), CacheLines.Words * sizeof(int));
        else
            from.CopyTo(to);
    }

    private ref FoldInFlight Wave(long number) => ref _waves[number % _waves.Length];
}
