using System.Globalization;
using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// The DMA queues as observers and writers beside the harts: a wait or a chain orders, nothing else does. Partitions do not
/// exist yet; that one reassigned with DMA in flight leaks nothing is to be tested with them.
/// </summary>
public sealed class DmaOrderTests
{
    private const int Rounds = 48;
    private const uint Stream = 0x8100_0000, Result = 0x8008_0000;
    private const string Exit = "    li t0, 0x10000008\n    sw zero, 0(t0)\n9:  wfi\n    j 9b\n";

    /// <summary>Every round: a copy is issued, so many instructions later the core reads its last word.</summary>
    /// <param name="acquire">Instructions between the two.</param>
    private static string CopyThenRead(string acquire, int bytes) => $"""
            .globl _start
        _start:
            la   s0, copies
            li   s1, 0x40000000 + {bytes - 4}
            li   s2, {Result}
            li   s3, 0
        round:
            hx.issue s0
            {acquire}
            mv   t0, s3
        1:  beqz t0, 2f
            addi t0, t0, -1
            j    1b
        2:  lw   t1, 0(s1)
            sw   t1, 0(s2)
            li   t1, 15
            hx.drain t1
            addi s0, s0, 64
            addi s1, s1, {bytes}
            addi s2, s2, 4
            addi s3, s3, 1
            li   t1, {Rounds}
            bne  s3, t1, round
        {Exit}
            .data
            .balign 64
        copies:
        {string.Concat(Enumerable.Range(0, Rounds).Select(i => $"    ld.copy a={Stream + (uint)(i * bytes)}, d={0x4000_0000 + (i * bytes)}, dims=1, n0={bytes}, src0=1, dst0=1, typea=int8, out=int8, post=0:1\n"))}
        """;

    [Theory]
    [InlineData("tiny", 64)]
    [InlineData("tiny", 512)]
    [InlineData("tiny hbm.channels=2 core.clock=2000_MHz", 1024)]
    public void What_a_copy_wrote_is_never_stale_after_the_wait_for_its_post(string configuration, int bytes) =>
        Assert.All(Words(configuration, CopyThenRead("li t2, 1\n    hx.semwait zero, t2", bytes), Rounds), word => Assert.Equal(0xA5A5_A5A5, word));

    [Fact]
    public void What_a_copy_writes_can_be_stale_without_the_wait_and_then_is_a_race()
    {
        string program = CopyThenRead("nop", 512);
        uint[] words = Words("tiny checks.races=off", program, Rounds);
        Assert.Contains(0u, words);
        Assert.Contains(0xA5A5_A5A5, words);
        Assert.Equal(FaultKind.Race, Boot("tiny", program).Fault?.Kind);
    }

    /// <summary>
    /// Every round: data, all from one pseudo-channel, then a flag from another, by two copies of one queue; the core polls the
    /// flag and reads the data's last word.
    /// </summary>
    private static string DataThenFlag(bool chained)
    {
        const int Bytes = 4096, FlagRounds = 24, Flags = Bytes * FlagRounds, Granule = 512, Homes = 4;
        string Data(int round) =>
            $"    ld.copy a={Stream + (uint)(round * Granule * Homes)}, d={0x4000_0000 + (round * Bytes)}, dims=2, n0={Granule}, n1={Bytes / Granule}, src0=1, src1={Granule * Homes}, dst0=1, dst1={Granule}, typea=int8, out=int8\n";
        string Flag(int round) => Copy(Stream + Granule + (uint)(round * Granule * Homes), Flags + (round * 64), 16) + (chained ? ", chain\n" : "\n");
        return $"""
                .globl _start
            _start:
                la   s0, copies
                li   s1, 0x40000000 + {Bytes - 4}
                li   s4, 0x40000000 + {Flags}
                li   s2, {Result}
                li   s3, {FlagRounds}
            round:
                addi s5, s0, 64
                lw   t0, 0(s0)
                lw   t0, 0(s5)
                hx.issue s0
                hx.issue s5
            1:  lw   t1, 0(s4)
                beqz t1, 1b
                lw   t1, 0(s1)
                sw   t1, 0(s2)
                li   t1, 15
                hx.drain t1
                addi s0, s0, 128
                li   t1, {Bytes}
                add  s1, s1, t1
                addi s4, s4, 64
                addi s2, s2, 4
                addi s3, s3, -1
                bnez s3, round
            {Exit}
                .data
                .balign 64
            copies:
            {string.Concat(Enumerable.Range(0, FlagRounds).Select(i => Data(i) + Flag(i)))}
            """;
    }

    private static string Copy(uint source, int destination, int bytes) =>
        $"    ld.copy a={source}, d={0x4000_0000 + destination}, dims=1, n0={bytes}, src0=1, dst0=1, typea=int8, out=int8";

    [Fact]
    public void A_chained_flag_comes_after_the_data_and_an_unchained_one_can_come_before()
    {
        const string Configuration = "tiny hbm.channels=2 checks.races=off"; // what the poll asks is a race: nothing but the data orders it
        Assert.All(Words(Configuration, DataThenFlag(chained: true), 24), word => Assert.Equal(0xA5A5_A5A5, word));
        Assert.Contains(0u, Words(Configuration, DataThenFlag(chained: false), 24));
    }

    [Theory]
    [InlineData("lw t1, 0(t0)", 5u)]
    [InlineData("sw t1, 0(t0)", 7u)]
    [InlineData("amoadd.w t1, t1, (t0)", 7u)]
    [InlineData("lr.w t1, (t0)", 5u)]
    [InlineData("jr t0", 1u)]
    public void A_hart_that_touches_a_streaming_line_traps(string access, uint cause)
    {
        string program = $"    .globl _start\n_start:\n    la t1, handler\n    csrw mtvec, t1\n    li t0, {Stream}\n    {access}\n    .balign 4\nhandler:\n"
            + $"    csrr t1, mcause\n    csrr t2, mtval\n    li t0, {Result}\n    sw t1, 0(t0)\n    sw t2, 4(t0)\n{Exit}";
        Assert.Equal([cause, Stream], Words("tiny", program, 2));
    }

    [Fact]
    public void A_copy_that_touches_a_cacheable_line_faults_as_aliasing()
    {
        string program = $"    .globl _start\n_start:\n    la t0, copy\n    hx.issue t0\n{Exit}    .data\n    .balign 64\ncopy:\n{Copy(Stream - 64, 0, 64)}\n";
        ChipRun run = Boot("tiny", program);
        Assert.Equal(FaultKind.QueueFault, run.Fault?.Kind);
        Assert.Contains("Aliasing", run.Fault!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(4, true)]
    public void Fetch_adds_give_every_ticket_once(int harts, bool reserved)
    {
        const int Tickets = 100, Stride = 1024;
        string take = reserved ? "1:  lr.w t1, (s2)\n    add t2, t1, t3\n    sc.w t2, t2, (s2)\n    bnez t2, 1b" : "amoadd.w t1, t3, (s2)";
        string program = $"""
                .globl _start
            _start:
                csrr t0, mhartid
                li   s1, {Result}
                slli t1, t0, 10
                add  s1, s1, t1
                li   s2, {Result + 0x4000}
                li   s3, {Tickets}
                li   t3, 1
                hx.barrier
            round:
                {take}
                sw   t1, 0(s1)
                addi s1, s1, 4
                addi s3, s3, -1
                bnez s3, round
                hx.barrier
                bnez t0, 8f
            {Exit}
            8:  wfi
                j 8b
            """;
        ChipRun run = Boot(string.Create(CultureInfo.InvariantCulture, $"tiny tiles={harts} core.l1d_bytes=1_KiB"), program);
        Assert.Null(run.Fault);
        uint[] tickets = [.. Enumerable.Range(0, harts).SelectMany(h => Words(run, Result + (uint)(h * Stride), Tickets)).Order()];
        Assert.Equal(Enumerable.Range(0, harts * Tickets).Select(i => (uint)i), tickets);
    }

    /// <summary>
    /// Copies may not touch cacheable memory, so that a dirty line and a copy meet in two places: words of one bank line of the
    /// scratchpad, and the last cacheable line beside the first streaming one.
    /// </summary>
    [Theory]
    [InlineData("tiny")]
    [InlineData("tiny scratchpad.ecc=secded")]
    [InlineData("tiny core.l1d_bytes=1_KiB core.store_buffer=1")]
    public void A_copy_beside_stores_of_a_hart_loses_none_of_them(string configuration)
    {
        string program = $"""
                .globl _start
            _start:
                la   t0, copies
                hx.issue t0
                addi t0, t0, 64
                hx.issue t0
                li   s0, 0x40000010
                li   s1, {Stream - 64}
                li   s2, {Stream - 0x10000}
                li   s3, 64
                li   t1, 0x1234567
            round:
                sw   t1, 0(s0)
                sh   t1, 4(s0)
                sb   t1, 11(s0)
                sw   t1, 0(s1)
                lw   t2, 0(s2)
                addi s0, s0, 32
                addi s2, s2, 1024
                addi s3, s3, -1
                bnez s3, round
                li   t1, 15
                hx.drain t1
                li   s0, 0x40000000
                li   s1, {Result}
                li   s3, 512
            read:
                lw   t1, 0(s0)
                sw   t1, 0(s1)
                addi s0, s0, 4
                addi s1, s1, 4
                addi s3, s3, -1
                bnez s3, read
            {Exit}
                .data
                .balign 64
            copies:
                ld.copy a={Stream + 4096}, d=0x40000000, dims=2, n0=16, n1=64, src0=1, src1=16, dst0=1, dst1=32, typea=int8, out=int8
                st.copy a=0x40010000, d={Stream}, dims=1, n0=2048, src0=1, dst0=1, typea=int8, out=int8
            """;
        ChipRun run = Boot(configuration, program);
        Assert.Null(run.Fault);
        uint[] row = [0xA5A5_A5A5, 0xA5A5_A5A5, 0xA5A5_A5A5, 0xA5A5_A5A5, 0x0123_4567, 0x0000_4567, 0x6700_0000, 0];
        Assert.Equal(Enumerable.Repeat(row, 64).SelectMany(r => r), Words(run, Result, 512));
        Assert.Equal([0x0123_4567u], Words(run, Stream - 64, 1));
        Assert.All(Words(run, Stream, 512), word => Assert.Equal(0u, word));
    }

    private static uint[] Words(string configuration, string program, int count)
    {
        ChipRun run = Boot(configuration, program);
        Assert.Null(run.Fault);
        return Words(run, Result, count);
    }

    private static uint[] Words(ChipRun run, uint address, int count)
    {
        byte[] bytes = run.ReadMemory(address, 4 * count);
        return [.. Enumerable.Range(0, count).Select(i => BitConverter.ToUInt32(bytes, 4 * i))];
    }

    /// <summary>Runs to the end, the first MiB of streaming memory filled with A5.</summary>
    private static ChipRun Boot(string configuration, string program)
    {
        AssemblyResult assembly = Assembler.Assemble("order.s", program);
        Assert.Empty(assembly.Diagnostics);
        byte[] filled = new byte[1 << 20];
        Array.Fill(filled, (byte)0xA5);
        var run = new ChipRun(Firmware.Configuration(configuration), assembly.Image!, [(Stream, filled)], new RunOptions { MaximumCycles = 2_000_000 });
        run.Advance(2_000_000);
        return run;
    }
}
