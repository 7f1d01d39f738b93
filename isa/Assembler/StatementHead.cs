namespace HybridEmu.Isa;

/// <summary>The labels a statement starts with and the word after them, found without reading the rest (which may hold \parameters).</summary>
internal readonly record struct StatementHead(int LabelsEnd, string Word, int WordStart, int WordEnd)
{
    public static StatementHead Of(string text)
    {
        int i = 0, labelsEnd = 0;
        while (true)
        {
            while (i < text.Length && text[i] == ' ') i++;
            int start = i;
            while (i < text.Length && (Lexer.ContinuesName(text[i]) || text[i] == '\\' || (text[i] == '@' && i > start && text[i - 1] == '\\'))) i++;
            int end = i;
            while (i < text.Length && text[i] == ' ') i++;
            if (end > start && i < text.Length && text[i] == ':')
            {
                labelsEnd = ++i;
                continue;
            }

            return new StatementHead(labelsEnd, text[start..end], start, end);
        }
    }
}
