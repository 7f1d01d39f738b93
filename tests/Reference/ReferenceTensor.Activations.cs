using HybridEmu.Isa;

namespace HybridEmu.Reference;

/// <content>Activations and their derivatives, choices, maxima of rows, and conversions of every type.</content>
public partial class ReferenceTensor
{
    private float Activated(in Descriptor d, float a, float b, int row, int column) => d.Opcode switch
    {
        DescriptorOpcode.VxSub => a - b,
        DescriptorOpcode.VxRelu => a <= 0 ? 0 : a,
        DescriptorOpcode.VxSigmoid => Functions.Sigmoid(a),
        DescriptorOpcode.VxTanh => Functions.Tanh(a),
        DescriptorOpcode.VxGelu => Functions.Gelu(a),
        DescriptorOpcode.VxSigmoidGrad => a * (b * (1 - b)),
        DescriptorOpcode.VxTanhGrad => a * Fp32.Fma(-b, b, 1),
        DescriptorOpcode.VxGeluGrad => a * Functions.GeluGradient(b),
        DescriptorOpcode.VxSelect => Scratchpad[Place(d.Auxiliary, row, d.PitchMask, column, ElementType.Uint8)] != 0 ? a : b,
        _ => throw new NotSupportedException($"The reference does not know {d.Opcode}."),
    };

    private void DropOut(in Descriptor d)
    {
        Parameters parameters = ReadParameters(d.VectorParameters);
        float probability = Scratchpad.Float(d.VectorParameters - AddressMap.Scratchpad + 4);
        for (int i = 0; i < d.N0; i++)
        {
            for (int j = 0; j < d.N2; j++)
            {
                uint random = CounterRandom.Bits(parameters.Seed, parameters.Element(i, j));
                float value = Value(Place(d.A, i, d.PitchA, j, d.TypeA), d.TypeA) * parameters.Word0;
                if ((random >> 8) / 16777216f < probability)
                    value = 0;

                // Rounding takes the lower half of the word, since the upper half decided.
                ulong place = Place(d.D, i, d.PitchD, j, d.TypeOut);
                if (d.Rounding == Rounding.Stochastic)
                    Scratchpad.Write(place, Bf16.FromFloatStochastic(value, random << 16), 2);
                else
                    Write(place, d.TypeOut, value, in d, parameters, i, j);
            }
        }
    }

    private void MaximumOfColumns(in Descriptor d)
    {
        for (int i = 0; i < d.N0; i++)
        {
            float[] x = Row(in d, i);
            float most = x[0];
            foreach (float value in x)
                most = Greater(most, value);
            Scratchpad.Float(Place(d.D, i, d.PitchD, 0, ElementType.Fp32), CanonicalNaN.Of(most));
        }
    }

    private void PlaceOfMaximum(in Descriptor d)
    {
        for (int i = 0; i < d.N0; i++)
        {
            float[] x = Row(in d, i);
            int best = 0;
            for (int j = 1; j < x.Length; j++)
                best = x[j] > x[best] ? j : best;
            Scratchpad.Write(Place(d.D, i, d.PitchD, 0, ElementType.Int32), (uint)best, 4);
        }
    }

    private void Convert(in Descriptor d)
    {
        Parameters parameters = ReadParameters(d.VectorParameters);
        for (int i = 0; i < d.N0; i++)
        {
            for (int j = 0; j < d.N2; j++)
            {
                float value = d.TypeA == ElementType.Int4
                    ? Integer(d.A, i, d.PitchA, j, ElementType.Int4)
                    : Value(Place(d.A, i, d.PitchA, j, d.TypeA), d.TypeA);
                if (parameters.Given)
                    value *= parameters.Word0;
                if (d.TypeOut != ElementType.Int4)
                {
                    Write(Place(d.D, i, d.PitchD, j, d.TypeOut), d.TypeOut, value, in d, parameters, i, j);
                    continue;
                }

                // An even element writes the whole byte, so that the spare half of a row is 0.
                int rounded = IntegerRounding.Round(value, ElementType.Int4, d.Rounding, parameters.Seed, parameters.Element(i, j)) & 15;
                ulong place = Place(d.D, i, d.PitchD, j / 2, ElementType.Int8);
                Scratchpad[place] = (byte)(j % 2 == 0 ? rounded : Scratchpad[place] | (rounded << 4));
            }
        }
    }
}
