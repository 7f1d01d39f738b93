using HybridEmu.Isa;

namespace HybridEmu.Reference;

/// <content>Elementwise operations, sums, transpose and cross-entropy.</content>
public partial class ReferenceTensor
{
    private const int Partials = 16;

    private void Elementwise(in Descriptor d)
    {
        Parameters parameters = ReadParameters(d.VectorParameters);
        for (int i = 0; i < d.N0; i++)
        {
            for (int j = 0; j < d.N2; j++)
            {
                float a = d.TypeA == ElementType.None ? 0 : Value(Place(d.A, i, d.PitchA, j, d.TypeA), d.TypeA);
                float b = d.TypeB == ElementType.None ? 0 : Value(Place(d.B, i, d.PitchB, j, d.TypeB), d.TypeB);
                float result = d.Opcode switch
                {
                    DescriptorOpcode.VxAdd => a + b,
                    DescriptorOpcode.VxMul => a * b,
                    DescriptorOpcode.VxMax => Greater(a, b),
                    DescriptorOpcode.VxReluGrad => b > 0 ? a : 0,
                    DescriptorOpcode.VxRsqrt => Functions.Rsqrt(a),
                    DescriptorOpcode.VxReciprocal => Functions.Reciprocal(a),
                    DescriptorOpcode.VxExp => Functions.Exp(a),
                    DescriptorOpcode.VxRandom => parameters.Word0 * ((2 * CounterRandom.Uniform(parameters.Seed, parameters.Element(i, j))) - 1),
                    _ => Activated(in d, a, b, i, j),
                };
                Write(Place(d.D, i, d.PitchD, j, d.TypeOut), d.TypeOut, result, in d, parameters, i, j);
            }
        }
    }

    /// <summary>NaN in either operand gives NaN; +0 is above -0.</summary>
    private static float Greater(float a, float b)
    {
        if (float.IsNaN(a) || float.IsNaN(b))
            return CanonicalNaN.Value;
        if (a == 0 && b == 0)
            return float.IsNegative(a) ? b : a;
        return a > b ? a : b;
    }

    private void SumRows(in Descriptor d)
    {
        for (int j = 0; j < d.N2; j++)
        {
            float[] values = new float[d.N0];
            for (int i = 0; i < d.N0; i++)
                values[i] = Value(Place(d.A, i, d.PitchA, j, d.TypeA), d.TypeA);
            Scratchpad.Float(Place(d.D, 0, 0, j, ElementType.Fp32), CanonicalNaN.Of(Sum(values)));
        }
    }

    private void SumColumns(in Descriptor d)
    {
        for (int i = 0; i < d.N0; i++)
            Scratchpad.Float(Place(d.D, i, d.PitchD, 0, ElementType.Fp32), CanonicalNaN.Of(Sum(Row(in d, i))));
    }

    private float[] Row(in Descriptor d, int row) => Row(d.A, row, d.PitchA, d.N2, d.TypeA);

    private float[] Row(ulong address, int row, int pitch, int columns, ElementType type)
    {
        float[] values = new float[columns];
        for (int j = 0; j < columns; j++)
            values[j] = Value(Place(address, row, pitch, j, type), type);
        return values;
    }

    /// <summary>Element i joins partial i mod 16, ascending, from +0; then p with p + 8, + 4, + 2, + 1.</summary>
    protected virtual float Sum(float[] values)
    {
        float[] partials = new float[Partials];
        for (int i = 0; i < values.Length; i++)
            partials[i % Partials] += values[i];
        Fold(partials);
        return partials[0];
    }

    private static void Fold(float[] partials)
    {
        for (int apart = 8; apart >= 1; apart /= 2)
        {
            for (int p = 0; p < apart; p++)
                partials[p] += partials[p + apart];
        }
    }

    private void Transpose(in Descriptor d)
    {
        int size = d.TypeA.SizeBytes();
        uint[,] bits = new uint[d.N0, d.N2];
        for (int i = 0; i < d.N0; i++)
        {
            for (int j = 0; j < d.N2; j++)
                bits[i, j] = Scratchpad.Read(Place(d.A, i, d.PitchA, j, d.TypeA), size);
        }

        for (int i = 0; i < d.N0; i++)
        {
            for (int j = 0; j < d.N2; j++)
                Scratchpad.Write(Place(d.D, j, d.PitchD, i, d.TypeA), bits[i, j], size);
        }
    }

    private void Loss(in Descriptor d)
    {
        Parameters parameters = ReadParameters(d.VectorParameters);
        ulong record = d.B - AddressMap.Scratchpad;
        for (int i = 0; i < d.N0; i++)
        {
            float[] x = Row(in d, i);
            uint label = Scratchpad.Read(d.Auxiliary - AddressMap.Scratchpad + ((ulong)i * 4), 4);
            int best = 0;
            for (int j = 1; j < x.Length; j++)
                best = x[j] > x[best] ? j : best;
            float[] powers = new float[x.Length];
            for (int j = 0; j < x.Length; j++)
                powers[j] = Functions.Exp(x[j] - x[best]);
            float sum = Sum(powers);
            if (label < x.Length)
            {
                float loss = Functions.Log(sum) - (x[label] - x[best]);
                ulong partial = record + (4 * ((parameters.Origin + (ulong)i) % Partials));
                Scratchpad.Float(partial, CanonicalNaN.Of(Scratchpad.Float(partial) + loss));
                Scratchpad.Write(record + 64, Scratchpad.Read(record + 64, 4) + (best == label ? 1u : 0), 4);
            }

            Scratchpad.Write(record + 68, Scratchpad.Read(record + 68, 4) + 1, 4);
            for (int j = 0; d.Opcode == DescriptorOpcode.LossXentGrad && j < x.Length; j++)
            {
                float gradient = label < x.Length
                    ? ((powers[j] * Functions.Reciprocal(sum)) - (j == label ? 1 : 0)) * parameters.Word0
                    : 0;
                Write(Place(d.D, i, d.PitchD, j, d.TypeOut), d.TypeOut, gradient, in d, parameters, i, j);
            }
        }
    }
}
