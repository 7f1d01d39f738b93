using HybridEmu.Chip;
using HybridEmu.Isa;

namespace HybridEmu.Bench;

/// <summary>Chips that run the repository's firmware, past everything that happens once.</summary>
internal static class Programs
{
    private const long WarmUpCycles = 1_000_000;

    private static string Root { get; } = FindRoot();

    private static readonly Lazy<ElfImage> s_matmul = new(() =>
    {
        string folder = Path.Combine(Root, "firmware/matmul");
        return Assemble(File.ReadAllText(Path.Combine(folder, "matmul.s")), folder);
    });

    /// <summary>mlp_train on 512 synthetic digits, with more epochs than a benchmark can run.</summary>
    public static ChipRun StartTraining(string preset)
    {
        ChipConfiguration configuration = ConfigurationLoader.Load(preset);
        string folder = Path.Combine(Root, "firmware/mlp_train");
        ElfImage image = Assemble(File.ReadAllText(Path.Combine(folder, "mlp_train.s")), folder);
        IReadOnlyList<PlacedData> data = DataPlacement.Place(
            ["synth:512@train_data", "word:1000000000@epochs"], image, configuration.Hbm.CapacityBytes, configuration.Seed);
        return Warm(new ChipRun(configuration, image, [.. data.Select(d => (d.Address, d.Bytes))], Endless));
    }

    /// <summary>firmware/matmul at its reset: a bf16 product of square matrices on one tile of 128 x 128, from HBM to HBM.</summary>
    public static ChipRun BootProduct(int side)
    {
        ChipConfiguration configuration = ConfigurationLoader.Load("datacenter", ["tiles=1"]);
        ElfImage image = s_matmul.Value;
        byte[] size = BitConverter.GetBytes(side), operand = new byte[2 * side * side];
        for (int i = 0; i < operand.Length; i += 2)
            (operand[i], operand[i + 1]) = ((byte)(i * 7), 0x3F);
        (ulong Address, byte[] Bytes) At(string symbol, byte[] bytes) => (image.FindSymbol(symbol)!.Value, bytes);
        return new ChipRun(configuration, image, [At("m", size), At("k", size), At("n", size), At("a_matrix", operand), At("b_matrix", operand)], Endless);
    }

    /// <summary>firmware/stream at its reset: DMA alone.</summary>
    public static ChipRun BootStream(int blocks, bool writes, IEnumerable<string> overrides)
    {
        ChipConfiguration configuration = ConfigurationLoader.Load("hybrid", overrides);
        string folder = Path.Combine(Root, "firmware/stream");
        ElfImage image = Assemble(File.ReadAllText(Path.Combine(folder, "stream.s")), folder);
        return new ChipRun(
            configuration, image,
            [
                (image.FindSymbol("blocks")!.Value, BitConverter.GetBytes(blocks)),
                (image.FindSymbol("writes")!.Value, BitConverter.GetBytes(writes ? 1 : 0)),
            ],
            Endless);
    }

    /// <summary>One core in a loop of arithmetic, loads, stores, a multiplication and a taken branch.</summary>
    public static ChipRun StartScalar()
    {
        const string Source = """
                .text
            main:
                la      a0, words
                li      a1, 0
            loop:
                andi    a2, a1, 255
                slli    a2, a2, 2
                add     a3, a0, a2
                lw      a4, 0(a3)
                add     a4, a4, a1
                xor     a5, a4, a2
                sw      a5, 0(a3)
                mul     a6, a5, a1
                add     a7, a7, a6
                addi    a1, a1, 1
                j       loop
                .bss
            words:
                .space  1024
            """;
        return Warm(new ChipRun(ConfigurationLoader.Load("tiny"), Assemble(Source, Root), [], Endless));
    }

    private static RunOptions Endless => new() { MaximumCycles = long.MaxValue };

    private static ChipRun Warm(ChipRun run) => run.Advance(WarmUpCycles) == RunResult.Running
        ? run
        : throw new InvalidOperationException($"The program ended in its warm-up: {run.Fault?.Message ?? $"exit code {run.ExitCode}"}");

    private static ElfImage Assemble(string source, string folder)
    {
        var options = new AssemblerOptions { IncludeResolver = AssemblerOptions.ResolveFrom(folder, Path.Combine(folder, "../lib")) };
        AssemblyResult result = Assembler.Assemble("bench.s", source, options);
        return result.Image ?? throw new InvalidOperationException(string.Join(Environment.NewLine, result.Diagnostics));
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "HybridEmu.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("HybridEmu.sln is in no folder above the benchmark.");
    }
}
