using System.Numerics;
using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>The order in which a descriptor's beats enter.</summary>
public enum VectorWalk : byte
{
    /// <summary>Sixteen rows at a time: each pass over all of them, row after row, columns ascending.</summary>
    Rows,

    /// <summary>A group of columns at a time, all rows ascending: sums over rows.</summary>
    Columns,

    /// <summary>A block of rows and columns at a time, its rows ascending: transpose.</summary>
    Blocks,
}

/// <summary>A descriptor as the unit runs it: offsets, sizes, and how it is walked. No padding: it is hashed.</summary>
public struct VectorPlan
{
    /// <summary>Rows that a multi-pass operation holds statistics for.</summary>
    public const int GroupRows = 16;

    public uint A, B, D, Labels, Parameters;
    public int PitchA, PitchB, PitchD;

    /// <summary>vx.select: bytes that come through port B beside B.</summary>
    public uint Mask;
    public int PitchMask;
    public int Rows, Columns;

    /// <summary>Walk Columns: columns a group (BlockColumns). Walk Blocks: rows and columns a block.</summary>
    public int BlockRows, BlockColumns;
    public DescriptorOpcode Opcode;
    public VectorWalk Walk;
    public ElementType TypeA, TypeB, TypeOut;
    public Rounding Rounding;

    /// <summary>Bytes of an element; 0 for int4, two in a byte.</summary>
    public byte SizeA, SizeB, SizeD;

    public byte Passes;

    /// <summary>1 when beats take an operand through that port.</summary>
    public byte ReadsA, ReadsB;

    /// <summary>1 for the loss operations: labels and record through port B.</summary>
    public byte IsLoss;

    /// <summary>The pass whose beats write a result an element, or 255.</summary>
    public byte WritingPass;
    public byte Unused0, Unused1;

    /// <param name="d">A checked descriptor of the VX queue.</param>
    /// <param name="lanes">Elements a beat at most.</param>
    public static VectorPlan From(in Descriptor d, int lanes)
    {
        DescriptorOpcode opcode = d.Opcode;
        VectorPlan plan = default;
        plan.Opcode = opcode;
        plan.A = Offset(d.A);
        plan.B = Offset(d.B);
        plan.D = Offset(d.D);
        plan.PitchA = d.PitchA;
        plan.PitchB = d.PitchB;
        plan.PitchD = d.PitchD;
        plan.Rows = d.N0;
        plan.Columns = d.N2;
        plan.TypeA = d.TypeA;
        plan.TypeB = d.TypeB;
        plan.TypeOut = d.TypeOut;
        plan.Rounding = d.Rounding;
        plan.SizeA = SizeBytes(d.TypeA);
        plan.SizeB = SizeBytes(d.TypeB);
        plan.SizeD = SizeBytes(d.TypeOut);
        plan.Passes = 1;
        plan.ReadsA = 1;
        plan.Parameters = Offset(opcode == DescriptorOpcode.OptSgd ? d.OptimizerParameters : d.VectorParameters);
        switch (opcode)
        {
            case DescriptorOpcode.VxAdd:
            case DescriptorOpcode.VxMul:
            case DescriptorOpcode.VxMax:
            case DescriptorOpcode.VxReluGrad:
            case DescriptorOpcode.VxSub:
            case DescriptorOpcode.VxSigmoidGrad:
            case DescriptorOpcode.VxTanhGrad:
            case DescriptorOpcode.VxGeluGrad:
                plan.ReadsB = 1;
                break;
            case DescriptorOpcode.VxSelect:
                plan.ReadsB = 1;
                plan.Mask = Offset(d.Auxiliary);
                plan.PitchMask = d.PitchMask;
                break;
            case DescriptorOpcode.VxConvert:
            case DescriptorOpcode.VxRsqrt:
            case DescriptorOpcode.VxReciprocal:
            case DescriptorOpcode.VxExp:
            case DescriptorOpcode.VxRelu:
            case DescriptorOpcode.VxSigmoid:
            case DescriptorOpcode.VxTanh:
            case DescriptorOpcode.VxGelu:
            case DescriptorOpcode.VxDropout:
                break;
            case DescriptorOpcode.VxRandom:
                plan.ReadsA = 0;
                break;
            case DescriptorOpcode.VxSum:
            case DescriptorOpcode.VxMaxColumns:
            case DescriptorOpcode.VxArgmax:
                plan.WritingPass = 255;
                break;
            case DescriptorOpcode.VxSumRows:
                plan.Walk = VectorWalk.Columns;
                plan.WritingPass = 255;
                plan.BlockColumns = Math.Min(lanes, Math.Min(Alignment(plan.A, plan.PitchA) / plan.SizeA, Alignment(plan.D, 0) / sizeof(float)));
                break;
            case DescriptorOpcode.LossXent:
            case DescriptorOpcode.LossXentGrad:
                plan.IsLoss = 1;
                plan.Labels = Offset(d.Auxiliary);
                plan.Passes = (byte)(opcode == DescriptorOpcode.LossXent ? 2 : 3);
                plan.WritingPass = (byte)(opcode == DescriptorOpcode.LossXent ? 255 : 2);
                break;
            case DescriptorOpcode.TrTranspose:
                plan.Walk = VectorWalk.Blocks;
                plan.WritingPass = 255;
                plan.BlockColumns = Math.Min(lanes, Alignment(plan.A, plan.PitchA) / plan.SizeA);
                plan.BlockRows = Math.Min(lanes, Alignment(plan.D, plan.PitchD) / plan.SizeD);
                break;
            case DescriptorOpcode.OptSgd:
                plan.ReadsB = 1;
                plan.PitchA = plan.Columns * sizeof(float);
                plan.PitchB = plan.Columns * sizeof(float);
                plan.PitchD = plan.Columns * sizeof(ushort);
                if (plan.Rounding != Rounding.Stochastic)
                {
                    // Contiguous, and no result depends on the row: one long row wastes no lanes at row ends.
                    plan.Columns *= plan.Rows;
                    plan.Rows = 1;
                }

                break;
            default:
                throw new InvalidOperationException($"Descriptor {opcode} does not belong to the VX queue.");
        }

        return plan;
    }

    /// <summary>Bytes that so many elements take from a whole byte on.</summary>
    public static int Bytes(int elements, int size) => size == 0 ? Int4.RowBytes(elements) : elements * size;

    /// <summary>Offset in the scratchpad of an address; <see cref="None"/> for address 0.</summary>
    private static uint Offset(ulong address) => address == 0 ? None : (uint)(address - AddressMap.Scratchpad);

    /// <summary>What <see cref="Parameters"/> is without a parameter block.</summary>
    public const uint None = uint.MaxValue;

    // Chunks of this many bytes, counted from the base, cross no 64-byte boundary in any row.
    private static int Alignment(uint offset, int pitch) => 1 << Math.Min(6, BitOperations.TrailingZeroCount(offset | (uint)pitch));

    private static byte SizeBytes(ElementType type) => type switch
    {
        ElementType.Int8 or ElementType.Uint8 => 1,
        ElementType.Bf16 or ElementType.Int16 => 2,
        ElementType.Fp32 or ElementType.Int32 => 4,
        _ => 0,
    };
}
