using System.Globalization;
using System.Text;

namespace HybridEmu.Isa.Generator;

/// <summary>One control and status register as its table row describes it.</summary>
/// <param name="Reset">Value after reset, or null when it depends on the configuration.</param>
public sealed record CsrModel(TableRow Row, int Number, string Name, bool ReadOnly, uint? Reset, string Summary)
{
    public static List<CsrModel> Read(string path)
    {
        List<CsrModel> rows = [];
        foreach (TableRow row in TableReader.Read(path))
        {
            string[] words = row.Head.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length != 5 || words[2] is not ("rw" or "ro"))
                throw row.Error("expected: number name rw|ro reset summary");
            uint? reset = words[3] == "-" ? null : uint.Parse(words[3].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            int number = int.Parse(words[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            bool readOnly = words[2] == "ro";
            if (readOnly != number >> 10 is 3)
                throw row.Error("numbers with bits 11:10 = 11 are the read-only ones");
            if (rows.Exists(r => r.Number == number || r.Name == words[1]))
                throw row.Error("number or name is taken");
            rows.Add(new CsrModel(row, number, words[1], readOnly, reset, words[4].Trim()));
        }

        return rows;
    }
}

/// <summary>Writes the CSR constants and table.</summary>
public static class CsrWriter
{
    public static string Table(List<CsrModel> rows)
    {
        StringBuilder text = new(IsaGenerator.Banner);
        text.Append("namespace HybridEmu.Isa;\n\n/// <summary>Numbers of the control and status registers.</summary>\npublic static class Csr\n{\n");
        bool first = true;
        foreach (CsrModel row in rows)
        {
            text.Append(first ? "" : "\n");
            text.Append($"    /// <summary>{row.Name}: {InstructionWriter.Escape(row.Summary)}</summary>\n");
            text.Append($"    public const int {InstructionModel.Pascal(row.Name)} = 0x{row.Number:X3};\n");
            first = false;
        }

        text.Append("}\n\npublic static partial class CsrTable\n{\n    private static CsrRow[] Build() =>\n    [\n");
        foreach (CsrModel row in rows.OrderBy(r => r.Number))
        {
            string access = row.ReadOnly ? "ReadOnly" : "ReadWrite";
            text.Append($"        new(0x{row.Number:X3}, \"{row.Name}\", CsrAccess.{access}, {(row.Reset is uint reset ? $"0x{reset:X8}" : "null")}, \"{row.Summary}\"),\n");
        }

        return text.Append("    ];\n}\n").ToString();
    }
}
