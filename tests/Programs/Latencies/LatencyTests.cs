using System.Text;
using HybridEmu.Chip;
using HybridEmu.Cli;
using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Programs.Tests;

/// <summary>What `hybridemu latencies` measures: equal to the committed file, and to the rules of TIMING.md.</summary>
public class LatencyTests
{
    /// <summary>Edges from the issue to the engine's taking the descriptor (D-2, D-3), and from its report to performed (D-1).</summary>
    private const int Around = 3 + 1;

    /// <summary>From the edge that takes a descriptor to the one at which its first operand is used: asked for, granted, answered, used (MX-1, MX-8, SP-1).</summary>
    private const int Way = 4;

    private static readonly ChipConfiguration s_hybrid = Firmware.Configuration("hybrid");
    private static readonly Lazy<LatencyMeasurement> s_measured = new(() => LatencyMeasurement.Of(s_hybrid));

    [Fact]
    public void The_committed_latencies_are_what_the_chip_takes_now()
    {
        string file = Path.Combine(Firmware.Root, "emulator", "LATENCIES.md");
        Assert.True(File.ReadAllText(file) == LatencyTable.Markdown(s_measured.Value), "emulator/LATENCIES.md is stale: run 'make latencies'");
    }

    [Fact]
    public void Every_instruction_and_operation_of_the_ISA_is_measured_or_says_why_not()
    {
        Assert.Equal(
            InstructionTable.Rows.ToArray().Where(r => r.Op != Instruction.Illegal).Select(r => r.Mnemonic),
            s_measured.Value.Instructions.Select(t => t.Probe.Mnemonic).Distinct());
        Assert.All(s_measured.Value.Instructions, t => Assert.True(t.Interval is not null || t.Probe.Reason.Length > 0, t.Probe.Mnemonic));
        Assert.Equal(DescriptorTable.Rows.ToArray().Select(r => r.Mnemonic), s_measured.Value.Descriptors.Select(t => t.Row.Mnemonic));
        Assert.All(s_measured.Value.Descriptors, t => Assert.True(t.Alone > Around && t.Interval > 0, t.Row.Mnemonic));
    }

    [Theory]
    [InlineData("add", 1.0, 1)] // C-1, C-2
    [InlineData("lw", 2.0, 1)] // C-2, C-9
    [InlineData("mul", 3.0, 1)] // C-2
    [InlineData("div", 34.0, 34)] // C-2, C-3
    [InlineData("jal", 3.0, 3)] // C-4
    [InlineData("jalr", 3.0, 3)] // C-4
    [InlineData("beq", null, 1, "not taken")] // C-1
    [InlineData("beq", null, 3, "taken")] // C-4
    [InlineData("mret", null, 3)] // C-4
    [InlineData("ecall", null, 3)] // C-5
    [InlineData("csrrw", 1.0, 1)] // C-6
    [InlineData("sw", null, 1)] // C-7
    [InlineData("fence", null, 1)] // C-8
    [InlineData("hx.clean", null, 65)] // C-15: retires at N + 64
    [InlineData("hx.poll", 3.0, 3)] // D-3: the core has the answer at N + 2
    public void An_instruction_takes_what_its_rule_says(string mnemonic, double? latency, double interval, string variant = "")
    {
        InstructionTiming timing = Assert.Single(s_measured.Value.Instructions, t => t.Probe.Mnemonic == mnemonic && t.Probe.Variant == variant);
        Assert.Equal((latency, (double?)interval), (timing.Latency, timing.Interval));
    }

    [Fact]
    public void Operations_of_the_array_take_what_their_rules_say()
    {
        int rows = s_hybrid.Array.Rows, columns = s_hybrid.Array.Columns, latency = s_hybrid.Array.AccumulatorLatency, m = 32;
        Assert.Equal(Around + m + 1, Alone("mx.zero")); // MX-11, MX-12
        Assert.Equal(Around + Way + rows, Alone("mx.load")); // MX-18
        Assert.Equal(Around + Way + m + rows + columns + latency, Alone("mx.stream")); // MX-19
        Assert.Equal(Alone("mx.stream") + rows, Alone("mx.matmul")); // MX-2, MX-3: its weights come first
    }

    [Fact]
    public void Operations_of_the_vector_unit_take_what_their_rules_say()
    {
        var vector = new VectorConfig();
        int p = vector.PipelineCycles, t = vector.TranscendentalCycles, beats = 32 * 32 / 16;
        Assert.Equal(16, s_hybrid.Vector.Lanes);

        // V-1, V-2, V-15 and SP-1: the first beat executes 3 edges after the start, the last beats - 1 later; what it sends is acknowledged 2 later.
        int plain = Around + 3 + beats - 1 + 2;
        Assert.Equal(plain + p, Alone("vx.add")); // V-5
        Assert.Equal(plain + t, Alone("vx.exp")); // V-5
        Assert.Equal(plain + (5 * p), Alone("vx.sum")); // V-6
        Assert.Equal(plain + p + (2 * t), Alone("vx.tanh")); // V-29
        Assert.Equal(plain + (3 * p) + (2 * t), Alone("vx.gelu")); // V-29
        Assert.Equal(plain + (3 * p), Alone("vx.sigmoid_grad")); // V-29
        Assert.Equal(plain + (5 * p), Alone("vx.max_columns")); // V-30
        Assert.Equal(plain + beats + p, Alone("vx.select")); // V-31
    }

    [Fact]
    public void The_verb_writes_a_file_or_stdout_and_rejects_an_unknown_configuration()
    {
        using var output = new MemoryStream();
        using var errors = new StringWriter();
        Assert.Equal(ExitCode.Passed, EntryPoint.Run(["latencies", "--config", "tiny"], output, errors));
        Assert.StartsWith("# Latencies of `tiny`\n", Encoding.UTF8.GetString(output.ToArray()), StringComparison.Ordinal);
        string file = Path.Combine(Directory.CreateTempSubdirectory().FullName, "latencies.md");
        Assert.Equal(ExitCode.Passed, EntryPoint.Run(["latencies", "--config", "tiny", "-o", file], Stream.Null, errors));
        Assert.Equal(output.ToArray(), File.ReadAllBytes(file));
        Assert.Equal("", errors.ToString());
        Assert.Equal(ExitCode.BadInput, EntryPoint.Run(["latencies", "--config", "tinny"], Stream.Null, errors));
    }

    private static long Alone(string mnemonic) => Assert.Single(s_measured.Value.Descriptors, d => d.Row.Mnemonic == mnemonic).Alone;
}
