using System.Text;

namespace HybridEmu.Isa.Generator;

/// <summary>Writes hx_insn.h: inline functions for GNU C that emit each Xhx instruction by .insn, and CSR numbers.</summary>
public static class HeaderWriter
{
    public static string Header(List<InstructionModel> instructions, List<CsrModel> csrs, List<DescriptorModel> descriptors)
    {
        StringBuilder text = new(IsaGenerator.Banner);
        text.Append("#ifndef HX_INSN_H\n#define HX_INSN_H\n\n#include <stdint.h>\n\n/* For assembly: .insn r opcode, funct3, funct7, rd, rs1, rs2 */\n\n");
        foreach (InstructionModel row in instructions.Where(i => i.Row.Section == "Xhx"))
            Function(text, row);
        text.Append("/* Control and status registers of HX. */\n");
        foreach (CsrModel row in csrs.Where(c => c.Row.Section == "Xhx"))
            text.Append($"#define CSR_{row.Name.ToUpperInvariant(),-13} 0x{row.Number:X3}\n");
        text.Append("\n/* Byte 0 of a descriptor. */\n");
        foreach (DescriptorModel row in descriptors)
            text.Append($"#define {"HX_" + row.Mnemonic.Replace('.', '_').ToUpperInvariant(),-18} 0x{row.Opcode:X2}\n");
        return text.Append("\n#endif\n").ToString();
    }

    private static void Function(StringBuilder text, InstructionModel row)
    {
        string name = row.Mnemonic.Replace('.', '_');
        bool rd = row.Operands.Contains("rd");
        string[] sources = [.. row.Operands.Where(o => o != "rd")];
        uint function3 = row.Match >> 12 & 7, function7 = row.Match >> 25;
        string template = $".insn r 0x{row.Match & 0x7F:X2}, {function3}, {function7}, {(rd ? "%0" : "x0")}";
        for (int i = 0; i < 2; i++)
            template += i < sources.Length ? $", %{i + (rd ? 1 : 0)}" : ", x0";
        string inputs = string.Join(", ", sources.Select(s => $"\"r\"({s})"));
        string parameters = sources.Length == 0 ? "void" : string.Join(", ", sources.Select(s => $"uintptr_t {s}"));
        text.Append($"/* {row.Mnemonic}: {row.Row.Summary} */\n");
        text.Append($"static inline {(rd ? "uint32_t" : "void")} {name}({parameters})\n{{\n");
        if (rd)
            text.Append("    uint32_t rd;\n");
        text.Append($"    __asm__ volatile (\"{template}\" : {(rd ? "\"=r\"(rd) " : "")}: {inputs}{(inputs.Length > 0 ? " " : "")}: \"memory\");\n");
        text.Append(rd ? "    return rd;\n}\n\n" : "}\n\n");
    }
}
