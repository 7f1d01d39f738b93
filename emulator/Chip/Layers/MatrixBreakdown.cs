using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>
/// Core cycles of an array in the four classes of TPU v1's counters (arXiv 1704.04760, table 3), told apart in this order:
/// </summary>
/// <param name="Active">A row of operands entered; of 16 bits, its second edge too.</param>
/// <param name="Shift">No row, but a row of weights entered the shadow.</param>
/// <param name="Stall">Neither, and the next load waits for its weights.</param>
/// <param name="NonMatrix">None of these: weights are there, and the array does something else or waits for something else.</param>
public readonly record struct MatrixBreakdown(long Active, long Stall, long Shift, long NonMatrix)
{
    public long Cycles => Active + Stall + Shift + NonMatrix;
}

/// <summary>Watches a tile's matrix unit and the head of its queue, once a core cycle.</summary>
internal sealed class MatrixWatch(Tile tile)
{
    private static readonly int s_shift = Array.IndexOf(MatrixUnit.Causes, "WeightShift");
    private static readonly int s_port = Array.IndexOf(MatrixUnit.Causes, "AccumulatorPort");

    private long _active, _stall, _shift, _nonMatrix, _drained, _tokens;
    private bool _wasActive;

    public MatrixBreakdown Breakdown => new(_active, _stall, _shift, _nonMatrix);

    /// <summary>The cycle that has just been.</summary>
    public void Look()
    {
        ref MatrixUnitState state = ref tile.Matrix.State;
        int cause = state.Ledger.Waiting;
        long tokens = state.WeightRows;
        bool drains = state.DrainedRows != _drained, shifts = cause == s_shift || tokens != _tokens;
        _drained = state.DrainedRows;
        _tokens = tokens;
        bool active = (cause == Kernel.Ledger.Busy && !drains) || (cause == s_port && _wasActive);
        _wasActive = active;
        if (active)
            _active++;
        else if (shifts)
            _shift++;
        else if (tile.Dispatch.HeadWaits(DescriptorQueue.Mx, DescriptorOpcode.MxLoad))
            _stall++;
        else
            _nonMatrix++;
    }
}
