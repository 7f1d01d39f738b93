namespace HybridEmu.Units;

/// <summary>Writing registers one by one, for an engine that has computed them in another way.</summary>
public sealed partial class SystolicArray
{
    // Tokens have no number in the hardware; rows before it are those of no token.
    private const long TokensAtReset = 1 << 20;

    /// <summary>An array at a time with nothing in its streams and no token anywhere. PEs keep what they hold.</summary>
    /// <param name="tokens">Rows of weights by token.</param>
    internal void Reset(long time, WeightTokens tokens)
    {
        _tokens.CopyFrom(tokens, tokens.Last);
        _state = default;
        _state.Time = time;
        _state.Position = PositionAfterRebase;
        System.Array.Clear(_act);
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
            _act[_actAt + (row * _actPitch) + _state.Position + column] = word;
    }

    internal void SetElement(int row, int column, int psum, int weight, bool enable)
    {
        int place = (row * _pitch) + column;
        _grid[_psumAt + _pitch + place] = psum;
        _grid[_weightAt + place] = weight;
        int word = (row * _words) + (column >> 6);
        ulong bit = 1UL << (column & 63);
        _enable[word] = enable ? _enable[word] | bit : _enable[word] & ~bit;
        if (column == Columns - 1)
            _rowEnable[row] = Summary(row);
    }

    /// <summary>The rows of weights that the registers show, for an engine that keeps them by token too.</summary>
    /// <param name="last">Number of the last of them there.</param>
    internal void CopyTokensTo(WeightTokens tokens, long last) => tokens.CopyFrom(_tokens, last);

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
