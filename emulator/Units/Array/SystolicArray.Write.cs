namespace HybridEmu.Units;

/// <summary>Writing registers one by one, for an engine that has computed them in another way.</summary>
public sealed partial class SystolicArray
{
    /// <summary>An array at a time with nothing in its streams and no token anywhere. PEs keep what they hold.</summary>
    internal void Reset(long time)
    {
        _state = default;
        _state.Time = time;
        _state.Position = PositionAfterRebase;
        System.Array.Clear(_act);
        System.Array.Clear(_weightSkew);
        System.Array.Clear(_shiftHistory);
        System.Array.Clear(_switchHistory);
        System.Array.Clear(_enableHistory);
        Top.Clear();
    }

    /// <summary>The tokens that entered <paramref name="age"/> steps before the last one.</summary>
    internal void SetTokens(int age, ulong shift, ulong swap, ulong enable)
    {
        _shiftHistory[age >> 6] |= shift << (age & 63);
        _switchHistory[age >> 6] |= swap << (age & 63);
        _enableHistory[age >> 6] |= enable << (age & 63);
    }

    /// <summary>Act of PE (row, column); columns -row .. -1 are the skew registers before it. Columns beyond C are nowhere.</summary>
    internal void SetAct(int row, int column, int word)
    {
        if (column < Columns)
            _act[(row * _actStride) + _state.Position + column] = word;
    }

    /// <summary>The word for a column that a token entered with, while it waits in the skew registers.</summary>
    internal void SetWeightSkew(long enteredAt, int column, int word) =>
        _weightSkew[(int)((enteredAt + column) % Columns * _stride) + column] = word;

    internal void SetElement(int row, int column, int psum, int weight, int shadow, int weightOut)
    {
        int place = (row * _stride) + column;
        _grid[PsumAt + _stride + place] = psum;
        _grid[_weightAt + place] = weight;
        _grid[_shadowAt + place] = shadow;
        _grid[_weightOutAt + place] = weightOut;
    }

    internal void SetEnables(int row, int column, bool enable, bool enableShadow, bool enableOut)
    {
        int word = (row * _words) + (column >> 6);
        ulong bit = 1UL << (column & 63);
        _enable[word] = enable ? _enable[word] | bit : _enable[word] & ~bit;
        _enableShadow[word] = enableShadow ? _enableShadow[word] | bit : _enableShadow[word] & ~bit;
        _enableOut[word] = enableOut ? _enableOut[word] | bit : _enableOut[word] & ~bit;
        if (column == Columns - 1)
            _rowEnable[row] = Summary(row);
    }

    /// <summary>Zeroes skew registers that no token stands at: what passed through them is of no consequence.</summary>
    private void ClearSkewBehindTokens()
    {
        for (int c = 0; c < Columns; c++)
        {
            for (int age = 0; age < Columns; age++)
            {
                bool waiting = age < c && ShiftToken(0, age);
                if (!waiting)
                    SetWeightSkew(_state.Time - 1 - age + (age >= _state.Time ? Columns : 0L), c, 0);
            }
        }
    }

    private void ClearBeyondGrid(ulong[] history)
    {
        int bits = Rows + Columns - 1;
        for (int word = 0; word < history.Length; word++)
        {
            int left = bits - (word * 64);
            history[word] &= left >= 64 ? ulong.MaxValue : left <= 0 ? 0 : (1UL << left) - 1;
        }
    }
}
