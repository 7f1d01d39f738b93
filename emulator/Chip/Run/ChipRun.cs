using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Chip;

/// <summary>A chip with an image loaded, from reset to its end.</summary>
/// <remarks>Stands in until the breadboard is wired: it ends at once, passed, after the loader has run.</remarks>
public sealed class ChipRun
{
    private readonly ChipConfiguration _configuration;
    private readonly SparseMemory _memory;
    private readonly MemoryStream _console = new();
    private readonly Queue<MailboxPost> _mailbox = new();

    public ChipRun(ChipConfiguration configuration, ElfImage image, IReadOnlyList<(ulong Address, byte[] Bytes)> data, RunOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _configuration = configuration;
        _memory = new SparseMemory(configuration.Hbm.CapacityBytes);
        foreach (ElfSegment segment in image.Segments)
            _memory.Write((long)(segment.Address - AddressMap.Hbm), segment.Bytes.Span);
        foreach ((ulong address, byte[] bytes) in data)
            _memory.Write((long)(address - AddressMap.Hbm), bytes);
    }

    public bool Finished { get; private set; }

    /// <summary>Unthrottled core cycles so far.</summary>
    public long Cycles { get; private set; }

    /// <summary>Emulated time.</summary>
    public long TimePs { get; private set; }

    /// <summary>The firmware's exit code, once it gave one.</summary>
    public uint? ExitCode { get; private set; }

    public Fault? Fault { get; private set; }

    /// <summary>State fields by name, to read between two calls of <see cref="Advance"/>.</summary>
    public SignalMap Signals { get; } = new();

    /// <summary>Runs for up to that many core cycles, or to the end.</summary>
    public RunResult Advance(long cycles)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cycles);
        Finished = true;
        ExitCode = 0;
        return RunResult.Finished;
    }

    /// <summary>Moves console bytes written since the last call to a stream.</summary>
    public void DrainConsole(Stream destination)
    {
        _console.WriteTo(destination);
        _console.SetLength(0);
    }

    public bool TryTakeMailbox(out MailboxPost post) => _mailbox.TryDequeue(out post);

    /// <summary>Memory as the program would see it now, dirty lines of caches included.</summary>
    public byte[] ReadMemory(ulong address, int length)
    {
        byte[] bytes = new byte[length];
        _memory.Read((long)(address - AddressMap.Hbm), bytes);
        return bytes;
    }

    public ChipStatistics Statistics() => new(
        _configuration.Name,
        _configuration.Seed,
        _configuration.Core.ClockMegahertz,
        Fault is null ? ExitCode == 0 ? "passed" : "failed" : Fault.Kind.ToString(),
        ExitCode,
        Cycles,
        TimePs,
        0,
        [],
        [],
        new MacStatistics(0, Cycles * _configuration.PeakMacsPerCycle),
        [],
        [],
        new HbmStatistics(0, 0, 0, 0, 0, _configuration.PeakHbmBytesPerSecond, TimePs, []),
        [],
        [],
        new ThermalStatistics(_configuration.Thermal.TimeScale, 0, 0, []));
}
