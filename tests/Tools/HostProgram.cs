namespace HybridEmu.Tools;

/// <summary>Programs of the host that some tests and benchmarks compare with.</summary>
internal static class HostProgram
{
    /// <summary>Full path of a program that the shell would find, or null.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
