using HybridEmu.Units;

namespace HybridEmu.Bench;

/// <summary>A square array with back-to-back folds of N rows: an X row and a weight row enter at every step.</summary>
internal sealed class ArrayStream
{
    private readonly SystolicArray _array;
    private readonly MacKind _kind;
    private readonly RowFormat _format;
    private readonly byte[] _bytes;
    private readonly int _side;
    private int _row;

    /// <param name="side">Rows and columns.</param>
    /// <param name="kind">What the PEs multiply.</param>
    public ArrayStream(int side, MacKind kind)
    {
        _side = side;
        _kind = kind;
        _format = FastArrayStream.FormatOf(kind);
        _array = new SystolicArray(side, side);
        _bytes = FastArrayStream.Operand(side);
    }

    public void Step(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            _array.EnterRow(_bytes, _side, _format);
            _array.EnterWeights(_bytes, _side, _format);
            if (_row == 0)
                _array.EnterSwitch();
            _row = _row + 1 == _side ? 0 : _row + 1;
            _array.Step(_kind);
        }
    }
}
