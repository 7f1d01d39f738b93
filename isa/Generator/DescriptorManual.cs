using System.Globalization;
using System.Text;

namespace HybridEmu.Isa.Generator;

/// <summary>Writes the manual's part of each descriptor operation.</summary>
internal static class DescriptorManual
{
    private const int DescriptorBytes = 64;
    private const int RowBytes = 8;
    private const int PostByte = 12;
    private const int FirstOperandByte = 16;

    /// <summary>Holds the longest name of a byte, typeb,typea.</summary>
    private const int CellWidth = 11;

    public static void Write(StringBuilder text, List<DescriptorModel> rows, List<FieldModel> fields)
    {
        string section = "";
        foreach (DescriptorModel row in rows)
        {
            if (row.Row.Section != section)
                text.Append($"### {row.Row.Section}\n\n");
            section = row.Row.Section;
            text.Append($"#### {row.Mnemonic}\n\n{row.Row.Summary}\n\n```\n{Picture(row, fields)}```\n\n");
            text.Append($"Opcode 0x{row.Opcode:X2}, queue {row.Queue}. Flags: {string.Join(", ", row.Flags.Prepend("interrupt").Prepend("chain"))}.");
            if (row.Features.Count > 0)
                text.Append($" Feature bit {string.Join(" or ", row.Features)}.");
            if (row.Option is { } option)
                text.Append($" {string.Join(" and ", option.Flags)}: feature bit {option.Feature}.");
            if (row.Stochastic)
                text.Append(" A bf16, int8, uint8 or int4 result may be rounded stochastically; that needs params.");
            if (row.Activation)
                text.Append(" Activation: relu, gelu, sigmoid or tanh.");
            text.Append("\n\nTypes:\n\n| A | B | accumulator | out | |\n|---|---|---|---|---|\n");
            foreach (TypesModel t in row.Types)
                text.Append($"| {Names(t.A)} | {Names(t.B)} | {Names(t.Accumulator)} | {Names(t.Out)} | {(t.Raw ? "only without params, bias and activation" : "")} |\n");

            text.Append("\nFields:\n\n| field | bytes | shape | access | multiple of |\n|---|---|---|---|---|\n");
            foreach (FieldModel field in row.Fields(fields))
            {
                OperandModel? operand = row.Operands.FirstOrDefault(o => o.Field.Key == field.Key);
                int alignment = DescriptorWriter.Alignment(row, field);
                string multiple = alignment switch { 0 => "element", 1 => "", _ => $"{alignment} bytes" };
                text.Append($"| `{field.Key}`{(operand is { Optional: true } || field.Kind is "value" or "bits" ? " (optional)" : "")} | {field.Byte}-{field.Byte + Math.Max(0, (field.Bits / 8) - 1)} ");
                text.Append($"| {Shape(operand)} | {operand?.Access} | {multiple} |\n");
            }

            if (row.Slot.Length > 0)
                text.Append($"\nAccumulator slot: {row.Slot}.\n");
            text.Append($"\nDoes:\n\n```\n{row.Row.Text("does")}\n```\n\n");
            if (row.Row.Text("faults").Length > 0)
                text.Append($"Faults, besides those of every descriptor: {row.Row.Text("faults")}.\n\n");
            text.Append($"Example: `{row.Row.Text("example")}`\n\n");
        }
    }

    /// <summary>The 64 bytes as rows of eight with the fields at their places; 0 is what must be 0.</summary>
    private static string Picture(DescriptorModel row, List<FieldModel> all)
    {
        StringBuilder text = new("     ");
        for (int i = 0; i < RowBytes; i++)
            text.Append(string.Create(CultureInfo.InvariantCulture, $"+{i}").PadRight(CellWidth + 1));
        text.Length -= CellWidth - 1; // no blanks at the end
        List<FieldModel> fields = row.Fields(all);
        for (int first = 0; first < DescriptorBytes; first += RowBytes)
        {
            StringBuilder rule = new("   "), boxes = new(first.ToString(CultureInfo.InvariantCulture).PadLeft(2) + " ");
            for (int at = first; at < first + RowBytes;)
            {
                (string name, int bytes) = At(row, fields, at);
                int width = (bytes * (CellWidth + 1)) - 1;
                rule.Append('+').Append('-', width);
                boxes.Append('|').Append(name.PadLeft((width + name.Length) / 2).PadRight(width));
                at += bytes;
            }

            text.Append($"\n{rule}+\n{boxes}|");
        }

        return text.Append($"\n   +{new string('-', (RowBytes * (CellWidth + 1)) - 1)}+\n").ToString();
    }

    /// <summary>What begins at a byte, and how many bytes it has.</summary>
    private static (string Name, int Bytes) At(DescriptorModel row, List<FieldModel> fields, int at)
    {
        string Typed(Func<TypesModel, string[]> of, string key) => row.Types.Any(t => of(t).Length > 0) ? key : "0";
        switch (at)
        {
            case 0:
                return ($"0x{row.Opcode:X2}", 1);
            case 1:
                return ("flags", 1);
            case 2:
                return ($"{Typed(t => t.B, "typeb")},{Typed(t => t.A, "typea")}", 1);
            case 3:
                return ($"{Typed(t => t.Out, "out")},{Typed(t => t.Accumulator, "acc")}", 1);
            case 4:
                return ($"{(row.Activation ? "act" : "0")},{(row.Stochastic ? "round" : "0")}", 1);
            case 5:
                return ("1", 1);
            case 6:
                return ("id", 2);
            case < FirstOperandByte:
                return (at < PostByte ? "wait" : "post", 2);
        }

        FieldModel? field = fields.Find(f => f.Byte == at);
        if (field is not null)
            return (field.Key, field.Bits / 8);
        int end = at + 1;
        while (end % RowBytes != 0 && !fields.Exists(f => f.Byte == end))
            end++;
        return ("0", end - at);
    }

    private static string Names(string[] names) => names.Length == 0 ? "-" : string.Join(", ", names);

    private static string Shape(OperandModel? operand) => operand switch
    {
        null => "",
        { Strided: true } => $"dims, in {(operand.Space == "Hbm" ? "HBM" : "the scratchpad")}",
        { Rows: "images" } => $"whole images, in {(operand.Space == "Hbm" ? "HBM" : "the scratchpad")}",
        { Bytes: > 0 } => $"{operand.Bytes} bytes",
        { SwappedBy.Length: > 0 } => $"{operand.Rows} x {operand.Columns}; {operand.Columns} x {operand.Rows} when {operand.SwappedBy}",
        _ => $"{operand.Rows} x {operand.Columns}{(operand.Pitch.Length == 0 ? ", contiguous" : "")}",
    };
}
