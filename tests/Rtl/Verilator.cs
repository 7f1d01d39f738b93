using System.Diagnostics;

namespace HybridEmu.Rtl.Tests;

/// <summary>The simulator that runs the twins: where it is, and what it says.</summary>
internal static class Verilator
{
    /// <summary>Why tests that need it are passed over; null where it is installed.</summary>
    public static string? Absence { get; } =
        HostProgram.Find("verilator") is null ? "Verilator is not installed here (apt-get install verilator g++)." : null;

    /// <summary>How many times the random cases of a quick run: HYBRIDEMU_RTL=n.</summary>
    public static int Factor { get; } = int.TryParse(Environment.GetEnvironmentVariable("HYBRIDEMU_RTL"), out int n) && n > 0 ? n : 1;

    /// <summary>Runs a tool to its end; returns what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed; with all that it said.</exception>
    public static string Run(string program, IEnumerable<string> arguments, string folder)
    {
        var info = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(info)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}\nended with {process.ExitCode}:\n{errors.Result}\n{output}");
        return output;
    }
}

/// <summary>A test that needs Verilator; where that is absent it says so and is passed over.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class VerilatorFactAttribute : FactAttribute
{
    public VerilatorFactAttribute() => Skip = Verilator.Absence;
}

/// <summary>As <see cref="VerilatorFactAttribute"/>, with cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class VerilatorTheoryAttribute : TheoryAttribute
{
    public VerilatorTheoryAttribute() => Skip = Verilator.Absence;
}
