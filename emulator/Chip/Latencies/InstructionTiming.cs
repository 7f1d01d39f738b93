using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>What a core does with one instruction, in core cycles.</summary>
/// <param name="Probe">How it was measured.</param>
/// <param name="Latency">Edges from its issue to that of an instruction that takes its result; null where it has none or is not measured.</param>
/// <param name="Interval">Edges from its issue to that of the next instruction, of a row of such; null where it is not measured.</param>
public sealed record InstructionTiming(InstructionProbe Probe, double? Latency, double? Interval)
{
    private const int Registers = 8;

    /// <summary>Takes one edge and waits for a0: what is behind the probed instruction where its result counts.</summary>
    private const string Consumer = "addi a1,a0,0";

    private const double ConsumerCycles = 1;

    /// <summary>Puts the chains of a probe into a program.</summary>
    /// <returns>Makes the timing of the program's results.</returns>
    internal static Func<IReadOnlyList<uint>, InstructionTiming> Plan(ProbeProgram program, InstructionProbe probe)
    {
        if (probe.Reason.Length > 0)
            return _ => new InstructionTiming(probe, null, null);
        Func<IReadOnlyList<uint>, double> companion = probe.Companion.Length == 0 ? _ => 0 : Slope(program, probe, _ => probe.Companion);
        Func<IReadOnlyList<uint>, double> interval = Slope(program, probe, i => Into(probe.Step, string.Create(CultureInfo.InvariantCulture, $"s{2 + (i % Registers)}")));
        if (!probe.HasResult)
            return r => new InstructionTiming(probe, null, interval(r) - companion(r));
        Func<IReadOnlyList<uint>, double> latency = Slope(program, probe, _ => Into(probe.Step, "a0") + "\n" + Consumer);
        return r => new InstructionTiming(probe, latency(r) - ConsumerCycles - companion(r), interval(r) - companion(r));
    }

    /// <summary>Cycles a step: a chain of 2n steps less one of n, by n, so that what is before and behind them cancels.</summary>
    private static Func<IReadOnlyList<uint>, double> Slope(ProbeProgram program, InstructionProbe probe, Func<int, string> step)
    {
        int once = program.Time(probe.Setup, string.Join('\n', Enumerable.Range(0, probe.Steps).Select(step)));
        int twice = program.Time(probe.Setup, string.Join('\n', Enumerable.Range(0, 2 * probe.Steps).Select(step)));
        return results => (results[twice] - (double)results[once]) / probe.Steps;
    }

    private static string Into(string step, string register) => step.Replace("{d}", register, StringComparison.Ordinal);
}
