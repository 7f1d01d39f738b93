using System.Text;

namespace HybridEmu.Fuzz;

/// <summary>
/// Damages texts by their lines and tokens, and mixes several. Texts are made as UTF-8, and now and then no UTF-8 at all.
/// </summary>
/// <param name="corpus">Good texts; one of more than <see cref="WindowLines"/> lines is cut to a window of it.</param>
/// <param name="words">Tokens of the language that the corpus may lack.</param>
internal sealed class TextMutator(IReadOnlyList<string> corpus, IReadOnlyList<string> words)
{
    private const int MostChanges = 5, WindowLines = 40;

    private static readonly string[] s_numbers =
    [
        "0", "1", "-1", "2", "3", "7", "8", "31", "32", "63", "64", "100", "127", "255", "256", "4095", "4096", "65535", "65536", "0x7fffffff", "0x80000000",
        "0xffffffff", "4294967296", "0x4000000000000000", "0x7fffffffffffffff", "9223372036854775807", "-9223372036854775808", "0xffffffffffffffff",
        "18446744073709551616", "1e9", "1e400", "1e-400", "0.5", ".", "0x", "08", "0b2", "1_000", "NaN", "99999999999999999999999999999999999999",
    ];

    private static readonly string[] s_odd =
    [
        "\0", "\r", "\r\n", "\n", "\t", "\uFEFF", " ", "\u00A0", "\u2028", "\u0085", "é", "漢", "\uD83D\uDE00", "\u0001", "\u001B", "\u007F", "\"", "'", "\\", "\\x", "//", "/*", "*/", "#", ";", ":",
        ",", ",,", "(", ")", "[", "]", "{", "}", "&a ", "*a", "%", "@", "=", "!", "|", ">", "- ", "---\n", "<<", "..",
    ];

    private readonly string[][] _lines = [.. corpus.Select(text => text.Split('\n'))];

    public byte[] Next(FuzzRandom random)
    {
        if (random.OneIn(500))
            return [];
        List<string> lines = [.. random.Of(_lines)];
        if (lines.Count > WindowLines && !random.OneIn(20))
        {
            int first = random.Below(lines.Count - WindowLines);
            lines = lines.GetRange(first, random.Below(WindowLines) + 1);
        }

        for (int n = random.Below(MostChanges) + 1; n > 0; n--)
            Change(lines, random);
        byte[] bytes = Encoding.UTF8.GetBytes(string.Join('\n', lines));
        if (random.OneIn(12))
            bytes = [.. bytes[..random.Below(bytes.Length)], (byte)(0x80 + random.Below(0x80)), .. bytes[random.Below(bytes.Length)..]];
        return random.OneIn(30) ? bytes[..random.Below(bytes.Length)] : bytes;
    }

    private void Change(List<string> lines, FuzzRandom random)
    {
        if (lines.Count == 0)
            lines.Add("");
        int at = random.Below(lines.Count), length = Math.Min(1 + random.Below(4), lines.Count - at);
        switch (random.Below(14))
        {
            case 0:
                lines.RemoveRange(at, length);
                break;
            case 1:
                lines.InsertRange(random.Below(lines.Count + 1), lines.GetRange(at, length));
                break;
            case 2:
                int other = random.Below(lines.Count);
                (lines[at], lines[other]) = (lines[other], lines[at]);
                break;
            case 3:
                string[] from = random.Of(_lines);
                int first = random.Below(from.Length);
                lines.InsertRange(at, from.Skip(first).Take(1 + random.Below(12)));
                break;
            default:
                List<string> tokens = Tokens(lines[at]);
                ChangeTokens(tokens, random);
                lines[at] = string.Concat(tokens);
                break;
        }
    }

    private void ChangeTokens(List<string> tokens, FuzzRandom random)
    {
        if (tokens.Count == 0)
            tokens.Add("");
        int at = random.Below(tokens.Count), number = tokens.FindIndex(at, t => t.Length > 0 && char.IsAsciiDigit(t[0]));
        switch (random.Below(12))
        {
            case 0:
                tokens.RemoveAt(at);
                break;
            case 1:
                tokens.Insert(at, tokens[random.Below(tokens.Count)]);
                break;
            case 2:
                int other = random.Below(tokens.Count);
                (tokens[at], tokens[other]) = (tokens[other], tokens[at]);
                break;
            case 3 or 4:
                tokens[number >= 0 ? number : at] = random.Of(s_numbers);
                break;
            case 5:
                tokens[at] = random.Of(s_odd);
                break;
            case 6:
                tokens.Insert(at, random.Of(s_odd));
                break;
            case 7:
                List<string> line = Tokens(random.Of(random.Of(_lines)));
                tokens[at] = line.Count > 0 ? random.Of(line) : "";
                break;
            case 8 or 9 when words.Count > 0:
                tokens[at] = random.Of(words);
                break;
            case 10 when random.OneIn(8):
                // Long, or deep: one token, or a pair of brackets around it, many times.
                int times = random.OneIn(4) ? 20_000 : 300;
                string[] pair = random.Of<string[]>([["(", ")"], ["[", "]"], ["{", "}"], ["{a: ", "}"], ["-", ""], ["1+", "1"], [tokens[at], ""], ["\\x", ""], ["a: ", ""], ["- ", ""]]);
                tokens[at] = new StringBuilder().Insert(0, pair[0], times).Append(tokens[at].Length < 100 ? tokens[at] : "").Insert(0, "").Append(new StringBuilder().Insert(0, pair[1], times)).ToString();
                break;
            default:
                tokens.Insert(at, random.Of(s_numbers));
                break;
        }
    }

    /// <summary>Words and numbers, runs of blanks, and single marks.</summary>
    private static List<string> Tokens(string line)
    {
        var tokens = new List<string>();
        for (int start = 0, end; start < line.Length; start = end)
        {
            int kind = KindOf(line[start]);
            end = start + 1;
            while (end < line.Length && kind != 0 && KindOf(line[end]) == kind)
                end++;
            tokens.Add(line[start..end]);
        }

        return tokens;
    }

    private static int KindOf(char c) => char.IsLetterOrDigit(c) || c is '_' or '.' ? 1 : c == ' ' ? 2 : 0;
}
