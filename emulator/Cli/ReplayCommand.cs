using System.Globalization;
using System.IO.Compression;
using System.Text;
using HybridEmu.Chip;
using HybridEmu.Units;

namespace HybridEmu.Cli;

/// <summary>The verb dram: replays a trace or a recipe against the HBM controllers alone.</summary>
internal sealed class ReplayCommand : IDisposable
{
    private const long DefaultRequests = 100_000;
    private const int StepsBetweenLooks = 50_000;
    private const int MaximumWindow = 4096;

    private readonly DramVerb _verb;
    private readonly Stream _output;
    private readonly TextWriter _errors;
    private readonly OutputFiles _files = new();

    private ReplayCommand(DramVerb verb, Stream output, TextWriter errors)
    {
        _verb = verb;
        _output = output;
        _errors = errors;
    }

    /// <param name="output">Receives the report, or the statistics as JSON.</param>
    /// <param name="errors">Receives messages and progress.</param>
    public static ExitCode Run(DramVerb verb, Stream output, TextWriter errors)
    {
        using var command = new ReplayCommand(verb, output, errors);
        return command.Run();
    }

    public void Dispose() => _files.Dispose();

    private ExitCode Run()
    {
        CheckOptions();
        ChipConfiguration configuration = ConfigurationLoader.Load(_verb.Configuration, RepeatedOptions.Split(_verb.Set));
        if (_verb.Check is not null)
            return DramCheck.Run(_verb.Check, configuration, _verb.Json, _output);
        long capacity = configuration.Hbm.CapacityBytes;
        using MemoryTrace? trace = _verb.Trace is null ? null : MemoryTrace.Open(_verb.Trace, capacity, _verb.Requests ?? long.MaxValue);
        IAccessSource source = (IAccessSource?)trace ?? new TraceRecipe(_verb.Recipe!, _verb.Requests ?? DefaultRequests, capacity, _verb.Stride ?? 0, _verb.Seed ?? 1);

        string[] inputs = [_verb.Trace ?? "", _verb.Configuration];
        OutputFile? statisticsFile = _files.Open(_verb.Statistics, inputs), commandsFile = _files.Open(_verb.Commands, inputs);
        bool compressed = _verb.Commands?.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) == true;
        using Stream? commandStream = compressed ? new GZipStream(commandsFile!.Stream, CompressionLevel.Fastest, leaveOpen: true) : commandsFile?.Stream;
        HbmConfig hbm = DramReplay.ControllerOf(configuration);
        CommandFile? commands = commandStream is null ? null : new CommandFile(commandStream, hbm.Map);
        var progress = new LiveProgress(_errors, enabled: true);
        DramReplay replay;
        try
        {
            replay = new DramReplay(hbm, source, _verb.Window, commands);
            Loop(replay, progress);
        }
        catch (DataException e)
        {
            if (compressed)
                commandStream!.Dispose(); // writes what it still holds
            throw new UserException([.. e.Errors.Select(x => x.ToString()), .. _files.Leavings()]);
        }

        HostStatistics host = progress.Host(replay.Cycles);
        commands?.Finish();
        if (compressed)
            commandStream!.Dispose();
        DramStatistics statistics = replay.Statistics(configuration.Name, _verb.Trace ?? _verb.Recipe!, configuration.Hbm.ClockMegahertz, configuration.Energy);
        if (statisticsFile is not null)
            DramJson.Write(statisticsFile.Stream, statistics, host);
        Print(statistics, host);
        _files.Commit();
        return ExitCode.Passed;
    }

    /// <summary>What must hold between the options.</summary>
    private void CheckOptions()
    {
        if (_verb.Check is not null)
        {
            if ((_verb.Trace ?? _verb.Recipe ?? _verb.Commands ?? _verb.Statistics) is not null || (_verb.Stride ?? _verb.Seed) is not null || _verb.Requests is not null)
                throw new UserException("--check COMMANDS goes with --config, --set and --json only: it replays nothing");
            return;
        }

        if (_verb.Trace is null == _verb.Recipe is null)
            throw new UserException($"dram: give {(_verb.Trace is null ? "" : "either ")}a TRACE or --recipe NAME, as in: {DramVerb.Example}");
        if (_verb.Recipe is null && (_verb.Stride ?? _verb.Seed) is not null)
            throw new UserException("--stride and --seed belong to --recipe NAME");
        if (_verb.Stride is not null && _verb.Recipe != "stride")
            throw new UserException("--stride belongs to --recipe stride");
        if (_verb.Recipe == "stride" && _verb.Stride is null or 0)
            throw new UserException("--recipe stride: needs the bytes from one access to the next, as in --stride 4096");
        if (_verb.Requests is < 1 or > MemoryTrace.MaximumStamp)
            throw new UserException(string.Create(CultureInfo.InvariantCulture, $"-n {_verb.Requests}: must be 1 to {MemoryTrace.MaximumStamp}"));
        if (_verb.Window is < 1 or > MaximumWindow)
            throw new UserException($"--window {_verb.Window}: must be 1 to {MaximumWindow} requests");
    }

    private static void Loop(DramReplay replay, LiveProgress progress)
    {
        using var interruption = new Interruption();
        while (!replay.Finished)
        {
            interruption.ThrowIfAsked();
            replay.Advance(StepsBetweenLooks);
            progress.Update(replay.Cycles);
        }

        progress.Clear();
    }

    private void Print(DramStatistics statistics, HostStatistics host)
    {
        if (_verb.Json)
        {
            DramJson.Write(_output, statistics, host);
        }
        else
        {
            using var text = new StreamWriter(_output, new UTF8Encoding(false), leaveOpen: true);
            DramReport.Write(text, statistics, host);
        }

        _output.Flush();
    }
}
