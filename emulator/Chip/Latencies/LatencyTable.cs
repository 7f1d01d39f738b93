using System.Globalization;
using System.Text;
using HybridEmu.Isa;

namespace HybridEmu.Chip;

/// <summary>A measurement as a Markdown text, to read beside the manual.</summary>
public static class LatencyTable
{
    public static string Markdown(LatencyMeasurement measurement)
    {
        ChipConfiguration c = measurement.Configuration;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Latencies of `{c.Name}`\n\n");
        text.Append(CultureInfo.InvariantCulture, $"Measured by `hybridemu latencies --config {c.Name}`; `make latencies` writes this file again. Cycles are those of the core clock\n");
        text.Append(CultureInfo.InvariantCulture, $"({c.Core.ClockMegahertz} MHz), on a chip that does nothing else. What the operations mean is in [the manual](../isa/MANUAL.md); the rules of time are in\n");
        text.Append("[TIMING.md](../TIMING.md), and these numbers are what they come to.\n\n");
        Instructions(text, measurement);
        Descriptors(text, measurement);
        return text.ToString();
    }

    private static void Instructions(StringBuilder text, LatencyMeasurement measurement)
    {
        text.Append(
            """
            ## Instructions

            *Latency*: edges from the issue of the instruction to that of one that takes its result. *Interval*: edges from its issue to that of
            the next instruction, in a row of them that do not wait for each other's results. Both come from two chains, of n and of 2n steps, run
            in warm caches: the difference of their cycles by n, so that what is before and behind a chain cancels. A step of the chain for the
            latency is the instruction and an `addi` that takes its result, whose own cycle is taken off. n is 16, or 2 where a queue must not
            fill. What else a step needs is timed alone and taken off: the `auipc` before a `jalr`, the `lr.w` before an `sc.w`, the
            handler that returns from an `ecall`. Accesses are aligned words that L1D holds; `-` is no result, or a reason. TIMING.md C-1 to C-15.

            | instruction | latency | interval | |
            |---|---|---|---|

            """);
        foreach (InstructionTiming t in measurement.Instructions)
        {
            string note = t.Probe.Reason.Length > 0 ? t.Probe.Reason : t.Probe.Variant;
            text.Append(CultureInfo.InvariantCulture, $"| `{t.Probe.Mnemonic}` | {Cycles(t.Latency)} | {Cycles(t.Interval)} | {note} |\n");
        }
    }

    private static void Descriptors(StringBuilder text, LatencyMeasurement measurement)
    {
        text.Append(
            """

            ## Descriptors

            Each is the example of the manual at one size: m = n = k = 32, pooling in windows of 2 x 2 over 8 x 8 pixels of 8 channels, copies of 32 x
            32 elements, `ld.im2col` as its example has it; rows 128 bytes apart (pooling: 32), operands that start in different banks, its types. `mx.load`
            and `mx.stream` have at most the array's rows and columns. *Alone*: edges from the issue by `hx.issue` to performed, with nothing else
            in the tile. *Interval*: edges between the performed of two that are issued one after the other, with operands of their own. The
            descriptor lies in L1D. Copies meet the memory as it is then: an open or closed row, or a refresh, moves them by some tens of cycles.

            | operation | alone | interval | measured |
            |---|---|---|---|

            """);
        foreach (DescriptorTiming t in measurement.Descriptors)
            text.Append(CultureInfo.InvariantCulture, $"| `{t.Row.Mnemonic}` | {t.Alone} | {t.Interval} | {Sizes(t.Source)} |\n");
    }

    private static string Cycles(double? cycles) => cycles is { } value ? value.ToString("0.##", CultureInfo.InvariantCulture) : "-";

    /// <summary>Sizes and types of a descriptor's source: what is no address, pitch or number of its own.</summary>
    private static string Sizes(string source)
    {
        string[] keys = ["m", "k", "n", "n0", "n1", "width", "height", "channels", "kh", "kw", "sh", "sw", "type", "typea", "typeb", "acc", "out", "act", "round"];
        return string.Join(", ", source[(source.IndexOf(' ', StringComparison.Ordinal) + 1)..].Split(", ").Where(p => keys.Contains(p.Split('=')[0])));
    }
}
