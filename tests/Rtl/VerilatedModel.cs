using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HybridEmu.Rtl.Tests;

/// <summary>A mistake that a test plants into a source, to see that it is found.</summary>
/// <param name="Name">What is wrong, in words.</param>
/// <param name="File">Name of the source.</param>
/// <param name="Right">Text of an expression that is in the source once.</param>
/// <param name="Wrong">
/// The expression that stands in its place while the mutant is awake; where it says AWAKE, the text that takes the place of any text, with
/// AWAKE for the question.
/// </param>
internal sealed record RtlMutant(string Name, string File, string Right, string Wrong);

/// <summary>
/// A top module made into a program by Verilator and a C++ compiler, once for each set of texts and parameters. The program reads stimulus
/// on its standard input and writes observations on its standard output. Its first argument is the number of the mutant that is awake, 0
/// for none: all mutants are in one program.
/// </summary>
/// <param name="Top">Name of the top module.</param>
/// <param name="Sources">Files of Verilog/ and Harness/ (.sv), packages first.</param>
/// <param name="Harness">File of Harness/ with main; includes "Vtwin.h".</param>
/// <param name="Parameters">Parameters of the top.</param>
internal sealed record VerilatedModel(string Top, string[] Sources, string Harness, params (string Name, int Value)[] Parameters)
{
    private const string MutantPackage = "package mutant; import \"DPI-C\" pure function int awake(); endpackage\n";

    // Statements of a C++ file. Each file of a split program reads all of Verilator's headers, which takes longer than what is in it.
    private const string OneFile = "1000000";

    private static readonly string[] Optimizations = ["OPT_FAST=-O1", "OPT_SLOW=-O0", "OPT_GLOBAL=-O1"];

    // Verilator's own part of each program, which takes longer than most tops.
    private static readonly Lazy<string[]> Runtime = new(MakeRuntime);

    private static readonly ConcurrentDictionary<string, Lazy<string>> Programs = new();

    public RtlMutant[] Mutants { get; init; } = [];

    /// <summary>Runs the program to its end; returns what it observed.</summary>
    /// <param name="stimulus">All that it reads.</param>
    /// <param name="awake">Number of the mutant, from 1 on, or 0.</param>
    public byte[] Run(byte[] stimulus, int awake = 0)
    {
        var info = new ProcessStartInfo(Program(), [awake.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(info)!;
        Task feed = Task.Run(() =>
        {
            process.StandardInput.BaseStream.Write(stimulus);
            process.StandardInput.Close();
        });
        using var observed = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(observed);
        feed.Wait();
        process.WaitForExit();
        return process.ExitCode == 0 ? observed.ToArray() : throw new InvalidOperationException($"{Top} ended with {process.ExitCode}");
    }

    /// <summary>Path of the program, which is made where it is not there yet.</summary>
    public string Program()
    {
        Dictionary<string, string> texts = Texts();
        string[] options = Options();
        string harness = Path.Combine(AppContext.BaseDirectory, "Harness", Harness);
        string all = string.Join('\0', options.Concat(texts.SelectMany(t => new[] { t.Key, t.Value })).Append(File.ReadAllText(harness)));
        string hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(all)))[..16];
        string folder = Path.Combine(AppContext.BaseDirectory, "verilated", $"{Top}-{hash}");
        return Programs.GetOrAdd(folder, f => new Lazy<string>(() => Make(f, texts, options, harness))).Value;
    }

    private static string Make(string folder, Dictionary<string, string> texts, string[] options, string harness)
    {
        string program = Path.Combine(folder, "Vtwin");
        if (File.Exists(program))
            return program;
        string making = Path.Combine(folder, "making");
        Directory.CreateDirectory(making);
        foreach ((string name, string text) in texts)
            File.WriteAllText(Path.Combine(folder, name), text);
        Verilator.Run("verilator", [.. options, "--Mdir", making, .. texts.Keys, harness], folder);
        foreach (string part in Runtime.Value)
            File.Copy(part, Path.Combine(making, Path.GetFileName(part)), overwrite: true);
        Verilator.Run("make", ["-f", "Vtwin.mk", .. Optimizations, "Vtwin"], making);
        File.Move(Path.Combine(making, "Vtwin"), program); // now it is there as a whole
        Directory.Delete(making, recursive: true);
        return program;
    }

    private static string[] MakeRuntime()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "verilated", "runtime");
        string[] parts = [.. new[] { "verilated.o", "verilated_dpi.o", "verilated_threads.o" }.Select(part => Path.Combine(folder, part))];
        if (parts.All(File.Exists))
            return parts;
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "nothing.sv"), "module nothing(input logic clock); endmodule\n");
        Verilator.Run("verilator", ["--cc", "--prefix", "Vtwin", "-Wno-fatal", "--Mdir", folder, "nothing.sv"], folder);
        Verilator.Run("make", ["-f", "Vtwin.mk", .. Optimizations, .. parts.Select(part => Path.GetFileName(part))], folder);
        return parts;
    }

    private string[] Options() =>
    [
        "--cc", "--exe", "--prefix", "Vtwin", "--top-module", Top, "-O3", "--x-assign", "fast", "--x-initial", "fast", "-Wno-fatal", "--output-split", OneFile,
        .. Parameters.Select(p => $"-G{p.Name}={p.Value}"),
    ];

    /// <summary>The sources by name, each mutant's place replaced by a choice.</summary>
    private Dictionary<string, string> Texts()
    {
        var texts = new Dictionary<string, string>();
        if (Mutants.Length > 0)
            texts["mutant.sv"] = MutantPackage;
        foreach (string name in Sources)
        {
            string file = Path.Combine(AppContext.BaseDirectory, "Verilog", name);
            texts[name] = File.ReadAllText(File.Exists(file) ? file : Path.Combine(AppContext.BaseDirectory, "Harness", name));
        }

        for (int i = 0; i < Mutants.Length; i++)
        {
            RtlMutant mutant = Mutants[i];
            if (texts[mutant.File].Split(mutant.Right).Length != 2)
                throw new InvalidOperationException($"{mutant.File} has to say '{mutant.Right}' once.");
            string awake = $"mutant::awake() == {i + 1}";
            string choice = mutant.Wrong.Contains("AWAKE", StringComparison.Ordinal)
                ? mutant.Wrong.Replace("AWAKE", awake, StringComparison.Ordinal)
                : $"({awake} ? ({mutant.Wrong}) : ({mutant.Right}))";
            texts[mutant.File] = texts[mutant.File].Replace(mutant.Right, choice, StringComparison.Ordinal);
        }

        return texts;
    }
}
