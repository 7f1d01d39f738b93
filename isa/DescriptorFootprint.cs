namespace HybridEmu.Isa;

/// <summary>
/// A part of memory that a descriptor touches: Planes times Rows runs of Columns elements. In a run, elements of
/// ElementBytes lie ElementStride apart (equal for everything but strided copies).
/// </summary>
public struct Region
{
    public RegionRole Role;
    public RegionAccess Access;
    public RegionSpace Space;
    public byte ElementBytes;

    /// <summary>48-bit address of element 0 of row 0 of plane 0.</summary>
    public ulong Address;
    public int Columns, Rows, Planes;

    /// <summary>Bytes from element to element, row to row, plane to plane. The last two can be negative in copies.</summary>
    public int ElementStride;
    public long Pitch, PlanePitch;

    /// <summary>Bytes from the first to the last byte of a row, both included.</summary>
    public readonly long RowBytes => ((long)(Columns - 1) * ElementStride) + ElementBytes;

    /// <summary>Lowest address touched; as a signed number, since a negative stride may lead below 0.</summary>
    public readonly long Lowest => (long)Address + Math.Min(0, (Rows - 1) * Pitch) + Math.Min(0, (Planes - 1) * PlanePitch);

    /// <summary>One past the highest address touched.</summary>
    public readonly long End => (long)Address + Math.Max(0, (Rows - 1) * Pitch) + Math.Max(0, (Planes - 1) * PlanePitch) + RowBytes;
}

/// <summary>Lists the regions of memory that a descriptor reads and writes. Accumulator slots are not regions.</summary>
public static class DescriptorFootprint
{
    public const int MaximumRegions = 8;

    /// <summary>Fills the regions of a descriptor that <see cref="DescriptorCheck"/> passed; absent operands are left out.</summary>
    /// <param name="descriptor">Its 64 bytes.</param>
    /// <param name="regions">At least <see cref="MaximumRegions"/> long.</param>
    /// <returns>How many were filled; 0 for an unknown opcode.</returns>
    public static int Enumerate(in Descriptor descriptor, Span<Region> regions)
    {
        DescriptorRow? row = DescriptorTable.Find((byte)descriptor.Opcode);
        if (row is null)
            return 0;
        int count = 0;
        foreach (DescriptorOperand operand in row.Operands)
        {
            ulong address = Address(operand, in descriptor);
            if (operand.Optional && address == 0)
                continue;
            ref Region region = ref regions[count++];
            region = default;
            region.Role = operand.Role;
            region.Access = operand.Access;
            region.Space = operand.Space;
            region.Address = address;
            region.Planes = 1;
            if (operand.Strided)
                Strided(ref region, in descriptor);
            else if (operand.Rows == Extent.Images)
                ImageWindows.Of(in descriptor).Cover(ref region, descriptor.N0, ElementBytes(operand.Role, in descriptor));
            else
                Matrix(ref region, operand, in descriptor);
        }

        return count;
    }

    /// <summary>Rows and columns of an operand as it lies in memory, that is after the swap of a transposed one.</summary>
    internal static (int Rows, int Columns) Shape(DescriptorOperand operand, in Descriptor descriptor)
    {
        int rows = Size(operand.Rows, in descriptor), columns = Size(operand.Columns, in descriptor);
        return (descriptor.Flags & operand.SwapFlag) != 0 ? (columns, rows) : (rows, columns);
    }

    /// <summary>Bytes of a row of <paramref name="columns"/> elements; int4 lie two in a byte.</summary>
    internal static int RowBytes(RegionRole role, int columns, in Descriptor descriptor)
    {
        int elementBytes = ElementBytes(role, in descriptor);
        return elementBytes == 0 ? Int4.RowBytes(columns) : columns * elementBytes;
    }

    internal static int ElementBytes(RegionRole role, in Descriptor descriptor) => role switch
    {
        RegionRole.A => descriptor.TypeA.SizeBytes(),
        RegionRole.B => descriptor.TypeB.SizeBytes(),
        RegionRole.D => descriptor.TypeOut.SizeBytes(),
        RegionRole.Mask or RegionRole.Index => sizeof(byte),
        _ => sizeof(uint),
    };

    private static void Matrix(ref Region region, DescriptorOperand operand, in Descriptor descriptor)
    {
        if (operand.BlockBytes > 0)
        {
            region.ElementBytes = 1;
            region.ElementStride = 1;
            region.Columns = operand.BlockBytes;
            region.Rows = 1;
            return;
        }

        int elementBytes = ElementBytes(operand.Role, in descriptor);
        (region.Rows, region.Columns) = Shape(operand, in descriptor);
        if (elementBytes == 0)
        {
            // int4, two in a byte: a region of bytes.
            elementBytes = 1;
            region.Columns = Int4.RowBytes(region.Columns);
        }

        region.ElementBytes = (byte)elementBytes;
        region.ElementStride = elementBytes;
        region.Pitch = operand.PitchByte == 0 ? (long)region.Columns * elementBytes : (int)descriptor.Word(operand.PitchByte >> 2);
        if (region.Pitch == 0)
            region.Rows = 1;
    }

    private static void Strided(ref Region region, in Descriptor descriptor)
    {
        bool source = region.Role == RegionRole.A;
        int elementBytes = (source ? descriptor.TypeA : descriptor.TypeOut).SizeBytes();
        region.ElementBytes = (byte)Math.Max(1, elementBytes);
        region.ElementStride = source ? descriptor.SourceStride(0) : descriptor.DestinationStride(0);
        region.Pitch = source ? descriptor.SourceStride(1) : descriptor.DestinationStride(1);
        region.PlanePitch = source ? descriptor.SourceStride(2) : descriptor.DestinationStride(2);
        region.Columns = source ? descriptor.N0 : descriptor.PadBefore + descriptor.N0 + descriptor.PadAfter;
        if (elementBytes == 0)
        {
            // int4, two in a byte: a region of bytes.
            region.ElementStride = 1;
            region.Columns = Int4.RowBytes(region.Columns);
        }

        region.Rows = descriptor.Dimensions > 1 ? descriptor.N1 : 1;
        region.Planes = descriptor.Dimensions > 2 ? descriptor.N2 : 1;
    }

    private static ulong Address(DescriptorOperand operand, in Descriptor descriptor) => operand.AddressByte switch
    {
        16 => descriptor.A,
        24 => descriptor.B,
        32 => descriptor.D,
        int at => descriptor.Word(at >> 2),
    };

    private static int Size(Extent extent, in Descriptor descriptor) => extent switch
    {
        Extent.M => descriptor.N0,
        Extent.K => descriptor.N1,
        Extent.N => descriptor.N2,
        Extent.Source => PoolingShape.Of(in descriptor).SourcePixels(descriptor.N0),
        Extent.Windows => PoolingShape.Of(in descriptor).Windows(descriptor.N0),
        _ => 1,
    };
}
