using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>
/// A matmul while nobody else asks the scratchpad: unit and scratchpad take turns at each edge, and the ports of its operands are set apart.
/// </summary>
public sealed partial class MatrixUnit
{
    /// <summary>The port of X rows, and that of weights.</summary>
    public ReadPort ReadsOperands => _operands.Reads;

    /// <inheritdoc cref="ReadsOperands"/>
    public ReadPort ReadsWeights => _weights.Reads;

    /// <summary>Whether the unit, as long as this is so, does nothing but read operands and move the array.</summary>
    public bool OnlyReads =>
        State.Phase == MatrixPhase.Matmul
        && (State.RowsEntered < State.Current.Descriptor.N0 || State.FoldsLaunched < State.KBlocks * State.NBlocks)
        && State.Current.Descriptor.Opcode == DescriptorOpcode.MxMatmul;

    /// <summary>Whether that is so and its ports can be set apart.</summary>
    public bool MayBeApart => OnlyReads && _operands.Reads.MayBeApart && _weights.Reads.MayBeApart;

    /// <summary>An edge at which <see cref="OnlyReads"/>, and nobody else asks for anything.</summary>
    public void EvaluateApart(long edge)
    {
        _operands.Reads.Begin();
        _weights.Reads.Begin();
        bool moved = false;
        int cause = Multiply(edge, ref moved);
        State.Ledger.Charge(edge, cause);
    }
}
