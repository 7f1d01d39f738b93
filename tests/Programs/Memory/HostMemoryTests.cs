using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Programs.Tests;

/// <summary>LD and ST on the host's memory, through a whole chip and its PCIe link.</summary>
public sealed class HostMemoryTests
{
    private const string Linked = "tiny pcie.memory=1_MiB";

    private const string RoundTrip = """
            csrr    t0, hxhost
            la      t1, kibibytes
            sw      t0, 0(t1)
            issue   fetch
            issue   back
            issue   sum
            .data
        kibibytes: .word 0
            .balign 64
        fetch: ld.copy  a=host(0x1234), d=sp(4096), dims=2, n0=300, n1=5, src0=1, src1=777, dst0=1, dst1=320, type=uint8, post=0:1
        back:  st.copy  a=sp(4096), d=host(0x80001), dims=2, n0=300, n1=5, src0=1, src1=320, dst0=1, dst1=300, type=uint8, wait=0:1
        sum:   st.accumulate a=sp(32768), d=host(0xC0000), dims=1, n0=256, src0=4, dst0=4, typea=fp32, out=fp32
        """;

    [Fact]
    public void Copies_and_sums_reach_every_byte_of_the_hosts_memory_that_they_name()
    {
        byte[] host = HostBytes();
        HostedRun run = Boot(Linked, RoundTrip, host);
        Assert.Equal("", run.Finish());
        Assert.Equal(1024u, BitConverter.ToUInt32(run.ReadMemory(run.Address("kibibytes"), 4)));
        byte[] got = run.Host(0x80000, 1502);
        Assert.Equal(host[0x80000], got[0]);
        for (int row = 0; row < 5; row++)
            Assert.Equal(host.AsSpan(0x1234 + (row * 777), 300).ToArray(), got.AsSpan(1 + (row * 300), 300).ToArray());
        Assert.Equal(host[0x80000 + 1501], got[1501]);
        Assert.Equal(host.AsSpan(0xC0000, 1024).ToArray(), run.Host(0xC0000, 1024));

        PcieStatistics pcie = run.Run.Statistics().Pcie!;
        Assert.Equal((1500 + 1024, 1500 + 1024), (pcie.ReadBytes, pcie.WriteBytes));
    }

    [Theory]
    [InlineData("core.clock=700_MHz", false)]
    [InlineData("pcie.latency=3_us thermal.sample_interval=1_us thermal.trip=45.25_C thermal.release=45_C thermal.ambient=44_C thermal.initial=45.5_C", true)]
    public void Skipping_and_the_order_of_evaluation_change_neither_cycles_nor_state(string config, bool throttles)
    {
        (ulong Early, ulong Late, long Cycles) Result(RunOptions options)
        {
            ChipRun run = Boot($"{Linked} {config}", RoundTrip, HostBytes(), options).Run;
            run.Advance(900);
            ulong early = run.Chip.StateHash();
            Assert.False(run.Finished);
            run.Finish();
            Assert.Equal(throttles, run.Statistics().Thermal.ThrottledCycles > 0);
            return (early, run.Chip.StateHash(), run.Cycles);
        }

        var one = Result(new RunOptions());
        Assert.Equal(one, Result(new RunOptions { Skipping = false }));
        Assert.Equal(one, Result(new RunOptions { ShuffleSeed = 4 }));
    }

    [Fact]
    public void A_run_restored_while_the_link_is_busy_ends_as_the_whole_one()
    {
        ChipRun whole = Boot(Linked, RoundTrip, HostBytes()).Run;
        whole.Finish();
        for (long at = 300; at < whole.Cycles; at += 397)
        {
            ChipRun first = Boot(Linked, RoundTrip, HostBytes()).Run, second = Boot(Linked, RoundTrip, []).Run;
            first.Advance(at);
            using var saved = new MemoryStream();
            first.Chip.Save(saved);
            saved.Position = 0;
            second.Chip.Restore(saved);
            second.Finish();
            Assert.Equal((whole.Cycles, whole.Chip.StateHash()), (second.Cycles, second.Chip.StateHash()));
        }
    }

    [Theory]
    [InlineData(Linked, 0xFFE00, null)]
    [InlineData(Linked, 0xFFE01, QueueFaultCause.UnmappedAddress)]
    [InlineData("tiny", 0, QueueFaultCause.UnmappedAddress)]
    public void Beyond_the_hosts_memory_nothing_is_mapped(string config, int at, QueueFaultCause? cause)
    {
        ChipRun run = Boot(config, $"""
                issue   fetch
                .data
                .balign 64
            fetch: ld.copy  a=host({at}), d=sp(4096), dims=1, n0=512, src0=1, dst0=1, type=uint8
            """, []).Run;
        while (run.Advance(100_000) == RunResult.Running)
        {
        }

        Assert.Equal(cause is null ? null : FaultKind.QueueFault, run.Fault?.Kind);
        if (cause is { } expected)
            Assert.Contains($"{expected}", run.Fault!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x1000, true)]
    [InlineData(0x1200, false)]
    public void Copies_that_nothing_orders_race_on_the_hosts_memory_too(int second, bool race)
    {
        ChipRun run = Boot(Linked, $"""
                issue   store
                issue   fetch
                .data
                .balign 64
            store: st.copy  a=sp(8192), d=host(0x1000), dims=1, n0=512, src0=1, dst0=1, type=uint8
            fetch: ld.copy  a=host({second}), d=sp(4096), dims=1, n0=512, src0=1, dst0=1, type=uint8
            """, []).Run;
        while (run.Advance(100_000) == RunResult.Running)
        {
        }

        Assert.Equal(race ? FaultKind.Race : null, run.Fault?.Kind);
    }

    [Fact]
    public void Reading_a_mebibyte_takes_the_links_time_and_not_that_of_the_core()
    {
        static (long TimePs, double Percent) Read(string config)
        {
            ChipRun run = Boot($"{config} scratchpad.bytes=2_MiB", """
                    issue   fetch
                    .data
                    .balign 64
                fetch: ld.copy  a=host(0), d=sp(65536), dims=2, n0=512, n1=2048, src0=1, src1=512, dst0=1, dst1=512, type=uint8
                """, []).Run;
            run.Finish();
            return (run.TimePs, run.Statistics().Pcie!.InboundPercent);
        }

        (long fast, double share) = Read(Linked);
        (long slow, _) = Read($"{Linked} core.clock=500_MHz");

        // 1 MiB in 4096 packets of 256 + 24 bytes at 15.75 GB/s is 72.8 us.
        Assert.InRange(fast, 72_800_000, 80_000_000);
        Assert.InRange(share, 92, 100);
        Assert.InRange((double)slow / fast, 1.0, 1.1);
    }

    [Theory]
    [InlineData("word:7@0x800000000100", null)]
    [InlineData("word:7@0x8000000FFFFE", "the host's 0x800000000000..0x800000100000")]
    public void Data_may_be_placed_in_the_hosts_memory(string argument, string? mistake)
    {
        ElfImage image = Firmware.Inline(RoundTrip);
        if (mistake is not null)
        {
            var e = Assert.Throws<DataException>(() => DataPlacement.Place([argument], image, 1 << 30, 1, 1 << 20));
            Assert.Contains(mistake, e.Message, StringComparison.Ordinal);
            return;
        }

        PlacedData data = Assert.Single(DataPlacement.Place([argument], image, 1 << 30, 1, 1 << 20));
        var run = new ChipRun(Firmware.Configuration(Linked), image, [(data.Address, data.Bytes)], new RunOptions());
        Assert.Equal(7, run.ReadMemory(AddressMap.HostMemory + 0x100, 4)[0]);
        Assert.Throws<DataException>(() => DataPlacement.Place([argument], image, 1 << 30, 1));
    }

    private static byte[] HostBytes()
    {
        byte[] bytes = [.. Enumerable.Range(0, 1 << 20).Select(i => (byte)((i * 7) + (i >> 8)))];
        for (int i = 0; i < 256; i++)
            BitConverter.TryWriteBytes(bytes.AsSpan(0xC0000 + (i * 4)), 1.5f * i);
        return bytes;
    }

    private static HostedRun Boot(string config, string text, byte[] host, RunOptions? options = null)
    {
        ElfImage image = Firmware.Inline(text);
        var run = new ChipRun(Firmware.Configuration(config), image, [(AddressMap.HostMemory, host)], (options ?? new RunOptions()) with { MaximumCycles = 1_000_000 });
        return new HostedRun(run, image);
    }

    private sealed record HostedRun(ChipRun Run, ElfImage Image)
    {
        public string Finish() => Run.Finish();

        public uint Address(string symbol) => Firmware.Address(Image, symbol);

        public byte[] ReadMemory(ulong address, int length) => Run.ReadMemory(address, length);

        public byte[] Host(ulong offset, int length) => Run.ReadMemory(AddressMap.HostMemory + offset, length);
    }
}
