using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>How long nobody beyond the scratchpad can notice what the unit does.</summary>
public sealed partial class MatrixUnit
{
    /// <summary>
    /// Edges, from one on that is not evaluated yet, at which the unit neither reports nor takes anything but answers of the scratchpad: at
    /// least so many, 0 when that is not known. What is bounded is work that takes an edge each: rows, tokens, lines.
    /// </summary>
    /// <param name="edge">The first of them.</param>
    public long QuietEdges(long edge)
    {
        ref readonly Descriptor descriptor = ref State.Current.Descriptor;
        if (!_core.Request.IsEmpty)
            return 0;
        Settle(edge - 1);
        switch (State.Phase)
        {
            case MatrixPhase.Idle:
                return _start.IsEmpty ? long.MaxValue : 0;
            case MatrixPhase.Matmul when descriptor.Opcode == DescriptorOpcode.MxStream && !_start.IsEmpty:
                return 0; // what comes may start beside it
            case MatrixPhase.Matmul:
                long rows = descriptor.N0 - State.RowsEntered + ((long)((State.KBlocks * State.NBlocks) - State.FoldsLaunched) * descriptor.N0);
                long over = rows > 0 ? rows + _config.Rows + _config.Columns - 1 : State.SumsUntil + 1 - ArrayTime;
                if (State.LeavingCount > 0)
                    over = State.LeavingOver != 0 ? 0 : Math.Min(over, State.Leaving[0].Until + 1 - ArrayTime);
                return over;
            case MatrixPhase.DrainParameters or MatrixPhase.DrainBias:
                return descriptor.N0;
            case MatrixPhase.DrainRows or MatrixPhase.Zero:
                return descriptor.N0 - State.Row - 1;
            case MatrixPhase.Load when State.Loading == LoadProgress.Shifting:
                return _config.Rows - State.TokensShifted - 1;
            default:
                return 0;
        }
    }
}
