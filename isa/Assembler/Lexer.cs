using System.Globalization;

namespace HybridEmu.Isa;

internal enum TokenKind
{
    End,
    Identifier,
    Number,
    Float,
    Text,
    LocalLabel,
    Relocation,
    Punctuation,
}

/// <summary>A token of one statement.</summary>
/// <param name="Text">As written; for strings the content, for %hi and kin the bare name.</param>
/// <param name="Value">Of a number or a local label (1f: 1).</param>
/// <param name="Position">Index of its first character in the statement, -1 when a pseudo-instruction made it.</param>
/// <param name="End">Index after its last character.</param>
internal readonly record struct Token(TokenKind Kind, string Text, long Value, int Position, int End)
{
    public bool Is(string punctuation) => Kind == TokenKind.Punctuation && Text == punctuation;

    public bool Is(char punctuation) => Kind == TokenKind.Punctuation && Text.Length == 1 && Text[0] == punctuation;
}

/// <summary>Cuts one statement into tokens.</summary>
internal static class Lexer
{
    private static readonly string[] s_relocations = ["pcrel_hi", "pcrel_lo", "hi", "lo"];
    private static readonly string[] s_operators = ["<<", ">>", "<=", ">=", "==", "!=", "<>", "&&", "||"];

    /// <exception cref="SourceException">A character or literal that no token starts with.</exception>
    public static Token[] Tokenize(string text)
    {
        var tokens = new List<Token>();
        int i = 0;
        while (i < text.Length)
        {
            if (text[i] == ' ')
            {
                i++;
                continue;
            }

            Token token = Next(text, i);
            tokens.Add(token);
            i = token.End;
        }

        return [.. tokens];
    }

    public static bool StartsName(char c) => char.IsAsciiLetter(c) || c is '_' or '.' or '$';

    public static bool ContinuesName(char c) => StartsName(c) || char.IsAsciiDigit(c);

    private static Token Next(string text, int i)
    {
        char c = text[i];
        if (c == '.' && i + 1 < text.Length && char.IsAsciiDigit(text[i + 1])) return Float(text, i);
        if (StartsName(c))
        {
            int end = i + 1;
            while (end < text.Length && ContinuesName(text[end])) end++;
            return new Token(TokenKind.Identifier, text[i..end], 0, i, end);
        }

        if (char.IsAsciiDigit(c)) return Number(text, i);
        if (c == '"') return Text(text, i);
        if (c == '\'') return Character(text, i);
        if (c == '%')
        {
            foreach (string name in s_relocations)
            {
                int end = i + 1 + name.Length;
                if (end < text.Length && string.CompareOrdinal(text, i + 1, name, 0, name.Length) == 0 && text.AsSpan(end).TrimStart() is ['(', ..])
                    return new Token(TokenKind.Relocation, name, 0, i, end);
            }
        }

        foreach (string name in s_operators)
        {
            if (string.CompareOrdinal(text, i, name, 0, 2) == 0)
                return new Token(TokenKind.Punctuation, name, 0, i, i + 2);
        }

        if ("+-*/%()[]{},:=<>&|^~!@".Contains(c))
            return new Token(TokenKind.Punctuation, c.ToString(), 0, i, i + 1);
        throw new SourceException(i, $"unexpected character '{c}'", c == '\\' ? "\\name is only known inside a macro that has the parameter" : "");
    }

    private static Token Number(string text, int i)
    {
        int radix = 10, start = i;
        char kind = i + 1 < text.Length ? char.ToLowerInvariant(text[i + 1]) : '\0';
        if (text[i] == '0' && kind == 'x')
        {
            radix = 16;
            start = i + 2;
        }
        else if (text[i] == '0' && kind == 'b' && i + 2 < text.Length && text[i + 2] is '0' or '1')
        {
            radix = 2;
            start = i + 2;
        }

        int end = start;
        while (end < text.Length && (radix == 16 ? char.IsAsciiHexDigit(text[end]) : char.IsAsciiDigit(text[end]))) end++;
        bool nameFollows = end < text.Length && ContinuesName(text[end]);
        if (radix == 10 && nameFollows)
        {
            bool single = end + 1 >= text.Length || !ContinuesName(text[end + 1]);
            if (single && text[end] is 'b' or 'f')
                return new Token(TokenKind.LocalLabel, text[i..(end + 1)], ParseDigits(text, i, i, end, 10), i, end + 1);
            if (text[end] is '.' or 'e' or 'E') return Float(text, i);
        }

        if (nameFollows || end == start)
            throw new SourceException(i, "malformed number", "numbers are 12, 0x1f, 0b101 or 017; 1b and 1f name local labels; names do not start with a digit");
        if (radix == 10 && text[i] == '0' && end > i + 1) radix = 8;
        return new Token(TokenKind.Number, text[i..end], ParseDigits(text, i, start, end, radix), i, end);
    }

    private static long ParseDigits(string text, int position, int start, int end, int radix)
    {
        ulong value = 0;
        for (int i = start; i < end; i++)
        {
            uint digit = (uint)Convert.ToInt32(text[i].ToString(), 16);
            if (digit >= radix)
                throw new SourceException(i, $"'{text[i]}' is no digit of base {radix}", "a leading 0 means octal");
            UInt128 wide = (UInt128)value * (uint)radix + digit;
            if (wide > ulong.MaxValue)
                throw new SourceException(position, "this number does not fit in 64 bits");
            value = (ulong)wide;
        }

        return (long)value;
    }

    private static Token Float(string text, int i)
    {
        int end = i;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '.' || (text[end] is '+' or '-' && text[end - 1] is 'e' or 'E'))) end++;
        string number = text[i..end];
        if (!float.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out float value))
            throw new SourceException(i, $"malformed number '{number}'", "floating point is written 1.5 or 2.5e-3");
        return new Token(TokenKind.Float, number, BitConverter.SingleToInt32Bits(value), i, end);
    }

    private static Token Text(string text, int i)
    {
        var content = new System.Text.StringBuilder();
        int at = i + 1;
        while (at < text.Length && text[at] != '"')
            content.Append(Escaped(text, ref at));
        if (at >= text.Length)
            throw new SourceException(i, "this string has no end", "close it with \"");
        return new Token(TokenKind.Text, content.ToString(), 0, i, at + 1);
    }

    private static Token Character(string text, int i)
    {
        int at = i + 1;
        if (at >= text.Length)
            throw new SourceException(i, "empty character literal", "write 'a'");
        char c = Escaped(text, ref at);
        if (at < text.Length && text[at] == '\'') at++;
        return new Token(TokenKind.Number, text[i..at], c, i, at);
    }

    private static char Escaped(string text, ref int at)
    {
        char c = text[at++];
        if (c != '\\' || at >= text.Length) return c;
        c = text[at++];
        if (c == 'x')
        {
            int value = 0, start = at;
            while (at < text.Length && char.IsAsciiHexDigit(text[at]))
                value = (value * 16 + Convert.ToInt32(text[at++].ToString(), 16)) & 0xFF;
            if (at == start) throw new SourceException(at, "\\x needs hexadecimal digits");
            return (char)value;
        }

        if (c is >= '0' and <= '7')
        {
            int value = c - '0';
            for (int n = 1; n < 3 && at < text.Length && text[at] is >= '0' and <= '7'; n++)
                value = value * 8 + (text[at++] - '0');
            return (char)(value & 0xFF);
        }

        return c switch
        {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\b',
            'f' => '\f',
            '"' or '\\' or '\'' => c,
            _ => throw new SourceException(at - 2, $"unknown escape \\{c}", "known: \\n \\t \\r \\b \\f \\\\ \\\" \\xHH and octal"),
        };
    }
}
