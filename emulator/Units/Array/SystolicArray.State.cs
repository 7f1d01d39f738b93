using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>The PE registers by name, for observers, tests and the archive.</summary>
public sealed partial class SystolicArray
{
    /// <summary>Arrays above this side are not named PE by PE.</summary>
    public const int NamedSide = 16;

    public int Act(int row, int column) => _act[_actAt + (row * _actPitch) + _state.Position + column];

    public int Psum(int row, int column) => _grid[_psumAt + ((row + 1) * _pitch) + column];

    public int Weight(int row, int column) => _grid[_weightAt + (row * _pitch) + column];

    public int Shadow(int row, int column) => _tokens.Word(TokenOfAge(row + column) - row, column);

    public int WeightOut(int row, int column) => _tokens.Word(TokenOfAge(row + column) - row - 1, column);

    public bool Enable(int row, int column) => (_enable[(row * _words) + (column >> 6)] >> (column & 63) & 1) != 0;

    public bool EnableShadow(int row, int column) => _tokens.Enabled(TokenOfAge(row + column) - row);

    public bool EnableOut(int row, int column) => _tokens.Enabled(TokenOfAge(row + column) - row - 1);

    public bool ShiftToken(int row, int column) => Bit(_shiftHistory, row + column);

    public bool SwitchToken(int row, int column) => Bit(_switchHistory, row + column);

    /// <summary>
    /// Presents every register. A hash sees NaN psums as canonical: their payload is the host's, not the chip's.
    /// </summary>
    public void Walk(StateArchive archive)
    {
        long time = _state.Time;
        archive.Value("time", ref time);
        archive.Value("shiftEntering", ref _state.ShiftEntering);
        archive.Value("switchEntering", ref _state.SwitchEntering);
        archive.Value("enableEntering", ref _state.EnableEntering);
        if (archive.IsLoad)
        {
            _state.Time = time;
            _state.Position = PositionAfterRebase;
            System.Array.Clear(_act);
        }

        foreach (ulong[] history in (ReadOnlySpan<ulong[]>)[_shiftHistory, _switchHistory, _enableHistory])
        {
            ClearBeyondGrid(history);
            archive.Array("history", history);
        }

        // With the skew registers, which are the part of each stream that has not reached column 0.
        for (int r = 0; r < Rows; r++)
            Words(archive, "act", _act.AsSpan(_actAt + (r * _actPitch) + _state.Position - Rows + 1, Rows - 1 + Columns));
        WalkPsums(archive);
        for (int r = 0; r < Rows; r++)
            Words(archive, "weight", _grid.AsSpan(_weightAt + (r * _pitch), Columns));
        archive.Array("enable", _enable);
        WalkShadows(archive);

        if (archive.IsLoad)
        {
            for (int r = 0; r < Rows; r++)
                _rowEnable[r] = Summary(r);
        }
    }

    /// <summary>Names every PE register of arrays up to 16 x 16: pe.r0.c0.psum.</summary>
    /// <param name="current">Makes the registers those of this time; called before each is read.</param>
    public void Describe(SignalMap map, Action current)
    {
        map.Add("time", 64, () => (ulong)At(current)._state.Time);
        if (Rows > NamedSide || Columns > NamedSide)
            return;
        for (int r = 0; r < Rows; r++)
        {
            for (int c = 0; c < Columns; c++)
            {
                int row = r;
                int column = c;
                map.Scope($"pe.r{r}.c{c}", pe => DescribeElement(pe, row, column, current));
            }
        }
    }

    private static void Words(StateArchive archive, string name, Span<int> words) =>
        archive.Bytes(name, System.Runtime.InteropServices.MemoryMarshal.AsBytes(words));

    private static bool Bit(ulong[] history, int age) => (history[age >> 6] >> (age & 63) & 1) != 0;

    private void DescribeElement(SignalMap pe, int row, int column, Action current)
    {
        pe.Add("act", 32, () => (uint)At(current).Act(row, column));
        pe.Add("psum", 32, () => (uint)At(current).Psum(row, column));
        pe.Add("weight", 32, () => (uint)At(current).Weight(row, column));
        pe.Add("shadow", 32, () => (uint)At(current).Shadow(row, column));
        pe.Add("weightOut", 32, () => (uint)At(current).WeightOut(row, column));
        pe.Add("enable", 1, () => At(current).Enable(row, column) ? 1UL : 0);
        pe.Add("enableShadow", 1, () => At(current).EnableShadow(row, column) ? 1UL : 0);
        pe.Add("enableOut", 1, () => At(current).EnableOut(row, column) ? 1UL : 0);
        pe.Add("shift", 1, () => At(current).ShiftToken(row, column) ? 1UL : 0);
        pe.Add("switch", 1, () => At(current).SwitchToken(row, column) ? 1UL : 0);
    }

    private SystolicArray At(Action current)
    {
        current();
        return this;
    }

    private void WalkPsums(StateArchive archive)
    {
        int[] row = new int[Columns];
        for (int r = 1; r <= Rows; r++)
        {
            Span<int> psums = _grid.AsSpan(_psumAt + (r * _pitch), Columns);
            psums.CopyTo(row);
            if (archive.IsHash)
            {
                foreach (ref int psum in row.AsSpan())
                    psum = (int)CanonicalNaN.BitsOf(BitConverter.Int32BitsToSingle(psum));
            }

            archive.Array("psum", row);
            if (archive.IsLoad)
                row.CopyTo(psums);
        }
    }

    /// <summary>
    /// Shadows, pass registers, and the words that wait in the skew registers above the grid. Loaded, they say what of the
    /// tokens' rows can still be seen: from the last token down to the one in the bottom pass register, column by column.
    /// </summary>
    private void WalkShadows(StateArchive archive)
    {
        if (archive.IsLoad)
            _tokens.Reset(TokensAtReset);
        int[] shadow = new int[Columns], passed = new int[Columns], waiting = new int[Columns];
        byte[] enables = new byte[Columns];
        for (int r = 0; r < Rows; r++)
        {
            for (int c = 0; c < Columns; c++)
            {
                shadow[c] = Shadow(r, c);
                passed[c] = WeightOut(r, c);
                enables[c] = (byte)((EnableShadow(r, c) ? 1 : 0) | (EnableOut(r, c) ? 2 : 0));
            }

            archive.Array("shadow", shadow);
            archive.Array("weightOut", passed);
            archive.Array("shadowEnables", enables);
            for (int c = 0; archive.IsLoad && c < Columns; c++)
            {
                long token = TokenOfAge(r + c) - r;
                _tokens.Word(token, c) = shadow[c];
                _tokens.Word(token - 1, c) = passed[c];
                _tokens.Enable(token, (enables[c] & 1) != 0);
                _tokens.Enable(token - 1, (enables[c] & 2) != 0);
            }
        }

        // A token that entered so many steps before the last one has yet to come to the columns after; -1 enters at the next.
        for (int age = -1; age < Columns - 1; age++)
        {
            bool stands = age < 0 ? _state.ShiftEntering != 0 : Bit(_shiftHistory, age);
            long token = age < 0 ? _tokens.Last : TokenOfAge(age);
            System.Array.Clear(waiting);
            for (int c = age + 1; stands && c < Columns; c++)
                waiting[c] = _tokens.Word(token, c);
            archive.Array("weightSkew", waiting);
            for (int c = age + 1; archive.IsLoad && stands && c < Columns; c++)
                _tokens.Word(token, c) = waiting[c];
            if (archive.IsLoad && stands)
                _tokens.Enable(token, age < 0 ? _state.EnableEntering != 0 : Bit(_enableHistory, age));
        }
    }
}
