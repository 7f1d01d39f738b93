using System.Text;
using HybridEmu.Chip;

namespace HybridEmu.Cli;

/// <summary>The verb latencies: probes on a chip, and a table of what they took.</summary>
internal static class LatenciesCommand
{
    /// <param name="output">Receives the table, where no file does.</param>
    public static ExitCode Run(LatenciesVerb verb, Stream output)
    {
        ChipConfiguration configuration = ConfigurationLoader.Load(verb.Configuration, RepeatedOptions.Split(verb.Set));
        using var files = new OutputFiles();
        OutputFile? file = files.Open(verb.Output, [verb.Configuration]);
        byte[] text = Encoding.UTF8.GetBytes(LatencyTable.Markdown(LatencyMeasurement.Of(configuration)));
        (file?.Stream ?? output).Write(text);
        output.Flush();
        files.Commit();
        return ExitCode.Passed;
    }
}
