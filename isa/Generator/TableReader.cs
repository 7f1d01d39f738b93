namespace HybridEmu.Isa.Generator;

/// <summary>A table that does not make sense: file, line and what is wrong.</summary>
public sealed class TableException : Exception
{
    public TableException(string file, int line, string what)
        : base($"{file}:{line}: {what}")
    {
    }
}

/// <summary>One row of a table: its words, and the indented lines below it.</summary>
/// <param name="File">Table it is in, for errors.</param>
/// <param name="Line">1-based line of its head.</param>
/// <param name="Section">Title of the section around it.</param>
/// <param name="Head">The unindented line.</param>
/// <param name="Summary">Indented lines without a key, joined.</param>
/// <param name="Entries">Indented lines of the form "key: text", in order; a deeper line continues the one above.</param>
public sealed record TableRow(
    string File, int Line, string Section, string Head, string Summary, IReadOnlyList<KeyValuePair<string, string>> Entries)
{
    public string[] Words { get; } = Head.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The text of the only entry with this key, or empty.</summary>
    public string Text(string key) => Entries.FirstOrDefault(e => e.Key == key).Value ?? "";

    public IEnumerable<string> Texts(string key) => Entries.Where(e => e.Key == key).Select(e => e.Value);

    public TableException Error(string what) => new(File, Line, what);

    public void RejectUnknownKeys(params string[] known)
    {
        foreach (KeyValuePair<string, string> entry in Entries)
        {
            if (!known.Contains(entry.Key))
                throw Error($"unknown key '{entry.Key}'; known: {string.Join(", ", known)}");
        }
    }
}

/// <summary>Reads the line structure that all tables share: '#' comments, 'section' lines, rows and their indented entries.</summary>
public static class TableReader
{
    private const int EntryIndent = 4;

    public static List<TableRow> Read(string path)
    {
        string[] lines = File.ReadAllText(path).Split('\n');
        string file = Path.GetFileName(path);
        List<TableRow> rows = [];
        string section = "";
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].TrimEnd();
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (line[0] == ' ')
                throw new TableException(file, i + 1, "indented line without a row above it");
            if (line.StartsWith("section ", StringComparison.Ordinal))
            {
                section = line["section ".Length..].Trim();
                continue;
            }

            int head = i;
            List<KeyValuePair<string, string>> entries = [];
            string summary = "";
            int column = 0;
            while (i + 1 < lines.Length && lines[i + 1].StartsWith(' '))
                ReadEntry(lines[++i].TrimEnd(), entries, ref summary, ref column);
            rows.Add(new TableRow(file, head + 1, section, line, summary, entries));
        }

        return rows;
    }

    private static void ReadEntry(string line, List<KeyValuePair<string, string>> entries, ref string summary, ref int column)
    {
        string text = line.Trim();
        bool continues = line.Length - line.TrimStart().Length > EntryIndent;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (!continues && colon > 0 && text[..colon].All(char.IsAsciiLetterLower))
        {
            entries.Add(new(text[..colon], text[(colon + 1)..].Trim()));
            column = line.IndexOf(entries[^1].Value, StringComparison.Ordinal);
        }
        else if (continues && entries.Count > 0)
        {
            // Deeper indentation than the entry's text is part of the text.
            int indent = line.Length - text.Length;
            entries[^1] = new(entries[^1].Key, entries[^1].Value + "\n" + line[Math.Min(indent, column)..]);
        }
        else
            summary = summary.Length == 0 ? text : summary + " " + text;
    }
}
