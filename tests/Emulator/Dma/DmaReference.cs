using System.Buffers.Binary;
using HybridEmu.Isa;
using HybridEmu.Reference;

namespace HybridEmu.Emulator.Tests;

/// <summary>The golden model over the memories of a DMA bench, and descriptors that only DMA has.</summary>
internal sealed class DmaReference
{
    private readonly ReferenceTensor _tensor;

    /// <param name="bench">Its bytes as they are now.</param>
    public DmaReference(DmaBench bench)
    {
        var hbm = new ReferenceMemory(1 << 25);
        hbm.Load(DmaBench.Stream, bench.MemoryBytes());
        var scratchpad = new ReferenceMemory(DmaBench.ScratchpadBytes);
        scratchpad.Load(0, bench.Scratchpad.Bytes);
        _tensor = new ReferenceTensor(new ReferenceTensorConfig { StreamOffset = DmaBench.Stream, ScratchpadBytes = DmaBench.ScratchpadBytes }, hbm, scratchpad);
    }

    public byte[] Scratchpad => _tensor.Scratchpad.Bytes(0, DmaBench.ScratchpadBytes);

    public byte[] Memory => _tensor.Hbm.Bytes(DmaBench.Stream, DmaBench.ScratchpadBytes);

    public void Execute(in Descriptor d) => Assert.Equal(QueueFaultCause.None, _tensor.Execute(in d));

    /// <summary>A strided copy with padding.</summary>
    public static Descriptor Padded(in Descriptor copy, uint fill, int before, int after)
    {
        Descriptor d = copy;
        (d.Fill, d.PadBefore, d.PadAfter) = (fill, (byte)before, (byte)after);
        Assert.Equal(QueueFaultCause.None, DescriptorCheck.Check(d));
        return d;
    }

    public static Descriptor Accumulate(long hbm, long scratchpad, ElementType from, int[] counts, int[] sourceStrides, int[] destinationStrides)
    {
        Descriptor d = DmaBench.Copy(true, hbm, scratchpad, from, ElementType.Fp32, counts, sourceStrides, destinationStrides);
        d.Opcode = DescriptorOpcode.StAccumulate;
        Assert.Equal(QueueFaultCause.None, DescriptorCheck.Check(d));
        return d;
    }

    /// <summary>Windows of images; addresses are offsets in the stream and the scratchpad.</summary>
    public static Descriptor Im2col(long hbm, long scratchpad, ElementType from, ElementType to, int m, int n, ImageWindows w, int pitch)
    {
        byte[] b = new byte[Descriptor.SizeBytes];
        var d = new Descriptor
        {
            Opcode = DescriptorOpcode.LdIm2col,
            Version = DescriptorTable.Version,
            TypeA = from,
            TypeOut = to,
            A = AddressMap.Hbm + DmaBench.Stream + (ulong)hbm,
            B = (ulong)w.WindowsDown,
            D = AddressMap.Scratchpad + (ulong)scratchpad,
            N0 = m,
            N1 = w.WindowsAcross,
            N2 = n,
        };
        d.Write(b);
        BinaryPrimitives.WriteUInt16LittleEndian(b.AsSpan(40), (ushort)w.Channels);
        BinaryPrimitives.WriteUInt16LittleEndian(b.AsSpan(42), (ushort)w.Height);
        BinaryPrimitives.WriteUInt16LittleEndian(b.AsSpan(44), (ushort)w.Width);
        BinaryPrimitives.WriteUInt16LittleEndian(b.AsSpan(46), (ushort)w.FirstColumn);
        byte[] small = [(byte)w.Rows, (byte)w.Columns, (byte)w.Down, (byte)w.Across, (byte)w.DilationDown, (byte)w.DilationAcross, (byte)w.Top, (byte)w.Left];
        small.CopyTo(b, 48);
        BinaryPrimitives.WriteInt32LittleEndian(b.AsSpan(56), pitch);
        BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(60), w.FirstRow);
        d = Descriptor.Read(b);
        Assert.Equal(QueueFaultCause.None, DescriptorCheck.Check(d));
        Assert.Equal(w, ImageWindows.Of(in d));
        return d;
    }

    /// <summary>Windows of one pixel, one image and no padding; a case changes what it is about.</summary>
    public static ImageWindows Plain(int channels, int height, int width) =>
        new(channels, height, width, 1, 1, 1, 1, 1, 1, 0, 0, height, width, 0, 0);
}
