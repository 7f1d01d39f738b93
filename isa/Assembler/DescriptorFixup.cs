namespace HybridEmu.Isa;

/// <summary>A descriptor whose values are filled in when addresses are known, and then checked as the chip checks it.</summary>
internal sealed class DescriptorFixup(
    Location place, Statement source, DescriptorRow row, int position, List<DescriptorArgument> arguments, ResolvedTypes types, bool template)
    : Fixup(place, source)
{
    /// <summary>Rows start at multiples of this (alignment of compute operands), so default pitches are rounded up to it.</summary>
    private const int PitchBytes = 16;

    public override void Apply(Evaluator evaluator, PcrelTargets targets)
    {
        var descriptor = new Descriptor
        {
            Opcode = row.Opcode,
            Version = DescriptorTable.Version,
            TypeA = types.A,
            TypeB = types.B,
            TypeAccumulator = types.Accumulator,
            TypeOut = types.Out,
        };
        Span<byte> bytes = stackalloc byte[Descriptor.SizeBytes];
        descriptor.Write(bytes);
        foreach (DescriptorArgument argument in arguments)
            Put(bytes, argument, evaluator);
        if (row.Copy) FillCopy(bytes);
        else FillPitches(bytes);
        if (!template) Check(Descriptor.Read(bytes));
        Write(bytes);
    }

    private static void Put(Span<byte> bytes, DescriptorArgument argument, Evaluator evaluator)
    {
        DescriptorField field = argument.Field;
        if (argument.Value is null)
        {
            Set(bytes, argument.Bit, field.Bits, argument.Named);
            return;
        }

        long value = evaluator.Number(argument.Value);
        if (field.Kind == FieldKind.Semaphore)
        {
            long count = evaluator.Number(argument.Count!);
            Demand(value, 0, 255, argument.Value.Position, "semaphore numbers", "");
            Demand(count, 0, 255, argument.Count!.Position, "semaphore counts", "a count of 0 means none");
            value |= count << 8;
        }
        else if (field.Kind is FieldKind.Pitch or FieldKind.Stride)
        {
            Demand(value, int.MinValue, int.MaxValue, argument.Position, field.Key, "");
        }
        else
        {
            long maximum = (1L << field.Bits) - 1;
            long minimum = field.Kind switch { FieldKind.Window => 1, FieldKind.Bits => -(1L << (field.Bits - 1)), _ => 0 };
            if (field.Kind == FieldKind.Slot) maximum = 3;
            string hint = field.Kind == FieldKind.Count ? "split the work into several descriptors" : "";
            Demand(value, minimum, maximum, argument.Position, field.Key, hint);
        }

        if (field.Kind is FieldKind.Address or FieldKind.Pitch && field.Alignment > 1 && value % field.Alignment != 0)
            throw new SourceException(argument.Position, $"{field.Key} is 0x{value:x}, not a multiple of {field.Alignment} bytes", field.Kind == FieldKind.Pitch ? "pad the rows" : $".spalloc and .balign {field.Alignment} give aligned places");
        Set(bytes, argument.Bit, field.Bits, value);
    }

    /// <summary>A pitch that is not given is that of rows without gaps, rounded up to what the hardware needs.</summary>
    private void FillPitches(Span<byte> bytes)
    {
        Descriptor descriptor = Descriptor.Read(bytes);
        foreach (DescriptorOperand operand in row.Operands)
        {
            DescriptorField? pitch = Array.Find(row.Fields, f => f.Kind == FieldKind.Pitch && f.Byte == operand.PitchByte);
            if (operand.PitchByte == 0 || pitch is null || Given(pitch.Key)) continue;
            (_, int columns) = DescriptorFootprint.Shape(operand, in descriptor);
            int rowBytes = DescriptorFootprint.RowBytes(operand.Role, columns, in descriptor);
            Set(bytes, pitch.Bit, pitch.Bits, (rowBytes + PitchBytes - 1) & -PitchBytes);
        }
    }

    /// <summary>Copies: dims follows from the counts given; strides that are not given are those of packed elements.</summary>
    private void FillCopy(Span<byte> bytes)
    {
        Descriptor descriptor = Descriptor.Read(bytes);
        if (descriptor.Dimensions == 0)
            descriptor.Dimensions = Given("n2") ? 3 : Given("n1") ? 2 : 1;
        descriptor.Write(bytes);
        long source = types.A.SizeBytes(), destination = types.Out.SizeBytes();
        int[] counts = [descriptor.N0, descriptor.N1, descriptor.N2];
        for (int i = 0; i < descriptor.Dimensions; i++)
        {
            long padded = counts[i] + (i == 0 ? descriptor.PadBefore + descriptor.PadAfter : 0);
            source = Stride(bytes, $"src{i}", source) * counts[i];
            destination = Stride(bytes, $"dst{i}", destination) * padded;
            if (i == 0 && types.A == ElementType.Int4) source = Int4.RowBytes(counts[i]);
            if (i == 0 && types.Out == ElementType.Int4) destination = Int4.RowBytes(counts[i]);
        }
    }

    private long Stride(Span<byte> bytes, string key, long packed)
    {
        DescriptorField field = row.Field(key) ?? throw new InvalidOperationException($"{row.Mnemonic} has no {key}");
        if (!Given(key)) Set(bytes, field.Bit, field.Bits, packed);
        return BitConverter.ToInt32(bytes[field.Byte..]);
    }

    private bool Given(string key) => arguments.Exists(a => a.Field.Key == key);

    private void Check(in Descriptor descriptor)
    {
        (string problem, string hint) = DescriptorCheck.Check(in descriptor) switch
        {
            QueueFaultCause.None => ("", ""),
            QueueFaultCause.ReservedBits when descriptor.Rounding == Rounding.Stochastic => ("round=stochastic needs a bf16 result and params=", "the parameter block holds the seed"),
            QueueFaultCause.ReservedBits when row.Copy => ("counts or strides of dimensions beyond dims=", "give dims=, or leave the others out"),
            QueueFaultCause.ReservedBits => ("it sets bits that the operation does not use", ""),
            QueueFaultCause.TypeCombination => ("this combination of types, params, bias and act is reserved", "int32 is drained raw: without params, bias and act"),
            QueueFaultCause.Size when row.Copy => ("counts must be at least 1, and strides at least the element's size", "of int4, src0 or dst0 is 0: two lie in a byte"),
            QueueFaultCause.Size when row.Opcode == DescriptorOpcode.LdIm2col => ("sizes must be at least 1, firstk + n at most kh*kw*channels, and rows of the result must not overlap", "check n, firstk and pitch"),
            QueueFaultCause.Size => ("sizes must be at least 1, and rows of the result must not overlap", "check m, k, n and the pitch of d"),
            QueueFaultCause.Misaligned => ("an address or stride is not a multiple of the element's size", ""),
            QueueFaultCause cause => ($"it would fault with {cause}", ""),
        };
        if (problem.Length > 0)
            throw new SourceException(position, $"{row.Mnemonic}: {problem}", hint);
    }

    private static void Demand(long value, long minimum, long maximum, int position, string what, string hint)
    {
        if (value < minimum || value > maximum)
            throw new SourceException(position, $"{value} is out of range for {what}: {minimum} to {maximum}", hint);
    }

    private static void Set(Span<byte> bytes, int bit, int bits, long value)
    {
        for (int i = 0; i < bits; i++)
        {
            int at = bit + i, mask = 1 << (at & 7);
            bytes[at >> 3] = (byte)((value >> i & 1) != 0 ? bytes[at >> 3] | mask : bytes[at >> 3] & ~mask);
        }
    }
}
