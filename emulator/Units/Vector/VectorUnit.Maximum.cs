using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>The greatest element of each row, or its column.</summary>
public sealed partial class VectorUnit
{
    private void MaximumBeat(long edge, int count)
    {
        ref VectorPlan plan = ref State.Plan;
        ref BeatCursor at = ref State.Execute;
        ref RowStatistic row = ref _statistics[at.Row - at.Group];
        Span<float> x = _x.AsSpan(0, count);
        TakeOperand(_readA, edge, plan.TypeA, x);
        bool places = plan.Opcode == DescriptorOpcode.VxArgmax;
        for (int i = 0; i < count; i++)
        {
            bool first = at.Column + i == 0;
            if (first)
                row = default;
            if (!places)
            {
                row.Maximum = first ? CanonicalNaN.Of(x[i]) : MaxLane.Apply(row.Maximum, x[i]);
            }
            else if (first || x[i] > row.Maximum)
            {
                row.Maximum = CanonicalNaN.Of(x[i]);
                row.ArgumentOfMaximum = (uint)(at.Column + i);
            }
        }

        State.LaneOperations += count;
        if (at.Column + count < plan.Columns)
            return;
        State.LaneOperations += FoldAdds;
        uint address = plan.D + (uint)(at.Row * plan.PitchD);
        Span<byte> bytes = Emit(address, sizeof(float), edge + FoldCycles);
        if (places)
            MemoryMarshal.Write(bytes, in row.ArgumentOfMaximum);
        else
            MemoryMarshal.Write(bytes, in row.Maximum);
    }
}
