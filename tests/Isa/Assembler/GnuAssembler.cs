using System.Diagnostics;

namespace HybridEmu.Isa.Tests;

/// <summary>GNU as and ld for RISC-V, where the host has them: the oracle for scalar output.</summary>
internal static class GnuAssembler
{
    private const string Prefix = "riscv64-unknown-elf-";

    /// <summary>Why comparisons with it are passed over; null where it is installed.</summary>
    public static string? Absence { get; } =
        HostProgram.Find(Prefix + "as") is null ? $"GNU binutils are not installed here (apt-get install binutils-{Prefix[..^1]})." : null;

    /// <summary>Assembles and links; returns the ELF file.</summary>
    public static byte[] Assemble(string source, params string[] linkOptions)
    {
        string directory = Directory.CreateTempSubdirectory("hybridemu-gnu").FullName;
        try
        {
            string input = Path.Combine(directory, "p.s"), unlinked = Path.Combine(directory, "p.o"), output = Path.Combine(directory, "p.elf");
            File.WriteAllText(input, source);
            Run("as", "-march=rv32ima_zicsr_zifencei", "-mabi=ilp32", "-mno-relax", "-o", unlinked, input);
            Run("ld", ["-m", "elf32lriscv", "--no-relax", "--no-warn-rwx-segments", "-o", output, .. linkOptions, unlinked]);
            return File.ReadAllBytes(output);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Runs one of the binutils and returns what it printed.</summary>
    public static string Run(string tool, params string[] arguments)
    {
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(Prefix + tool) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in arguments) process.StartInfo.ArgumentList.Add(argument);
        process.Start();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{tool}: {errors.Result}");
        Assert.True(tool == "as" || errors.Result.Length == 0, $"{tool}: {errors.Result}");
        return output;
    }
}

/// <summary>A comparison with GNU binutils: skipped, and reported so, where the host has none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GnuFactAttribute : FactAttribute
{
    public GnuFactAttribute() => Skip = GnuAssembler.Absence;
}
