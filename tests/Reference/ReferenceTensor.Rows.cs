using HybridEmu.Isa;

namespace HybridEmu.Reference;

/// <content>Softmax and layer normalisation of rows, and what is added to a record.</content>
public partial class ReferenceTensor
{
    private void Softmax(in Descriptor d)
    {
        Parameters parameters = ReadParameters(d.VectorParameters);
        for (int i = 0; i < d.N0; i++)
        {
            float[] x = Row(in d, i);
            float greatest = x[0];
            foreach (float candidate in x)
                greatest = candidate > greatest ? candidate : greatest;
            float[] powers = [.. x.Select(v => Functions.Exp(v - greatest))];
            float reciprocal = Functions.Reciprocal(Sum(powers));
            WriteRow(in d, parameters, i, j => powers[j] * reciprocal);
        }
    }

    private void SoftmaxGradient(in Descriptor d)
    {
        Parameters parameters = ReadParameters(d.VectorParameters);
        for (int i = 0; i < d.N0; i++)
        {
            float[] g = Row(in d, i), y = Row(d.B, i, d.PitchB, d.N2, d.TypeB);
            float s = Sum([.. g.Zip(y, (a, b) => a * b)]);
            WriteRow(in d, parameters, i, j => (g[j] - s) * y[j]);
        }
    }

    private void NormRows(in Descriptor d)
    {
        Parameters parameters = ReadParameters(d.VectorParameters);
        float share = Functions.Reciprocal(d.N2);
        for (int i = 0; i < d.N0; i++)
        {
            float[] x = Row(in d, i);
            float mean = Sum(x) * share;
            float variance = Sum([.. x.Select(v => (v - mean) * (v - mean))]) * share;
            float deviation = Functions.Rsqrt(variance + parameters.Words[3]);
            Scratchpad.Float(d.Auxiliary - AddressMap.Scratchpad + (4 * (ulong)i), CanonicalNaN.Of(deviation));
            WriteRow(in d, parameters, i, j => (x[j] - mean) * deviation);
        }
    }

    private void NormRowsGradient(in Descriptor d)
    {
        Parameters parameters = ReadParameters(d.VectorParameters);
        float share = Functions.Reciprocal(d.N2);
        for (int i = 0; i < d.N0; i++)
        {
            float[] g = Row(in d, i), y = Row(d.B, i, d.PitchB, d.N2, d.TypeB);
            float deviation = Scratchpad.Float(d.Auxiliary - AddressMap.Scratchpad + (4 * (ulong)i));
            float p = Sum(g) * share, q = Sum([.. g.Zip(y, (a, b) => a * b)]) * share;
            WriteRow(in d, parameters, i, j => Fp32.Fma(-y[j], q, g[j] - p) * deviation);
        }
    }

    private void Norm(in Descriptor d)
    {
        Parameters parameters = ReadParameters(d.VectorParameters);
        ulong record = d.B - AddressMap.Scratchpad;
        for (int i = 0; i < d.N0; i++)
        {
            float[] x = Row(in d, i);
            for (int j = 0; j < x.Length; j++)
            {
                AddToPartial(record, parameters.Element(i, j), x[j] * x[j]);
                uint seen = float.IsInfinity(x[j]) ? 1u : float.IsNaN(x[j]) ? 2u : 0;
                Scratchpad.Write(record + 64, Scratchpad.Read(record + 64, 4) | seen, 4);
                Scratchpad.Write(record + 68, Scratchpad.Read(record + 68, 4) + 1, 4);
            }
        }
    }

    private void Clip(in Descriptor d)
    {
        Parameters parameters = ReadParameters(d.VectorParameters);
        float[] partials = new float[Partials];
        for (int p = 0; p < Partials; p++)
            partials[p] = Scratchpad.Float(d.B - AddressMap.Scratchpad + (4 * (ulong)p));
        Fold(partials);
        float norm = Functions.Sqrt(partials[0]), greatest = parameters.Words[7];
        float factor = norm > greatest ? greatest * Functions.Reciprocal(norm) : 1;
        for (int i = 0; i < d.N0; i++)
        {
            float[] x = Row(in d, i);
            WriteRow(in d, parameters, i, j => x[j] * factor);
        }
    }

    private void SquaredError(in Descriptor d)
    {
        Parameters parameters = ReadParameters(d.VectorParameters);
        ulong record = d.B - AddressMap.Scratchpad;
        for (int i = 0; i < d.N0; i++)
        {
            float[] x = Row(in d, i), target = Row(d.Auxiliary, i, d.PitchB, d.N2, d.TypeB);
            float[] apart = [.. x.Zip(target, (a, b) => a - b)];
            AddToPartial(record, parameters.Origin + (ulong)i, Sum([.. apart.Select(e => e * e)]));
            Scratchpad.Write(record + 68, Scratchpad.Read(record + 68, 4) + 1, 4);
            if (d.Opcode == DescriptorOpcode.LossMseGrad)
                WriteRow(in d, parameters, i, j => apart[j] * parameters.Word0);
        }
    }

    private void AddToPartial(ulong record, ulong index, float value)
    {
        ulong partial = record + (4 * (index % Partials));
        Scratchpad.Float(partial, CanonicalNaN.Of(Scratchpad.Float(partial) + value));
    }

    private void WriteRow(in Descriptor d, Parameters parameters, int row, Func<int, float> value)
    {
        for (int j = 0; j < d.N2; j++)
            Write(Place(d.D, row, d.PitchD, j, d.TypeOut), d.TypeOut, value(j), in d, parameters, row, j);
    }
}
