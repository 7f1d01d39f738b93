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

    /// <summary>A row of the result at a time, a group of columns at a time, everything that is pooled into it ascending.</summary>
    Windows,
}

/// <summary>A descriptor as the unit runs it: offsets, sizes, and how it is walked. No padding: it is hashed.</summary>
public partial struct VectorPlan
{
    /// <summary>Rows that a multi-pass operation holds statistics for.</summary>
    public const int GroupRows = 16;

    /// <summary>Operands. Auxiliary is what a descriptor names at byte 52: labels, deviations.</summary>
    public uint A, B, D, Auxiliary, Record, Parameters;

    /// <summary>Further operands of the optimizer, through port A and port B; <see cref="None"/> where there is none.</summary>
    public uint Momentum, Variance;
    public int PitchA, PitchB, PitchD;

    /// <summary>vx.select: bytes that come through port B beside B.</summary>
    public uint Mask;
    public int PitchMask;
    public int Rows, Columns;

    /// <summary>Walks Columns and Windows: columns a group (BlockColumns). Walk Blocks: rows and columns a block.</summary>
    public int BlockRows, BlockColumns;

    /// <summary>Walk Windows: how the windows lie on the image, and how many there are across and down.</summary>
    public PoolingShape Window;
    public int WindowsAcross, WindowsDown;
    public DescriptorOpcode Opcode;
    public VectorBehaviour Behaviour;
    public VectorWalk Walk;
    public ElementType TypeA, TypeB, TypeOut;
    public Rounding Rounding;

    /// <summary>Bytes of an element; 0 for int4, two in a byte.</summary>
    public byte SizeA, SizeB, SizeD;

    public byte Passes;

    /// <summary>1 when beats take an operand through that port.</summary>
    public byte ReadsA, ReadsB;
    public RowWord RowWord;
    public RecordUse RecordUse;

    /// <summary>The pass whose beats write a result an element, or 255.</summary>
    public byte WritingPass;

    /// <summary>Places in the result ring that a beat may take.</summary>
    public byte Results;

    /// <summary>1 when rows of the result are pixels, pooled from windows; 0 when they are windows, pooled from pixels.</summary>
    public byte FromWindows;

    /// <summary>The pass whose beats take as many elements as there are lanes: no element of it waits for another. Or 255.</summary>
    public byte WidePass;
    public byte Unused;

    /// <param name="d">A checked descriptor of the VX queue.</param>
    /// <param name="lanes">Elements a beat at most.</param>
    /// <param name="widthBytes">Of the scratchpad ports.</param>
    public static VectorPlan From(in Descriptor d, int lanes, int widthBytes)
    {
        DescriptorOpcode opcode = d.Opcode;
        VectorOperation operation = VectorOperation.Of(opcode);
        VectorPlan plan = default;
        plan.Opcode = opcode;
        plan.Behaviour = operation.Behaviour;
        plan.Walk = operation.Walk;
        plan.Passes = operation.Passes;
        plan.WritingPass = operation.WritingPass;
        plan.WidePass = operation.WidePass;
        plan.ReadsA = operation.ReadsA;
        plan.ReadsB = operation.ReadsB;
        plan.RowWord = operation.RowWord;
        plan.RecordUse = operation.Record;
        plan.Results = operation.Results;
        plan.A = Offset(d.A);
        plan.B = Offset(d.B);
        plan.D = Offset(d.D);
        plan.Auxiliary = Offset(d.Auxiliary);
        plan.Record = plan.B;
        plan.Parameters = Offset(d.VectorParameters);
        plan.Momentum = None;
        plan.Variance = None;
        plan.Mask = None;
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
        int summing = Math.Min(lanes, VectorConfig.SummingLanes);
        switch (operation.Behaviour)
        {
            case VectorBehaviour.Elementwise when opcode == DescriptorOpcode.VxSelect:
                plan.Mask = plan.Auxiliary;
                plan.PitchMask = d.PitchMask;
                break;
            case VectorBehaviour.SumRows:
                plan.BlockColumns = Math.Min(summing, Math.Min(Alignment(plan.A, plan.PitchA) / plan.SizeA, Alignment(plan.D, 0) / sizeof(float)));
                break;
            case VectorBehaviour.Transpose:
                plan.BlockColumns = Math.Min(summing, Alignment(plan.A, plan.PitchA) / plan.SizeA);
                plan.BlockRows = Math.Min(summing, Alignment(plan.D, plan.PitchD) / plan.SizeD);
                break;
            case VectorBehaviour.SquaredError:
                plan.B = plan.Auxiliary;
                break;
            case VectorBehaviour.Pooling:
                plan.Pool(in d, lanes, widthBytes);
                break;
            case VectorBehaviour.Optimizer:
                plan.Optimize(in d);
                break;
        }

        return plan;
    }

    /// <summary>Bytes that so many elements take from a whole byte on.</summary>
    public static int Bytes(int elements, int size) => size == 0 ? Int4.RowBytes(elements) : elements * size;

    private void Pool(in Descriptor d, int lanes, int widthBytes)
    {
        Window = PoolingShape.Of(in d);
        WindowsAcross = Window.WindowsAcross;
        BlockColumns = Math.Min(lanes, Math.Min(Alignment(A, PitchA, widthBytes) / SizeA, Alignment(D, PitchD, widthBytes) / SizeD));
        if (Opcode is DescriptorOpcode.PoolMax or DescriptorOpcode.PoolMaxGrad)
        {
            SizeB = sizeof(byte);
            ReadsB = (byte)(Opcode == DescriptorOpcode.PoolMaxGrad ? 1 : 0);
            BlockColumns = Math.Min(BlockColumns, Alignment(B, PitchB, widthBytes));
        }

        if (Opcode is DescriptorOpcode.PoolMaxGrad or DescriptorOpcode.PoolAverageGrad)
        {
            FromWindows = 1;
            WindowsDown = Window.Windows(Rows) / WindowsAcross;
        }
    }

    private void Optimize(in Descriptor d)
    {
        Parameters = Offset(d.OptimizerParameters);
        Momentum = Opcode == DescriptorOpcode.OptSgd ? None : Offset(d.Momentum);
        Variance = Opcode == DescriptorOpcode.OptAdamw ? Offset(d.Variance) : None;
        PitchA = Columns * sizeof(float);
        PitchB = Columns * sizeof(float);
        PitchD = Columns * SizeD;
        if (Rounding == Rounding.Stochastic)
            return;

        // Contiguous, and no result depends on the row: one long row wastes no lanes at row ends.
        Columns *= Rows;
        Rows = 1;
    }

    /// <summary>Offset in the scratchpad of an address; <see cref="None"/> for address 0.</summary>
    private static uint Offset(ulong address) => address == 0 ? None : (uint)(address - AddressMap.Scratchpad);

    /// <summary>What an offset is without that operand.</summary>
    public const uint None = uint.MaxValue;

    // Chunks of this many bytes, counted from the base, cross no boundary of a port's width in any row.
    private static int Alignment(uint offset, int pitch, int widthBytes = ScratchpadPort.LineBytes) =>
        1 << BitOperations.TrailingZeroCount(offset | (uint)pitch | (uint)widthBytes);

    private static byte SizeBytes(ElementType type) => type switch
    {
        ElementType.Int8 or ElementType.Uint8 => 1,
        ElementType.Bf16 or ElementType.Int16 => 2,
        ElementType.Fp32 or ElementType.Int32 => 4,
        _ => 0,
    };
}
