using System.Runtime.InteropServices;
using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>
/// Layer normalisation of rows, and gradients through it and through a softmax: passes that sum a row, then one that
/// writes it. Sixteen rows go through a pass together.
/// </summary>
public sealed partial class VectorUnit
{
    private const int MeanPass = 0, VariancePass = 1;

    /// <summary>Multiply, add, four folds.</summary>
    private int ProductSumCycles => _pipeline + FoldCycles;

    /// <summary>Subtract, multiply, sum; times one over the columns, plus epsilon, rsqrt.</summary>
    private int DeviationCycles => (4 * _pipeline) + FoldCycles + _transcendental;

    /// <summary>One over the columns, made while the descriptor's first accesses are under way.</summary>
    private void DivideByColumns(long edge)
    {
        State.Factor = Functions.Reciprocal(Fp32.FromInt32(State.Plan.Columns));
        State.FactorReadyAt = edge + _transcendental;
        State.LaneOperations++;
        State.Transcendentals++;
    }

    /// <summary>Edge from which a sum that is ready at an edge is multiplied by one over the columns.</summary>
    private long MeanReadyAt(long sumReadyAt) => Math.Max(sumReadyAt, State.FactorReadyAt) + _pipeline;

    private void NormRowsBeat(long edge, int count)
    {
        ref BeatCursor at = ref State.Execute;
        ref RowStatistic row = ref _statistics[at.Row - at.Group];
        Span<float> x = _x.AsSpan(0, count);
        TakeOperand(_readA, edge, State.Plan.TypeA, x);
        bool last = at.Column + count == State.Plan.Columns;
        if (at.Pass == MeanPass)
            SumElements(ref row, x, last, edge);
        else if (at.Pass == VariancePass)
            SumSquares(ref row, x, last, edge);
        else
            Normalise(row, x, edge);
    }

    private void SumElements(ref RowStatistic row, ReadOnlySpan<float> x, bool last, long edge)
    {
        for (int i = 0; i < x.Length; i++)
            State.Partials.Add(State.Execute.Column + i, x[i]);
        State.LaneOperations += x.Length;
        if (!last)
            return;
        row.Mean = CanonicalNaN.Of(State.Partials.Total() * State.Factor);
        row.ReadyAt = MeanReadyAt(edge + FoldCycles);
        State.Partials = default;
        State.LaneOperations += FoldAdds + 1;
    }

    private void SumSquares(ref RowStatistic row, ReadOnlySpan<float> x, bool last, long edge)
    {
        ref BeatCursor at = ref State.Execute;
        for (int i = 0; i < x.Length; i++)
        {
            float apart = x[i] - row.Mean;
            State.Partials.Add(at.Column + i, apart * apart);
        }

        State.LaneOperations += 3 * x.Length;
        if (!last)
            return;
        row.Deviation = Functions.Rsqrt((State.Partials.Total() * State.Factor) + Constant(3));
        row.ReadyAt = edge + DeviationCycles;
        State.Partials = default;
        State.LaneOperations += FoldAdds + 2;
        State.Transcendentals++;
        uint address = State.Plan.Auxiliary + (uint)(at.Row * sizeof(float));
        MemoryMarshal.Write(Emit(address, sizeof(float), row.ReadyAt), in row.Deviation);
    }

    private void Normalise(in RowStatistic row, ReadOnlySpan<float> x, long edge)
    {
        ref BeatCursor at = ref State.Execute;
        Span<float> z = _z.AsSpan(0, x.Length);
        for (int i = 0; i < x.Length; i++)
            z[i] = (x[i] - row.Mean) * row.Deviation;
        State.LaneOperations += 2 * x.Length;
        Encode(z, Emit(AddressD(at), x.Length * State.Plan.SizeD, edge + (2 * _pipeline)), at.Row, at.Column);
    }

    private void NormRowsGradientBeat(long edge, int count)
    {
        ref BeatCursor at = ref State.Execute;
        ref RowStatistic row = ref _statistics[at.Row - at.Group];
        Span<float> g = _x.AsSpan(0, count);
        Span<float> y = _y.AsSpan(0, count);
        TakeOperands(edge, g, y);
        State.LaneOperations += 3 * count;
        if (at.Pass == State.Plan.WritingPass)
        {
            Span<float> z = _z.AsSpan(0, count);
            for (int i = 0; i < count; i++)
                z[i] = Fp32.Fma(-y[i], row.Product, g[i] - row.Mean) * row.Deviation;
            Encode(z, Emit(AddressD(at), count * State.Plan.SizeD, edge + (3 * _pipeline)), at.Row, at.Column);
            return;
        }

        for (int i = 0; i < count; i++)
        {
            State.Partials.Add(at.Column + i, g[i]);
            State.ProductPartials.Add(at.Column + i, g[i] * y[i]);
        }

        if (at.Column + count < State.Plan.Columns)
            return;
        row.Mean = CanonicalNaN.Of(State.Partials.Total() * State.Factor);
        row.Product = CanonicalNaN.Of(State.ProductPartials.Total() * State.Factor);
        row.ReadyAt = MeanReadyAt(edge + ProductSumCycles);
        State.Partials = default;
        State.ProductPartials = default;
        State.LaneOperations += 2 * (FoldAdds + 1);
    }

    private void SoftmaxGradientBeat(long edge, int count)
    {
        ref BeatCursor at = ref State.Execute;
        ref RowStatistic row = ref _statistics[at.Row - at.Group];
        Span<float> g = _x.AsSpan(0, count);
        Span<float> y = _y.AsSpan(0, count);
        TakeOperands(edge, g, y);
        State.LaneOperations += 2 * count;
        if (at.Pass == State.Plan.WritingPass)
        {
            Span<float> z = _z.AsSpan(0, count);
            for (int i = 0; i < count; i++)
                z[i] = (g[i] - row.Product) * y[i];
            Encode(z, Emit(AddressD(at), count * State.Plan.SizeD, edge + (2 * _pipeline)), at.Row, at.Column);
            return;
        }

        for (int i = 0; i < count; i++)
            State.ProductPartials.Add(at.Column + i, g[i] * y[i]);
        if (at.Column + count < State.Plan.Columns)
            return;
        row.Product = State.ProductPartials.Total();
        row.ReadyAt = edge + ProductSumCycles;
        State.ProductPartials = default;
        State.LaneOperations += FoldAdds;
    }
}
