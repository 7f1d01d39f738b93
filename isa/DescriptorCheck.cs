namespace HybridEmu.Isa;

/// <summary>The check of a descriptor that needs nothing but its 64 bytes, driven by <see cref="DescriptorTable"/>.</summary>
public static class DescriptorCheck
{
    /// <summary>Accumulator slots of HX 1.</summary>
    private const int Slots = 4;

    /// <summary>
    /// The first rule that the descriptor breaks, in this order: opcode, version, bits that must be 0 (reserved ones and
    /// fields that the operation does not use), types, sizes, alignment. Where operands lie in memory, and what slots and
    /// semaphores hold, is checked by dispatch and the engines.
    /// </summary>
    /// <param name="descriptor">Its 64 bytes.</param>
    /// <param name="features">hxfeatures of the implementation.</param>
    public static QueueFaultCause Check(in Descriptor descriptor, uint features = DescriptorTable.AllFeatures)
    {
        DescriptorRow? row = DescriptorTable.Find((byte)descriptor.Opcode);
        if (row is null || !row.IsIn(features))
            return QueueFaultCause.UnknownOpcode;
        if (descriptor.Version != DescriptorTable.Version)
            return QueueFaultCause.Version;
        if (HasReservedBits(row, in descriptor) || HasAbsentFlag(row, in descriptor, features))
            return QueueFaultCause.ReservedBits;
        if (!TypesAreLegal(row, in descriptor))
            return QueueFaultCause.TypeCombination;
        if (!SizesAreLegal(row, in descriptor))
            return QueueFaultCause.Size;
        return IsAligned(row, in descriptor) ? QueueFaultCause.None : QueueFaultCause.Misaligned;
    }

    private static bool HasAbsentFlag(DescriptorRow row, in Descriptor descriptor, uint features) =>
        (row.OptionFeatures & ~features) != 0 && (descriptor.Word(0) >> 8 & row.OptionFlags) != 0;

    private static bool HasReservedBits(DescriptorRow row, in Descriptor descriptor)
    {
        uint[] used = row.UsedBits;
        for (int i = 0; i < used.Length; i++)
        {
            if ((descriptor.Word(i) & ~used[i]) != 0)
                return true;
        }

        if (row.Copy)
        {
            int dimensions = descriptor.Dimensions;
            if (dimensions < 3 && (descriptor.N2 != 0 || descriptor.SourceStride(2) != 0 || descriptor.DestinationStride(2) != 0))
                return true;
            if (dimensions < 2 && (descriptor.N1 != 0 || descriptor.SourceStride(1) != 0 || descriptor.DestinationStride(1) != 0))
                return true;
        }

        // The stochastic form takes its seed from the parameter block and is defined for narrow results only.
        bool narrow = descriptor.TypeOut is ElementType.Bf16 or ElementType.Int8 or ElementType.Uint8 or ElementType.Int4;
        return descriptor.Activation > Activation.Tanh
            || (descriptor.Rounding == Rounding.Stochastic && (!narrow || !HasParameters(row, in descriptor)));
    }

    private static bool TypesAreLegal(DescriptorRow row, in Descriptor descriptor)
    {
        // An optional B (the bias of a drain) is there exactly when it has a type.
        foreach (DescriptorOperand operand in row.Operands)
        {
            if (operand.Role == RegionRole.B && operand.Optional && (descriptor.B != 0) != (descriptor.TypeB != ElementType.None))
                return false;
        }

        foreach (ref readonly DescriptorTypes types in row.Types.AsSpan())
        {
            if (!types.Contains(descriptor.TypeA, descriptor.TypeB, descriptor.TypeAccumulator, descriptor.TypeOut))
                continue;
            return !types.Raw || (descriptor.Activation == Activation.None && !HasParameters(row, in descriptor));
        }

        return false;
    }

    private static bool SizesAreLegal(DescriptorRow row, in Descriptor descriptor)
    {
        if (row.Copy)
            return CopySizesAreLegal(in descriptor);
        foreach (DescriptorField field in row.Fields)
        {
            switch (field.Kind)
            {
                case FieldKind.Count when Half(in descriptor, field.Byte) == 0:
                case FieldKind.Window when (byte)(Word(in descriptor, field.Byte) >> (8 * (field.Byte & 3))) == 0:
                case FieldKind.Pitch when (int)Word(in descriptor, field.Byte) < 0:
                case FieldKind.Slot when descriptor.Slot >= Slots:
                    return false;
            }
        }

        foreach (DescriptorOperand operand in row.Operands)
        {
            bool fromWindows = operand.Rows == Extent.Windows;
            if ((fromWindows || operand.Rows == Extent.Source) && !PoolingShape.Of(in descriptor).IsLegal(descriptor.N0, fromWindows))
                return false;
        }

        if (descriptor.Opcode == DescriptorOpcode.LdIm2col)
        {
            ImageWindows windows = ImageWindows.Of(in descriptor);
            if (windows.FirstColumn + descriptor.N2 > windows.MatrixColumns)
                return false;
        }

        // Rows of a result may not overlap: the order in which they are written is the implementation's.
        foreach (DescriptorOperand operand in row.Operands)
        {
            if ((operand.Access & RegionAccess.Write) == 0 || operand.PitchByte == 0)
                continue;
            (int rows, int columns) = DescriptorFootprint.Shape(operand, in descriptor);
            if (rows > 1 && (int)Word(in descriptor, operand.PitchByte) < DescriptorFootprint.RowBytes(operand.Role, columns, in descriptor))
                return false;
        }

        return true;
    }

    private static bool CopySizesAreLegal(in Descriptor descriptor)
    {
        int dimensions = descriptor.Dimensions;
        if (dimensions == 0 || descriptor.N0 == 0 || (dimensions > 1 && descriptor.N1 == 0) || (dimensions > 2 && descriptor.N2 == 0))
            return false;
        if (descriptor.SourceStride(0) < descriptor.TypeA.SizeBytes() || descriptor.DestinationStride(0) < descriptor.TypeOut.SizeBytes())
            return false;

        // The two int4 of a byte are neighbours, and so are, where a copy packs them, the elements that they come from.
        if (descriptor.TypeA == ElementType.Int4 && descriptor.SourceStride(0) != 0)
            return false;
        if (descriptor.TypeOut == ElementType.Int4 && (descriptor.DestinationStride(0) != 0 || descriptor.SourceStride(0) != descriptor.TypeA.SizeBytes()))
            return false;
        return (descriptor.N1 < 2 || descriptor.DestinationStride(1) != 0) && (descriptor.N2 < 2 || descriptor.DestinationStride(2) != 0);
    }

    private static bool IsAligned(DescriptorRow row, in Descriptor descriptor)
    {
        if (row.Copy)
        {
            uint source = ElementMask(descriptor.TypeA), destination = ElementMask(descriptor.TypeOut);
            uint low = ((uint)descriptor.A | (uint)descriptor.SourceStride(0) | (uint)descriptor.SourceStride(1) | (uint)descriptor.SourceStride(2)) & source;
            low |= ((uint)descriptor.D | (uint)descriptor.DestinationStride(0) | (uint)descriptor.DestinationStride(1) | (uint)descriptor.DestinationStride(2)) & destination;
            return low == 0;
        }

        if (descriptor.Opcode == DescriptorOpcode.LdIm2col)
        {
            uint result = (uint)descriptor.D | Word(in descriptor, ImageWindows.PitchByte);
            return ((uint)descriptor.A & ElementMask(descriptor.TypeA)) == 0 && (result & ElementMask(descriptor.TypeOut)) == 0;
        }

        foreach (DescriptorField field in row.Fields)
        {
            if ((Word(in descriptor, field.Byte & ~3) & (uint)(field.Alignment - 1)) != 0 && field.Kind is FieldKind.Address or FieldKind.Pitch)
                return false;
        }

        return true;
    }

    /// <summary>The bits that are 0 in a multiple of the element size; of int4 that is a byte.</summary>
    private static uint ElementMask(ElementType type) => (uint)Math.Max(1, type.SizeBytes()) - 1;

    private static bool HasParameters(DescriptorRow row, in Descriptor descriptor)
    {
        foreach (DescriptorOperand operand in row.Operands)
        {
            if (operand.Role == RegionRole.Params)
                return Word(in descriptor, operand.AddressByte) != 0;
        }

        return false;
    }

    private static uint Word(in Descriptor descriptor, int offset) => descriptor.Word(offset >> 2);

    private static uint Half(in Descriptor descriptor, int offset) => (Word(in descriptor, offset) >> (8 * (offset & 3))) & 0xFFFF;
}
