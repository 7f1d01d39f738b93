namespace HybridEmu.Validation.Tests;

/// <summary>The table in README.md, between its two marks.</summary>
internal static class ReadmeTable
{
    private const string Begin = "<!-- validation: begin, written by make validate -->\n", End = "<!-- validation: end -->";

    /// <summary>The repository's folder.</summary>
    public static string Root { get; } = FindRoot();

    public static string Path { get; } = System.IO.Path.Combine(Root, "README.md");

    /// <exception cref="InvalidOperationException">A mark is missing.</exception>
    public static string Read()
    {
        string text = File.ReadAllText(Path);
        (int from, int to) = Marks(text);
        return text[from..to];
    }

    public static void Write(string table)
    {
        string text = File.ReadAllText(Path);
        (int from, int to) = Marks(text);
        File.WriteAllText(Path, text[..from] + table + text[to..]);
    }

    private static (int From, int To) Marks(string text)
    {
        int from = text.IndexOf(Begin, StringComparison.Ordinal), to = text.IndexOf(End, StringComparison.Ordinal);
        return from >= 0 && to > from
            ? (from + Begin.Length, to)
            : throw new InvalidOperationException($"README.md has no table between '{Begin.Trim()}' and '{End}'.");
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder, "HybridEmu.sln")))
            folder = System.IO.Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("HybridEmu.sln is in no folder above this program.");
    }
}
