using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>The PE registers by name, for observers, tests and the archive.</summary>
public sealed partial class SystolicArray
{
    /// <summary>Arrays above this side are not named PE by PE.</summary>
    public const int NamedSide = 16;

    public int Act(int row, int column) => X(_time - 1 - row - column, row);

    public int Psum(int row, int column)
    {
        Settle();
        return _psum[_psumAt + PlaceOf(row, column)];
    }

    public int Weight(int row, int column)
    {
        Settle();
        return _weight[_weightAt + PlaceOf(row, column)];
    }

    public int Shadow(int row, int column) => _tokens.Word(TokenOfAge(row + column) - row, column);

    public int WeightOut(int row, int column) => _tokens.Word(TokenOfAge(row + column) - row - 1, column);

    public bool Enable(int row, int column)
    {
        Settle();
        return (_enable[(column / _lanes * Rows) + row] >> (column % _lanes) & 1) != 0;
    }

    public bool EnableShadow(int row, int column) => _tokens.Enabled(TokenOfAge(row + column) - row);

    public bool EnableOut(int row, int column) => _tokens.Enabled(TokenOfAge(row + column) - row - 1);

    public bool ShiftToken(int row, int column) => Entered(row + column, StepFlags.ShiftToken);

    public bool SwitchToken(int row, int column) => Entered(row + column, StepFlags.SwitchToken);

    /// <summary>
    /// Presents every register. A hash sees NaN psums as canonical: their payload is the host's, not the chip's.
    /// </summary>
    public void Walk(StateArchive archive)
    {
        Settle();
        long time = _time;
        archive.Value("time", ref time);
        if (archive.IsLoad)
            RestAt(time);
        WalkEntering(archive, "shiftEntering", StepFlags.ShiftToken);
        WalkEntering(archive, "switchEntering", StepFlags.SwitchToken);
        WalkEntering(archive, "enableEntering", StepFlags.Enable);
        WalkHistory(archive, StepFlags.ShiftToken);
        WalkHistory(archive, StepFlags.SwitchToken);
        WalkHistory(archive, StepFlags.Enable);
        WalkActs(archive);
        WalkPsums(archive);
        WalkWeights(archive);
        WalkShadows(archive);
    }

    /// <summary>Names every PE register of arrays up to 16 x 16: pe.r0.c0.psum.</summary>
    /// <param name="current">Makes the registers those of this time; called before each is read.</param>
    public void Describe(SignalMap map, Action current)
    {
        map.Add("time", 64, () => (ulong)At(current)._time);
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

    private bool Entered(int age, StepFlags flag) => (Record(_time - 1 - age).Flags & flag) != 0;

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

    private void WalkEntering(StateArchive archive, string name, StepFlags flag)
    {
        byte enters = (byte)((_entering & flag) != 0 ? 1 : 0);
        archive.Value(name, ref enters);
        if (archive.IsLoad && enters != 0)
            _entering |= flag;
    }

    /// <summary>What stands in the tokens' registers: bit j entered j steps ago.</summary>
    private void WalkHistory(StateArchive archive, StepFlags flag)
    {
        var history = new ulong[((Rows + Columns + CacheLines.Words) / 64) + 2];
        for (int age = 0; age < Rows + Columns - 1; age++)
            history[age >> 6] |= (Entered(age, flag) ? 1UL : 0) << (age & 63);
        archive.Array("history", history);
        for (int age = 0; archive.IsLoad && age < Rows + Columns - 1; age++)
            Record(_time - 1 - age).Flags |= (history[age >> 6] >> (age & 63) & 1) != 0 ? flag : StepFlags.None;
    }

    /// <summary>With the skew registers, which are what has not reached column 0 yet; column -1 - r is what enters next.</summary>
    private void WalkActs(StateArchive archive)
    {
        var words = new int[Rows - 1 + Columns];
        for (int r = 0; r < Rows; r++)
        {
            for (int column = 1 - Rows; column < Columns; column++)
                words[Rows - 1 + column] = column >= -r ? Act(r, column) : 0;
            Words(archive, "act", words);
            for (int column = -r; archive.IsLoad && column < Columns; column++)
                SetAct(r, column, words[Rows - 1 + column]);
        }
    }

    private void WalkWeights(StateArchive archive)
    {
        var row = new int[Columns];
        for (int r = 0; r < Rows; r++)
        {
            for (int c = 0; c < Columns; c++)
                row[c] = Weight(r, c);
            Words(archive, "weight", row);
            for (int c = 0; archive.IsLoad && c < Columns; c++)
                _weight[_weightAt + PlaceOf(r, c)] = row[c];
        }

        int words = (Columns + 63) / 64;
        var enable = new ulong[Rows * words];
        for (int i = 0; i < Rows * Columns; i++)
            enable[(i / Columns * words) + (i % Columns >> 6)] |= (Enable(i / Columns, i % Columns) ? 1UL : 0) << (i % Columns & 63);
        archive.Array("enable", enable);
        for (int i = 0; archive.IsLoad && i < Rows * Columns; i++)
            WriteEnable(i / Columns, i % Columns, (enable[(i / Columns * words) + (i % Columns >> 6)] >> (i % Columns & 63) & 1) != 0);
    }

    private void WalkPsums(StateArchive archive)
    {
        var row = new int[Columns];
        for (int r = 0; r < Rows; r++)
        {
            for (int c = 0; c < Columns; c++)
            {
                int psum = Psum(r, c);
                row[c] = archive.IsHash ? (int)CanonicalNaN.BitsOf(BitConverter.Int32BitsToSingle(psum)) : psum;
            }

            archive.Array("psum", row);
            for (int c = 0; archive.IsLoad && c < Columns; c++)
                _psum[_psumAt + PlaceOf(r, c)] = row[c];
        }
    }

    /// <summary>
    /// Shadows, pass registers, and the words that wait in the skew registers above the grid. Loaded, they say what of the
    /// tokens' rows can still be seen: from the last token down to the one in the bottom pass register, column by column.
    /// </summary>
    private void WalkShadows(StateArchive archive)
    {
        if (archive.IsLoad)
        {
            _tokens.Reset(TokensAtReset);
            _unlinked = true;
        }

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
            bool stands = age < 0 ? (_entering & StepFlags.ShiftToken) != 0 : Entered(age, StepFlags.ShiftToken);
            long token = age < 0 ? _tokens.Last : TokenOfAge(age);
            System.Array.Clear(waiting);
            for (int c = age + 1; stands && c < Columns; c++)
                waiting[c] = _tokens.Word(token, c);
            archive.Array("weightSkew", waiting);
            for (int c = age + 1; archive.IsLoad && stands && c < Columns; c++)
                _tokens.Word(token, c) = waiting[c];
            if (archive.IsLoad && stands)
                _tokens.Enable(token, age < 0 ? (_entering & StepFlags.Enable) != 0 : Entered(age, StepFlags.Enable));
        }
    }
}
