using HybridEmu.Isa;

namespace HybridEmu.Reference;

/// <content>The optimizers.</content>
public partial class ReferenceTensor
{
    private void Optimize(in Descriptor d)
    {
        Parameters parameters = ReadParameters(d.OptimizerParameters);
        float[] word = parameters.Words;
        for (int i = 0; i < d.N0; i++)
        {
            for (int j = 0; j < d.N2; j++)
            {
                ulong at = ((ulong)i * (ulong)d.N2) + (ulong)j;
                ulong master = d.A - AddressMap.Scratchpad + (4 * at), momentum = d.Momentum - AddressMap.Scratchpad + (4 * at);
                ulong variance = d.Variance - AddressMap.Scratchpad + (4 * at), shadow = d.D - AddressMap.Scratchpad + ((ulong)d.TypeOut.SizeBytes() * at);
                float w = Scratchpad.Float(master), g = Scratchpad.Float(d.B - AddressMap.Scratchpad + (4 * at));
                float m, v, weight;
                switch (d.Opcode)
                {
                    case DescriptorOpcode.OptSgd:
                        weight = Fp32.Fma(-word[0], g, w);
                        break;
                    case DescriptorOpcode.OptMomentum:
                        m = Fp32.Fma(word[1], Scratchpad.Float(momentum), Fp32.Fma(word[4], w, g));
                        Scratchpad.Float(momentum, CanonicalNaN.Of(m));
                        weight = Fp32.Fma(-word[0], m, w);
                        break;
                    default:
                        m = Fp32.Fma(word[1], Scratchpad.Float(momentum), (1 - word[1]) * g);
                        v = Fp32.Fma(word[2], Scratchpad.Float(variance), (1 - word[2]) * (g * g));
                        Scratchpad.Float(momentum, CanonicalNaN.Of(m));
                        Scratchpad.Float(variance, CanonicalNaN.Of(v));
                        float step = (m * word[5]) * Functions.Reciprocal(Functions.Sqrt(v * word[6]) + word[3]);
                        weight = Fp32.Fma(-word[0], Fp32.Fma(word[4], w, step), w);
                        break;
                }

                Write(master, ElementType.Fp32, weight, in d, parameters, i, j);
                Write(shadow, d.TypeOut, d.TypeOut == ElementType.Int8 ? weight * word[13] : weight, in d, parameters, i, j);
            }
        }
    }
}
