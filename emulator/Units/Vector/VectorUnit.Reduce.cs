using System.Runtime.InteropServices;
using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>Sums along rows and columns: sixteen partials, then +8, +4, +2, +1.</summary>
public sealed partial class VectorUnit
{
    private const int FoldAdds = 15;

    /// <summary>The last add of the partials and the four levels of the fold.</summary>
    private int FoldCycles => 5 * _pipeline;

    /// <summary>vx.sum: one result a row.</summary>
    private void SumBeat(long edge, int count)
    {
        ref BeatCursor at = ref State.Execute;
        Span<float> x = _x.AsSpan(0, count);
        TakeOperand(_readA, edge, State.Plan.TypeA, x);
        for (int i = 0; i < count; i++)
            State.Partials.Add(at.Column + i, x[i]);
        State.LaneOperations += count;
        if (at.Column + count < State.Plan.Columns)
            return;

        float total = State.Partials.Total();
        State.Partials = default;
        State.LaneOperations += FoldAdds;
        uint address = State.Plan.D + (uint)(at.Row * State.Plan.PitchD);
        MemoryMarshal.Write(Emit(address, sizeof(float), edge + FoldCycles), in total);
    }

    /// <summary>vx.sum_rows: a group of columns side by side, sixteen partials each.</summary>
    private void SumRowsBeat(long edge, int count)
    {
        ref BeatCursor at = ref State.Execute;
        Span<float> x = _x.AsSpan(0, count);
        TakeOperand(_readA, edge, State.Plan.TypeA, x);
        for (int i = 0; i < count; i++)
        {
            ref float partial = ref _columnPartials[(i * Reduction.Count) + (at.Row & (Reduction.Count - 1))];
            partial = CanonicalNaN.Of(partial + x[i]);
        }

        State.LaneOperations += count;
        if (at.Row + 1 < State.Plan.Rows)
            return;

        uint address = State.Plan.D + (uint)(at.Column * sizeof(float));
        Span<float> totals = MemoryMarshal.Cast<byte, float>(Emit(address, count * sizeof(float), edge + FoldCycles));
        for (int i = 0; i < count; i++)
            totals[i] = Reduction.Fold(_columnPartials.AsSpan(i * Reduction.Count, Reduction.Count));
        State.LaneOperations += count * FoldAdds;
        Array.Clear(_columnPartials);
    }
}
