using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>What a beat of an operation does; each is a method of the unit.</summary>
public enum VectorBehaviour : byte
{
    Elementwise,
    Sum,
    Maximum,
    SumRows,
    Transpose,
    CrossEntropy,
    SquaredError,
    Softmax,
    SoftmaxGradient,
    NormRows,
    NormRowsGradient,
    Norm,
    Clip,
    Pooling,
    Optimizer,
}

/// <summary>A word that comes through port B with the first beat of each row.</summary>
public enum RowWord : byte
{
    None,

    /// <summary>The label: at the edge of the beat's operand A, as port B is free.</summary>
    Label,

    /// <summary>The reciprocal standard deviation: an edge after the beat's operands, as port B is taken.</summary>
    Deviation,
}

/// <summary>What an operation does with its record.</summary>
public enum RecordUse : byte
{
    None,

    /// <summary>Reads the partials.</summary>
    Read,

    /// <summary>Reads partials and the two words behind them, and writes both back.</summary>
    ReadWrite,
}

/// <summary>How an operation goes through the unit: one row a kind of operation.</summary>
/// <param name="Behaviour">What a beat does.</param>
internal readonly record struct VectorOperation(VectorBehaviour Behaviour)
{
    /// <summary>What <see cref="WritingPass"/> is when no pass writes a result an element.</summary>
    public const byte NoPass = 255;

    public VectorWalk Walk { get; init; } = VectorWalk.Rows;

    /// <summary>Times that a group of rows is gone through.</summary>
    public byte Passes { get; init; } = 1;

    /// <summary>The pass whose beats write a result an element.</summary>
    public byte WritingPass { get; init; }

    /// <summary>1 when beats take an operand through port A, or B.</summary>
    public byte ReadsA { get; init; } = 1;

    public byte ReadsB { get; init; }

    /// <summary>The pass whose beats take an element in every lane, as none of it waits for another.</summary>
    public byte WidePass => Behaviour switch
    {
        VectorBehaviour.Elementwise or VectorBehaviour.Clip or VectorBehaviour.Optimizer => WritingPass,
        _ => Passes > 1 ? WritingPass : NoPass,
    };

    public RowWord RowWord { get; init; }

    public RecordUse Record { get; init; }

    /// <summary>Places in the result ring that a beat may take.</summary>
    public byte Results { get; init; } = 1;

    /// <summary>The row of an operation of queue VX.</summary>
    public static VectorOperation Of(DescriptorOpcode opcode) => opcode switch
    {
        DescriptorOpcode.VxAdd or DescriptorOpcode.VxSub or DescriptorOpcode.VxMul or DescriptorOpcode.VxMax or DescriptorOpcode.VxSelect
            or DescriptorOpcode.VxReluGrad or DescriptorOpcode.VxSigmoidGrad or DescriptorOpcode.VxTanhGrad or DescriptorOpcode.VxGeluGrad
            => new(VectorBehaviour.Elementwise) { ReadsB = 1 },
        DescriptorOpcode.VxConvert or DescriptorOpcode.VxRsqrt or DescriptorOpcode.VxReciprocal or DescriptorOpcode.VxExp
            or DescriptorOpcode.VxRelu or DescriptorOpcode.VxSigmoid or DescriptorOpcode.VxTanh or DescriptorOpcode.VxGelu or DescriptorOpcode.VxDropout
            => new(VectorBehaviour.Elementwise),
        DescriptorOpcode.VxRandom => new(VectorBehaviour.Elementwise) { ReadsA = 0 },
        DescriptorOpcode.VxSum => new(VectorBehaviour.Sum) { WritingPass = NoPass },
        DescriptorOpcode.VxMaxColumns or DescriptorOpcode.VxArgmax => new(VectorBehaviour.Maximum) { WritingPass = NoPass },
        DescriptorOpcode.VxSumRows => new(VectorBehaviour.SumRows) { Walk = VectorWalk.Columns, WritingPass = NoPass },
        DescriptorOpcode.VxSoftmax => new(VectorBehaviour.Softmax) { Passes = 3, WritingPass = 2 },
        DescriptorOpcode.VxSoftmaxGrad => new(VectorBehaviour.SoftmaxGradient) { Passes = 2, WritingPass = 1, ReadsB = 1 },
        DescriptorOpcode.VxNormRows => new(VectorBehaviour.NormRows) { Passes = 3, WritingPass = 2 },
        DescriptorOpcode.VxNormRowsGrad
            => new(VectorBehaviour.NormRowsGradient) { Passes = 2, WritingPass = 1, ReadsB = 1, RowWord = RowWord.Deviation },
        DescriptorOpcode.VxNorm => new(VectorBehaviour.Norm) { WritingPass = NoPass, Record = RecordUse.ReadWrite },
        DescriptorOpcode.VxClip => new(VectorBehaviour.Clip) { Record = RecordUse.Read },
        DescriptorOpcode.PoolMax or DescriptorOpcode.PoolMaxGrad => new(VectorBehaviour.Pooling) { Walk = VectorWalk.Windows, Results = 2 },
        DescriptorOpcode.PoolAverage or DescriptorOpcode.PoolAverageGrad => new(VectorBehaviour.Pooling) { Walk = VectorWalk.Windows },
        DescriptorOpcode.LossXent
            => new(VectorBehaviour.CrossEntropy) { Passes = 2, WritingPass = NoPass, RowWord = RowWord.Label, Record = RecordUse.ReadWrite },
        DescriptorOpcode.LossXentGrad
            => new(VectorBehaviour.CrossEntropy) { Passes = 3, WritingPass = 2, RowWord = RowWord.Label, Record = RecordUse.ReadWrite },
        DescriptorOpcode.LossMse => new(VectorBehaviour.SquaredError) { WritingPass = NoPass, ReadsB = 1, Record = RecordUse.ReadWrite },
        DescriptorOpcode.LossMseGrad => new(VectorBehaviour.SquaredError) { ReadsB = 1, Record = RecordUse.ReadWrite },
        DescriptorOpcode.TrTranspose => new(VectorBehaviour.Transpose) { Walk = VectorWalk.Blocks, WritingPass = NoPass },
        DescriptorOpcode.OptSgd => new(VectorBehaviour.Optimizer) { ReadsB = 1, Results = 2 },
        DescriptorOpcode.OptMomentum => new(VectorBehaviour.Optimizer) { ReadsB = 1, Results = 3 },
        DescriptorOpcode.OptAdamw => new(VectorBehaviour.Optimizer) { ReadsB = 1, Results = 4 },
        _ => throw new InvalidOperationException($"Descriptor {opcode} does not belong to the VX queue."),
    };
}
