using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Programs.Tests;

/// <summary>A load engine of several ports, on whole chips.</summary>
public sealed class LoadPortTests
{
    private const int Bytes = 128 << 10;

    [Fact]
    public void As_many_beats_an_edge_are_written_as_there_are_load_ports_and_no_more()
    {
        var cycles = new Dictionary<int, long>();
        foreach (int ports in (int[])[1, 2, 4])
        {
            int most = 0;
            ChipRun run = Boot(ports);
            Signal beats = run.Signals.Signals.Single(s => s.Path == "tile0.load.write_beats");
            ulong before = 0;
            while (run.Advance(1) == RunResult.Running)
            {
                ulong now = beats.Read();
                most = Math.Max(most, (int)(now - before));
                cycles[ports] = cycles.GetValueOrDefault(ports) + (now != before ? 1 : 0);
                before = now;
            }

            Assert.Equal(0u, run.ExitCode);
            Assert.Equal((ports, (ulong)Bytes / 64), (most, before));
            Assert.Equal(Data(), run.Chip.ScratchpadBytes(0).Slice(4096, Bytes).ToArray());
        }

        // A beat an edge is all that one port can take; memory has room for more.
        Assert.Equal(Bytes / 64, cycles[1]);
        Assert.InRange(cycles[2], Bytes / 64 / 2, Bytes / 64 * 0.7);
        Assert.InRange(cycles[4], Bytes / 64 / 4, cycles[2]);
    }

    private static byte[] Data() => [.. Enumerable.Range(0, Bytes).Select(i => (byte)((i * 7) + (i >> 8)))];

    private static ChipRun Boot(int ports)
    {
        ElfImage image = Firmware.Inline("""
                issue   fetch
                .data
                .balign 64
            fetch: ld.copy  a=source, d=sp(4096), dims=2, n0=512, n1=256, src0=1, src1=512, dst0=1, dst1=512, type=uint8
                .section .stream, "aw", @nobits
                .balign 512
            source: .space 131072
            """);
        return Firmware.Boot($"hybrid tiles=1 fabric.load_ports={ports} fabric.wide_outstanding=64", image, new RunOptions { MaximumCycles = 1_000_000 }, ("source", Data()));
    }
}
