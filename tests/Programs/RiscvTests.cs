using System.Diagnostics;
using System.Globalization;
using HybridEmu.Chip;
using HybridEmu.Isa;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// The public RISC-V programs, where somebody has built them: every ELF of the folder that RISCV_ELFS names runs on the
/// emulated chip. One with a tohost symbol must write 1 there; beside one that has a file NAME.signature, the words from
/// begin_signature to end_signature must equal that file, a hexadecimal word a line.
/// </summary>
public sealed class RiscvTests(ITestOutputHelper output)
{
    private const string Variable = "RISCV_ELFS";
    private const string SignatureSuffix = ".signature";
    private const long MaximumCycles = 20_000_000;

    [Fact]
    public void Public_riscv_programs_pass()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } folder)
        {
            output.WriteLine($"skipped: {Variable} not set");
            return;
        }

        string[] files = [.. Directory.GetFiles(folder).Where(f => !f.EndsWith(SignatureSuffix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Assert.NotEmpty(files);
        ChipConfiguration configuration = ConfigurationLoader.Load("tiny");
        var failed = new List<string>();
        foreach (string file in files)
        {
            string name = Path.GetFileName(file);
            if (Run(configuration, file, out string report))
            {
                output.WriteLine($"pass  {name}: {report}");
                continue;
            }

            output.WriteLine($"FAIL  {name}: {report}");
            failed.Add($"{name}: {report}");
        }

        output.WriteLine($"{files.Length - failed.Count} of {files.Length} passed");
        Assert.True(failed.Count == 0, string.Join('\n', failed));
    }

    private static bool Run(ChipConfiguration configuration, string file, out string report)
    {
        ElfReading reading = ElfImage.ReadFile(file);
        if (reading.Image is not { } image)
        {
            report = string.Join("; ", reading.Errors);
            return false;
        }

        var run = new ChipRun(configuration, image, [], new RunOptions { MaximumCycles = MaximumCycles });
        long started = Stopwatch.GetTimestamp();
        while (run.Advance(MaximumCycles) == RunResult.Running)
        {
        }

        report = string.Create(
            CultureInfo.InvariantCulture,
            $"{run.Chip.Control(0).State.Retired} instructions, {run.Cycles} cycles, {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms");
        if (run.Fault is { } fault)
        {
            report = $"{fault.Kind} {fault.Where}: {fault.Message}";
            return false;
        }

        if (run.ExitCode != 0)
        {
            report = $"exit code {run.ExitCode} (the number of the test that failed); {report}";
            return false;
        }

        return !File.Exists(file + SignatureSuffix) || SignatureEquals(run, image, file + SignatureSuffix, ref report);
    }

    private static bool SignatureEquals(ChipRun run, ElfImage image, string file, ref string report)
    {
        if (image.FindSymbol("begin_signature") is not { } begin || image.FindSymbol("end_signature") is not { } end)
        {
            report = "no begin_signature or end_signature";
            return false;
        }

        string[] expected = File.ReadAllLines(file);
        byte[] bytes = run.ReadMemory(begin.Value, (int)(end.Value - begin.Value));
        for (int i = 0; i < expected.Length; i++)
        {
            uint word = (4 * i) + 4 <= bytes.Length ? BitConverter.ToUInt32(bytes, 4 * i) : 0;
            if (word == uint.Parse(expected[i], NumberStyles.HexNumber, CultureInfo.InvariantCulture))
                continue;
            report = $"signature word {i} at 0x{begin.Value + (4 * i):x8} is {word:x8}, expected {expected[i]}";
            return false;
        }

        report += $", {expected.Length} signature words";
        return true;
    }
}
