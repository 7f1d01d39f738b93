using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>How to run a chip; none of it changes a bit or a cycle, apart from flips and from where the run is cut off.</summary>
public sealed record RunOptions
{
    /// <summary>Core cycles after which the watchdog ends the run with a report.</summary>
    public long MaximumCycles { get; init; } = 20_000_000_000;

    /// <summary>Leave out edges at which nothing can change.</summary>
    public bool Skipping { get; init; } = true;

    /// <summary>How the host moves the arrays.</summary>
    public ArrayEngine Engine { get; init; } = ArrayEngine.Fast;

    /// <summary>Host vector width of the arrays' kernels; a narrower one is taken where the host lacks it.</summary>
    public SimdWidth Simd { get; init; } = SimdWidth.Widest;

    /// <summary>Host threads that share the work of several tiles, or the sums of the only one's array; 1: none but the caller's.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Shuffles the order of evaluation at each edge; null keeps the order of construction.</summary>
    public ulong? ShuffleSeed { get; init; }

    /// <summary><see cref="ChipRun.Advance"/> ends early after a cycle in which firmware began or ended its trace window.</summary>
    public bool StopsAtTraceWindows { get; init; }

    /// <summary>Bits that turn over during the run.</summary>
    public IReadOnlyList<BitFlip> Flips { get; init; } = [];

    /// <summary>One line an instruction retired; null: none.</summary>
    public TextWriter? CommitLog { get; init; }

    /// <summary>Called when a descriptor is performed; null: not.</summary>
    public Action<DescriptorSpan>? Timeline { get; init; }
}

/// <summary>What firmware posts through the mailbox.</summary>
/// <param name="Epoch">Bit 31 set: held-out data.</param>
/// <param name="Loss">Sum over the examples seen.</param>
public readonly record struct MailboxPost(uint Epoch, uint Step, float Loss, uint Correct, uint Seen)
{
    public bool HeldOut => Epoch >> 31 != 0;

    public uint EpochNumber => Epoch & 0x7FFF_FFFF;

    public double Accuracy => Seen > 0 ? Correct / (double)Seen : 0;

    public double MeanLoss => Seen > 0 ? Loss / (double)Seen : 0;
}

public enum RunResult
{
    Running,
    Finished,
}
