namespace HybridEmu.Programs.Tests;

/// <summary>
/// A theory over the ELF files of the folder that RISCV_ELFS names, one case a file; skipped, and counted so, where the
/// variable is not set.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RiscvElfAttribute : TheoryAttribute
{
    public const string Variable = "RISCV_ELFS";

    /// <summary>Beside an ELF file: the words that it must leave.</summary>
    public const string SignatureSuffix = ".signature";

    public RiscvElfAttribute()
    {
        if (Folder is null)
            Skip = $"{Variable} names no folder of ELF files";
    }

    public static string? Folder => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : null;

    /// <summary>Names of the files, without signatures; none fails the theory, as a folder that is empty or is not there must.</summary>
    public static TheoryData<string> Files()
    {
        if (Folder is not { } folder)
            return [];
        return [.. Directory.GetFiles(folder).Where(f => !f.EndsWith(SignatureSuffix, StringComparison.Ordinal)).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
    }
}
