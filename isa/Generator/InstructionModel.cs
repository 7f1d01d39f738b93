using System.Globalization;

namespace HybridEmu.Isa.Generator;

/// <summary>Which bits of the immediate a field holds.</summary>
public readonly record struct BitRange(int High, int Low)
{
    public int Width => High - Low + 1;
}

/// <summary>A named field of an instruction word.</summary>
/// <param name="Name">rd, rs1, rs2, or the name of an immediate field as the manual prints it.</param>
/// <param name="High">Highest bit in the word.</param>
/// <param name="Low">Lowest bit in the word.</param>
/// <param name="Pieces">Bits of the immediate, highest word bits first; empty for register fields.</param>
public sealed record WordField(string Name, int High, int Low, IReadOnlyList<BitRange> Pieces)
{
    /// <summary>Register field of the decoded instruction that this fills; empty for immediates.</summary>
    public string Register => Name is "rd" or "rs1" or "rs2" ? Name : Name == "zimm" ? "rs1" : "";

    public bool IsSigned => Name.StartsWith("imm", StringComparison.Ordinal);
}

/// <summary>One instruction as its table row describes it.</summary>
public sealed record InstructionModel(
    TableRow Row, string Mnemonic, string Name, string Format, uint Match, uint Mask,
    IReadOnlyList<WordField> Fields, IReadOnlyList<(string Text, int High, int Low)> Picture, IReadOnlyList<string> Operands)
{
    private static readonly Dictionary<string, BitRange[]> s_named = new()
    {
        ["rd"] = [new(4, 0)],
        ["rs1"] = [new(4, 0)],
        ["rs2"] = [new(4, 0)],
        ["zimm"] = [new(4, 0)],
        ["shamt"] = [new(4, 0)],
        ["csr"] = [new(11, 0)],
        ["fm"] = [new(11, 8)],
        ["pred"] = [new(7, 4)],
        ["succ"] = [new(3, 0)],
        ["aq"] = [new(1, 1)],
        ["rl"] = [new(0, 0)],
    };

    public static List<InstructionModel> Read(string path) => [.. TableReader.Read(path).Select(Parse)];

    /// <summary>No word may match two rows: that is what makes the decoder a function.</summary>
    public static void RejectOverlaps(List<InstructionModel> rows)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (((rows[i].Match ^ rows[j].Match) & rows[i].Mask & rows[j].Mask) == 0)
                    throw rows[i].Row.Error($"overlaps with {rows[j].Mnemonic}");
            }
        }
    }

    private static InstructionModel Parse(TableRow row)
    {
        row.RejectUnknownKeys("does", "faults", "example");
        string[] words = row.Words;
        if (words.Length < 4)
            throw row.Error("expected: mnemonic format bits... operands");
        if (row.Summary.Length == 0 || row.Text("does").Length == 0 || row.Text("example").Length == 0)
            throw row.Error("a row needs a summary, 'does:' and 'example:'");

        uint match = 0, mask = 0;
        int top = 32;
        List<WordField> fields = [];
        List<(string, int, int)> picture = [];
        foreach (string token in words[2..^1])
        {
            (int width, BitRange[] pieces) = Shape(row, token);
            int low = top - width;
            if (low < 0)
                throw row.Error("more than 32 bits");
            picture.Add((token, top - 1, low));
            if (pieces.Length > 0)
            {
                fields.Add(new WordField(token, top - 1, low, token is "rd" or "rs1" or "rs2" or "zimm" ? [] : pieces));
            }
            else
            {
                for (int bit = 0; bit < width; bit++)
                {
                    char c = token[width - 1 - bit];
                    mask |= c == 'x' ? 0 : 1u << (low + bit);
                    match |= c == '1' ? 1u << (low + bit) : 0;
                }
            }

            top = low;
        }

        if (top != 0)
            throw row.Error($"{32 - top} bits instead of 32");
        string[] operands = words[^1] == "-" ? [] : words[^1].Split(',');
        return new InstructionModel(row, words[0], Pascal(words[0]), words[1], match, mask, fields, picture, operands);
    }

    private static (int Width, BitRange[] Pieces) Shape(TableRow row, string token)
    {
        if (token.All(c => c is '0' or '1' or 'x'))
            return (token.Length, []);
        if (s_named.TryGetValue(token, out BitRange[]? pieces))
            return (pieces.Sum(p => p.Width), pieces);
        if (!token.StartsWith("imm[", StringComparison.Ordinal) || token[^1] != ']')
            throw row.Error($"unknown field '{token}'");
        BitRange[] ranges = [.. token[4..^1].Split('|').Select(Range)];
        return (ranges.Sum(p => p.Width), ranges);
    }

    private static BitRange Range(string text)
    {
        int[] ends = [.. text.Split(':').Select(t => int.Parse(t, CultureInfo.InvariantCulture))];
        return new BitRange(ends[0], ends[^1]);
    }

    public static string Pascal(string mnemonic) =>
        string.Concat(mnemonic.Split('.', '_').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
}
