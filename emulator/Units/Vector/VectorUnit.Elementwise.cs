using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>One result an element: arithmetic, conversion, functions and random numbers.</summary>
public sealed partial class VectorUnit
{
    private void ElementwiseBeat(long edge, int count)
    {
        ref VectorPlan plan = ref State.Plan;
        ref BeatCursor at = ref State.Execute;
        Span<float> x = _x.AsSpan(0, count);
        Span<float> y = _y.AsSpan(0, count);
        Span<float> z = _z.AsSpan(0, count);
        if (plan.ReadsB != 0)
            TakeOperands(edge, x, y);
        else if (plan.ReadsA != 0)
            TakeOperand(_readA, edge, plan.TypeA, x);
        if (plan.Opcode == DescriptorOpcode.VxDropout)
        {
            DropOut(at, x, edge);
            return;
        }

        int latency = plan.Opcode == DescriptorOpcode.VxSelect ? Select(edge, x, y, z) : Elementwise(at, x, y, z);
        Encode(z, Emit(AddressD(at), VectorPlan.Bytes(count, plan.SizeD), edge + latency), at.Row, at.Column);
    }

    /// <summary>The results of elements that begin at a place into z; returns their latency and counts their work.</summary>
    private int Elementwise(in BeatCursor at, ReadOnlySpan<float> x, ReadOnlySpan<float> y, Span<float> z)
    {
        int count = z.Length, latency = _pipeline;
        DescriptorOpcode opcode = State.Plan.Opcode;
        switch (opcode)
        {
            case DescriptorOpcode.VxAdd:
                AddLane.Run(x, y, z);
                break;
            case DescriptorOpcode.VxMul:
                MultiplyLane.Run(x, y, z);
                break;
            case DescriptorOpcode.VxMax:
                MaxLane.Run(x, y, z);
                break;
            case DescriptorOpcode.VxReluGrad:
                ReluGradientLane.Run(x, y, z);
                break;
            case DescriptorOpcode.VxConvert:
                if (State.Plan.Parameters == VectorPlan.None)
                    x.CopyTo(z);
                else
                    MultiplyLane.Scale(x, Constant(0), z);
                break;
            case DescriptorOpcode.VxRandom:
                for (int i = 0; i < count; i++)
                    z[i] = Constant(0) * ((2f * CounterRandom.Uniform(Seed, ElementIndex(at.Row, at.Column + i))) - 1f);
                break;
            case DescriptorOpcode.VxSub:
                SubtractLane.Run(x, y, z);
                break;
            case DescriptorOpcode.VxRelu:
                ReluLane.Run(x, z);
                break;
            case DescriptorOpcode.VxSigmoid or DescriptorOpcode.VxTanh or DescriptorOpcode.VxGelu:
            case DescriptorOpcode.VxSigmoidGrad or DescriptorOpcode.VxTanhGrad or DescriptorOpcode.VxGeluGrad:
                latency = Activate(opcode, x, y, z);
                State.LaneOperations -= count; // counted there
                break;
            default:
                for (int i = 0; i < count; i++)
                    z[i] = Function(opcode, x[i]);
                latency = _transcendental;
                State.Transcendentals += count;
                State.LaneOperations -= count;
                break;
        }

        State.LaneOperations += count;
        return latency;
    }

    private static float Function(DescriptorOpcode opcode, float x) => opcode switch
    {
        DescriptorOpcode.VxExp => Functions.Exp(x),
        DescriptorOpcode.VxRsqrt => Functions.Rsqrt(x),
        _ => Functions.Reciprocal(x),
    };

    /// <summary>Takes the head response of a port as fp32 values.</summary>
    private static void TakeOperand(ScratchpadPort port, long edge, ElementType type, Span<float> values)
    {
        Decode(port.BytesOf(in port.Response.Peek(edge)), type, values);
        port.DiscardRead(edge);
    }

    /// <summary>Elements as fp32 values: widened exactly, integers to the nearest fp32.</summary>
    private static void Decode(ReadOnlySpan<byte> bytes, ElementType type, Span<float> values)
    {
        switch (type)
        {
            case ElementType.Fp32:
                MemoryMarshal.Cast<byte, float>(bytes)[..values.Length].CopyTo(values);
                break;
            case ElementType.Bf16:
                WidenBf16.Run(MemoryMarshal.Cast<byte, ushort>(bytes)[..values.Length], values);
                break;
            case ElementType.Int8:
                for (int i = 0; i < values.Length; i++)
                    values[i] = (sbyte)bytes[i];
                break;
            case ElementType.Uint8:
                for (int i = 0; i < values.Length; i++)
                    values[i] = bytes[i];
                break;
            case ElementType.Int32:
                ReadOnlySpan<int> integers = MemoryMarshal.Cast<byte, int>(bytes);
                for (int i = 0; i < values.Length; i++)
                    values[i] = Fp32.FromInt32(integers[i]);
                break;
            case ElementType.Int4:
                for (int i = 0; i < values.Length; i++)
                    values[i] = Int4.Element(bytes, i);
                break;
            default:
                throw new InvalidOperationException("The operand type should have been refused by dispatch.");
        }
    }
}
