using HybridEmu.Isa;
using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Bench;

/// <summary>
/// What enters a square array of N x N at each cycle, the same for both engines and the twin: a row of X and a row of weights out of a pool of
/// random rows, and with every N-th the switch token, so that a new fold of N rows starts every N cycles.
/// </summary>
internal sealed class RtlStimulus
{
    private const int Pool = 64;

    private readonly int _side;
    private readonly MacKind _kind;
    private readonly RowFormat _format;
    private readonly int _rowBytes;
    private SystolicArray _step;
    private FastArray _fast;
    private Accumulators _accumulators;
    private long _time, _fastTime;

    public RtlStimulus(int side, MacKind kind)
    {
        _side = side;
        _kind = kind;
        _format = ArrayStream.FormatOf(kind);
        _rowBytes = side * RowFormats.BytesOf(_format);
        Rows = new byte[Pool * _rowBytes];
        for (int i = 0; i < Pool * side; i++)
        {
            uint bits = CounterRandom.Bits(1, (ulong)i);
            if (kind == MacKind.Bf16)
                BitConverter.TryWriteBytes(Rows.AsSpan(2 * i), Bf16.FromFloat(((int)(bits % 257) - 128) / 64f));
            else
                Rows[i] = (byte)bits;
        }

        Restart();
    }

    /// <summary>The pool, as the twin reads it.</summary>
    public byte[] Rows { get; }

    /// <summary>Both engines from reset over some folds.</summary>
    /// <returns>A hash of the sums that left in the first 6 N cycles.</returns>
    /// <exception cref="InvalidOperationException">The engines differ.</exception>
    public ulong Check()
    {
        Restart();
        ulong hash = 0;
        var left = new int[8 * _side, _side];
        for (int t = 0; t < 8 * _side; t++)
        {
            Step(1);
            ReadOnlySpan<int> bottom = _step.Bottom;
            for (int c = 0; c < _side; c++)
            {
                left[t, c] = bottom[c];
                if (t < 6 * _side)
                    hash = (hash ^ (uint)bottom[c]) * 0x100000001B3;
            }
        }

        Fast(6 * _side);
        for (int row = 4 * _side; row < 6 * _side; row++)
        {
            for (int c = 0; c < _side; c++)
            {
                int word = BitConverter.ToInt32(_accumulators.Bytes((uint)(4 * ((row % (2 * _side) * _side) + c)), 4));
                if (word != left[row + _side - 1 + c, c])
                    throw new InvalidOperationException($"row {row} of {_kind}, column {c}: fast engine {word:X8}, step engine {left[row + _side - 1 + c, c]:X8}");
            }
        }

        return hash;
    }

    /// <summary>Cycles of the step engine.</summary>
    public void Step(long cycles)
    {
        for (long end = _time + cycles; _time < end; _time++)
        {
            _step.EnterRow(RowAt(_time), _side, _format);
            _step.EnterWeights(RowAt((7 * _time) + 3), _side, _format);
            if (_time % _side == 0)
                _step.EnterSwitch();
            _step.Step(_kind);
        }
    }

    /// <summary>Cycles of the fast engine, and all sums of rows that have entered.</summary>
    public void Fast(long cycles)
    {
        for (long end = _fastTime + cycles; _fastTime < end; _fastTime++)
        {
            if (_fastTime >= _side)
            {
                if (_fastTime % _side == 0)
                    Launch();
                _fast.EnterRow(RowAt(_fastTime), _side);
            }

            _fast.EnterWeights(RowAt((7 * _fastTime) + 3), _side, _format);
            _fast.Step(_kind);
            _accumulators.Retire(_fastTime);
        }

        _fast.Settle();
    }

    private void Launch()
    {
        var wave = new FoldInFlight { Start = _fastTime, Rows = _side, Columns = _side, Line = (int)(_fastTime / _side % 2) * _side, Kind = _kind };
        _accumulators.Launch(in wave);
        _fast.Launch(in wave, switches: true, _format, _format);
    }

    private ReadOnlySpan<byte> RowAt(long number) => Rows.AsSpan((int)(number % Pool) * _rowBytes, _rowBytes);

    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(_step), nameof(_fast), nameof(_accumulators))]
    private void Restart()
    {
        var config = new MatrixConfig(_side, _side, 8 * _side * _side, Simd: SimdWidth.Vector512);
        _step = new SystolicArray(_side, _side, SimdWidth.Vector512);
        _accumulators = new Accumulators(config);
        _fast = new FastArray(config, _accumulators);
        _time = 0;
        _fastTime = 0;
    }
}
