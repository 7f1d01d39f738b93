using System.Numerics;
using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>The checks before a descriptor's first effect, and what a frozen queue does.</summary>
public sealed partial class Dispatch
{
    // Places of State.Notices; those of the queues are as many as there are queues.
    private const int FaultNotice = 0, CoreNotice = 4, InterruptNotice = 5;

    /// <summary>The descriptor that a queue stands at: the one that froze it, else the next to start.</summary>
    public Descriptor Head(int queue) => Entry(queue, HeadSequence(queue)).Descriptor;

    private uint HeadSequence(int queue)
    {
        ref DispatchQueue q = ref State.Queues[queue];
        return q.Frozen == QueueFreeze.Posts ? q.Performed : q.Started;
    }

    // An opcode that does not exist has no queue of its own; VX finds the fault.
    private static int QueueOf(DescriptorOpcode opcode) => (int)(DescriptorTable.Find((byte)opcode)?.Queue ?? DescriptorQueue.Vx);

    private QueueFaultCause Check(in Descriptor d, out uint address)
    {
        address = 0;
        QueueFaultCause cause = DescriptorCheck.Check(d, _config.Features);
        if (cause != QueueFaultCause.None)
            return cause;
        Span<Region> regions = stackalloc Region[DescriptorFootprint.MaximumRegions];
        int count = DescriptorFootprint.Enumerate(d, regions);
        for (int i = 0; i < count; i++)
        {
            cause = CheckRegion(regions[i]);
            if (cause == QueueFaultCause.None)
                continue;
            address = (uint)regions[i].Address;
            return cause;
        }

        return QueueOf(d.Opcode) == (int)DescriptorQueue.Mx ? CheckArray(d) : QueueFaultCause.None;
    }

    // MX starts in order, so what the slot and the weights will be when this one executes is known here.
    private QueueFaultCause CheckArray(in Descriptor d)
    {
        bool stream = d.Opcode == DescriptorOpcode.MxStream;
        bool fits = d.N1 <= _config.ArrayRows * MatrixConfig.PackingOf(d.TypeA, d.TypeB, _config.Int8Packing, _config.Int4Packing) && d.N2 <= _config.ArrayColumns;
        if (d.Opcode == DescriptorOpcode.MxLoad)
            return fits ? QueueFaultCause.None : QueueFaultCause.TileTooLarge;
        long blocks = (d.N2 + _config.ArrayColumns - 1) / _config.ArrayColumns;
        if (blocks * _config.ArrayColumns * 4 * d.N0 > _config.AccumulatorBytes / 4)
            return QueueFaultCause.SlotTooSmall;
        if (stream && !fits)
            return QueueFaultCause.TileTooLarge;
        bool reads = d.Opcode == DescriptorOpcode.MxDrain || d.Accumulate;
        ref SlotContents slot = ref State.Slots[d.Slot];
        bool same = slot.Rows == d.N0 && slot.Columns == d.N2 && slot.Type == d.TypeAccumulator;
        if (reads && !same)
            return QueueFaultCause.SlotShape;
        ref WeightContents weights = ref State.Weights;
        bool loaded = weights.K == d.N1 && weights.N == d.N2 && weights.TypeA == d.TypeA && weights.TypeB == d.TypeB;
        return stream && !loaded ? QueueFaultCause.WeightShape : QueueFaultCause.None;
    }

    private void TakeArray(in Descriptor d)
    {
        if (d.Opcode == DescriptorOpcode.MxLoad)
        {
            State.Weights = new WeightContents { K = (ushort)d.N1, N = (ushort)d.N2, TypeA = d.TypeA, TypeB = d.TypeB };
            return;
        }

        if (d.Opcode == DescriptorOpcode.MxMatmul)
            State.Weights = default;
        State.Slots[d.Slot] = new SlotContents { Rows = (ushort)d.N0, Columns = (ushort)d.N2, Type = d.TypeAccumulator };
    }

    private QueueFaultCause CheckRegion(in Region region)
    {
        long first = region.Lowest, end = region.End;
        if (region.Space == RegionSpace.Scratchpad)
        {
            bool inside = first >= (long)AddressMap.Scratchpad && end <= (long)AddressMap.Scratchpad + _config.ScratchpadBytes;
            return inside ? QueueFaultCause.None : QueueFaultCause.UnmappedAddress;
        }

        if (first >= (long)AddressMap.HostMemory)
            return end <= (long)AddressMap.HostMemory + _config.HostBytes ? QueueFaultCause.None : QueueFaultCause.UnmappedAddress;
        if (first < (long)AddressMap.Hbm || end > (long)AddressMap.Hbm + _config.HbmBytes)
            return QueueFaultCause.UnmappedAddress;
        return first < (long)AddressMap.Hbm + _config.StreamingBase ? QueueFaultCause.Aliasing : QueueFaultCause.None;
    }

    private bool FindRace(int queue, uint sequence, in Descriptor d)
    {
        _races!.Start(_config.Tile, queue, sequence, d);
        Span<Region> regions = stackalloc Region[DescriptorFootprint.MaximumRegions];
        int count = DescriptorFootprint.Enumerate(d, regions);
        int? slot = queue == (int)DescriptorQueue.Mx && d.Opcode != DescriptorOpcode.MxLoad ? d.Slot : null;
        if (_races.Access(_config.Tile, queue, sequence, regions[..count], slot) is not { } conflict)
            return false;
        State.Queues[queue].Conflict = conflict;
        return true;
    }

    private void Freeze(int queue, QueueFreeze freeze, QueueFaultCause cause, uint address)
    {
        ref DispatchQueue q = ref State.Queues[queue];
        q.Frozen = freeze;
        q.Cause = cause;
        q.Address = address;
        State.Faults++;
        Notify(FaultNotice + queue, new DispatchNotice
        {
            Cause = (byte)cause,
            Queue = (byte)queue,
            Address = address,
            DescriptorAddress = Entry(queue, HeadSequence(queue)).Address,
        });
    }

    // Rule D-11: a retry looks at the descriptor, or tries its posts, again; a race stays one. A skip of posts drops them.
    private void Resolve(int queue, bool skip)
    {
        ref DispatchQueue q = ref State.Queues[queue];
        QueueFreeze frozen = q.Frozen;
        q.Frozen = QueueFreeze.None;
        if (frozen == QueueFreeze.Head)
            q.Skip = skip ? (byte)1 : (byte)0;
        else if (frozen == QueueFreeze.Posts && skip)
            Finish(queue, posts: false);
        else if (frozen == QueueFreeze.Posts)
            Perform(queue);
    }

    // The core's own mistake has no queue: it is reported as LD's, with the semaphore as address and the pc as descriptor.
    private void CoreOverflow(in DispatchCommand command)
    {
        State.Faults++;
        Notify(CoreNotice, new DispatchNotice
        {
            Cause = (byte)QueueFaultCause.SemaphoreOverflow,
            Address = command.Argument,
            DescriptorAddress = command.Pc,
        });
    }

    private void Notify(int place, in DispatchNotice notice)
    {
        State.Notices[place] = notice;
        State.NoticesPending |= (ushort)(1 << place);
    }

    // Rule D-13: one notice an edge, from the edge after it arose; faults before interrupts, then by queue.
    private bool SendNotice(long edge)
    {
        int pending = State.NoticesPending;
        if (State.Queues[0].Frozen != QueueFreeze.None)
            pending &= ~(1 << CoreNotice); // the core holds one fault a queue: this would hide LD's own
        if (pending == 0 || !_notices.CanPush(edge))
            return false;
        int place = BitOperations.TrailingZeroCount(pending);
        _notices.Push(State.Notices[place], edge);
        State.NoticesPending &= (ushort)~(1 << place);
        return true;
    }
}
