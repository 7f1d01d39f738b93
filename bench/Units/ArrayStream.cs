using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Bench;

/// <summary>A square array with back-to-back folds of N rows: an X row and a weight row enter at every step.</summary>
internal sealed class ArrayStream
{
    private readonly SystolicArray _array;
    private readonly int _side;
    private readonly MacKind _kind;
    private readonly RowFormat _format;
    private readonly byte[] _operands;
    private int _row;

    public ArrayStream(int side, MacKind kind, SimdWidth simd = SimdWidth.Widest)
    {
        _array = new SystolicArray(side, side, simd);
        _side = side;
        _kind = kind;
        _format = FormatOf(kind);
        _operands = [.. Enumerable.Range(0, 4 * side).Select(i => (byte)((i & 1) == 0 ? i : 0x3F))];
    }

    /// <summary>The rows that a sequencer gives an array of this kind.</summary>
    public static RowFormat FormatOf(MacKind kind) => kind switch
    {
        MacKind.Integer => RowFormat.Int8,
        MacKind.Bf16 => RowFormat.Bf16,
        _ => RowFormat.Packed,
    };

    public void Step(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            _array.EnterRow(_operands, _side, _format);
            _array.EnterWeights(_operands, _side, _format);
            if (_row == 0)
                _array.EnterSwitch();
            _row = _row + 1 == _side ? 0 : _row + 1;
            _array.Step(_kind);
        }
    }
}
