namespace HybridEmu.Units;

/// <summary>Which weights the PEs hold: tiles come with shift tokens, and a switch token takes them for all folds up to the next.</summary>
public sealed partial class FastArray
{
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
        SettleThoseWith(0, gone);
    }

    /// <summary>The PEs go on with these weights, and the fold launched last may have rows in the array, however many tiles are shifted past them.</summary>
    private void KeepHeld()
    {
        if (_held.KeptIn != 0)
            return;
        _lastKept = _lastKept % _mostKept + 1;

        // Rows of folds with what is there have left: a tile is shifted in and taken, and another shifted in, between two that are kept.
        SettleThoseWith(_lastKept, long.MaxValue);
        WeightTile held = _held;
        _held.KeptIn = _lastKept;
        for (int r = 0; r < _rows; r++)
            WeightRow(in held, r).CopyTo(WeightRow(in _held, r));
        Fold(_launched - 1).Weights = _held;
    }

    /// <summary>Settles rows up to the last whose weights are kept in a place; or have their words among the tokens, before one of them.</summary>
    private void SettleThoseWith(int keptIn, long before)
    {
        for (long fold = _launched - 1; _settled < _entered && fold >= FoldOf(_settled); fold--)
        {
            ref WeightTile tile = ref Fold(fold).Weights;
            while (tile.KeptIn == keptIn && tile.First < before && _settled < _entered && FoldOf(_settled) <= fold)
                SettleSome();
        }
    }

    private Span<int> WeightRow(in WeightTile tile, int row) => tile.KeptIn != 0
        ? _kept.AsSpan((((tile.KeptIn - 1) * _rows) + row) * _columns, _columns)
        : _tokens.Row(tile.First + _rows - 1 - row);

    /// <summary>One tile of weights.</summary>
    private struct WeightTile
    {
        /// <summary>Number of its first shift token, which brings the last row.</summary>
        public long First;

        /// <summary>1 and up: the place of those that are kept which has its words, and no longer the tokens.</summary>
        public int KeptIn;

        /// <summary>One higher for each switch.</summary>
        public long Number;
        public int EnabledRows;
    }
}
