using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// The descriptors in flight, first in first out: what load and store engines have in common. Rules LD-1 and ST-1: one is
/// accepted an edge while a slot is free. Rules LD-4 and ST-5: one is reported an edge, the oldest first, when it has nothing
/// outstanding.
/// </summary>
internal static class DmaDescriptorRing
{
    public static bool Accept(ref DmaState state, Channel<StartDescriptor> start, long edge)
    {
        if (state.Used == DmaConfig.DescriptorSlots || !start.CanPop(edge))
            return false;
        ref readonly StartDescriptor entry = ref start.Peek(edge);
        int slot = (state.Oldest + state.Used) % DmaConfig.DescriptorSlots;
        state.Used++;
        state.Descriptors[slot] = new DmaDescriptor
        {
            Walk = StridedWalk.Of(entry.Descriptor),
            Sequence = entry.Sequence,
            Active = 1,
            TypeIn = (byte)entry.Descriptor.TypeA,
            TypeOut = (byte)entry.Descriptor.TypeOut,
        };
        start.Discard(edge);
        return true;
    }

    public static bool Report(ref DmaState state, Channel<DescriptorDone> done, long edge)
    {
        if (state.Used == 0)
            return false;
        ref DmaDescriptor d = ref state.Descriptors[state.Oldest];
        if (d.Issued == 0 || d.Outstanding != 0 || !done.CanPush(edge))
            return false;
        done.Push(new DescriptorDone { Sequence = d.Sequence }, edge);
        state.Completed++;
        d = default;
        state.Oldest = (byte)((state.Oldest + 1) % DmaConfig.DescriptorSlots);
        state.Used--;
        return true;
    }
}
