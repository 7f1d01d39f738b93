using System.Diagnostics;
using System.Globalization;
using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Bench;

/// <summary>The array's SystemVerilog twin as Verilator and one C++ compiler make it.</summary>
/// <param name="Compiler">Name of the program.</param>
/// <param name="Flags">Of the compiler.</param>
internal sealed record TwinBuild(string Compiler, string Flags)
{
    /// <summary>Where its sources are, from the root of the repository.</summary>
    public const string Sources = "tests/Rtl/Verilog";

    /// <summary>Verilator would write most loops out, and then no compiler makes vector code of them: several times slower.</summary>
    private static readonly string[] Options =
        ["--cc", "--exe", "--build", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--noassert", "-Wno-fatal", "--unroll-stmts", "1"];

    public string Name => $"twin, {Compiler} {Flags}";

    /// <summary>All that are worth a try with the compilers of this host.</summary>
    public static IEnumerable<TwinBuild> All()
    {
        string? clang = Enumerable.Range(0, 30).Select(i => $"clang++-{40 - i}").Append("clang++").FirstOrDefault(name => HostProgram.Find(name) is not null);
        foreach (string compiler in new[] { "g++", clang }.OfType<string>().Where(name => HostProgram.Find(name) is not null))
        {
            string flags = compiler == "g++" ? "-O3 -march=native" : "-O3 -march=native -fbracket-depth=4096";
            yield return new TwinBuild(compiler, flags);
            if (SimdWidths.Choose(SimdWidth.Vector512) == SimdWidth.Vector512)
                yield return new TwinBuild(compiler, $"{flags} -mprefer-vector-width=512");
        }
    }

    /// <summary>First line of what a tool says of its version.</summary>
    public static string Version(string program) => Run(program, ["--version"], []).Split('\n')[0];

    /// <summary>Makes the program.</summary>
    /// <param name="folder">Below this.</param>
    /// <returns>Its path.</returns>
    public string Make(int side, MacKind kind, string folder)
    {
        int bits = kind == MacKind.Bf16 ? 16 : 8;
        string place = Path.GetFullPath(Path.Combine(folder, string.Concat($"{Compiler}{Flags}-{kind}-{side}".Where(c => char.IsLetterOrDigit(c) || c == '-'))));
        Directory.CreateDirectory(place);
        Run(
            "verilator",
            [
                .. Options, "--prefix", "Vtwin", "--top-module", "systolic_array", $"-GR={side}", $"-GC={side}", $"-GKIND={(int)kind}", $"-GWORD={bits}",
                "--Mdir", place, "-MAKEFLAGS", $"CXX={Compiler} LINK={Compiler} OPT_FAST='{Flags}' OPT_SLOW=-O1 OPT_GLOBAL=-O3",
                $"{Sources}/multiply_accumulate.sv", $"{Sources}/systolic_array.sv", Path.GetFullPath("bench/Rtl/array.cpp"),
            ],
            []);
        return Path.Combine(place, "Vtwin");
    }

    /// <summary>Runs a made program.</summary>
    /// <returns>The hash of its sums and its cycles in a second of processor time.</returns>
    public static (ulong Hash, double Rate) Time(string program, int side, long cycles, byte[] rows)
    {
        string[] lines = Run(program, [$"{side}", $"{cycles}", "1"], rows).Split('\n');
        return (ulong.Parse(lines[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), double.Parse(lines[1], CultureInfo.InvariantCulture));
    }

    private static string Run(string program, IEnumerable<string> arguments, byte[] input)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(info)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.BaseStream.Write(input);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}:\n{errors.Result}\n{output}");
        return output;
    }
}
