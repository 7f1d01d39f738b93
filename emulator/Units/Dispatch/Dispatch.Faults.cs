using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>The checks before a descriptor's first effect, and what a frozen queue does.</summary>
public sealed partial class Dispatch
{
    private RaceConflict _lastConflict;

    /// <summary>The conflict behind the last race fault, for its message.</summary>
    public RaceConflict LastConflict => _lastConflict;

    /// <summary>Why a queue froze last.</summary>
    public QueueFaultCause LastCause { get; private set; }

    /// <summary>The head descriptor of a frozen queue, for messages.</summary>
    public Descriptor Head(int queue) => Entry(queue, State.Queues[queue].Started).Descriptor;

    // An opcode that does not exist has no queue of its own; VX finds the fault.
    private static int QueueOf(DescriptorOpcode opcode) => (int)(DescriptorTable.Find((byte)opcode)?.Queue ?? DescriptorQueue.Vx);

    private QueueFaultCause Check(in Descriptor d, out uint address)
    {
        address = 0;
        QueueFaultCause cause = DescriptorCheck.Check(d);
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

        return QueueOf(d.Opcode) == (int)DescriptorQueue.Mx ? CheckSlot(d) : QueueFaultCause.None;
    }

    // MX starts in order, so the shape that the slot will have when this one executes is known here.
    private QueueFaultCause CheckSlot(in Descriptor d)
    {
        long blocks = (d.N2 + _config.ArrayColumns - 1) / _config.ArrayColumns;
        if (blocks * _config.ArrayColumns * 4 * d.N0 > _config.AccumulatorBytes / 4)
            return QueueFaultCause.SlotTooSmall;
        bool reads = d.Opcode == DescriptorOpcode.MxDrain || (d.Opcode == DescriptorOpcode.MxMatmul && d.Accumulate);
        ref SlotContents slot = ref State.Slots[d.Slot];
        bool same = slot.Rows == d.N0 && slot.Columns == d.N2 && slot.Type == d.TypeAccumulator;
        return reads && !same ? QueueFaultCause.SlotShape : QueueFaultCause.None;
    }

    private void TakeSlot(in Descriptor d)
    {
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

        if (first < (long)AddressMap.Hbm || end > (long)AddressMap.Hbm + _config.HbmBytes)
            return QueueFaultCause.UnmappedAddress;
        return first < (long)AddressMap.Hbm + _config.StreamingBase ? QueueFaultCause.Aliasing : QueueFaultCause.None;
    }

    private bool FindRace(int queue, uint sequence, in Descriptor d)
    {
        _races!.Start(_config.Tile, queue, sequence, d);
        Span<Region> regions = stackalloc Region[DescriptorFootprint.MaximumRegions];
        int count = DescriptorFootprint.Enumerate(d, regions);
        for (int i = 0; i < count; i++)
        {
            if (_races.Access(_config.Tile, queue, sequence, regions[i]) is { } conflict)
            {
                _lastConflict = conflict;
                return true;
            }
        }

        if (queue == (int)DescriptorQueue.Mx && _races.AccessSlot(_config.Tile, sequence, d.Slot) is { } slot)
        {
            _lastConflict = slot;
            return true;
        }

        return false;
    }

    private void Freeze(int queue, QueueFaultCause cause, uint address)
    {
        ref DispatchQueue q = ref State.Queues[queue];
        q.Frozen = 1;
        LastCause = cause;
        State.Faults++;
        Notify(new DispatchNotice
        {
            Cause = (byte)cause,
            Queue = (byte)queue,
            Address = address,
            DescriptorAddress = Entry(queue, q.Started).Address,
        });
    }

    // Skipping performs the posts: who waits for the descriptor goes on.
    private void Resolve(int queue, bool skip)
    {
        ref DispatchQueue q = ref State.Queues[queue];
        if (q.Frozen == 0)
            return;
        q.Frozen = 0;
        q.Checked = 0;
        if (!skip)
            return;
        ref QueuedDescriptor entry = ref Entry(queue, q.Started);
        if (CanWait(entry.Descriptor.Wait0, entry.Descriptor.Wait1))
        {
            Subtract(entry.Descriptor.Wait0);
            Subtract(entry.Descriptor.Wait1);
        }

        uint sequence = q.Started++;
        Perform(queue, sequence, ref entry);
    }

    private void Notify(in DispatchNotice notice)
    {
        State.Notice = notice;
        State.NoticeValid = 1;
    }

    private bool SendNotice(long edge)
    {
        if (State.NoticeValid == 0 || !_notices.CanPush(edge))
            return false;
        _notices.Push(State.Notice, edge);
        State.NoticeValid = 0;
        return true;
    }
}
