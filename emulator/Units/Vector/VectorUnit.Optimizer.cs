using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>
/// The optimizers: fp32 master weights, gradient, momentum and variance in; momentum, variance, master and a rounded shadow
/// out, each a write of its own.
/// </summary>
public sealed partial class VectorUnit
{
    /// <summary>Two products and a fused multiply-add: momentum (its 1 - word1 beside the first), and variance.</summary>
    private int MomentsCycles => 3 * _pipeline;

    /// <summary>After the moments: multiply, square root, add, reciprocal, multiply, two fused multiply-adds.</summary>
    private int AdamCycles => MomentsCycles + (5 * _pipeline) + (2 * _transcendental);

    /// <summary>Whether the shadow is the one that comes with a step of plain descent.</summary>
    private bool RoundsShadowToNearest => State.Plan.TypeOut == ElementType.Bf16 && State.Plan.Rounding == Rounding.NearestEven;

    private void OptimizerBeat(long edge, int count)
    {
        Span<float> master = _x.AsSpan(0, count);
        Span<float> gradient = _y.AsSpan(0, count);
        TakeOperands(edge, master, gradient);
        switch (State.Plan.Opcode)
        {
            case DescriptorOpcode.OptSgd:
                State.LaneOperations += count;
                Descend(master, gradient, edge);
                break;
            case DescriptorOpcode.OptMomentum:
                Momentum(master, gradient, edge);
                break;
            default:
                Adam(master, gradient, edge);
                break;
        }
    }

    /// <summary>w = fma(-rate, g, w).</summary>
    private void Descend(Span<float> master, ReadOnlySpan<float> gradient, long edge)
    {
        Span<ushort> shadow = stackalloc ushort[master.Length];
        Sgd.Run(Constant(0), gradient, master, shadow);
        long readyAt = edge + _pipeline;
        EmitMaster(master, readyAt);
        if (RoundsShadowToNearest)
            MemoryMarshal.AsBytes(shadow).CopyTo(Emit(AddressD(State.Execute), shadow.Length * sizeof(ushort), readyAt));
        else
            EmitShadow(master, readyAt);
    }

    private void Momentum(Span<float> master, ReadOnlySpan<float> gradient, long edge)
    {
        float rate = Constant(0), decay = Constant(1), weightDecay = Constant(4);
        Span<float> momentum = _z.AsSpan(0, master.Length);
        TakeOperand(_readA, edge, ElementType.Fp32, momentum);
        for (int i = 0; i < master.Length; i++)
        {
            float g = Fp32.Fma(weightDecay, master[i], gradient[i]);
            momentum[i] = CanonicalNaN.Of(Fp32.Fma(decay, momentum[i], g));
            master[i] = CanonicalNaN.Of(Fp32.Fma(-rate, momentum[i], master[i]));
        }

        State.LaneOperations += 3 * master.Length;
        EmitWords(State.Plan.Momentum, momentum, edge + (2 * _pipeline));
        EmitMaster(master, edge + (3 * _pipeline));
        EmitShadow(master, edge + (3 * _pipeline));
    }

    private void Adam(Span<float> master, ReadOnlySpan<float> gradient, long edge)
    {
        float rate = Constant(0), decay1 = Constant(1), decay2 = Constant(2), epsilon = Constant(3), weightDecay = Constant(4);
        float correction1 = Constant(5), correction2 = Constant(6), fresh1 = 1f - decay1, fresh2 = 1f - decay2;
        Span<float> momentum = _z.AsSpan(0, master.Length);
        Span<float> variance = _v.AsSpan(0, master.Length);
        TakeOperand(_readA, edge, ElementType.Fp32, momentum);
        TakeOperand(_readB, edge, ElementType.Fp32, variance);
        for (int i = 0; i < master.Length; i++)
        {
            float g = gradient[i];
            momentum[i] = CanonicalNaN.Of(Fp32.Fma(decay1, momentum[i], fresh1 * g));
            variance[i] = CanonicalNaN.Of(Fp32.Fma(decay2, variance[i], fresh2 * (g * g)));
            float step = momentum[i] * correction1 * Functions.Reciprocal(Functions.Sqrt(variance[i] * correction2) + epsilon);
            master[i] = CanonicalNaN.Of(Fp32.Fma(-rate, Fp32.Fma(weightDecay, master[i], step), master[i]));
        }

        State.LaneOperations += 11 * master.Length;
        State.Transcendentals += 2 * master.Length;
        EmitWords(State.Plan.Momentum, momentum, edge + MomentsCycles);
        EmitWords(State.Plan.Variance, variance, edge + MomentsCycles);
        EmitMaster(master, edge + AdamCycles);
        EmitShadow(master, edge + AdamCycles);
    }

    private void EmitWords(uint operand, ReadOnlySpan<float> values, long readyAt) =>
        MemoryMarshal.AsBytes(values).CopyTo(Emit(AddressOf(operand, State.Execute), values.Length * sizeof(float), readyAt));

    private void EmitMaster(ReadOnlySpan<float> master, long readyAt) => EmitWords(State.Plan.A, master, readyAt);

    /// <summary>The shadow: rounded weights, or scaled ones, which takes a multiply more.</summary>
    private void EmitShadow(Span<float> master, long readyAt)
    {
        ref BeatCursor at = ref State.Execute;
        Span<float> shadow = master;
        if (State.Plan.TypeOut == ElementType.Int8)
        {
            float scale = Constant(13);
            shadow = _y.AsSpan(0, master.Length);
            for (int i = 0; i < master.Length; i++)
                shadow[i] = master[i] * scale;
            State.LaneOperations += master.Length;
            readyAt += _pipeline;
        }

        Encode(shadow, Emit(AddressD(at), master.Length * State.Plan.SizeD, readyAt), at.Row, at.Column);
    }
}
