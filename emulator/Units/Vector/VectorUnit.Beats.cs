using System.Numerics;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>How a descriptor is cut into beats, and the asking for their operands.</summary>
public sealed partial class VectorUnit
{
    /// <summary>
    /// Elements of the beat at the cursor: at most a lane each, inside the row, and such that no access of the beat
    /// crosses a boundary of the port's width. No beat splits a byte of int4: rows begin at multiples of 16 bytes and lanes are even, so
    /// that every cut but a row's end is after an even element.
    /// </summary>
    private int BeatLength(in BeatCursor at)
    {
        ref VectorPlan plan = ref State.Plan;
        int left = plan.Columns - at.Column;
        if (plan.Walk != VectorWalk.Rows)
            return Math.Min(plan.BlockColumns, left);
        int count = Math.Min(at.Pass == plan.WidePass ? _lanes : Math.Min(_lanes, VectorConfig.SummingLanes), left);
        if (plan.ReadsA != 0)
            count = Math.Min(count, ElementsToBoundary(AddressA(at), plan.SizeA));
        if (plan.ReadsB != 0)
            count = Math.Min(count, ElementsToBoundary(AddressB(at), plan.SizeB));
        if (plan.Mask != VectorPlan.None)
            count = Math.Min(count, ElementsToBoundary(AddressMask(at), sizeof(byte)));
        if (at.Pass == plan.WritingPass)
            count = Math.Min(count, ElementsToBoundary(AddressD(at), plan.SizeD));
        if (plan.Momentum != VectorPlan.None)
            count = Math.Min(count, ElementsToBoundary(AddressOf(plan.Momentum, at), sizeof(float)));
        if (plan.Variance != VectorPlan.None)
            count = Math.Min(count, ElementsToBoundary(AddressOf(plan.Variance, at), sizeof(float)));
        return count;
    }

    // Sizes are powers of two: a division would cost more than the rest.
    private int ElementsToBoundary(uint address, int sizeBytes)
    {
        int bytes = _widthBytes - (int)(address & (uint)(_widthBytes - 1));
        return sizeBytes == 0 ? 2 * bytes : bytes >> BitOperations.TrailingZeroCount(sizeBytes);
    }

    private uint AddressA(in BeatCursor at) => State.Plan.A + (uint)((at.Row * State.Plan.PitchA) + VectorPlan.Bytes(at.Column, State.Plan.SizeA));

    private uint AddressB(in BeatCursor at) => State.Plan.B + (uint)((at.Row * State.Plan.PitchB) + (at.Column * State.Plan.SizeB));

    private uint AddressD(in BeatCursor at) => State.Plan.D + (uint)((at.Row * State.Plan.PitchD) + VectorPlan.Bytes(at.Column, State.Plan.SizeD));

    /// <summary>Address of the beat in an operand that lies as A does.</summary>
    private uint AddressOf(uint operand, in BeatCursor at) => operand + (uint)((at.Row * State.Plan.PitchA) + (at.Column * State.Plan.SizeA));

    private bool TakesWord(in BeatCursor at, RowWord word) => State.Plan.RowWord == word && at.Pass == 0 && at.Column == 0;

    /// <summary>Whether the beat takes more than one access through a port: then all its second ones follow an edge later.</summary>
    private bool HasFurther(in BeatCursor at) => State.Plan.Momentum != VectorPlan.None || State.Plan.Mask != VectorPlan.None || TakesWord(at, RowWord.Deviation);

    private void Advance(ref BeatCursor at, int count)
    {
        ref VectorPlan plan = ref State.Plan;
        at.Further = 0;
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
            case VectorWalk.Windows:
                AdvanceInWindow(ref at);
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

    private uint AddressMask(in BeatCursor at) => State.Plan.Mask + (uint)((at.Row * State.Plan.PitchMask) + at.Column);

    /// <summary>Asks for the next beat's operands, at most one access a port and edge.</summary>
    private bool Issue(long edge)
    {
        if ((State.ParametersToIssue | State.RecordToIssue) != 0)
            return IssueParameters(edge);
        ref BeatCursor at = ref State.Issue;
        if (at.Finished != 0)
            return false;
        if (at.Further != 0)
            return IssueFurther(edge);
        if (State.BeatsInFlight >= _outstandingBeats)
            return false;
        ref VectorPlan plan = ref State.Plan;
        if (plan.Walk == VectorWalk.Windows)
            return IssuePooled(edge);
        bool asksLabel = TakesWord(at, RowWord.Label);
        if (!_readA.Request.CanPush(edge) || ((plan.ReadsB != 0 || asksLabel) && !_readB.Request.CanPush(edge)))
            return false;

        int count = BeatLength(at);
        Ask(_readA, AddressA(at), VectorPlan.Bytes(count, plan.SizeA), edge);
        if (plan.ReadsB != 0)
            Ask(_readB, AddressB(at), count * plan.SizeB, edge);
        else if (asksLabel)
            Ask(_readB, plan.Auxiliary + (uint)(at.Row * sizeof(uint)), sizeof(uint), edge);
        State.BeatsInFlight++;
        if (HasFurther(at))
            at.Further = 1;
        else
            Advance(ref at, count);
        return true;
    }

    /// <summary>Asks for what a beat takes besides its operands, an edge after them.</summary>
    private bool IssueFurther(long edge)
    {
        ref VectorPlan plan = ref State.Plan;
        ref BeatCursor at = ref State.Issue;
        bool word = TakesWord(at, RowWord.Deviation);
        if ((plan.Momentum != VectorPlan.None && !_readA.Request.CanPush(edge)) || ((plan.Variance != VectorPlan.None || plan.Mask != VectorPlan.None || word) && !_readB.Request.CanPush(edge)))
            return false;
        int count = BeatLength(at);
        if (plan.Momentum != VectorPlan.None)
            Ask(_readA, AddressOf(plan.Momentum, at), count * sizeof(float), edge);
        if (plan.Variance != VectorPlan.None)
            Ask(_readB, AddressOf(plan.Variance, at), count * sizeof(float), edge);
        else if (plan.Mask != VectorPlan.None)
            Ask(_readB, AddressMask(at), count, edge);
        else if (word)
            Ask(_readB, plan.Auxiliary + (uint)(at.Row * sizeof(float)), sizeof(float), edge);
        Advance(ref at, count);
        return true;
    }

    private void Ask(ScratchpadPort port, uint address, int bytes, long edge)
    {
        ScratchpadRequest.PushRead(port.Request, address, bytes, 0, edge);
        State.ReadBytes += bytes;
    }
}
