using System.Buffers.Binary;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Padding of copies, and the zeros that windows find outside their images: written without a word from HBM.</summary>
public sealed partial class LoadEngine
{
    // Rule LD-6: one beat an edge at which lane 0 writes no flit. Rule LD-8: a stretch without zeros takes an edge and no port.
    private bool Fill(long edge, bool portTaken, ref bool blocked)
    {
        int slot = FillingSlot();
        if (slot < 0)
            return false;
        ref DmaDescriptor d = ref State.Descriptors[slot];
        if (d.Images != 0 && d.Zeros.RunZeros == 0)
        {
            PassOverZeros(ref d);
            return true;
        }

        if (portTaken)
            return false;
        Channel<ScratchpadRequest> port = _lanes[0].Port.Request;
        if (!port.CanPush(edge))
        {
            blocked = true;
            return false;
        }

        bool images = d.Images != 0;
        int bytes = ((ElementType)d.TypeOut).SizeBytes();
        uint address = (uint)((images ? d.Zeros.ZeroDestination : d.Fill.Address) - AddressMap.Scratchpad);
        int elements = Math.Min(images ? d.Zeros.RunZeros : d.Fill.RunElements, (64 - (int)(address & 63)) / bytes);
        ref ScratchpadRequest request = ref port.Allocate(edge);
        request.Address = address;
        request.Length = (ushort)(elements * bytes);
        request.Write = 1;
        request.Tag = (byte)slot;
        Span<byte> data = Line64.Span(ref request.Data);
        uint bits = images ? 0 : d.Fill.Bits;
        for (int i = 0; i < elements; i++)
        {
            switch (bytes)
            {
                case 1: data[i] = (byte)bits; break;
                case 2: BinaryPrimitives.WriteUInt16LittleEndian(data[(2 * i)..], (ushort)bits); break;
                default: BinaryPrimitives.WriteUInt32LittleEndian(data[(4 * i)..], bits); break;
            }
        }

        d.Outstanding++;
        State.Beats++;
        State.Bytes += request.Length;
        if (images)
        {
            d.Zeros.Take(elements);
            if (d.Zeros.RunZeros == 0)
                PassOverZeros(ref d);
        }
        else
        {
            d.Fill.Take(elements);
            if (d.Fill.Finished)
                FinishFill(ref d);
        }

        return true;
    }

    private static void PassOverZeros(ref DmaDescriptor d)
    {
        d.Zeros.Next();
        if (d.Zeros.Finished)
            FinishFill(ref d);
    }

    private static void FinishFill(ref DmaDescriptor d)
    {
        d.Filling = 0;
        d.Outstanding--;
    }

    /// <summary>The oldest descriptor that has something to fill, or -1.</summary>
    private int FillingSlot()
    {
        for (int i = 0; i < State.Used; i++)
        {
            int slot = (State.Oldest + i) % DmaConfig.DescriptorSlots;
            if (State.Descriptors[slot].Filling != 0)
                return slot;
        }

        return -1;
    }
}
