using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// mx.load and mx.stream: weights that stay. A load's shift tokens bring one tile into the shadow, alone or beside the stream
/// before it; the first stream after it starts with a switch token, the others go on with the weights that the PEs hold. The rows
/// of a stream enter behind those of the one before, while that one's sums are still on their way.
/// </summary>
public sealed partial class MatrixUnit
{
    /// <summary>Streams before the current one that are on their way out.</summary>
    internal const int MostLeaving = 4;

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
        UseEngine();
        State.SecondPass = 0;
        StartRows(in descriptor);
    }

    private void StartRows(in Descriptor descriptor)
    {
        StartProduct(in descriptor);
        State.FoldsShifted = 1;
        State.Switches = State.ShadowLoaded;
        State.ShadowLoaded = 0;
    }

    /// <summary>
    /// Nothing of a stream uses the weight port or the shadow, so that the load after it may. And once its rows are in, those of
    /// the next stream may follow: of the same types, its weights in the PEs or complete in the shadow.
    /// </summary>
    private void TakeBesideStream(long edge, ref bool moved)
    {
        bool stream = State.Phase == MatrixPhase.Matmul && State.Current.Descriptor.Opcode == DescriptorOpcode.MxStream;
        if (!stream || !_start.CanPop(edge))
            return;
        switch (_start.Peek(edge).Descriptor.Opcode)
        {
            case DescriptorOpcode.MxLoad when State.Loading == LoadProgress.None:
                StartLoad(edge);
                break;
            case DescriptorOpcode.MxStream when MayFollow(in _start.Peek(edge).Descriptor):
                FollowStream(edge);
                break;
            default:
                return;
        }

        _emptyingFrom = NotEmptying; // tokens or rows will enter
        moved = true;
    }

    private bool MayFollow(in Descriptor next)
    {
        ref readonly Descriptor current = ref State.Current.Descriptor;
        bool entered = State.FoldsLaunched == 1 && State.RowsEntered == current.N0;
        return entered && State.Loading != LoadProgress.Shifting && State.LeavingCount < MostLeaving && next.TypeA == current.TypeA && next.TypeB == current.TypeB;
    }

    private void FollowStream(long edge)
    {
        State.Leaving[State.LeavingCount++] = new LeavingStream
        {
            Sequence = State.Current.Sequence,
            Until = State.SumsUntil,
            HasLoad = State.Loading == LoadProgress.Loaded ? (byte)1 : (byte)0,
            LoadSequence = State.Load.Sequence,
        };
        State.Loading = LoadProgress.None;
        State.Current = _start.Pop(edge);
        State.Descriptors++;
        StartRows(in State.Current.Descriptor);
    }

    /// <summary>Array time up to which nothing is over.</summary>
    private long NoneOverUntil => State.LeavingCount > 0 ? State.Leaving[0].Until : State.SumsUntil;

    /// <summary>Reports the oldest stream on its way out when it is over, and the load that was beside it at an edge after that.</summary>
    private void ReportLeaving(long edge, ref bool moved)
    {
        if (State.LeavingOver == 0 || !_done.CanPush(edge))
            return;
        moved = true;
        ref LeavingStream oldest = ref State.Leaving[0];
        _done.Push(new DescriptorDone { Sequence = State.LeavingOver == 1 ? oldest.Sequence : oldest.LoadSequence }, edge);
        if (State.LeavingOver == 1 && oldest.HasLoad != 0)
        {
            State.LeavingOver = 2;
            return;
        }

        State.LeavingOver = 0;
        State.LeavingCount--;
        for (int i = 0; i < State.LeavingCount; i++)
            State.Leaving[i] = State.Leaving[i + 1];
        State.Leaving[State.LeavingCount] = default;
    }

    /// <summary>The oldest stream on its way out is over when the step that makes it so is, both edges of it.</summary>
    private void FindLeavingOver(ref bool moved)
    {
        if (State.LeavingCount == 0 || State.LeavingOver != 0 || ArrayTime - State.SecondPass <= State.Leaving[0].Until)
            return;
        State.LeavingOver = 1;
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
