using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>Squared error and norm, which add to a record, and clipping by the norm that a record holds.</summary>
public sealed partial class VectorUnit
{
    private const uint SawInfinity = 1, SawNaN = 2;

    /// <summary>Subtract, multiply, add, four folds, add onto the record.</summary>
    private int SquaredErrorCycles => (3 * _pipeline) + FoldCycles;

    /// <summary>Four folds, square root, reciprocal (compare beside it), multiply.</summary>
    private int FactorCycles => (5 * _pipeline) + (2 * _transcendental);

    private void SquaredErrorBeat(long edge, int count)
    {
        ref VectorPlan plan = ref State.Plan;
        ref BeatCursor at = ref State.Execute;
        Span<float> x = _x.AsSpan(0, count);
        Span<float> y = _y.AsSpan(0, count);
        TakeOperands(edge, x, y);
        for (int i = 0; i < count; i++)
        {
            x[i] -= y[i];
            State.Partials.Add(at.Column + i, x[i] * x[i]);
        }

        State.LaneOperations += 3 * count;
        if (plan.WritingPass != VectorOperation.NoPass)
        {
            float scale = Constant(0);
            for (int i = 0; i < count; i++)
                y[i] = x[i] * scale;
            State.LaneOperations += count;
            Encode(y, Emit(AddressD(at), count * plan.SizeD, edge + (2 * _pipeline)), at.Row, at.Column);
        }

        if (at.Column + count < plan.Columns)
            return;
        State.RecordPartials.Add((int)((Origin + (ulong)at.Row) % Reduction.Count), State.Partials.Total());
        State.RecordSeen++;
        State.RecordReadyAt = edge + SquaredErrorCycles;
        State.Partials = default;
        State.LaneOperations += FoldAdds + 1;
    }

    private void NormBeat(long edge, int count)
    {
        ref BeatCursor at = ref State.Execute;
        Span<float> x = _x.AsSpan(0, count);
        TakeOperand(_readA, edge, State.Plan.TypeA, x);
        ulong first = ElementIndex(at.Row, at.Column);
        for (int i = 0; i < count; i++)
        {
            State.RecordPartials.Add((int)((first + (ulong)i) % Reduction.Count), x[i] * x[i]);
            State.RecordCorrect |= float.IsNaN(x[i]) ? SawNaN : float.IsInfinity(x[i]) ? SawInfinity : 0;
        }

        State.RecordSeen += (uint)count;
        State.RecordReadyAt = edge + (2 * _pipeline);
        State.LaneOperations += 2 * count;
    }

    /// <summary>What brings the record's norm down to word 7.</summary>
    private void MakeFactor(long edge)
    {
        float norm = Functions.Sqrt(State.RecordPartials.Total()), greatest = Constant(7);
        State.Factor = norm > greatest ? CanonicalNaN.Of(greatest * Functions.Reciprocal(norm)) : 1f;
        State.FactorReadyAt = edge + FactorCycles;
        State.LaneOperations += FoldAdds + 2;
        State.Transcendentals += 2;
    }

    private void ClipBeat(long edge, int count)
    {
        ref BeatCursor at = ref State.Execute;
        Span<float> x = _x.AsSpan(0, count);
        TakeOperand(_readA, edge, State.Plan.TypeA, x);
        for (int i = 0; i < count; i++)
            x[i] *= State.Factor;
        State.LaneOperations += count;
        Encode(x, Emit(AddressD(at), count * State.Plan.SizeD, edge + _pipeline), at.Row, at.Column);
    }
}
