namespace HybridEmu.House.Tests;

/// <summary>The working copy that the tests were built in.</summary>
internal static class Repository
{
    /// <summary>The folder that holds HybridEmu.sln.</summary>
    public static string Root { get; } = FindRoot();

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>Files below a folder by pattern, as paths from the root with forward slashes, in ordinal order.</summary>
    public static IReadOnlyList<string> Files(string pattern, string under = "") =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, under), pattern, SearchOption.AllDirectories)
            .Select(Relative)
            .Where(IsSource)
            .Order(StringComparer.Ordinal)];

    /// <summary>All folders that hold sources, as paths from the root.</summary>
    public static IReadOnlyList<string> Folders() =>
        [.. Directory.EnumerateDirectories(Root, "*", SearchOption.AllDirectories).Select(Relative).Where(IsSource).Order(StringComparer.Ordinal)];

    private static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    // What builds and tools leave behind is not the house.
    private static bool IsSource(string path)
    {
        string[] parts = path.Split('/');
        return !parts.Any(p => p is "bin" or "obj" or "TestResults" || (p.StartsWith('.') && p != ".ci")) && parts[0] is not ("out" or "BenchmarkDotNet.Artifacts");
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "HybridEmu.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("HybridEmu.sln is in no folder above the tests.");
    }
}
