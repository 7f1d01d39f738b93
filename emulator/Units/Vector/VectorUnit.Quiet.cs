namespace HybridEmu.Units;

/// <summary>How long nobody beyond the scratchpad can notice what the unit does.</summary>
public sealed partial class VectorUnit
{
    /// <summary>
    /// Edges at which the unit neither reports nor takes anything but answers of the scratchpad: at least so many from the next evaluation
    /// on, 0 when that is not known. A beat, or a column of a block that leaves, takes an edge at least.
    /// </summary>
    public long QuietEdges
    {
        get
        {
            ref VectorPlan plan = ref State.Plan;
            ref BeatCursor at = ref State.Execute;
            if (State.Active == 0)
                return _start.IsEmpty ? long.MaxValue : 0;
            if (State.BlockLeaving != 0)
                return State.BlockColumnCount - State.BlockNext - 1;
            if (at.Finished != 0)
                return 0;
            return plan.Walk switch
            {
                VectorWalk.Rows => ((long)(plan.Rows - at.Row - 1) * FewestBeats(plan.Columns)) + FewestBeats(plan.Columns - at.Column) - 1,
                VectorWalk.Columns => plan.Rows - at.Row + ((long)((plan.Columns - at.Column - 1) / plan.BlockColumns) * plan.Rows) - 1,
                VectorWalk.Blocks => Math.Min(at.Group + plan.BlockRows, plan.Rows) - at.Row - 1,
                _ => 0,
            };
        }
    }

    /// <summary>Beats of so many elements, when all lanes take one.</summary>
    private int FewestBeats(int elements) => (elements + _lanes - 1) / _lanes;
}
