using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>Rows that have left the array are summed by host threads while more enter.</summary>
public sealed partial class FastArray
{
    /// <summary>
    /// Blocks of rows that are offered to a team, in the order in which they entered. All that are not done belong to one fold, so
    /// none waits for another's sums, and one set of packed weights serves all. A row's sum is the work of one thread: its bits
    /// do not depend on how many there are.
    /// </summary>
    private sealed class SharedRows
    {
        /// <summary>Rows that are offered and not done, at most.</summary>
        public const int MostRows = RowsAtOnce * Blocks;

        private const int Blocks = 8;

        private readonly FastArray _array;
        private readonly HostTeam _team;
        private readonly Action<int> _settle;
        private readonly int _rowsOnTheirWay;
        private readonly RowBlock[] _blocks = new RowBlock[Blocks]; // ring
        private readonly int[] _done = new int[Blocks];
        private long _offeredRows;
        private long _offered; // blocks
        private long _finished;

        public SharedRows(FastArray array, HostTeam team)
        {
            _array = array;
            _team = team;
            _settle = Settle;
            _rowsOnTheirWay = array._rows + array._columns;
        }

        /// <summary>Rows before this one are summed already; none is offered that is not done.</summary>
        public void GoOnAt(long row) => _offeredRows = row;

        /// <summary>Offers what is a whole block and has left the array for certain: a row enters at a step, and leaves R + C steps later.</summary>
        public void OfferThoseThatLeft()
        {
            while (_array._entered - _offeredRows >= _rowsOnTheirWay + RowsAtOnce && TryOffer())
            {
            }
        }

        /// <summary>Offers all rows but the last few, helping where there is no place for more.</summary>
        public void OfferAll()
        {
            while (_array._entered - _offeredRows > RowsAtOnce)
            {
                if (!TryOffer())
                    FinishOne();
            }
        }

        /// <summary>Returns when all is done that was offered.</summary>
        public void Finish()
        {
            while (FinishOne())
            {
            }
        }

        /// <summary>Returns when another block is done, or at once with false if none is offered.</summary>
        public bool FinishOne()
        {
            if (_finished == _offered)
                return false;
            var spinner = default(SpinWait);
            while (!TakeDone())
            {
                // What is left was begun by others, who are late only when the host is busy.
                if (!_team.Help())
                    spinner.SpinOnce(sleep1Threshold: -1);
            }

            return true;
        }

        private bool TryOffer()
        {
            TakeDone();
            if (_offered - _finished == Blocks)
                return false;
            RowBlock block = _array.NextBlock(_offeredRows, RowsAtOnce);
            ref FoldInput fold = ref _array.Fold(block.Fold);
            if (_offered != _finished && (block.Fold != _blocks[(_offered - 1) % Blocks].Fold || !_array._packing.Has(in fold)))
                return false; // others sum by what is packed
            _array._packing.TakeWeights(in fold);
            int place = (int)(_offered % Blocks);
            _blocks[place] = block;
            _done[place] = 0;
            _offeredRows += block.Count;
            _offered++;
            _team.Offer(_settle, place, block.FirstRow / RowsAtOnce); // whose cache has the sums, if this is not their first fold
            return true;
        }

        /// <summary>Counts the oldest blocks that are done as settled; returns whether there were any.</summary>
        private bool TakeDone()
        {
            long before = _finished;
            while (_finished < _offered && Volatile.Read(ref _done[_finished % Blocks]) != 0)
                _array._settled += _blocks[_finished++ % Blocks].Count;
            return _finished != before;
        }

        private void Settle(int place)
        {
            _array.SettleRows(in _blocks[place], place * RowsAtOnce, remember: false);
            Volatile.Write(ref _done[place], 1);
        }
    }
}
