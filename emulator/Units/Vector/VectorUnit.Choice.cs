using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// Results that are one of two: select by a mask, and dropout by a random number. The mask has no port of its own: B is
/// asked for through port B, its mask one edge later, and B waits in a register until the mask is here.
/// </summary>
public sealed partial class VectorUnit
{
    private bool IssueMask(long edge)
    {
        if (!_requestB.CanPush(edge))
            return false;
        ref BeatCursor at = ref State.Issue;
        int count = BeatLength(at);
        ScratchpadRequest.PushRead(_requestB, AddressMask(at), count, 0, edge);
        State.ReadBytes += count;
        State.Masked.ToIssue = 0;
        Advance(ref at, count);
        return true;
    }

    /// <summary>Takes B into its register; the port can give the mask from the next edge on.</summary>
    private bool HoldOperandB(long edge)
    {
        if (State.Masked.Held != 0 || !_responseB.CanPop(edge))
            return false;
        State.Masked.B = _responseB.Peek(edge).Data;
        _responseB.Discard(edge);
        State.Masked.TakenAt = edge;
        State.Masked.Held = 1;
        return true;
    }

    private void TakeHeldOperand(ElementType type, Span<float> values)
    {
        Widen(Line64.ReadSpan(State.Masked.B), type, values);
        State.Masked.Held = 0;
    }

    private void Select(long edge, ReadOnlySpan<float> x, ReadOnlySpan<float> y, Span<float> z)
    {
        ReadOnlySpan<byte> mask = Line64.ReadSpan(_responseB.Peek(edge).Data);
        for (int i = 0; i < z.Length; i++)
            z[i] = mask[i] != 0 ? x[i] : y[i];
        _responseB.Discard(edge);
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
        Span<uint> random = stackalloc uint[16];
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
