using System.Buffers.Binary;
using System.Globalization;
using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>
/// Measures how long each instruction and descriptor operation takes, by running programs of probes on a chip that does
/// nothing else. TIMING.md holds the rules; this is what they come to.
/// </summary>
/// <param name="Configuration">The chip that was measured.</param>
public sealed record LatencyMeasurement(
    ChipConfiguration Configuration, IReadOnlyList<InstructionTiming> Instructions, IReadOnlyList<DescriptorTiming> Descriptors)
{
    /// <summary>Far more than the probes need on any memory.</summary>
    private const long MaximumCycles = 50_000_000;

    private const int SliceCycles = 1_000_000;

    private const long PicosecondsTimesMegahertz = 1_000_000;

    private const int Alone = 0, First = 1, Second = 2, Kinds = 4;

    /// <param name="configuration">A checked configuration with heat at rest: a throttled core would stretch what is counted.</param>
    public static LatencyMeasurement Of(ChipConfiguration configuration) =>
        new(configuration, MeasureInstructions(configuration), MeasureDescriptors(configuration));

    private static List<InstructionTiming> MeasureInstructions(ChipConfiguration configuration)
    {
        ProbeProgram program = Program();
        List<Func<IReadOnlyList<uint>, InstructionTiming>> plans = [.. InstructionProbe.All().Select(p => InstructionTiming.Plan(program, p))];
        List<uint> results = Run(configuration, program, null);
        return [.. plans.Select(p => p(results))];
    }

    private static List<DescriptorTiming> MeasureDescriptors(ChipConfiguration configuration)
    {
        ProbeProgram program = Program();
        DescriptorProbe[] probes = [.. DescriptorTable.Rows.ToArray().Select(r => new DescriptorProbe(r, configuration))];
        int[] begins = [.. probes.Select((p, i) => Piece(program, p, (i + 1) * Kinds))];
        var performed = new Dictionary<int, long>();
        List<uint> results = Run(configuration, program, span => performed[span.DebugId] = Cycle(span.EndPs, configuration));
        return
        [
            .. probes.Select((p, i) => new DescriptorTiming(
                p.Row,
                p.Text(0, 0),
                performed[((i + 1) * Kinds) + Alone] - results[begins[i]],
                performed[((i + 1) * Kinds) + Second] - performed[((i + 1) * Kinds) + First])),
        ];
    }

    /// <summary>The operation by itself; then two in a row. Debug ids tell them apart (0: not timed); the second time round counts.</summary>
    private static int Piece(ProbeProgram program, DescriptorProbe probe, int id)
    {
        string Label(int kind) => string.Create(CultureInfo.InvariantCulture, $"d{id + kind}");
        program.Descriptor(Label(Alone), probe.Text(0, id + Alone));
        program.Descriptor(Label(First), probe.Text(0, id + First));
        program.Descriptor(Label(Second), probe.Text(1, id + Second));
        string setup = "", touch = $"la t0, {Label(First)}\nlw t2, 0(t0)\nla t1, {Label(Second)}\nlw t2, 0(t1)\n";
        for (int set = 0; set < 2 && probe.Preparation(set).Length > 0; set++)
        {
            string label = string.Create(CultureInfo.InvariantCulture, $"d{id}_before{set}");
            program.Descriptor(label, probe.Preparation(set));
            setup += $"la t0, {label}\nhx.issue t0\nhx.drain a7\n";
        }

        string alone = $"la t0, {Label(Alone)}\nlw t2, 0(t0)\n";
        return program.Begin(setup + alone, "hx.issue t0\nhx.drain a7\n" + touch + "fence\nhx.issue t0\nhx.issue t1\nhx.drain a7");
    }

    internal static ProbeProgram Program(int rounds = 2)
    {
        var program = new ProbeProgram(rounds);
        program.Descriptor("trivial", "mx.zero slot=0, m=1, n=1, acc=fp32");
        return program;
    }

    internal static List<uint> Run(ChipConfiguration configuration, ProbeProgram program, Action<DescriptorSpan>? performed)
    {
        var options = new AssemblerOptions { StreamBase = (uint)(AddressMap.Hbm + (ulong)configuration.Fabric.StreamingBaseBytes) };
        AssemblyResult assembly = Assembler.Assemble("probes.s", program.Source(), options);
        if (assembly.Image is not { } image)
            throw new InvalidOperationException($"The probes do not assemble: {assembly.Diagnostics[0]}");
        var run = new ChipRun(configuration, image, [], new RunOptions { MaximumCycles = MaximumCycles, Timeline = performed });
        while (run.Advance(SliceCycles) == RunResult.Running)
        {
        }

        if (run.ExitCode != 0)
            throw new InvalidOperationException($"The probes did not end: {run.Fault?.ToString() ?? "no fault"}");
        byte[] bytes = run.ReadMemory(image.FindSymbol("results")!.Value, sizeof(uint) * program.Results);
        return [.. Enumerable.Range(0, program.Results).Select(i => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint))))];
    }

    /// <summary>Edge n lies at floor(n * 10^6 / f) (K-6).</summary>
    private static long Cycle(long timePs, ChipConfiguration configuration) =>
        ((timePs * configuration.Core.ClockMegahertz) + PicosecondsTimesMegahertz - 1) / PicosecondsTimesMegahertz;
}
