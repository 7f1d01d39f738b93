using System.Text;
using HybridEmu.Chip;
using HybridEmu.Isa;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

/// <summary>Pinned weights from assembly to HBM: many small batches through one layer, by descriptors that lie in the cache, and the faults of the form.</summary>
public sealed class PinnedTests(ITestOutputHelper output)
{
    private const int Batches = 4, Rounds = 16, M = 4;

    [Theory]
    [InlineData("tiny", 8)]
    [InlineData("edge tiles=1", 16)]
    [InlineData("hybrid tiles=1", 32)]
    public void A_chip_serves_batches_in_fewer_cycles_with_pinned_weights_and_the_same_bits(string config, int side)
    {
        byte[] a = Numbers(1, Batches * M * side), w = Numbers(2, side * side);
        (long Cycles, uint[] Result) Run(bool pinned)
        {
            ElfImage image = Serve(side, pinned);
            ChipRun run = Firmware.Boot(config, image, null, ("a_matrix", a), ("b_matrix", w));
            run.Finish();
            return (run.Cycles, run.Signature(image));
        }

        (long products, uint[] expected) = Run(false);
        (long streams, uint[] result) = Run(true);
        Assert.Equal(expected, result);
        Assert.Contains(expected, bits => bits != 0);
        output.WriteLine($"{config}: {Rounds * Batches} batches of {M} x {side} x {side} take {products} cycles with mx.matmul each, {streams} with pinned weights");
        Assert.True(streams < products);
    }

    [Theory]
    [InlineData("multiply stream", "WeightShape")]
    [InlineData("load multiply stream", "WeightShape")]
    [InlineData("load other", "WeightShape")]
    [InlineData("large", "TileTooLarge")]
    [InlineData("load stream stream", null)]
    public void A_stream_without_its_weights_ends_the_run_and_says_so(string program, string? cause)
    {
        var issues = new StringBuilder();
        foreach (string part in program.Split(' '))
            issues.AppendLine($"    issue {part}");
        ElfImage image = Assemble($"""
                .spalloc x, 1024
                .spalloc w, 1024
            main:
            {issues}
                wait_for ALL_QUEUES
                li      a0, 0
                ret
                .data
            load:
                mx.load w=sp(w), k=8, n=8, pitchw=16, type=bf16
            large:
                mx.load w=sp(w), k=9, n=8, pitchw=16, type=bf16
            stream:
                mx.stream a=sp(x), slot=0, m=4, k=8, n=8, pitcha=16, type=bf16
            other:
                mx.stream a=sp(x), slot=0, m=4, k=7, n=8, pitcha=16, type=bf16
            multiply:
                mx.matmul a=sp(x), w=sp(w), slot=0, m=4, k=8, n=8, pitcha=16, pitchw=16, type=bf16
            """);
        ChipRun run = Firmware.Boot("tiny", image, null);
        while (run.Advance(250_000) == RunResult.Running)
        {
        }

        if (cause is null)
            Assert.Null(run.Fault);
        else
            Assert.Contains(cause, run.Fault!.ToString(), StringComparison.Ordinal);
    }

    private static ElfImage Serve(int side, bool pinned)
    {
        int pitch = side * 2, out1 = M * side * 4;
        var descriptors = new StringBuilder();
        for (int batch = 0; batch < Batches; batch++)
        {
            string place = $"a=sp(x) + {batch * M * pitch}", sizes = $"slot={batch % 4}, m={M}, k={side}, n={side}, pitcha={pitch}, type=bf16";
            descriptors.AppendLine(pinned ? $"    mx.stream {place}, {sizes}" : $"    mx.matmul {place}, w=sp(w), {sizes}, pitchw={pitch}");
            descriptors.AppendLine($"    mx.drain d=sp(y) + {batch * out1}, slot={batch % 4}, m={M}, n={side}, pitchd={side * 4}, acc=fp32, out=fp32");
        }

        return Assemble($"""
                .spalloc x, {Batches * M * pitch}
                .spalloc w, {side * pitch}
                .spalloc y, {Batches * out1}
            main:
                issue   load_a
                issue   load_b
                wait_for ALL_QUEUES
                {(pinned ? "issue   load_w" : "")}
                li      s2, {Rounds}
            1:  la      s0, program
                la      s1, program_end
            2:  hx.issue s0
                addi    s0, s0, 64
                bltu    s0, s1, 2b
                addi    s2, s2, -1
                bnez    s2, 1b
                wait_for ALL_QUEUES
                issue   store
                wait_for ALL_QUEUES
                li      a0, 0
                ret
                .data
            load_a:
                ld.copy a=a_matrix, d=sp(x), dims=1, n0={Batches * M * side}, src0=2, dst0=2, typea=bf16, out=bf16
            load_b:
                ld.copy a=b_matrix, d=sp(w), dims=1, n0={side * side}, src0=2, dst0=2, typea=bf16, out=bf16
            load_w:
                mx.load w=sp(w), k={side}, n={side}, pitchw={pitch}, type=bf16
            program:
            {descriptors}
            program_end:
            store:
                st.copy a=sp(y), d=begin_signature, dims=1, n0={Batches * M * side}, src0=4, dst0=4, typea=fp32, out=fp32
                .section .stream, "aw", @nobits
                .globl a_matrix, b_matrix, begin_signature, end_signature
            a_matrix: .space 0x10000
            b_matrix: .space 0x10000
            begin_signature: .space {Batches * out1}
            end_signature:
            """);
    }

    private static byte[] Numbers(ulong seed, int count) => [.. Enumerable.Range(0, count)
        .SelectMany(i => BitConverter.GetBytes(Bf16.FromFloat((CounterRandom.Uniform(seed, (ulong)i) - 0.5f) * 6)))];

    private static ElfImage Assemble(string program)
    {
        string library = Path.Combine(Firmware.Root, "firmware", "lib");
        var options = new AssemblerOptions { IncludeResolver = AssemblerOptions.ResolveFrom(library) };
        AssemblyResult result = Assembler.Assemble("pinned.s", ".include \"hx.inc\"\n" + program, options);
        Assert.Empty(result.Diagnostics);
        return result.Image!;
    }
}
