using System.Text;
using HybridEmu.Chip;

namespace HybridEmu.Cli;

/// <summary>The verb compare: two files of statistics side by side.</summary>
internal static class CompareCommand
{
    /// <summary>Statistics of the largest chip are a few hundred KiB.</summary>
    private const long LargestBytes = 256L << 20;

    /// <param name="output">Receives the tables, or JSON.</param>
    public static ExitCode Run(CompareVerb verb, Stream output)
    {
        StatisticsComparison comparison = StatisticsComparison.Of(Read(verb.A), Read(verb.B));
        if (verb.Json)
        {
            ComparisonJson.Write(output, comparison, verb.All);
        }
        else
        {
            using var text = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true);
            ComparisonReport.Write(text, comparison, verb.All);
        }

        output.Flush();
        return ExitCode.Passed;
    }

    private static StatisticsFile Read(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > LargestBytes })
                throw new UserException($"{path}: is larger than any statistics; name a file that 'hybridemu run ... --stats FILE' wrote");
            return StatisticsFile.Read(path, File.ReadAllBytes(path));
        }
        catch (StatisticsFileException e)
        {
            throw new UserException(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UserException($"{path}: cannot be read: {e.Message.TrimEnd('.')}; name a file that 'hybridemu run ... --stats FILE' wrote");
        }
    }
}
