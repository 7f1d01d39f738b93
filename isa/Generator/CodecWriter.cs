using System.Text;

namespace HybridEmu.Isa.Generator;

/// <summary>Writes the decoder (a tree of switches over the fixed bits) and the encoder.</summary>
public static class CodecWriter
{
    public static string Decoder(List<InstructionModel> rows)
    {
        StringBuilder text = new(IsaGenerator.Banner);
        text.Append("namespace HybridEmu.Isa;\n\npublic static partial class Decoder\n{\n");
        text.Append("    private static Instruction Select(uint word)\n    {\n");
        Tree(text, rows, 0x7F, 0, "        ");
        text.Append("    }\n\n    private static DecodedInstruction Fields(Instruction op, uint word)\n    {\n");
        text.Append("        switch ((InstructionFormat)Formats[(int)op])\n        {\n");
        foreach (string format in InstructionWriter.Formats(rows))
        {
            List<WordField> fields = FieldsOf(rows, format);
            text.Append($"            case InstructionFormat.{format}:\n                return new DecodedInstruction(op, ");
            text.Append($"{RegisterRead(fields, "rd")}, {RegisterRead(fields, "rs1")}, {RegisterRead(fields, "rs2")}");
            text.Append($", {ImmediateRead(fields)}, word);\n");
        }

        text.Append("            default:\n                return new DecodedInstruction(op, 0, 0, 0, 0, word);\n        }\n    }\n\n");
        text.Append("    private static ReadOnlySpan<byte> Formats =>\n    [\n        (byte)InstructionFormat.Fixed,\n");
        foreach (InstructionModel row in rows)
            text.Append($"        (byte)InstructionFormat.{row.Format},\n");
        return text.Append("    ];\n}\n").ToString();
    }

    public static string Encoder(List<InstructionModel> rows)
    {
        StringBuilder text = new(IsaGenerator.Banner);
        text.Append("namespace HybridEmu.Isa;\n\npublic static partial class Encoder\n{\n");
        text.Append("    private static uint Fields(InstructionFormat format, int rd, int rs1, int rs2, int immediate) => format switch\n    {\n");
        foreach (string format in InstructionWriter.Formats(rows))
        {
            List<string> terms = [];
            foreach (WordField field in FieldsOf(rows, format))
            {
                if (field.Register.Length > 0)
                    terms.Add($"(((uint){field.Register} & 31) << {field.Low})");
                int top = field.High;
                foreach (BitRange piece in field.Pieces)
                {
                    top -= piece.Width;
                    terms.Add(Shifted("(uint)immediate", top + 1 - piece.Low, Ones(piece.Width) << (top + 1)));
                }
            }

            text.Append($"        InstructionFormat.{format} => {(terms.Count == 0 ? "0" : string.Join(" | ", terms))},\n");
        }

        text.Append("        _ => 0,\n    };\n\n");
        text.Append("    /// <summary>Immediates that a format can hold: minimum, maximum, and what they must be multiples of. 0, 0, 1 when it has none.</summary>\n");
        text.Append("    public static (int Minimum, int Maximum, int Multiple) ImmediateRange(InstructionFormat format) => format switch\n    {\n");
        foreach (string format in InstructionWriter.Formats(rows))
        {
            List<WordField> immediates = [.. FieldsOf(rows, format).Where(f => f.Pieces.Count > 0)];
            if (immediates.Count == 0)
                continue;
            int high = immediates.Max(f => f.Pieces.Max(p => p.High));
            long multiple = 1L << immediates.Min(f => f.Pieces.Min(p => p.Low));
            bool signed = immediates.Any(f => f.IsSigned);
            long minimum = signed ? -(1L << high) : 0;
            long maximum = (signed ? 1L << high : 1L << (high + 1)) - multiple;
            text.Append($"        InstructionFormat.{format} => ({(minimum == int.MinValue ? "int.MinValue" : minimum)}, {maximum}, {multiple}),\n");
        }

        return text.Append("        _ => (0, 0, 1),\n    };\n}\n").ToString();
    }

    /// <summary>Fields of a format: those that any of its rows leaves open (lr.w fixes rs2 of the atomic format to 0).</summary>
    public static List<WordField> FieldsOf(List<InstructionModel> rows, string format)
    {
        Dictionary<string, WordField> fields = [];
        foreach (InstructionModel row in rows.Where(r => r.Format == format))
        {
            foreach (WordField field in row.Fields)
            {
                if (!fields.TryAdd(field.Name, field) && (fields[field.Name].High, fields[field.Name].Low) != (field.High, field.Low))
                    throw row.Row.Error($"{field.Name} lies elsewhere than in other rows of format {format}");
            }
        }

        return [.. fields.Values];
    }

    private static void Tree(StringBuilder text, List<InstructionModel> rows, uint select, uint tested, string indent)
    {
        text.Append($"{indent}switch (word & 0x{select:X8})\n{indent}{{\n");
        foreach (IGrouping<uint, InstructionModel> group in rows.GroupBy(r => r.Match & select).OrderBy(g => g.Key))
        {
            List<InstructionModel> members = [.. group];
            uint seen = tested | select;
            uint common = members.Aggregate(uint.MaxValue, (mask, row) => mask & row.Mask) & ~seen;
            text.Append($"{indent}    case 0x{group.Key:X8}:\n");
            if (members.Count > 1 && common == 0)
                throw members[0].Row.Error("the decoder finds no fixed bits to tell it from its neighbours");
            if (members.Count > 1)
                Tree(text, members, common, seen, indent + "        ");
            else if (common == 0)
                text.Append($"{indent}        return Instruction.{members[0].Name};\n");
            else
                text.Append($"{indent}        return (word & 0x{common:X8}) == 0x{members[0].Match & common:X8} ? Instruction.{members[0].Name} : Instruction.Illegal;\n");
        }

        text.Append($"{indent}    default:\n{indent}        return Instruction.Illegal;\n{indent}}}\n");
    }

    private static string RegisterRead(List<WordField> fields, string register)
    {
        WordField? field = fields.Find(f => f.Register == register);
        return field is null ? "0" : $"(byte)(word >> {field.Low} & 31)";
    }

    private static string ImmediateRead(List<WordField> fields)
    {
        List<string> terms = [];
        int highest = fields.SelectMany(f => f.Pieces).Select(p => p.High).DefaultIfEmpty(0).Max();
        foreach (WordField field in fields)
        {
            int top = field.High;
            foreach (BitRange piece in field.Pieces)
            {
                int low = top - piece.Width + 1;
                if (field.IsSigned && piece.High == highest)
                    terms.Add($"((int)(word & 0x{Ones(piece.Width) << low:X8}) >> {31 - highest})");
                else
                    terms.Add($"(int){Shifted("word", piece.Low - low, Ones(piece.Width) << piece.Low)}");
                top = low - 1;
            }
        }

        return terms.Count == 0 ? "0" : string.Join(" | ", terms).Replace(" >> 0)", ")", StringComparison.Ordinal);
    }

    private static string Shifted(string value, int left, uint mask) =>
        left == 0 ? $"({value} & 0x{mask:X})" : left > 0 ? $"({value} << {left} & 0x{mask:X})" : $"({value} >> {-left} & 0x{mask:X})";

    private static uint Ones(int width) => width == 32 ? uint.MaxValue : (1u << width) - 1;

}
