using System.Globalization;
using HybridEmu.Reference;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// Litmus tests of the whole chip: what harts, store buffers, caches, homes, networks and memory let through, against all that
/// the operational machine of total store order can do. HYBRIDEMU_DEEP=1 sweeps more.
/// </summary>
[Trait("Depth", "Deep")]
public sealed class LitmusTests(ITestOutputHelper output)
{
    private const int Gaps = 2;

    // One or two channels (two homes each), small caches that evict, a store buffer of one entry, slow and fast memory.
    private static readonly string[] Quick =
    [
        "tiny core.l1d_bytes=1_KiB",
        "tiny hbm.channels=2 core.store_buffer=2 core.clock=2000_MHz hbm.page=closed",
    ];

    private static readonly string[] Deep =
    [
        .. Quick,
        "tiny core.store_buffer=1 fabric.buffer_depth=4",
        "tiny core.clock=300_MHz hbm.refresh_rate=4 core.l1d_bytes=1_KiB",
        "tiny hbm.channels=4 core.clock=3000_MHz core.store_buffer=4 hbm.refresh=per-bank",
    ];

    public static TheoryData<string, string, string, bool> Tests => new()
    {
        { "SB", "x=1; r0=y | y=1; r0=x", "0:r0=0 1:r0=0", true },
        { "R", "x=1; y=1 | y=2; r0=x", "1:r0=0 y=2", true },
        { "RWC", "x=1 | r0=x; r1=y | y=1; r0=x", "1:r0=1 1:r1=0 2:r0=0", true },
        { "3.SB", "x=1; r0=y | y=1; r0=z | z=1; r0=x", "0:r0=0 1:r0=0 2:r0=0", true },
        { "MP", "x=1; y=1 | r0=y; r1=x", "1:r0=1 1:r1=0", false },
        { "LB", "r0=x; y=1 | r0=y; x=1", "0:r0=1 1:r0=1", false },
        { "S", "x=2; y=1 | r0=y; x=1", "1:r0=1 x=2", false },
        { "2+2W", "x=1; y=2 | y=1; x=2", "x=1 y=1", false },
        { "WRC", "x=1 | r0=x; y=1 | r0=y; r1=x", "1:r0=1 2:r0=1 2:r1=0", false },
        { "ISA2", "x=1; y=1 | r0=y; z=1 | r0=z; r1=x", "1:r0=1 2:r0=1 2:r1=0", false },
        { "IRIW", "x=1 | y=1 | r0=x; r1=y | r0=y; r1=x", "2:r0=1 2:r1=0 3:r0=1 3:r1=0", false },
        { "CoRR", "x=1 | r0=x; r1=x", "1:r0=1 1:r1=0", false },
        { "CoWW", "x=1; x=2 | r0=x", "x=1", false },
        { "CoRW1", "r0=x; x=1 | r0=x", "0:r0=1", false },
        { "CoWR0", "x=1; r0=x | r0=x", "0:r0=0", false },
        { "SB with forwarding", "x=1; r0=x; r1=y | y=1; r0=y; r1=x", "0:r0=1 0:r1=0 1:r0=1 1:r1=0", true },
        { "n6", "x=1; r0=x; r1=y | y=2; x=2", "0:r0=1 0:r1=0 x=1 y=2", true },
        { "CoWWR", "y=1; x=1; x=2; r0=x; r1=y | r0=x", "0:r0=1", false },
        { "CoWR", "x=1; r0=x | x=2", "0:r0=2 x=1", false },
        { "SB with fences", "x=1; fence; r0=y | y=1; fence; r0=x", "0:r0=0 1:r0=0", false },
        { "R with fences", "x=1; fence; y=1 | y=2; fence; r0=x", "1:r0=0 y=2", false },
        { "MP with fences", "x=1; fence; y=1 | r0=y; fence; r1=x", "1:r0=1 1:r1=0", false },
    };

    [Theory]
    [MemberData(nameof(Tests))]
    public void Harts_do_only_what_total_store_order_allows(string name, string text, string outcome, bool allowed)
    {
        LitmusProgram program = LitmusProgram.Parse(text);
        IReadOnlySet<ulong> possible = TsoMachine.Outcomes(program);
        var seen = new SortedDictionary<ulong, int>();
        string tiles = string.Create(CultureInfo.InvariantCulture, $" tiles={Math.Max(2, program.Threads.Count)}");
        (string[] configurations, int seeds, int rounds) = DeepSuite.IsAsked ? (Deep, 2, LitmusRun.MostRounds) : (Quick, 1, 300);
        foreach (string configuration in configurations)
        {
            for (int seed = 1; seed <= seeds; seed++)
            {
                for (int gap = 0; gap < Gaps; gap++)
                {
                    foreach ((ulong found, int times) in LitmusRun.Outcomes(program, configuration + tiles, rounds, gap, (ulong)seed))
                    {
                        seen[found] = seen.GetValueOrDefault(found) + times;
                        Assert.True(
                            possible.Contains(found),
                            $"{name}: {program.Describe(found)}, {times} times, is not total store order ({configuration}{tiles}, seed {seed}, gap {gap})");
                    }
                }
            }
        }

        output.WriteLine($"{name}: {text}: {seen.Count} of {possible.Count} outcomes");
        foreach ((ulong found, int times) in seen)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{times,8}  {program.Describe(found)}"));
        Assert.Equal(allowed, seen.Keys.Any(o => program.Matches(o, outcome)));
        if (DeepSuite.IsAsked)
            Assert.Equal(possible.Order(), seen.Keys); // all that the machine can do, it does
    }

    [Theory]
    [MemberData(nameof(Tests))]
    public void Reference_has_the_outcomes_of_the_literature(string name, string text, string outcome, bool allowed)
    {
        LitmusProgram program = LitmusProgram.Parse(text);
        Assert.True(TsoMachine.Outcomes(program).Any(o => program.Matches(o, outcome)) == allowed, name);
        Assert.DoesNotContain(TsoMachine.Interleavings(program), o => program.Matches(o, outcome)); // all are relaxed, or never
        Assert.Subset(TsoMachine.Outcomes(program).ToHashSet(), TsoMachine.Interleavings(program).ToHashSet());
    }
}
