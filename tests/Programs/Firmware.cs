using System.Runtime.InteropServices;
using System.Text;
using HybridEmu.Chip;
using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>Programs of firmware/, assembled once, and what it takes to run them on a chip.</summary>
internal static class Firmware
{
    /// <summary>Far more than any program here needs; a hang ends with the watchdog's report.</summary>
    private const long MaximumCycles = 100_000_000;

    public static string Root { get; } = FindRoot();

    public static ElfImage Hello { get; } = Load("hello");

    public static ElfImage Gemm { get; } = Load("gemm");

    public static ElfImage Matmul { get; } = Load("matmul");

    public static ElfImage Stream { get; } = Load("stream");

    public static ElfImage Train { get; } = Load("mlp_train");

    public static ElfImage Infer { get; } = Load("mlp_infer");

    /// <summary>A chip with an image and data in memory, at reset.</summary>
    /// <param name="config">Preset, then overrides, separated by blanks: "hybrid tiles=1".</param>
    /// <param name="data">Bytes by the symbol at which they start.</param>
    public static ChipRun Boot(string config, ElfImage image, RunOptions? options, params (string Symbol, byte[] Bytes)[] data)
    {
        ChipConfiguration configuration = Configuration(config);
        options ??= new RunOptions();
        if (options.MaximumCycles > MaximumCycles)
            options = options with { MaximumCycles = MaximumCycles };
        return new ChipRun(configuration, image, [.. data.Select(d => (Address(image, d.Symbol), d.Bytes))], options);
    }

    /// <summary>Overrides are KEY=VALUE; an underscore in a value stands for the blank before its unit.</summary>
    public static ChipConfiguration Configuration(string text)
    {
        string[] parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return ConfigurationLoader.Load(parts[0], parts.Skip(1).Select(WithUnit));
    }

    /// <summary>Runs to the end, which must be the firmware's own.</summary>
    /// <param name="exitCode">The code that it must end with; 0 is good.</param>
    /// <returns>What it wrote on the console.</returns>
    public static string Finish(this ChipRun run, uint exitCode = 0)
    {
        using var console = new MemoryStream();
        while (run.Advance(250_000) == RunResult.Running)
            run.DrainConsole(console);
        run.DrainConsole(console);
        Assert.Null(run.Fault);
        Assert.Equal(exitCode, run.ExitCode);
        return Encoding.ASCII.GetString(console.ToArray());
    }

    /// <summary>Words of the result from begin_signature on.</summary>
    public static uint[] Signature(this ChipRun run, ElfImage image) =>
        [.. MemoryMarshal.Cast<byte, uint>(HybridEmu.Chip.Signature.Of(image, "the image").Read(run))];

    public static IReadOnlyList<MailboxPost> TakePosts(this ChipRun run)
    {
        var posts = new List<MailboxPost>();
        while (run.TryTakeMailbox(out MailboxPost post))
            posts.Add(post);
        return posts;
    }

    public static uint Address(ElfImage image, string symbol) =>
        image.FindSymbol(symbol)?.Value ?? throw new ArgumentException($"The image has no symbol {symbol}.", nameof(symbol));

    /// <summary>A program of a few descriptors: instructions, .data, what they point to. Hart 0 runs it, and ends it when all queues are empty.</summary>
    public static ElfImage Inline(string text)
    {
        string[] parts = text.Split(".data");
        return Assemble($"""
                .include "../lib/hx.inc"
            main:
                csrr    t0, mhartid
                bnez    t0, 1f
            {parts[0]}
                wait_for ALL_QUEUES
            1:  li      a0, 0
                ret
                .data
            {parts[1]}

            """);
    }

    /// <summary>A program that includes firmware/lib as ../lib.</summary>
    public static ElfImage Assemble(string source)
    {
        var options = new AssemblerOptions { IncludeResolver = AssemblerOptions.ResolveFrom(Path.Combine(Root, "firmware", "conv")) };
        AssemblyResult result = Assembler.Assemble("inline.s", source, options);
        Assert.Empty(result.Diagnostics);
        return result.Image!;
    }

    private static string WithUnit(string setting) =>
        setting[..(setting.IndexOf('=', StringComparison.Ordinal) + 1)] + setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..].Replace('_', ' ');

    private static ElfImage Load(string name)
    {
        string directory = Path.Combine(Root, "firmware", name), source = Path.Combine(directory, name + ".s");
        var options = new AssemblerOptions { IncludeResolver = AssemblerOptions.ResolveFrom(directory, Path.Combine(directory, "..", "lib")) };
        AssemblyResult result = Assembler.Assemble(source, File.ReadAllText(source), options);
        Assert.Empty(result.Diagnostics);
        return result.Image!;
    }

    private static string FindRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "HybridEmu.sln")))
            directory = Path.GetDirectoryName(directory);
        return directory ?? throw new InvalidOperationException("HybridEmu.sln is in no folder above the tests.");
    }
}
