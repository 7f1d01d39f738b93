using System.Globalization;
using System.Text;
using System.Text.Json;
using HybridEmu.Checker;
using HybridEmu.Chip;

namespace HybridEmu.Cli;

/// <summary>dram --check: holds a file of DRAM commands against the rules of a configuration's memory.</summary>
internal static class DramCheck
{
    private const int CommandsBetweenLooks = 1 << 20, ShownViolations = 10;

    /// <param name="path">The commands, CSV, plain or gzip.</param>
    /// <param name="configuration">Whose memory they are for.</param>
    /// <param name="json">The result as JSON, for stdout.</param>
    /// <returns><see cref="ExitCode.Failed"/> when a rule is broken.</returns>
    /// <exception cref="UserException">The file cannot be read.</exception>
    public static ExitCode Run(string path, ChipConfiguration configuration, bool json, Stream output)
    {
        DramRules rules = CheckerRules.Of(configuration.Hbm.Controller);
        var checker = new DramChecker(rules, configuration.Hbm.Channels, maxKept: ShownViolations);
        try
        {
            Feed(checker, path, rules);
        }
        catch (CommandTraceException e)
        {
            throw new UserException(e.Message);
        }

        if (json)
            WriteJson(output, path, configuration, checker);
        else
            WriteText(output, path, configuration, checker);
        output.Flush();
        return checker.ViolationCount > 0 ? ExitCode.Failed : ExitCode.Passed;
    }

    private static void Feed(DramChecker checker, string path, DramRules rules)
    {
        using var interruption = new Interruption();
        using CommandTraceReader reader = CommandTrace.Open(path, rules);
        long end = 0;
        for (long n = 1; reader.TryRead(out DramCommand command); n++)
        {
            checker.Check(in command);
            end = command.Clock;
            if (n % CommandsBetweenLooks == 0)
                interruption.ThrowIfAsked();
        }

        checker.Finish(end);
    }

    private static void WriteText(Stream output, string path, ChipConfiguration configuration, DramChecker checker)
    {
        using var text = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true);
        void Line(FormattableString line) => text.Write(line.ToString(CultureInfo.InvariantCulture) + "\n");
        Line($"Check       {path} against {configuration.Hbm.Standard} of '{configuration.Name}': {N(checker.Commands)} commands, {N(checker.ViolationCount)} violations, {N(checker.WastedPrecharges)} precharges of closed banks");
        DramRuleRow[] rows = [.. checker.Report().Where(r => r.Times > 0)];
        int width = rows.Select(r => r.Name.Length).DefaultIfEmpty().Max();
        Line($"\n{"Rule".PadRight(width + 2)} allowed  tightest         times   broken   in clocks; of tREFI the longest debt");
        foreach (DramRuleRow row in rows)
            Line($"  {row.Name.PadRight(width)} {(row.Tightest is null ? "" : N(row.Allowed)),7} {(row.Tightest is { } tightest ? N(tightest) : ""),9} {N(row.Times),13} {N(row.Violations),8}");
        if (checker.ViolationCount > 0)
            Line($"\nFirst violations");
        foreach (DramViolation violation in checker.Violations)
            Line($"  {violation}");
    }

    private static void WriteJson(Stream output, string path, ChipConfiguration configuration, DramChecker checker)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteString("commandsFile", path);
        json.WriteString("configuration", configuration.Name);
        json.WriteNumber("commands", checker.Commands);
        json.WriteNumber("violations", checker.ViolationCount);
        json.WriteNumber("wastedPrecharges", checker.WastedPrecharges);
        json.WriteStartArray("rules");
        foreach (DramRuleRow row in checker.Report().Where(r => r.Times > 0))
        {
            json.WriteStartObject();
            json.WriteString("name", row.Name);
            if (row.Tightest is { } tightest)
            {
                json.WriteNumber("allowed", row.Allowed);
                json.WriteNumber("tightest", tightest);
            }

            json.WriteNumber("times", row.Times);
            json.WriteNumber("broken", row.Violations);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("firstViolations");
        foreach (DramViolation violation in checker.Violations)
            json.WriteStringValue(violation.ToString());
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.WriteByte((byte)'\n');
    }

    private static string N(long value) => value.ToString("#,##0", CultureInfo.InvariantCulture);
}
