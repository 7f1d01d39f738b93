using System.Runtime.InteropServices;
using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Programs.Tests;

/// <summary>firmware/conv: im2col and product against a convolution in plain loops; sums, frames and int4 on whole chips.</summary>
public sealed class ConvolutionTests
{
    public static TheoryData<string, bool> Chips => new()
    {
        { "tiny", false }, { "edge", false }, { "hybrid", false }, { "tiny", true }, { "hybrid", true }, { "datacenter", true },
        { "tiny fabric.wide_outstanding=4 scratchpad.banks=2", true }, { "hybrid fabric.load_ports=4", true },
    };

    [Theory]
    [MemberData(nameof(Chips))]
    public void Windows_times_weights_are_the_convolution_bit_for_bit(string config, bool dilated)
    {
        ConvolutionCase sizes = dilated ? ConvolutionCase.Dilated : ConvolutionCase.Strided;
        ElfImage image = sizes.Assemble();
        ChipRun run = sizes.Boot(config, image);
        Assert.Equal("", run.Finish());
        float[] expected = sizes.Convolution();
        Assert.Equal(expected, Floats(run, image, "result", expected.Length));
        Assert.Equal(expected.Select(v => v + v), Floats(run, image, "total", expected.Length));
        Assert.Equal(ConvolutionCase.Packed, run.ReadMemory(Firmware.Address(image, "repacked"), ConvolutionCase.Packed.Length));

        int row = sizes.W * sizes.C;
        ushort[] pixels = sizes.Pixels, frame = MemoryMarshal.Cast<byte, ushort>(run.ReadMemory(Firmware.Address(image, "framed_image"), (row + (2 * sizes.C)) * sizes.H * 2)).ToArray();
        for (int y = 0; y < sizes.H; y++)
        {
            ushort[] edge = [.. Enumerable.Repeat((ushort)0xBF80, sizes.C)];
            Assert.Equal([.. edge, .. pixels.AsSpan(y * row, row), .. edge], frame.AsSpan(y * (row + (2 * sizes.C)), row + (2 * sizes.C)).ToArray());
        }
    }

    [Fact]
    public void Skipping_engines_and_the_order_of_evaluation_change_neither_bits_nor_cycles_nor_state()
    {
        (ulong Early, ulong Late, long Cycles) Run(RunOptions options)
        {
            ConvolutionCase sizes = ConvolutionCase.Strided with { Rounds = 3 };
            ChipRun run = sizes.Boot("tiny", sizes.Assemble(), options);
            run.Advance(3000);
            ulong early = run.Chip.StateHash();
            Assert.False(run.Finished);
            run.Finish();
            return (early, run.Chip.StateHash(), run.Cycles);
        }

        var one = Run(new RunOptions());
        Assert.Equal(one, Run(new RunOptions { Skipping = false }));
        Assert.Equal(one, Run(new RunOptions { ShuffleSeed = 4 }));
        Assert.Equal(one, Run(new RunOptions { Engine = ArrayEngine.Step }));
    }

    [Fact]
    public void A_run_restored_in_the_middle_of_any_descriptor_ends_as_the_whole_one()
    {
        ConvolutionCase sizes = ConvolutionCase.Dilated with { Rounds = 1 };
        ElfImage image = sizes.Assemble();
        ChipRun whole = sizes.Boot("tiny", image);
        whole.Finish();
        ulong end = whole.Chip.StateHash();
        int restores = 0;
        for (long at = 500; at < whole.Cycles; at += 211, restores++)
        {
            ChipRun first = sizes.Boot("tiny", image), second = sizes.Boot("tiny", image);
            first.Advance(at);
            using var saved = new MemoryStream();
            first.Chip.Save(saved);
            saved.Position = 0;
            second.Chip.Restore(saved);
            second.Finish();
            Assert.Equal((whole.Cycles, end), (second.Cycles, second.Chip.StateHash()));
        }

        Assert.True(restores >= 10, $"{whole.Cycles} cycles");
    }

    [Fact]
    public void A_cycle_of_windows_padding_and_sums_allocates_nothing()
    {
        ConvolutionCase sizes = ConvolutionCase.Strided with { Rounds = 60_000 };
        ChipRun run = sizes.Boot("tiny", sizes.Assemble());
        Assert.Equal(RunResult.Running, run.Advance(200_000));
        long before = GC.GetAllocatedBytesForCurrentThread();
        RunResult result = run.Advance(200_000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal((RunResult.Running, 0L), (result, allocated));
    }

    [Theory]
    [InlineData("wait=x_free:1, ")]
    [InlineData("wait=x_full:1, ")]
    [InlineData(", wait=y_full:1")]
    [InlineData("wait=y_free:1, ")]
    [InlineData(", wait=framed:1")]
    [InlineData(", wait=unpacked:1")]
    public void Leaving_out_a_wait_is_a_race_or_a_deadlock(string wait)
    {
        ConvolutionCase sizes = ConvolutionCase.Strided;
        ElfImage image = sizes.Assemble(source =>
        {
            int at = source.IndexOf(wait, StringComparison.Ordinal);
            Assert.True(at > 0);
            return source.Remove(at, wait.Length);
        });
        ChipRun run = sizes.Boot("tiny", image, new RunOptions { MaximumCycles = 1_000_000 });
        while (run.Advance(100_000) == RunResult.Running)
        {
        }

        Assert.True(run.Fault?.Kind is FaultKind.Race or FaultKind.SemaphoreOverflow or FaultKind.Deadlock, $"{run.Fault}");
    }

    [Theory]
    [InlineData("st.accumulate", "", true)]
    [InlineData("st.accumulate", ", chain", false)]
    [InlineData("st.copy", "", true)]
    [InlineData("st.copy", ", chain", false)]
    public void A_sum_needs_order_behind_whoever_wrote_the_same_bytes(string first, string chain, bool race)
    {
        ChipRun run = Inline($"""
            issue   one
            issue   two
            .data
            one: {first} a=0x40000000, d=place, n0=64, type=fp32
            two: st.accumulate a=0x40000400, d=place + 240, n0=64, type=fp32{chain}
            """);
        while (run.Advance(100_000) == RunResult.Running)
        {
        }

        Assert.Equal(race ? FaultKind.Race : (FaultKind?)null, run.Fault?.Kind);
        Assert.Equal(race ? null : 0u, run.ExitCode);
    }

    [Theory]
    [InlineData("ld.im2col a=place, n=10, m=1, channels=1, height=8, width=8, oh=6, ow=6, kh=3, kw=3, sh=1, sw=1, dh=1, dw=1, pitch=10", QueueFaultCause.Size)]
    [InlineData("ld.im2col a=place + 1, n=9, m=1, channels=1, height=8, width=8, oh=6, ow=6, kh=3, kw=3, sh=1, sw=1, dh=1, dw=1, pitch=9", QueueFaultCause.None)]
    [InlineData("ld.im2col a=place, n=9, m=1, channels=1, height=0xFFFF, width=0xFFFF, oh=6, ow=6, kh=3, kw=3, sh=1, sw=1, dh=1, dw=1, pitch=9", QueueFaultCause.UnmappedAddress)]
    [InlineData("ld.im2col a=0x80000000, n=9, m=1, channels=1, height=8, width=8, oh=6, ow=6, kh=3, kw=3, sh=1, sw=1, dh=1, dw=1, pitch=9", QueueFaultCause.Aliasing)]
    [InlineData("ld.copy a=place, n0=9, dims=1, src0=1, dst0=1, padafter=255, padbefore=255, d=0x4001FE00", QueueFaultCause.UnmappedAddress)]
    [InlineData("ld.copy a=place, n0=2, dims=1, src0=1, dst0=1, padafter=255, padbefore=255, d=0x4001FE00", QueueFaultCause.None)]
    public void A_fault_is_found_before_the_first_effect(string descriptor, QueueFaultCause cause)
    {
        string d = descriptor.Contains("d=0x", StringComparison.Ordinal) ? "" : ", d=0x40000000";
        ChipRun run = Inline($"""
            issue   one
            .data
            one: {descriptor}{d}, typea=int8, out=int8, template
            """);
        while (run.Advance(100_000) == RunResult.Running)
        {
        }

        DispatchQueue queue = run.Chip.Dispatch(0).State.Queues[0];
        Assert.Equal(cause == QueueFaultCause.None, run.Fault is null);
        Assert.Equal((cause, cause == QueueFaultCause.None ? 1u : 0u), (queue.Cause, queue.Started));
    }

    // On a tiny chip, which has 128 KiB of scratchpad: instructions, .data, descriptors.
    private static ChipRun Inline(string text) => Firmware.Boot(
        "tiny",
        Firmware.Inline($"""
            {text}
                .section .stream, "aw", @nobits
            place: .space 4096
            """),
        new RunOptions { MaximumCycles = 1_000_000 });

    private static float[] Floats(ChipRun run, ElfImage image, string symbol, int count) =>
        MemoryMarshal.Cast<byte, float>(run.ReadMemory(Firmware.Address(image, symbol), count * 4)).ToArray();
}
