namespace HybridEmu.Units;

/// <summary>Which weights the PEs hold: tiles come with shift tokens, and a switch token takes them for all folds up to the next.</summary>
public sealed partial class FastArray
{
    // In place of a tile's first token: the words are in _kept.
    private const long Kept = long.MaxValue;

    /// <summary>The next shift token is the first of a tile.</summary>
    private void StartTile()
    {
        // A tile that no fold has taken is shifted out. The one that the PEs hold might then be older than all tokens that are kept.
        if (_filled)
            KeepHeld();
        _filled = false;
        _filling = new WeightTile { First = _tokens.Last + 1 };

        // Its tokens' places may still be wanted by rows that have left: since the last of them entered, other tiles came for C + R steps or more.
        long gone = _tokens.Last + _rows - _tokens.Mask;
        while (_settled < _entered && Fold(FoldOf(_settled)).Weights.First < gone)
            SettleSome();
    }

    /// <summary>No row of a fold with these weights is in the array any more, as a tile was loaded since; PEs go on showing them.</summary>
    private void KeepHeld()
    {
        if (_held.First == Kept)
            return;
        for (int r = 0; r < _rows; r++)
            WeightRow(in _held, r).CopyTo(_kept.AsSpan(r * _columns));
        _held.First = Kept;
        Fold(_launched - 1).Weights.First = Kept;
    }

    private Span<int> WeightRow(in WeightTile tile, int row) =>
        tile.First == Kept ? _kept.AsSpan(row * _columns, _columns) : _tokens.Row(tile.First + _rows - 1 - row);

    /// <summary>One tile of weights.</summary>
    private struct WeightTile
    {
        /// <summary>Number of its first shift token, which brings the last row.</summary>
        public long First;

        /// <summary>One higher for each switch.</summary>
        public long Number;
        public int EnabledRows;
    }
}
