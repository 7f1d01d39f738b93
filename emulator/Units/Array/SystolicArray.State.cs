using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>The PE registers by name, for observers, tests and the archive.</summary>
public sealed partial class SystolicArray
{
    /// <summary>Arrays above this side are not named PE by PE.</summary>
    public const int NamedSide = 16;

    public int Act(int row, int column) => _act[(row * _actStride) + _state.Position + column];

    public int Psum(int row, int column) => _grid[PsumAt + ((row + 1) * _stride) + column];

    public int Weight(int row, int column) => _grid[_weightAt + (row * _stride) + column];

    public int Shadow(int row, int column) => _grid[_shadowAt + (row * _stride) + column];

    public int WeightOut(int row, int column) => _grid[_weightOutAt + (row * _stride) + column];

    public bool Enable(int row, int column) => Bit(_enable, row, column);

    public bool EnableShadow(int row, int column) => Bit(_enableShadow, row, column);

    public bool EnableOut(int row, int column) => Bit(_enableOut, row, column);

    public bool ShiftToken(int row, int column) => (Window(_shiftHistory, row + column) & 1) != 0;

    public bool SwitchToken(int row, int column) => (Window(_switchHistory, row + column) & 1) != 0;

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

        // With the skew registers, which are the part of each stream that has not reached column 0.
        for (int r = 0; r < Rows; r++)
            Row(archive, "act", _act, (r * _actStride) + _state.Position - Rows + 1, Rows - 1 + Columns);
        WalkPsums(archive);
        for (int r = 0; r < Rows; r++)
        {
            Row(archive, "weight", _grid, _weightAt + (r * _stride), Columns);
            Row(archive, "shadow", _grid, _shadowAt + (r * _stride), Columns);
            Row(archive, "weightOut", _grid, _weightOutAt + (r * _stride), Columns);
        }

        ClearSkewBehindTokens();
        for (int c = 0; c < Columns; c++)
            Row(archive, "weightSkew", _weightSkew, c * _stride, Columns);
        archive.Array("enable", _enable);
        archive.Array("enableShadow", _enableShadow);
        archive.Array("enableOut", _enableOut);
        foreach (ulong[] history in (ReadOnlySpan<ulong[]>)[_shiftHistory, _switchHistory, _enableHistory])
        {
            ClearBeyondGrid(history);
            archive.Array("history", history);
        }

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

    private static bool Flag(ulong value) => value != 0;

    private static void Row(StateArchive archive, string name, int[] values, int start, int length) =>
        archive.Bytes(name, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan(start, length)));

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
            Span<int> psums = _grid.AsSpan(PsumAt + (r * _stride), Columns);
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

    private bool Bit(ulong[] bits, int row, int column) => Flag(bits[(row * _words) + (column >> 6)] >> (column & 63) & 1);
}
