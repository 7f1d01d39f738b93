using System.Text;

namespace HybridEmu.Isa.Generator;

/// <summary>Writes the Instruction enumeration and the table of rows that tools work from.</summary>
public static class InstructionWriter
{
    private static readonly Dictionary<string, string> s_operandKinds = new()
    {
        ["rd"] = "Rd",
        ["rs1"] = "Rs1",
        ["rs2"] = "Rs2",
        ["imm"] = "Immediate",
        ["imm20"] = "Immediate20",
        ["shamt"] = "Shamt",
        ["target"] = "Target",
        ["csr"] = "Csr",
        ["zimm"] = "Zimm",
        ["imm(rs1)"] = "Memory",
        ["(rs1)"] = "Address",
        ["pred"] = "Predecessor",
        ["succ"] = "Successor",
    };

    public static string Enumeration(List<InstructionModel> rows)
    {
        StringBuilder text = new(IsaGenerator.Banner);
        text.Append("namespace HybridEmu.Isa;\n\n/// <summary>Every instruction of HX; Illegal is what any other word decodes to.</summary>\n");
        text.Append("public enum Instruction : byte\n{\n    Illegal = 0,\n");
        foreach (InstructionModel row in rows)
            text.Append($"\n    /// <summary>{row.Mnemonic}: {Escape(row.Row.Summary)}</summary>\n    {row.Name},\n");
        text.Append("}\n\n/// <summary>Shapes of instruction words: where their fields lie.</summary>\npublic enum InstructionFormat : byte\n{\n");
        foreach (string format in Formats(rows))
            text.Append($"    {format},\n");
        return text.Append("}\n").ToString();
    }

    public static string Table(List<InstructionModel> rows)
    {
        StringBuilder text = new(IsaGenerator.Banner);
        text.Append("namespace HybridEmu.Isa;\n\npublic static partial class InstructionTable\n{\n");
        text.Append("    private static InstructionRow[] Build() =>\n    [\n");
        text.Append("        new(Instruction.Illegal, \"illegal\", \"\", InstructionFormat.Fixed, 0, 0xFFFFFFFF, [], \"Any word without a row.\"),\n");
        foreach (InstructionModel row in rows)
        {
            string operands = string.Join(", ", row.Operands.Select(o =>
                "OperandKind." + (s_operandKinds.TryGetValue(o, out string? kind) ? kind : throw row.Row.Error($"unknown operand '{o}'"))));
            text.Append($"        new(Instruction.{row.Name}, \"{row.Mnemonic}\", \"{row.Row.Section}\", InstructionFormat.{row.Format}, ");
            text.Append($"0x{row.Match:X8}, 0x{row.Mask:X8}, [{operands}], \"{row.Row.Summary}\"),\n");
        }

        return text.Append("    ];\n}\n").ToString();
    }

    public static List<string> Formats(List<InstructionModel> rows) => [.. rows.Select(r => r.Format).Distinct()];

    public static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
