namespace HybridEmu.Isa;

/// <summary>One statement without comments: a line of source or a part of it between semicolons.</summary>
internal sealed class Statement(string file, int line, string text, int[] columns, string trail = "")
{
    /// <summary>Column in the source line of each character of <see cref="Text"/>, and one past its last.</summary>
    private readonly int[] _columns = columns;

    public string File { get; } = file;

    public int Line { get; } = line;

    public string Text { get; } = text;

    /// <summary>Where macros were used on the way here, for messages; empty outside macros.</summary>
    public string Trail { get; } = trail;

    /// <summary>The same statement, come to by another way.</summary>
    public Statement With(string trail) => new(File, Line, Text, _columns, trail);

    public IReadOnlyList<int> Columns => _columns;

    public int Column(int position) => position < 0 ? _columns[0] : _columns[Math.Min(position, _columns.Length - 1)];

    /// <summary>
    /// Cuts source into statements: removes comments (#, //, /* */), splits at ; and at line ends. Every non-empty
    /// statement knows where each of its characters stood.
    /// </summary>
    public static List<Statement> Split(string file, string source, Action<Diagnostic> report)
    {
        var statements = new List<Statement>();
        var text = new System.Text.StringBuilder();
        var columns = new List<int>();
        int line = 1, lineStart = 0, statementLine = 1, i = 0;
        while (i < source.Length)
        {
            char c = source[i];
            char next = i + 1 < source.Length ? source[i + 1] : '\0';
            int column = i - lineStart + 1;
            if (c == '\n' || c == ';')
            {
                Finish(column);
                i++;
                if (c == '\n')
                {
                    line++;
                    lineStart = i;
                }

                statementLine = line;
            }
            else if (c == '#' || (c == '/' && next == '/'))
            {
                while (i < source.Length && source[i] != '\n') i++;
            }
            else if (c == '/' && next == '*')
            {
                int end = source.IndexOf("*/", i + 2, StringComparison.Ordinal);
                if (end < 0)
                {
                    report(new Diagnostic(file, line, column, "this /* comment has no end", "close it with */"));
                    i = source.Length;
                    break;
                }

                Append(' ', column);
                for (; i < end + 2; i++)
                {
                    if (source[i] != '\n') continue;
                    line++;
                    lineStart = i + 1;
                }
            }
            else if (c is '"' or '\'')
            {
                int end = EndOfQuoted(source, i);
                for (; i < end; i++)
                    Append(source[i], i - lineStart + 1);
            }
            else
            {
                Append(c == '\r' || c == '\t' ? ' ' : c, column);
                i++;
            }
        }

        Finish(source.Length - lineStart + 1);
        return statements;

        void Append(char c, int column)
        {
            if (text.Length == 0)
            {
                if (c == ' ') return;
                statementLine = line;
            }

            text.Append(c);
            columns.Add(column);
        }

        void Finish(int column)
        {
            string trimmed = text.ToString().TrimEnd();
            if (trimmed.Length > 0)
            {
                columns.RemoveRange(trimmed.Length, columns.Count - trimmed.Length);
                columns.Add(columns[^1] + 1);
                statements.Add(new Statement(file, statementLine, trimmed, [.. columns]));
            }

            text.Clear();
            columns.Clear();
        }
    }

    /// <summary>Index after a string or character literal that starts here; a literal never passes the end of its line.</summary>
    private static int EndOfQuoted(string source, int start)
    {
        char quote = source[start];
        int i = start + 1;
        if (quote == '\'')
        {
            // 'a, 'a' and '\n' are all GNU character literals; the closing quote is optional.
            if (i < source.Length && source[i] == '\\') i++;
            if (i < source.Length && source[i] != '\n') i++;
            if (i < source.Length && source[i] == '\'') i++;
            return i;
        }

        while (i < source.Length && source[i] != '\n' && source[i] != quote)
            i += source[i] == '\\' && i + 1 < source.Length && source[i + 1] != '\n' ? 2 : 1;
        return i < source.Length && source[i] == quote ? i + 1 : i;
    }
}
