using System.Globalization;
using System.Text;
using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Lanes;
using HybridEmu.Traces;
using HybridEmu.Units;

namespace HybridEmu.Cli;

/// <summary>The verb run: builds a chip, places image and data, runs, and writes what was asked for.</summary>
internal sealed class RunCommand : IDisposable
{
    /// <summary>The first cycles between two looks at console and mailbox; then as many as keep the looks apart by about that time.</summary>
    private const long FirstSliceCycles = 1_000, MaximumSliceCycles = 1_000_000;
    private const double SliceSeconds = 0.05;

    private static readonly string[] QueueNames = ["LD", "ST", "MX", "VX"];

    private readonly RunVerb _verb;
    private readonly Stream _output;
    private readonly TextWriter _errors;
    private readonly OutputFiles _files = new();
    private MailboxPost? _heldOut;

    private RunCommand(RunVerb verb, Stream output, TextWriter errors)
    {
        _verb = verb;
        _output = output;
        _errors = errors;
    }

    public static ExitCode Run(RunVerb verb, Stream output, TextWriter errors)
    {
        using var command = new RunCommand(verb, output, errors);
        return command.Run();
    }

    public void Dispose() => _files.Dispose();

    private ExitCode Run()
    {
        (ArrayEngine engine, SimdWidth simd) = HostChoices.Parse(_verb.Engine, _verb.Simd, _verb.Threads);
        ChipConfiguration configuration = Configure();
        ulong streaming = AddressMap.Hbm + (ulong)configuration.Fabric.StreamingBaseBytes;
        ElfImage image = ImageLoading.Load(_verb.Image, RepeatedOptions.Split(_verb.Define), (uint)streaming);
        IReadOnlyList<ElfError> mistakes = image.Check((ulong)configuration.Hbm.CapacityBytes, streaming);
        if (mistakes.Count > 0)
            throw new UserException([.. mistakes.Select(e => $"{_verb.Image}: {e}")]);
        IReadOnlyList<PlacedData> data = DataPlacement.Place(
            RepeatedOptions.Split(_verb.Data), image, configuration.Hbm.CapacityBytes, configuration.Seed, configuration.Pcie.MemoryBytes);
        Signature? signature = _verb.Signature is null ? null : Signature.Of(image, _verb.Image);
        if (_verb.Vcd is null && (_verb.Window is not null || _verb.Scope != "*"))
            throw new UserException("--window and --scope belong to --vcd FILE");
        BitFlip[] flips = Flips(configuration);
        WaveWindow window = _verb.Window is null ? WaveWindow.Whole : WaveWindow.Parse(_verb.Window);
        if (_verb.MaximumCycles is < 1)
            throw new UserException($"--max-cycles {_verb.MaximumCycles}: must be 1 or more");

        // All outputs are opened before the run: a path that cannot be written is told now, not after an hour.
        OutputFile? statisticsFile = Open(_verb.Statistics), signatureFile = Open(_verb.Signature), vcdFile = Open(_verb.Vcd);
        StreamWriter? commitLog = Open(_verb.CommitLog) is { } log ? new StreamWriter(log.Stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" } : null;
        ChromeTimeline? timeline = Open(_verb.Timeline) is { } file ? new ChromeTimeline(file.Stream) : null;
        if (timeline is not null)
            NameQueues(timeline, configuration.Tiles);

        var options = new RunOptions
        {
            Engine = engine,
            Simd = simd,
            Threads = _verb.Threads,
            Flips = flips,
            StopsAtTraceWindows = window.ByFirmware,
            CommitLog = commitLog,
            Timeline = timeline is null ? null : span => Record(timeline, span),
        };
        if (_verb.MaximumCycles is { } maximum)
            options = options with { MaximumCycles = maximum };
        var run = new ChipRun(configuration, image, [.. data.Select(d => (d.Address, d.Bytes))], options);
        WaveRecorder? waves = vcdFile is null ? null : new WaveRecorder(vcdFile.Stream, run.Signals, _verb.Scope);
        var progress = new LiveProgress(_errors, !_verb.Quiet);
        Loop(run, waves, window, progress);
        HostStatistics host = progress.Host(run.Cycles);

        // Closed before their files are, which get their names only then.
        commitLog?.Dispose();
        timeline?.Finish();
        timeline?.Dispose();
        waves?.Finish(run.TimePs);
        waves?.Dispose();
        if (waves is { IsEmpty: true })
            _errors.WriteLine($"warning: {window.WhyEmpty(run)}: the waveform is empty");
        if (run.FlipsToCome > 0)
            _errors.WriteLine($"warning: the run ended at cycle {run.Cycles}, before {run.FlipsToCome} of its flips");
        ChipStatistics statistics = run.Statistics();
        if (statisticsFile is not null)
            StatisticsJson.Write(statisticsFile.Stream, statistics, host);
        if (signatureFile is not null && signature is not null)
            signatureFile.Stream.Write(Encoding.ASCII.GetBytes(HexWords.Write(signature.Read(run))));
        return Conclude(run, statistics, host);
    }

    private ChipConfiguration Configure()
    {
        var overrides = new List<string>(RepeatedOptions.Split(_verb.Set));
        if (_verb.Seed is { } seed)
            overrides.Add(string.Create(CultureInfo.InvariantCulture, $"seed={seed}"));
        ChipConfiguration configuration = ConfigurationLoader.Load(_verb.Configuration, overrides);
        return configuration.Hbm.IsForChip
            ? configuration
            : throw new UserException($"'{configuration.Name}' is a memory alone: its hbm.map does not give each pseudo-channel 512 bytes in turn, which a chip's fabric counts on; use it with 'hybridemu dram'");
    }

    private BitFlip[] Flips(ChipConfiguration configuration)
    {
        try
        {
            return [.. RepeatedOptions.Split(_verb.Flip).Select(f => BitFlip.Parse(f, configuration))];
        }
        catch (FormatException mistake)
        {
            throw new UserException($"--flip {mistake.Message}");
        }
    }

    private OutputFile? Open(string? path) => _files.Open(
        path, [_verb.Image, _verb.Configuration, .. RepeatedOptions.Split(_verb.Data).SelectMany(d => DataArgument.Parse(d).Files)]);

    private void Loop(ChipRun run, WaveRecorder? waves, WaveWindow window, LiveProgress progress)
    {
        using var console = new MemoryStream();
        using var interruption = new Interruption();
        long slice = FirstSliceCycles;
        while (!run.Finished)
        {
            interruption.ThrowIfAsked();
            long step = waves is null ? slice : window.Slice(run, slice);
            double before = progress.Seconds;
            run.Advance(step);
            if (step == slice)
                slice = Math.Clamp(progress.Seconds - before < SliceSeconds ? slice * 2 : slice / 2, FirstSliceCycles, MaximumSliceCycles);
            if (waves is not null && window.Has(run))
                waves.Sample(run.TimePs);
            else if (window.ByFirmware)
                waves?.Pause(run.TimePs);
            while (run.TryTakeMailbox(out MailboxPost post))
            {
                progress.Post(post);
                if (post.HeldOut)
                    _heldOut = post;
            }

            run.DrainConsole(console);
            if (console.Length > 0)
            {
                progress.Clear();
                console.WriteTo(_output);
                _output.Flush();
                console.SetLength(0);
            }

            progress.Update(run.Cycles);
        }

        progress.Clear();
        _output.Flush();
    }

    private ExitCode Conclude(ChipRun run, ChipStatistics statistics, HostStatistics host)
    {
        ExitCode code = Outcome.Of(run.Fault, run.ExitCode);
        if (_verb.Json)
            StatisticsJson.Write(_output, statistics, host);
        else if (!_verb.Quiet)
            Report(statistics, host);
        if (code == ExitCode.Passed)
        {
            _files.Commit();
            return code;
        }

        if (run.Fault is { } fault)
        {
            long cycle = fault.Edge + run.Chip.Core.ThrottledCycles; // units count enabled edges; reports, all cycles of the core clock
            string place = fault.Unit == "chip" ? $"at {fault.Where}" : $"in {fault.Unit} at {fault.Where}, cycle {cycle}";
            _errors.WriteLine($"fault: {fault.Kind} {place}: {fault.Message}");
            if (fault.Hint.Length > 0)
                _errors.WriteLine($"    hint: {fault.Hint}");
        }
        else
        {
            _errors.WriteLine($"the firmware reported failure: code {run.ExitCode}");
        }

        foreach (string sentence in _files.Leavings())
            _errors.WriteLine(sentence);
        return code;
    }

    private void Report(ChipStatistics statistics, HostStatistics host)
    {
        _errors.WriteLine();
        if (_heldOut is { } post)
            _errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Held out    {post.Accuracy * 100:0.00} % of {post.Seen} digits, loss {post.MeanLoss:0.0000}"));
        StatisticsReport.Write(_errors, statistics, host);
    }

    private static void NameQueues(ChromeTimeline timeline, int tiles)
    {
        for (int tile = 0; tile < tiles; tile++)
        {
            timeline.Name(tile, -1, string.Create(CultureInfo.InvariantCulture, $"tile{tile}"));
            for (int queue = 0; queue < QueueNames.Length; queue++)
                timeline.Name(tile, queue, QueueNames[queue]);
        }
    }

    private static void Record(ChromeTimeline timeline, DescriptorSpan span) => timeline.Span(
        span.Tile, span.Queue, span.Opcode.ToString(), span.StartPs, span.EndPs, ("m", span.M), ("k", span.K), ("n", span.N), ("id", span.DebugId));
}
