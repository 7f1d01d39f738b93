using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>Sigmoid, tanh and gelu, and the gradients through them.</summary>
public sealed partial class VectorUnit
{
    /// <summary>exp, an add, the quotient.</summary>
    private int QuotientCycles => _pipeline + (2 * _transcendental);

    /// <summary>Two fused steps make gelu's argument first.</summary>
    private int GeluCycles => (2 * _pipeline) + QuotientCycles;

    /// <summary>The results of a beat into z; returns their latency and counts their work.</summary>
    private int Activate(DescriptorOpcode opcode, ReadOnlySpan<float> x, ReadOnlySpan<float> y, Span<float> z)
    {
        int count = x.Length;
        switch (opcode)
        {
            case DescriptorOpcode.VxSigmoid:
                for (int i = 0; i < count; i++)
                    z[i] = Functions.Sigmoid(x[i]);
                Count(1, 2);
                return QuotientCycles;
            case DescriptorOpcode.VxTanh:
                for (int i = 0; i < count; i++)
                    z[i] = Functions.Tanh(x[i]);
                Count(2, 2);
                return QuotientCycles;
            case DescriptorOpcode.VxGelu:
                for (int i = 0; i < count; i++)
                    z[i] = Functions.Gelu(x[i]);
                Count(4, 2);
                return GeluCycles;
            case DescriptorOpcode.VxSigmoidGrad:
                for (int i = 0; i < count; i++)
                    z[i] = x[i] * (y[i] * (1f - y[i]));
                Count(3, 0);
                return 3 * _pipeline;
            case DescriptorOpcode.VxTanhGrad:
                for (int i = 0; i < count; i++)
                    z[i] = x[i] * Fp32.Fma(-y[i], y[i], 1f);
                Count(2, 0);
                return 2 * _pipeline;
            default:
                for (int i = 0; i < count; i++)
                    z[i] = x[i] * Functions.GeluGradient(y[i]);
                Count(9, 2);
                return GeluCycles + _pipeline;
        }

        void Count(int operations, int transcendentals)
        {
            State.LaneOperations += operations * count;
            State.Transcendentals += transcendentals * count;
        }
    }
}
