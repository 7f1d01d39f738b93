using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// Softmax cross-entropy. Pass 0 finds each row's maximum, pass 1 sums its exponentials and makes its loss, pass 2 makes
/// its gradient; sixteen rows go through a pass together, so that a row's statistic ripens while others enter.
/// </summary>
public sealed partial class VectorUnit
{
    private const int MaximumPass = 0, ExponentialPass = 1;

    /// <summary>Subtract, exp, add, four folds, reciprocal.</summary>
    private int SumStatisticCycles => (6 * _pipeline) + (2 * _transcendental);

    /// <summary>After the statistic (log beside reciprocal): two subtracts and an add onto the record.</summary>
    private int RecordCycles => 3 * _pipeline;

    /// <summary>Subtract, exp, multiply, subtract, multiply.</summary>
    private int GradientCycles => (4 * _pipeline) + _transcendental;

    private void TakeLabel(long edge)
    {
        ref RowStatistic row = ref _statistics[State.Execute.Row - State.Execute.Group];
        row = default;
        row.Label = MemoryMarshal.Read<uint>(Line64.ReadSpan(_responseB.Peek(edge).Data));
        _responseB.Discard(edge);
    }

    private void LossBeat(long edge, int count)
    {
        ref VectorPlan plan = ref State.Plan;
        ref BeatCursor at = ref State.Execute;
        ref RowStatistic row = ref _statistics[at.Row - at.Group];
        Span<float> x = _x.AsSpan(0, count);
        TakeOperand(_responseA, edge, plan.TypeA, x);
        bool last = at.Column + count == plan.Columns;
        if (at.Pass == MaximumPass)
            FindMaximum(ref row, x, at.Column, last, edge);
        else if (at.Pass == ExponentialPass)
            SumExponentials(ref row, x, at.Row, at.Column, last, edge);
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
        State.RecordReadyAt = row.ReadyAt + RecordCycles;
        State.LaneOperations += FoldAdds + 3;
        State.Transcendentals += 2;

        // A label outside the row is a row without loss: padding of the last batch.
        float loss = 0f;
        if (row.Label < (uint)State.Plan.Columns)
        {
            loss = Functions.Log(sum) - (row.LabelLogit - row.Maximum);
            if (row.ArgumentOfMaximum == row.Label)
                State.RecordCorrect++;
        }

        State.RecordPartials.Add((int)((Origin + (ulong)rowNumber) % Reduction.Count), loss);
        State.RecordSeen++;
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

    /// <summary>Writes the record back: sixteen partials, then correct and seen. The rest of it is not touched.</summary>
    private int WriteRecord(long edge)
    {
        if (edge < State.RecordReadyAt)
            return StallStatistic;
        if (ResultSlots - State.ResultCount < 2)
            return StallWrite;
        Span<byte> partials = Emit(State.Plan.B, ParameterBytes, edge + 1);
        MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref State.RecordPartials[0], Reduction.Count)).CopyTo(partials);
        Span<byte> tail = Emit(State.Plan.B + ParameterBytes, RecordTailBytes, edge + 1);
        MemoryMarshal.Write(tail, in State.RecordCorrect);
        MemoryMarshal.Write(tail[4..], in State.RecordSeen);
        State.RecordToWrite = 0;
        return Ledger.Busy;
    }
}
