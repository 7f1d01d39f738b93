using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Bench;

/// <summary>The fast engine fed with folds of a square array, back to back over one block of sums; the next fold's weights come meanwhile.</summary>
internal sealed class FastArrayStream
{
    /// <summary>X rows of a fold, as many as a product of 1024 has.</summary>
    private const int Rows = 1024;

    private readonly int _side;
    private readonly MacKind _kind;
    private readonly RowFormat _format;
    private readonly Accumulators _accumulators;
    private readonly FastArray _array;
    private readonly byte[] _row;

    /// <param name="side">Rows and columns of the array.</param>
    /// <param name="kind">What the PEs multiply.</param>
    /// <param name="team">Host threads that share the work, or null.</param>
    /// <param name="simd">Host vector width.</param>
    public FastArrayStream(int side, MacKind kind, HostTeam? team = null, SimdWidth simd = SimdWidth.Widest)
    {
        _side = side;
        _kind = kind;
        _format = ArrayStream.FormatOf(kind);
        var config = new MatrixConfig(side, side, 4 * Accumulators.Slots * Rows * side, Int8Packing: 4, Int4Packing: 8, Simd: simd);
        _accumulators = new Accumulators(config);
        _array = new FastArray(config, _accumulators, team);
        _row = [.. Enumerable.Range(0, 4 * side).Select(i => (byte)((i & 1) == 0 ? i : 0x3F))];
    }

    /// <summary>Multiply-accumulates of one fold.</summary>
    public long MacsOfFold => (long)Rows * _side * _side * _kind switch
    {
        MacKind.Int8x4 => 4,
        MacKind.Int4x8 => 8,
        _ => 1,
    };

    public void Folds(int count)
    {
        for (int r = 0; r < _side; r++)
        {
            _array.EnterWeights(_row, _side, _format);
            _array.Step(_kind);
        }

        for (int f = 0; f < count; f++)
        {
            var wave = new FoldInFlight { Start = _array.Time, Rows = Rows, Columns = _side, Addend = 1, Kind = _kind };
            _accumulators.Launch(in wave);
            _array.Launch(in wave, switches: true, _format, _format);
            for (int i = 0; i < Rows; i++)
            {
                _array.EnterRow(_row, _side);
                if (i < _side && f + 1 < count)
                    _array.EnterWeights(_row, _side, _format);
                _array.Step(_kind);
                _accumulators.Retire(_array.Time - 1);
            }
        }

        _array.Settle();
    }
}
