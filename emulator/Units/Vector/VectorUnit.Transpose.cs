using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Transpose: a block of rows enters a register block, then leaves a column a cycle.</summary>
public sealed partial class VectorUnit
{
    private const int BlockPitchBytes = 64;

    private void FillBlock(long edge, int count)
    {
        ref VectorPlan plan = ref State.Plan;
        ref BeatCursor at = ref State.Execute;
        int row = at.Row - at.Group;
        int bytes = count * plan.SizeA;
        _readA.BytesOf(in _readA.Response.Peek(edge))[..bytes].CopyTo(_block.AsSpan(row * BlockPitchBytes));
        _readA.DiscardRead(edge);
        int rowCount = Math.Min(plan.BlockRows, plan.Rows - at.Group);
        if (row + 1 < rowCount)
            return;
        State.BlockLeaving = 1;
        State.BlockRow = at.Group;
        State.BlockColumn = at.Column;
        State.BlockRowCount = rowCount;
        State.BlockColumnCount = count;
        State.BlockNext = 0;
    }

    private int SendBlockColumn(long edge)
    {
        if (State.ResultCount == ResultSlots)
            return StallWrite;
        ref VectorPlan plan = ref State.Plan;
        int size = plan.SizeA;
        int column = State.BlockNext;
        uint address = plan.D + (uint)(((State.BlockColumn + column) * plan.PitchD) + (State.BlockRow * size));
        Span<byte> bytes = Emit(address, State.BlockRowCount * size, edge + _pipeline);
        for (int row = 0; row < State.BlockRowCount; row++)
            _block.AsSpan((row * BlockPitchBytes) + (column * size), size).CopyTo(bytes[(row * size)..]);
        State.BlockNext++;
        if (State.BlockNext == State.BlockColumnCount)
            State.BlockLeaving = 0;
        return Ledger.Busy;
    }
}
