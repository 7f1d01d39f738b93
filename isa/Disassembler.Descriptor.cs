using System.Globalization;
using System.Runtime.InteropServices;

namespace HybridEmu.Isa;

public static partial class Disassembler
{
    /// <summary>
    /// A descriptor in the assembler's readable form: what the assembler reads back to the same 64 bytes if
    /// <see cref="DescriptorCheck"/> passes it. One that does not pass ends with a comment that names the fault.
    /// </summary>
    public static string Text(in Descriptor descriptor)
    {
        DescriptorRow? row = DescriptorTable.Find((byte)descriptor.Opcode);
        if (row is null)
            return string.Create(CultureInfo.InvariantCulture, $".byte 0x{(byte)descriptor.Opcode:x2} # UnknownOpcode");

        List<string> parts = [];
        AddFields(parts, row, in descriptor);
        AddTypes(parts, row, in descriptor);
        if (descriptor.Rounding == Rounding.Stochastic)
            parts.Add("round=stochastic");
        if (descriptor.Activation == Activation.Relu)
            parts.Add("act=relu");
        foreach (DescriptorField field in DescriptorTable.Header)
        {
            if (field.Kind == FieldKind.Flag && (descriptor.Flags >> (field.Bit & 7) & 1) != 0)
                parts.Add(field.Key);
        }

        if (descriptor.DebugId != 0)
            parts.Add("id=" + Decimal(descriptor.DebugId));
        AddSemaphore(parts, "wait", descriptor.Wait0);
        AddSemaphore(parts, "wait", descriptor.Wait1);
        AddSemaphore(parts, "post", descriptor.Post0);
        AddSemaphore(parts, "post", descriptor.Post1);

        QueueFaultCause fault = DescriptorCheck.Check(in descriptor);
        string comment = fault == QueueFaultCause.None ? "" : $" # {fault}";
        return $"{row.Mnemonic} {string.Join(", ", parts)}{comment}";
    }

    private static void AddFields(List<string> parts, DescriptorRow row, in Descriptor descriptor)
    {
        foreach (DescriptorField field in row.Fields)
        {
            ulong value = Value(in descriptor, field);
            bool absent = value == 0 && (field.Optional || IsBeyondDimensions(field, in descriptor));
            if (absent)
                continue;
            string text = field.Kind switch
            {
                FieldKind.Address or FieldKind.Bits => Hex(value),
                FieldKind.Pitch or FieldKind.Stride => Decimal((int)value),
                _ => Decimal((long)value),
            };
            parts.Add($"{field.Key}={text}");
        }
    }

    /// <summary>n1, src1, dst1 of a one-dimensional copy and n2, src2, dst2 below three dimensions are not written.</summary>
    private static bool IsBeyondDimensions(DescriptorField field, in Descriptor descriptor) =>
        field.Key is "n1" or "src1" or "dst1" ? descriptor.Dimensions < 2
        : field.Key is "n2" or "src2" or "dst2" && descriptor.Dimensions < 3;

    private static void AddTypes(List<string> parts, DescriptorRow row, in Descriptor descriptor)
    {
        ResolvedTypes types = ResolvedTypes.Of(in descriptor);
        bool hasB = descriptor.B != 0;
        foreach (ElementType type in (ReadOnlySpan<ElementType>)[types.A, types.Out, types.Accumulator])
        {
            if (type != ElementType.None && TypeResolution.TryResolve(row, hasB, type, null, null, null, null, out ResolvedTypes found) && found == types)
            {
                parts.Add("type=" + type.Name());
                return;
            }
        }

        AddType(parts, "typea", types.A);
        AddType(parts, "typeb", types.B);
        AddType(parts, "acc", types.Accumulator);
        AddType(parts, "out", types.Out);
    }

    private static void AddType(List<string> parts, string key, ElementType type)
    {
        if (type != ElementType.None)
            parts.Add($"{key}={type.Name()}");
    }

    private static void AddSemaphore(List<string> parts, string key, SemaphoreCount semaphore)
    {
        if (semaphore.Count != 0)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{key}={semaphore.Semaphore}:{semaphore.Count}"));
    }

    /// <summary>The bits of a field, not sign-extended.</summary>
    private static ulong Value(in Descriptor descriptor, DescriptorField field)
    {
        // The widest field has 48 bits and begins on an 8-byte boundary, so one 64-bit word always holds a field whole.
        ulong word = MemoryMarshal.Cast<Descriptor, ulong>(MemoryMarshal.CreateReadOnlySpan(in descriptor, 1))[field.Bit >> 6];
        return (word >> (field.Bit & 63)) & ((1UL << field.Bits) - 1);
    }
}
