using HybridEmu.Isa;

namespace HybridEmu.Reference;

/// <content>Copies, products and drains.</content>
public sealed partial class ReferenceTensor
{
    private static void Copy(in Descriptor d, ReferenceMemory source, ulong sourceBase, ReferenceMemory destination, ulong destinationBase)
    {
        int n1 = d.Dimensions > 1 ? d.N1 : 1, n2 = d.Dimensions > 2 ? d.N2 : 1;
        for (int i2 = 0; i2 < n2; i2++)
        {
            for (int i1 = 0; i1 < n1; i1++)
            {
                for (int i0 = 0; i0 < d.N0; i0++)
                {
                    long from = ((long)i0 * d.SourceStride(0)) + ((long)i1 * d.SourceStride(1)) + ((long)i2 * d.SourceStride(2));
                    long to = ((long)i0 * d.DestinationStride(0)) + ((long)i1 * d.DestinationStride(1)) + ((long)i2 * d.DestinationStride(2));
                    uint bits = source.Read((ulong)((long)(d.A - sourceBase) + from), d.TypeA.SizeBytes());
                    if (d.TypeA == ElementType.Fp32 && d.TypeOut == ElementType.Bf16)
                        bits = Bf16.FromFloat(BitConverter.UInt32BitsToSingle(bits));
                    else if (d.TypeA == ElementType.Bf16 && d.TypeOut == ElementType.Fp32)
                        bits <<= 16;
                    destination.Write((ulong)((long)(d.D - destinationBase) + to), bits, d.TypeOut.SizeBytes());
                }
            }
        }
    }

    private void Multiply(in Descriptor d)
    {
        Slot slot = d.Accumulate ? _slots[d.Slot]! : new Slot(d.N0, d.N2, d.TypeAccumulator);
        _slots[d.Slot] = slot;
        for (int i = 0; i < d.N0; i++)
        {
            for (int j = 0; j < d.N2; j++)
            {
                uint sum = slot.Bits[i, j];
                for (int k = 0; k < d.N1; k++)
                {
                    ulong a = d.TransposeA ? Place(d.A, k, d.PitchA, i, d.TypeA) : Place(d.A, i, d.PitchA, k, d.TypeA);
                    ulong b = d.TransposeB ? Place(d.B, j, d.PitchB, k, d.TypeB) : Place(d.B, k, d.PitchB, j, d.TypeB);
                    sum = d.TypeAccumulator == ElementType.Int32
                        ? (uint)((int)sum + ((sbyte)Scratchpad[a] * (sbyte)Scratchpad[b]))
                        : BitConverter.SingleToUInt32Bits(Fp32.Fma(Value(a, d.TypeA), Value(b, d.TypeB), BitConverter.UInt32BitsToSingle(sum)));
                }

                slot.Bits[i, j] = sum;
            }
        }
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
                if (d.Activation == Activation.Relu && value <= 0)
                    value = 0;
                Write(place, d.TypeOut, value, in d, parameters, i, j);
            }
        }
    }
}
