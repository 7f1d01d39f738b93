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
        ref DmaDescriptor d = ref state.Descriptors[slot];
        d = new DmaDescriptor
        {
            Sequence = entry.Sequence,
            Active = 1,
            TypeIn = (byte)entry.Descriptor.TypeA,
            TypeOut = (byte)entry.Descriptor.TypeOut,
            Adds = entry.Descriptor.Opcode == DescriptorOpcode.StAccumulate ? (byte)1 : (byte)0,
        };
        if (entry.Descriptor.Opcode == DescriptorOpcode.LdIm2col)
        {
            d.Images = d.Filling = 1;
            d.Window = d.Zeros = WindowWalk.Of(entry.Descriptor);
        }
        else
        {
            d.Walk = StridedWalk.Of(entry.Descriptor);
            d.Fill = FillWalk.Of(entry.Descriptor);
            d.Filling = entry.Descriptor.PadBefore + entry.Descriptor.PadAfter > 0 ? (byte)1 : (byte)0;
        }

        d.Outstanding = d.Filling;
        start.Discard(edge);
        return true;
    }

    /// <summary>Whether a descriptor has transactions left to issue.</summary>
    public static bool HasNext(in DmaState state)
    {
        ref readonly DmaDescriptor d = ref state.Descriptors[state.Issuing];
        return d.Active != 0 && d.Issued == 0;
    }

    /// <summary>Passes over a stretch of a window of which nothing, or nothing more, lies in its image. Takes an edge.</summary>
    public static bool PassOver(ref DmaState state)
    {
        ref DmaDescriptor d = ref state.Descriptors[state.Issuing];
        if (d.Images == 0 || d.Window.RunElements > 0)
            return false;
        d.Window.Next();
        FinishIssue(ref state, ref d);
        return true;
    }

    /// <summary>The next transaction: up to the end of a run, and never across a granule of HBM.</summary>
    public static DmaTransaction Next(ref DmaState state, bool load)
    {
        ref DmaDescriptor d = ref state.Descriptors[state.Issuing];
        bool images = d.Images != 0;
        ulong source = images ? d.Window.Source : d.Walk.Source, destination = images ? d.Window.Destination : d.Walk.Destination;
        ulong hbm = (load ? source : destination) - AddressMap.Hbm;
        ulong scratchpad = (load ? destination : source) - AddressMap.Scratchpad;
        int hbmHalves = ElementConversion.HalfBytes((ElementType)(load ? d.TypeIn : d.TypeOut));
        int scratchpadHalves = ElementConversion.HalfBytes((ElementType)(load ? d.TypeOut : d.TypeIn));
        int firstHalf = images || !load ? 0 : d.Walk.SourceHalf;
        long granuleHalves = (2 * (DmaConfig.TransactionBytes - (long)(hbm % DmaConfig.TransactionBytes))) - firstHalf;
        long elements = Math.Min(images ? d.Window.RunElements : d.Walk.RunElements, granuleHalves / hbmHalves);
        var transaction = new DmaTransaction
        {
            Hbm = hbm,
            Scratchpad = (uint)scratchpad,
            HbmBytes = (ushort)((firstHalf + (elements * hbmHalves) + 1) / 2),
            ScratchpadBytes = (ushort)(elements * scratchpadHalves / 2),
            Descriptor = state.Issuing,
            Active = 1,
            FirstHalf = (byte)firstHalf,
            Adds = d.Adds,
        };
        d.Outstanding++;
        state.InFlight++;
        state.Transactions++;
        if (!images)
        {
            d.Walk.Take(elements);
        }
        else
        {
            d.Window.Take((int)elements);
            if (d.Window.RunElements == 0)
                d.Window.Next();
        }

        FinishIssue(ref state, ref d);
        return transaction;
    }

    private static void FinishIssue(ref DmaState state, ref DmaDescriptor d)
    {
        if (d.Images != 0 ? !d.Window.Finished : !d.Walk.Finished)
            return;
        d.Issued = 1;
        state.Issuing = (byte)((state.Issuing + 1) % DmaConfig.DescriptorSlots);
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
