using System.Numerics;
using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>How a descriptor is cut into beats, and the asking for their operands.</summary>
public sealed partial class VectorUnit
{
    private const int BoundaryBytes = 64;

    /// <summary>
    /// Elements of the beat at the cursor: at most a lane each, inside the row, and such that no access of the beat
    /// crosses a 64-byte boundary.
    /// </summary>
    private int BeatLength(in BeatCursor at)
    {
        ref VectorPlan plan = ref State.Plan;
        int left = plan.Columns - at.Column;
        if (plan.Walk != VectorWalk.Rows)
            return Math.Min(plan.BlockColumns, left);
        int count = Math.Min(_lanes, left);
        if (plan.ReadsA != 0)
            count = Math.Min(count, ElementsToBoundary(AddressA(at), plan.SizeA));
        if (plan.ReadsB != 0)
            count = Math.Min(count, ElementsToBoundary(AddressB(at), plan.SizeB));
        if (at.Pass == plan.WritingPass)
            count = Math.Min(count, ElementsToBoundary(AddressD(at), plan.SizeD));
        return count;
    }

    // Sizes are powers of two: a division would cost more than the rest.
    private static int ElementsToBoundary(uint address, int sizeBytes) =>
        (BoundaryBytes - (int)(address & (BoundaryBytes - 1))) >> BitOperations.TrailingZeroCount(sizeBytes);

    private uint AddressA(in BeatCursor at) => State.Plan.A + (uint)((at.Row * State.Plan.PitchA) + (at.Column * State.Plan.SizeA));

    private uint AddressB(in BeatCursor at) => State.Plan.B + (uint)((at.Row * State.Plan.PitchB) + (at.Column * State.Plan.SizeB));

    private uint AddressD(in BeatCursor at) => State.Plan.D + (uint)((at.Row * State.Plan.PitchD) + (at.Column * State.Plan.SizeD));

    private void Advance(ref BeatCursor at, int count)
    {
        ref VectorPlan plan = ref State.Plan;
        switch (plan.Walk)
        {
            case VectorWalk.Rows:
                at.Column += count;
                if (at.Column < plan.Columns)
                    return;
                at.Column = 0;
                if (++at.Row < Math.Min(at.Group + VectorPlan.GroupRows, plan.Rows))
                    return;
                if (++at.Pass < plan.Passes)
                {
                    at.Row = at.Group;
                    return;
                }

                at.Pass = 0;
                at.Group = at.Row;
                at.Finished = at.Row >= plan.Rows ? 1 : 0;
                return;
            case VectorWalk.Columns:
                if (++at.Row < plan.Rows)
                    return;
                at.Row = 0;
                at.Column += plan.BlockColumns;
                at.Finished = at.Column >= plan.Columns ? 1 : 0;
                return;
            default:
                if (++at.Row < Math.Min(at.Group + plan.BlockRows, plan.Rows))
                    return;
                at.Column += plan.BlockColumns;
                if (at.Column >= plan.Columns)
                {
                    at.Column = 0;
                    at.Group += plan.BlockRows;
                }

                at.Row = at.Group;
                at.Finished = at.Group >= plan.Rows ? 1 : 0;
                return;
        }
    }

    /// <summary>Asks for the next beat's operands, at most one access a port and edge.</summary>
    private bool Issue(long edge)
    {
        if ((State.ParametersToIssue | State.RecordToIssue) != 0)
            return IssueParameters(edge);
        ref BeatCursor at = ref State.Issue;
        if (at.Finished != 0 || State.BeatsInFlight >= _outstandingBeats)
            return false;
        ref VectorPlan plan = ref State.Plan;
        bool asksLabel = plan.IsLoss != 0 && at.Pass == 0 && at.Column == 0;
        if (!_requestA.CanPush(edge) || ((plan.ReadsB != 0 || asksLabel) && !_requestB.CanPush(edge)))
            return false;

        int count = BeatLength(at);
        ScratchpadRequest.PushRead(_requestA, AddressA(at), count * plan.SizeA, 0, edge);
        State.ReadBytes += count * plan.SizeA;
        if (plan.ReadsB != 0)
        {
            ScratchpadRequest.PushRead(_requestB, AddressB(at), count * plan.SizeB, 0, edge);
            State.ReadBytes += count * plan.SizeB;
        }
        else if (asksLabel)
        {
            ScratchpadRequest.PushRead(_requestB, plan.Labels + (uint)(at.Row * sizeof(uint)), sizeof(uint), 0, edge);
            State.ReadBytes += sizeof(uint);
        }

        State.BeatsInFlight++;
        Advance(ref at, count);
        return true;
    }
}
