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
        RestAt(time);
    }

    /// <summary>The tokens that entered <paramref name="age"/> steps before the last one.</summary>
    internal void SetTokens(int age, ulong shift, ulong swap, ulong enable)
    {
        Record(_time - 1 - age).Flags |= (StepFlags)(shift | (swap << 1) | (enable << 2));
        _unlinked = true;
    }

    /// <summary>Act of PE (row, column); columns -row .. -1 are the skew registers before it. Columns beyond C are nowhere.</summary>
    internal void SetAct(int row, int column, int word)
    {
        if (column < Columns)
            X(_time - 1 - row - column, row) = word;
    }

    internal void SetElement(int row, int column, int psum, int weight, bool enable)
    {
        int place = PlaceOf(row, column);
        _psum[_psumAt + place] = psum;
        _weight[_weightAt + place] = weight;
        WriteEnable(row, column, enable);
    }

    /// <summary>The rows of weights that the registers show, for an engine that keeps them by token too.</summary>
    /// <param name="last">Number of the last of them there.</param>
    internal void CopyTokensTo(WeightTokens tokens, long last) => tokens.CopyFrom(_tokens, last);

    /// <summary>Lanes beyond C are as the last column is.</summary>
    private void WriteEnable(int row, int column, bool enable)
    {
        int group = column / _lanes;
        uint bits = column == Columns - 1 ? (uint)(AllLanes << (column % _lanes)) & AllLanes : 1u << (column % _lanes);
        uint held = _enable[(group * Rows) + row];
        SetEnable(group, row, (ushort)(enable ? held | bits : held & ~bits));
    }

    private void RestAt(long time)
    {
        _time = time;
        _entering = StepFlags.None;
        _lastTop = -1;
        _unlinked = true;
        _xFirst = time - _xWindow;
        _xNext = _xAt + (_xWindow * _xPitch);
        System.Array.Clear(_x);
        System.Array.Clear(_records);
        RestFrom(time);
    }
}
