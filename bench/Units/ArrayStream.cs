using HybridEmu.Units;

namespace HybridEmu.Bench;

/// <summary>A square array with back-to-back folds of N rows: an X row and a weight row enter at every step.</summary>
internal sealed class ArrayStream
{
    private readonly SystolicArray _array;
    private readonly bool _floatingPoint;
    private readonly ushort[] _halfwords;
    private readonly sbyte[] _bytes;
    private readonly int[] _weights;
    private int _row;

    public ArrayStream(int side, bool floatingPoint)
    {
        _array = new SystolicArray(side, side);
        _floatingPoint = floatingPoint;
        _halfwords = [.. Enumerable.Range(0, side).Select(i => (ushort)(0x3F00 + i))];
        _bytes = [.. Enumerable.Range(0, side).Select(i => (sbyte)i)];
        _weights = [.. Enumerable.Range(0, side).Select(i => floatingPoint ? BitConverter.SingleToInt32Bits(1f / (i + 1)) : i)];
    }

    public void Step(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            if (_floatingPoint)
                _array.EnterBf16Row(_halfwords);
            else
                _array.EnterInt8Row(_bytes);
            _array.EnterWeights(_weights, true);
            if (_row == 0)
                _array.EnterSwitch();
            _row = _row + 1 == _weights.Length ? 0 : _row + 1;
            _array.Step(_floatingPoint);
        }
    }
}
