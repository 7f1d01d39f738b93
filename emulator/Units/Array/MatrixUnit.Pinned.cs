using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// mx.load and mx.stream: weights that stay. A load's shift tokens bring one tile into the shadow, alone or beside the stream
/// before it; the first stream after it starts with a switch token, the others go on with the weights that the PEs hold.
/// </summary>
public sealed partial class MatrixUnit
{
    private void StartLoad(long edge)
    {
        State.Load = _start.Pop(edge);
        State.Descriptors++;
        State.Loading = LoadProgress.Shifting;
        State.TokensShifted = 0;
        _weights.Start(in State.Load.Descriptor, PackingOf(in State.Load.Descriptor));
    }

    private void StartStream(in Descriptor descriptor)
    {
        StartProduct(in descriptor);
        State.FoldsShifted = 1;
        State.Switches = State.ShadowLoaded;
        State.ShadowLoaded = 0;
    }

    /// <summary>Nothing of a stream uses the weight port or the shadow, so that the load after it may.</summary>
    private void TakeLoadBesideStream(long edge, ref bool moved)
    {
        bool stream = State.Phase == MatrixPhase.Matmul && State.Current.Descriptor.Opcode == DescriptorOpcode.MxStream;
        if (!stream || State.Loading != LoadProgress.None || !_start.CanPop(edge) || _start.Peek(edge).Descriptor.Opcode != DescriptorOpcode.MxLoad)
            return;
        StartLoad(edge);
        _emptyingFrom = NotEmptying; // tokens will enter
        moved = true;
    }

    /// <summary>An edge of a load while no sums are in flight.</summary>
    private int ShiftLoad(long edge, ref bool moved)
    {
        long time = ArrayTime;
        bool token = ShiftLoadToken();
        if (token)
            State.ActiveUntil = TimeToLeave(time);
        if (time <= State.ActiveUntil)
        {
            StepArray(time);
            moved = true;
        }

        moved |= _weights.Advance(edge);
        return token ? CauseWeightShift : LateWeights();
    }

    private bool ShiftLoadToken()
    {
        ref readonly Descriptor descriptor = ref State.Load.Descriptor;
        int packing = PackingOf(in descriptor);
        if (!ShiftRow((descriptor.N1 + packing - 1) / packing, descriptor.N2))
            return false;
        if (State.TokensShifted == 0)
        {
            State.Loading = LoadProgress.Loaded;
            State.ShadowLoaded = 1;
        }

        return true;
    }

    private int ReportLoad(long edge, ref bool moved)
    {
        if (!_done.CanPush(edge))
            return CauseReport;
        _done.Push(new DescriptorDone { Sequence = State.Load.Sequence }, edge);
        State.Loading = LoadProgress.None;
        State.Phase = MatrixPhase.Idle;
        moved = true;
        return CauseReport;
    }
}
