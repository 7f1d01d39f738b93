using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// Softmax, and the cross-entropy of it. Pass 0 finds each row's maximum, pass 1 sums its exponentials and makes its loss,
/// pass 2 makes its probabilities or its gradient; sixteen rows go through a pass together, so that a row's statistic
/// ripens while others enter.
/// </summary>
public sealed partial class VectorUnit
{
    private const int MaximumPass = 0, ExponentialPass = 1;

    /// <summary>Subtract, exp, add, four folds, reciprocal.</summary>
    private int SumStatisticCycles => (6 * _pipeline) + (2 * _transcendental);

    /// <summary>After the statistic (log beside reciprocal): two subtracts and an add onto the record.</summary>
    private int RecordCycles => 3 * _pipeline;

    /// <summary>Subtract, exp, multiply.</summary>
    private int ProbabilityCycles => (2 * _pipeline) + _transcendental;

    /// <summary>Subtract, exp, multiply, subtract, multiply.</summary>
    private int GradientCycles => (4 * _pipeline) + _transcendental;

    private void SoftmaxBeat(long edge, int count)
    {
        ref VectorPlan plan = ref State.Plan;
        ref BeatCursor at = ref State.Execute;
        ref RowStatistic row = ref _statistics[at.Row - at.Group];
        Span<float> x = _x.AsSpan(0, count);
        TakeOperand(_readA, edge, plan.TypeA, x);
        bool last = at.Column + count == plan.Columns;
        if (at.Pass == MaximumPass)
            FindMaximum(ref row, x, at.Column, last, edge);
        else if (at.Pass == ExponentialPass)
            SumExponentials(ref row, x, at.Row, at.Column, last, edge);
        else if (plan.Behaviour == VectorBehaviour.Softmax)
            Probability(row, x, edge);
        else
            Gradient(row, x, edge);
    }

    private void FindMaximum(ref RowStatistic row, ReadOnlySpan<float> x, int column, bool last, long edge)
    {
        for (int i = 0; i < x.Length; i++)
        {
            if (column + i == 0 || x[i] > row.Maximum)
            {
                row.Maximum = CanonicalNaN.Of(x[i]);
                row.ArgumentOfMaximum = (uint)(column + i);
            }

            if ((uint)(column + i) == row.Label)
                row.LabelLogit = CanonicalNaN.Of(x[i]);
        }

        State.LaneOperations += x.Length;
        if (last)
            row.ReadyAt = edge + _pipeline;
    }

    private void SumExponentials(ref RowStatistic row, ReadOnlySpan<float> x, int rowNumber, int column, bool last, long edge)
    {
        for (int i = 0; i < x.Length; i++)
            State.Partials.Add(column + i, Functions.Exp(x[i] - row.Maximum));
        State.LaneOperations += 2 * x.Length;
        State.Transcendentals += x.Length;
        if (!last)
            return;

        float sum = State.Partials.Total();
        State.Partials = default;
        row.Reciprocal = Functions.Reciprocal(sum);
        row.ReadyAt = edge + SumStatisticCycles;
        State.LaneOperations += FoldAdds;
        State.Transcendentals++;
        if (State.Plan.Behaviour == VectorBehaviour.CrossEntropy)
            AddLoss(ref row, sum, rowNumber);
    }

    private void AddLoss(ref RowStatistic row, float sum, int rowNumber)
    {
        State.RecordReadyAt = row.ReadyAt + RecordCycles;
        State.LaneOperations += 3;
        State.Transcendentals++;

        State.RecordSeen++;
        if (row.Label >= (uint)State.Plan.Columns)
            return; // a row without loss: padding of the last batch
        if (row.ArgumentOfMaximum == row.Label)
            State.RecordCorrect++;
        float loss = Functions.Log(sum) - (row.LabelLogit - row.Maximum);
        State.RecordPartials.Add((int)((Origin + (ulong)rowNumber) % Reduction.Count), loss);
    }

    private void Probability(in RowStatistic row, ReadOnlySpan<float> x, long edge)
    {
        ref BeatCursor at = ref State.Execute;
        Span<float> z = _z.AsSpan(0, x.Length);
        for (int i = 0; i < x.Length; i++)
            z[i] = Functions.Exp(x[i] - row.Maximum) * row.Reciprocal;
        State.LaneOperations += 2 * x.Length;
        State.Transcendentals += x.Length;
        Encode(z, Emit(AddressD(at), x.Length * State.Plan.SizeD, edge + ProbabilityCycles), at.Row, at.Column);
    }

    private void Gradient(in RowStatistic row, ReadOnlySpan<float> x, long edge)
    {
        ref BeatCursor at = ref State.Execute;
        Span<float> z = _z.AsSpan(0, x.Length);
        float scale = Constant(0);
        bool counts = row.Label < (uint)State.Plan.Columns;
        for (int i = 0; i < x.Length; i++)
        {
            float probability = Functions.Exp(x[i] - row.Maximum) * row.Reciprocal;
            float target = (uint)(at.Column + i) == row.Label ? 1f : 0f;
            z[i] = counts ? (probability - target) * scale : 0f;
        }

        State.LaneOperations += 4 * x.Length;
        State.Transcendentals += x.Length;
        Encode(z, Emit(AddressD(at), x.Length * State.Plan.SizeD, edge + GradientCycles), at.Row, at.Column);
    }
}
