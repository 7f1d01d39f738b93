using HybridEmu.Isa;

namespace HybridEmu.Reference;

/// <content>Products and drains.</content>
public partial class ReferenceTensor
{
    private Weights ReadWeights(in Descriptor d)
    {
        var words = new int[d.N1, d.N2];
        for (int k = 0; k < d.N1; k++)
        {
            for (int j = 0; j < d.N2; j++)
            {
                (int row, int column) = d.TransposeB ? (j, k) : (k, j);
                words[k, j] = d.TypeB == ElementType.Bf16
                    ? BitConverter.SingleToInt32Bits(Value(Place(d.B, row, d.PitchB, column, d.TypeB), d.TypeB))
                    : Integer(d.B, row, d.PitchB, column, d.TypeB);
            }
        }

        return new Weights(d.N1, d.N2, d.TypeA, d.TypeB, words);
    }

    private void Multiply(in Descriptor d, Weights weights)
    {
        Slot slot = d.Accumulate ? _slots[d.Slot]! : new Slot(d.N0, d.N2, d.TypeAccumulator);
        _slots[d.Slot] = slot;
        for (int i = 0; i < d.N0; i++)
        {
            for (int j = 0; j < d.N2; j++)
            {
                uint sum = slot.Bits[i, j];
                for (int step = 0; step < d.N1; step++)
                {
                    int k = Step(step, d.N1);
                    (int Row, int Column) a = d.TransposeA ? (k, i) : (i, k);
                    if (d.TypeAccumulator == ElementType.Int32)
                    {
                        sum = (uint)((int)sum + (Integer(d.A, a.Row, d.PitchA, a.Column, d.TypeA) * weights.Words[k, j]));
                        continue;
                    }

                    float x = Value(Place(d.A, a.Row, d.PitchA, a.Column, d.TypeA), d.TypeA), w = BitConverter.Int32BitsToSingle(weights.Words[k, j]);
                    sum = BitConverter.SingleToUInt32Bits(Fp32.Fma(x, w, BitConverter.UInt32BitsToSingle(sum)));
                }

                slot.Bits[i, j] = sum;
            }
        }
    }

    /// <summary>The k that comes at a step of a sum.</summary>
    protected virtual int Step(int step, int length) => step;

    private int Integer(ulong address, int row, int pitch, int column, ElementType type)
    {
        if (type == ElementType.Int4)
        {
            int both = Scratchpad[Place(address, row, pitch, column / 2, ElementType.Int8)];
            int nibble = column % 2 == 0 ? both & 15 : both >> 4;
            return nibble >= 8 ? nibble - 16 : nibble;
        }

        ulong place = Place(address, row, pitch, column, type);
        return type == ElementType.Int16 ? (short)Scratchpad.Read(place, 2) : (sbyte)Scratchpad[place];
    }

    private void Drain(in Descriptor d)
    {
        Parameters parameters = ReadParameters(d.MatrixParameters);
        Slot slot = _slots[d.Slot]!;
        for (int i = 0; i < d.N0; i++)
        {
            for (int j = 0; j < d.N2; j++)
            {
                uint bits = slot.Bits[i, j];
                ulong place = Place(d.D, i, d.PitchD, j, d.TypeOut);
                if (d.TypeOut == ElementType.Int32)
                {
                    Scratchpad.Write(place, bits, 4);
                    continue;
                }

                float value = slot.Type == ElementType.Int32 ? (float)(int)bits : BitConverter.UInt32BitsToSingle(bits);
                if (parameters.Given)
                    value *= parameters.Word0;
                if (d.B != 0)
                    value += Value(Place(d.B, 0, 0, j, ElementType.Fp32), ElementType.Fp32);
                value = d.Activation switch
                {
                    Activation.Relu => value <= 0 ? 0 : value,
                    Activation.Gelu => Functions.Gelu(value),
                    Activation.Sigmoid => Functions.Sigmoid(value),
                    Activation.Tanh => Functions.Tanh(value),
                    _ => value,
                };
                Write(place, d.TypeOut, value, in d, parameters, i, j);
            }
        }
    }
}
