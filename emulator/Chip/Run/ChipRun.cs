using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>A chip with an image loaded, from reset to its end.</summary>
public sealed class ChipRun
{
    private const int LogEntries = 1 << 12;
    private const int StepsBetweenDrains = LogEntries / 4;
    private const int StepsOfInterruption = 16;

    private readonly RunOptions _options;
    private readonly Chip _chip;
    private readonly CommitLogWriter? _commits;
    private readonly TraceLatch? _trace;
    private readonly Queue<BitFlip> _flips;

    /// <summary>Places image and data in HBM and leaves the chip at reset.</summary>
    /// <param name="configuration">A checked configuration.</param>
    /// <param name="image">An image that passed <see cref="ElfImage.Check"/> for this configuration.</param>
    /// <param name="data">More bytes to place, by address as the chip sees it; later entries win.</param>
    /// <param name="options">How to run.</param>
    public ChipRun(ChipConfiguration configuration, ElfImage image, IReadOnlyList<(ulong Address, byte[] Bytes)> data, RunOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _flips = new(options.Flips.OrderBy(f => f.Cycle));
        ulong? toHost = image.FindSymbol("tohost") is { } symbol ? symbol.Value - AddressMap.Hbm : null;
        _chip = new Chip(configuration, toHost, options.Engine, options.Simd, options.Threads) { Skipping = options.Skipping };
        foreach (ElfSegment segment in image.Segments)
            _chip.Place(segment.Address, segment.Bytes.Span);
        foreach ((ulong address, byte[] bytes) in data)
            _chip.Place(address, bytes);
        _chip.SetEntry(image.Entry);
        if (options.ShuffleSeed is { } seed)
            _chip.Shuffle(Permutation(_chip.CoreUnits, seed));
        if (options.CommitLog is { } writer)
            _commits = new CommitLogWriter(writer, _chip.AttachRetirementLogs(LogEntries));
        if (options.StopsAtTraceWindows)
            _trace = _chip.AttachTraceLatch();
        if (options.Timeline is { } timeline)
            _chip.AttachDescriptorLog(timeline);
    }

    /// <summary>The chip itself, for tests and tools.</summary>
    public Chip Chip => _chip;

    public bool Finished => ExitCode is not null || Fault is not null;

    /// <summary>Flips whose cycle the run has not reached.</summary>
    public int FlipsToCome => _flips.Count;

    /// <summary>Unthrottled core cycles so far.</summary>
    public long Cycles => _chip.Cycles;

    /// <summary>Emulated time in picoseconds.</summary>
    public long TimePs => Math.Max(0, _chip.TimePs);

    /// <summary>Whether firmware's trace window is open: some hart was last at hx.traceon, and not at hx.traceoff.</summary>
    public bool FirmwareTraces => _chip.FirmwareTraces;

    /// <summary>The firmware's exit code, once it gave one.</summary>
    public uint? ExitCode { get; private set; }

    /// <summary>What ended the run, when it was not the firmware.</summary>
    public Fault? Fault { get; private set; }

    /// <summary>State fields by name, to read between two calls of <see cref="Advance"/>.</summary>
    public SignalMap Signals => field ??= _chip.Describe();

    /// <summary>Runs for up to that many core cycles, or to the end; or less, with <see cref="RunOptions.StopsAtTraceWindows"/>.</summary>
    public RunResult Advance(long cycles)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cycles);
        long target = Math.Min(_chip.Cycles + cycles, _options.MaximumCycles);
        bool stopped = false;
        while (!Finished && !stopped && _flips.TryPeek(out BitFlip? flip) && flip.Cycle < target)
        {
            stopped = StopsBefore(flip.Cycle);
            if (!Finished && !stopped)
                _chip.Flip(_flips.Dequeue());
        }

        if (!stopped)
            StopsBefore(target);
        if (!Finished && _chip.Cycles >= _options.MaximumCycles)
            Fault = FaultReport.Watchdog(_chip, _options.MaximumCycles);
        _commits?.Drain();
        if (Finished)
            _chip.CloseBooks();
        return Finished ? RunResult.Finished : RunResult.Running;
    }

    private bool Switched => _trace is { Switched: true };

    /// <summary>Runs until so many cycles have been, or to the end.</summary>
    /// <returns>Whether a trace window stopped it before, or just then.</returns>
    private bool StopsBefore(long target)
    {
        int steps = 0;
        long limitPs = _chip.TimeOfCycle(target - 1);
        while (!Finished && !Switched && _chip.Cycles < target)
        {
            int alone = _chip.StepAlone(limitPs, StepsBetweenDrains);
            bool more = alone == StepsBetweenDrains; // by itself it would go on

            // What interrupts a core that runs alone is mostly over soon: a refresh, a missing line.
            int together = more ? 0 : _chip.StepTogether(limitPs, alone > 0 ? StepsOfInterruption : StepsBetweenDrains);
            steps += alone + together + 1;
            bool over = more || Switched || _chip.Cycles >= target || (together > 0 && _chip.Faults.Pending is not null);
            bool alive = over || _chip.Step(limitPs);
            if (steps >= StepsBetweenDrains)
            {
                steps = 0;
                _commits?.Drain();
            }

            if (_chip.System.Exited)
                ExitCode = (uint)_chip.System.ExitCode;
            else if (_chip.Faults.Pending is { } fault)
                Fault = FaultReport.Explain(_chip, fault);
            else if (!alive)
                Fault = FaultReport.Deadlock(_chip);
        }

        bool stopped = Switched;
        _trace?.Clear();
        _chip.Rejoin(_chip.Core.Edge);
        return stopped;
    }

    /// <summary>Moves console bytes written since the last call to a stream.</summary>
    public void DrainConsole(Stream destination)
    {
        while (_chip.System.Console.TryRead(out byte value))
            destination.WriteByte(value);
    }

    /// <summary>The next mailbox record that firmware posted, if there is one.</summary>
    public bool TryTakeMailbox(out MailboxPost post)
    {
        if (!_chip.System.Mailbox.TryRead(out MailboxRecord record))
        {
            post = default;
            return false;
        }

        MailboxWords words = record.Words;
        post = new MailboxPost(words[0], words[1], BitConverter.UInt32BitsToSingle(words[2]), words[3], words[4]);
        return true;
    }

    /// <summary>Memory as the program would see it now, dirty lines of caches included.</summary>
    public byte[] ReadMemory(ulong address, int length)
    {
        byte[] bytes = new byte[length];
        _chip.ReadCoherent(address - AddressMap.Hbm, bytes);
        return bytes;
    }

    public ChipStatistics Statistics() => _chip.Statistics(Outcome, ExitCode);

    private string Outcome => Fault is { } fault ? fault.Kind.ToString() : ExitCode switch { null => "running", 0 => "passed", _ => "failed" };

    // Fisher-Yates with the ISA's counter-based generator.
    private static int[] Permutation(int count, ulong seed)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        for (int i = count - 1; i > 0; i--)
        {
            int j = (int)(CounterRandom.Bits(seed, (ulong)i) % (uint)(i + 1));
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }
}
