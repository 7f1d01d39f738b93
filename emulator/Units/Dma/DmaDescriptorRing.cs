using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// The descriptors in flight, first in first out: what load and store engines have in common. Rules LD-1 and ST-1: one is
/// accepted an edge while a slot is free. Rules LD-2 and ST-2: transactions are cut off the oldest that is not issued. Rules LD-4
/// and ST-5: one is reported an edge, the oldest first, when it has nothing outstanding.
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

    /// <summary>Whether a descriptor has transactions left to issue.</summary>
    public static bool HasNext(in DmaState state)
    {
        ref readonly DmaDescriptor d = ref state.Descriptors[state.Issuing];
        return d.Active != 0 && d.Issued == 0;
    }

    /// <summary>The next transaction: up to the end of a run, and never across a granule of HBM.</summary>
    public static DmaTransaction Next(ref DmaState state, bool load)
    {
        ref DmaDescriptor d = ref state.Descriptors[state.Issuing];
        ulong hbm = (load ? d.Walk.Source : d.Walk.Destination) - AddressMap.Hbm;
        ulong scratchpad = (load ? d.Walk.Destination : d.Walk.Source) - AddressMap.Scratchpad;
        int hbmBytes = load ? d.Walk.SourceBytes : d.Walk.DestinationBytes;
        int scratchpadBytes = load ? d.Walk.DestinationBytes : d.Walk.SourceBytes;
        long granule = DmaConfig.TransactionBytes - (long)(hbm % DmaConfig.TransactionBytes);
        long elements = Math.Min(d.Walk.RunElements, granule / hbmBytes);
        var transaction = new DmaTransaction
        {
            Hbm = hbm,
            Scratchpad = (uint)scratchpad,
            HbmBytes = (ushort)(elements * hbmBytes),
            ScratchpadBytes = (ushort)(elements * scratchpadBytes),
            Descriptor = state.Issuing,
            Active = 1,
        };
        d.Walk.Take(elements);
        d.Outstanding++;
        state.InFlight++;
        state.Transactions++;
        if (d.Walk.Finished)
        {
            d.Issued = 1;
            state.Issuing = (byte)((state.Issuing + 1) % DmaConfig.DescriptorSlots);
        }

        return transaction;
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
