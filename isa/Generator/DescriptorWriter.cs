using System.Text;

namespace HybridEmu.Isa.Generator;

/// <summary>Writes the descriptor opcodes and the table of descriptor rows.</summary>
public static class DescriptorWriter
{
    private const int DescriptorBytes = 64;
    private static readonly string[] s_flags = ["chain", "accumulate", "transposea", "transposeb", "interrupt", "pinned"];

    public static string Enumeration(List<DescriptorModel> rows)
    {
        StringBuilder text = new(IsaGenerator.Banner);
        text.Append("namespace HybridEmu.Isa;\n\n/// <summary>Byte 0 of a descriptor.</summary>\npublic enum DescriptorOpcode : byte\n{\n");
        bool first = true;
        foreach (DescriptorModel row in rows)
        {
            text.Append(first ? "" : "\n");
            text.Append($"    /// <summary>{row.Mnemonic}: {InstructionWriter.Escape(row.Row.Summary)}</summary>\n    {row.Name} = 0x{row.Opcode:X2},\n");
            first = false;
        }

        text.Append("}\n\n/// <summary>The four descriptor queues of a tile.</summary>\npublic enum DescriptorQueue : byte\n{\n");
        return text.Append("    Ld = 0,\n    St = 1,\n    Mx = 2,\n    Vx = 3,\n}\n").ToString();
    }

    public static string Table(List<DescriptorModel> rows, List<FieldModel> all)
    {
        StringBuilder text = new(IsaGenerator.Banner);
        text.Append("namespace HybridEmu.Isa;\n\npublic static partial class DescriptorTable\n{\n");
        uint features = rows.Aggregate(0u, (bits, row) => bits | Features(row));
        text.Append($"    /// <summary>hxfeatures of an implementation that has every operation.</summary>\n    public const uint AllFeatures = 0x{features:X8};\n\n");
        text.Append("    private static DescriptorField[] BuildHeader() =>\n    [\n");
        foreach (FieldModel field in all.Where(f => f.Row.Section == "Every operation" && f.Kind != "address"))
            text.Append($"        new(\"{field.Key}\", FieldKind.{Pascal(field.Kind)}, {field.Bit}, {field.Bits}, false, 1, \"{field.Summary}\"),\n");
        text.Append("    ];\n\n    private static DescriptorRow[] Build() =>\n    [\n");
        foreach (DescriptorModel row in rows)
            Row(text, row, all);
        return text.Append("    ];\n}\n").ToString();
    }

    private static void Row(StringBuilder text, DescriptorModel row, List<FieldModel> all)
    {
        List<FieldModel> fields = row.Fields(all);
        text.Append($"        new(\n            DescriptorOpcode.{row.Name}, \"{row.Mnemonic}\", DescriptorQueue.{Pascal(row.Queue.ToLowerInvariant())}, ");
        text.Append($"Flags: 0x{FlagMask(row):X2}, Stochastic: {Bool(row.Stochastic)}, Activation: {Bool(row.Activation)}, ");
        text.Append($"Copy: {Bool(row.IsCopy)},\n            Types:\n            [\n");
        foreach (TypesModel types in row.Types)
        {
            text.Append($"                new({Set(types.A)}, {Set(types.B)}, {Set(types.Accumulator)}, {Set(types.Out)}, Raw: {Bool(types.Raw)}),");
            text.Append($" // {Names("A", types.A)}{Names("B", types.B)}{Names("acc", types.Accumulator)}{Names("out", types.Out)}\n".Replace("  \n", "\n", StringComparison.Ordinal).Replace(" \n", "\n", StringComparison.Ordinal));
        }

        text.Append("            ],\n            Fields:\n            [\n");
        foreach (FieldModel field in fields)
        {
            OperandModel? operand = row.Operands.FirstOrDefault(o => o.Field.Key == field.Key);
            text.Append($"                new(\"{field.Key}\", FieldKind.{Pascal(field.Kind)}, {field.Bit}, {field.Bits}, ");
            text.Append($"{Bool(operand is { Optional: true } || field.Kind is "value" or "bits")}, {Alignment(row, field)}, \"{field.Summary}\"),\n");
        }

        text.Append("            ],\n            Operands:\n            [\n");
        foreach (OperandModel o in row.Operands)
        {
            int pitch = o.Pitch.Length == 0 ? 0 : all.Find(f => f.Key == o.Pitch)!.Byte;
            int swap = o.SwappedBy.Length == 0 ? 0 : 1 << Array.IndexOf(s_flags, o.SwappedBy);
            text.Append($"                new(\"{o.Field.Key}\", RegionRole.{o.Role}, {Access(o.Access)}, RegionSpace.{o.Space}, AddressByte: {o.Field.Byte}, ");
            text.Append($"Extent.{Extent(o.Rows)}, Extent.{Extent(o.Columns)}, PitchByte: {pitch}, SwapFlag: 0x{swap:X2}, BlockBytes: {o.Bytes}, ");
            text.Append($"Strided: {Bool(o.Strided)}, Optional: {Bool(o.Optional)}),\n");
        }

        text.Append("            ],\n            UsedBits: [");
        text.Append(string.Join(", ", UsedBits(row, fields, all).Select(w => $"0x{w:X8}")));
        text.Append($"],\n            Slot: SlotUse.{(row.Slot.Length == 0 ? "None" : Pascal(row.Slot.Split(' ')[0]))},\n");
        text.Append($"            Features: 0x{Features(row):X8}, OptionFeatures: 0x{(row.Option is { } option ? 1u << option.Feature : 0):X8}, ");
        text.Append($"OptionFlags: 0x{(row.Option is { } flags ? Mask(flags.Flags) : 0):X2},\n");
        text.Append($"            Summary: \"{row.Row.Summary}\",\n");
        text.Append($"            Semantics: {Literal(row.Row.Text("does"))},\n            Example: {Literal(row.Row.Text("example"))}),\n");
    }

    /// <summary>Which bits of the sixteen words an operation may set; all others must be 0.</summary>
    private static uint[] UsedBits(DescriptorModel row, List<FieldModel> fields, List<FieldModel> all)
    {
        byte[] used = new byte[DescriptorBytes];
        void Mark(int bit, int bits)
        {
            for (int i = bit; i < bit + bits; i++)
                used[i / 8] |= (byte)(1 << (i % 8));
        }

        foreach (FieldModel field in all.Where(f => f.Kind is "opcode" or "type" or "version" or "number" or "semaphore"))
            Mark(field.Bit, field.Kind == "semaphore" ? 2 * field.Bits : field.Bits);
        used[1] |= (byte)FlagMask(row);
        if (row.Stochastic)
            Mark(all.Find(f => f.Kind == "rounding")!.Bit, 1);
        if (row.Activation)
            Mark(all.Find(f => f.Kind == "activation")!.Bit, 3);
        foreach (FieldModel field in fields)
            Mark(field.Bit, field.Bits);
        return [.. Enumerable.Range(0, DescriptorBytes / 4).Select(i => BitConverter.ToUInt32(used, i * 4))];
    }

    public static int FlagMask(DescriptorModel row) => Mask(row.Flags.Prepend("chain").Append("interrupt"));

    private static int Mask(IEnumerable<string> flags) => flags.Aggregate(0, (mask, flag) => mask | (1 << Array.IndexOf(s_flags, flag)));

    private static uint Features(DescriptorModel row) => row.Features.Aggregate(0u, (bits, bit) => bits | 1u << bit);

    /// <summary>What an address, pitch or stride must be a multiple of, in bytes; 0 = the element size of its operand.</summary>
    public static int Alignment(DescriptorModel row, FieldModel field) => field.Key switch
    {
        "params" or "record" => 64,
        "labels" or "rstd" => 4,
        _ when field.Kind is "stride" || (row.Queue is "LD" or "ST" && field.Kind is "address" or "pitch") => 0,
        _ when field.Kind is "address" or "pitch" => 16,
        _ => 1,
    };

    public static string Pascal(string name) => name.Length == 0 ? "" : char.ToUpperInvariant(name[0]) + name[1..];

    private static string Extent(string name) => name == "1" ? "One" : name.Length == 0 ? "None" : Pascal(name);

    private static string Access(string name) => name switch
    {
        "read" => "RegionAccess.Read",
        "write" => "RegionAccess.Write",
        _ => "RegionAccess.ReadWrite",
    };

    private static string Bool(bool value) => value ? "true" : "false";

    private static string Set(string[] names) =>
        $"0x{(names.Length == 0 ? 1 : names.Aggregate(0, (mask, name) => mask | (1 << Array.IndexOf(DescriptorModel.TypeNames, name)))):X2}";

    private static string Names(string key, string[] names) => names.Length == 0 ? "" : $"{key}: {string.Join(' ', names)}  ";

    private static string Literal(string text) =>
        "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "\"";
}
