using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// Results that are one of two: select by a mask, and dropout by a random number. The mask has no port of its own: it comes
/// through port B an edge after the operands, which are held until it is here.
/// </summary>
public sealed partial class VectorUnit
{
    private int Select(long edge, ReadOnlySpan<float> x, ReadOnlySpan<float> y, Span<float> z)
    {
        ReadOnlySpan<byte> mask = _readB.BytesOf(in _readB.Response.Peek(edge));
        for (int i = 0; i < z.Length; i++)
            z[i] = mask[i] != 0 ? x[i] : y[i];
        _readB.DiscardRead(edge);
        State.LaneOperations += z.Length;
        return _pipeline;
    }

    /// <summary>
    /// u below word1 drops. The lower half of the same random word rounds what is kept: its upper half is known to be
    /// high there, and would round up too often.
    /// </summary>
    private void DropOut(in BeatCursor at, ReadOnlySpan<float> x, long edge)
    {
        ref VectorPlan plan = ref State.Plan;
        Span<byte> bytes = Emit(AddressD(at), VectorPlan.Bytes(x.Length, plan.SizeD), edge + _pipeline);
        float scale = Constant(0), probability = Constant(1);
        Span<float> z = _z.AsSpan(0, x.Length);
        Span<uint> random = stackalloc uint[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            random[i] = CounterRandom.Bits(Seed, ElementIndex(at.Row, at.Column + i));
            z[i] = CounterRandom.Uniform(random[i]) < probability ? 0f : x[i] * scale;
        }

        State.LaneOperations += 2 * x.Length;
        if (plan.Rounding != Rounding.Stochastic)
        {
            Encode(z, bytes, at.Row, at.Column);
            return;
        }

        Span<ushort> narrow = MemoryMarshal.Cast<byte, ushort>(bytes);
        for (int i = 0; i < x.Length; i++)
            narrow[i] = Bf16.FromFloatStochastic(z[i], random[i] << 16);
    }
}
