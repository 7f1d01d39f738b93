using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

/// <summary>firmware/gemm: its numbers against a triple loop, and its waits, none of which may be missing.</summary>
public sealed class GemmTests(ITestOutputHelper output)
{
    private const int M = 96, K = 80, N = 40;
    private const byte XFree = 1, YFree = 3; // semaphores
    private const int FirstWaitByte = 8, SecondWaitByte = 10, FirstPostByte = 12, SecondPostByte = 14; // of a descriptor; each {semaphore, count}

    [Theory]
    [InlineData("tiny")]
    [InlineData("edge")]
    [InlineData("hybrid")]
    [InlineData("datacenter")]
    [InlineData("tiny array.rows=3 array.columns=11")]
    [InlineData("tiny core.clock=700_MHz checks.races=off")]
    public void The_product_is_bit_equal_to_a_triple_loop(string config)
    {
        uint[] expected = Product(k => k);
        ChipRun run = Firmware.Boot(config, Firmware.Gemm, null);
        string console = run.Finish();
        Assert.Equal(expected, run.Signature(Firmware.Gemm));

        uint folded = 0;
        foreach (uint word in expected)
            folded = BitOperations.RotateLeft(folded, 5) ^ word;
        Assert.Equal($"gemm 96 x 80 x 40 bf16, folded result {folded:x8}\n", console);
        Assert.Equal(File.ReadAllText(Path.Combine(Firmware.Root, "firmware", "gemm", "expected.txt")), console);
    }

    /// <summary>Else the comparison above would hold for an array that adds in any order.</summary>
    [Fact]
    public void Another_order_of_k_would_be_noticed()
    {
        uint[] ascending = Product(k => k), descending = Product(k => K - 1 - k), swapped = Product(k => k ^ 1);
        int Differences(uint[] other) => ascending.Zip(other).Count(p => p.First != p.Second);
        Assert.InRange(Differences(descending), ascending.Length * 3 / 4, ascending.Length);
        Assert.InRange(Differences(swapped), ascending.Length / 2, ascending.Length);
    }

    public static TheoryData<int, int> Waits() => Counts(FirstWaitByte, SecondWaitByte);

    /// <summary>Descriptor numbers, and the places in them, whose count is not zero.</summary>
    private static TheoryData<int, int> Counts(params int[] places)
    {
        var counts = new TheoryData<int, int>();
        byte[] code = Descriptors();
        for (int i = 0; i < code.Length / Descriptor.SizeBytes; i++)
        {
            foreach (int at in places)
            {
                if (code[(i * Descriptor.SizeBytes) + at + 1] != 0)
                    counts.Add(i, at);
            }
        }

        return counts;
    }

    [Fact]
    public void Everything_but_the_first_load_of_gemm_waits_for_something() => Assert.Equal(12, Waits().Count);

    /// <summary>Posts of x_full and y_full. Those of the free buffers outnumber the waits, and products keep their order anyway.</summary>
    public static IEnumerable<object[]> Posts() =>
        Counts(FirstPostByte, SecondPostByte).Where(p => Descriptors()[((int)p[0] * Descriptor.SizeBytes) + (int)p[1]] is not (XFree or YFree));

    [Theory]
    [MemberData(nameof(Posts))]
    public void A_post_of_data_that_is_dropped_deadlocks_and_the_report_names_the_semaphore(int descriptor, int postByte)
    {
        byte[] code = Descriptors();
        Span<byte> post = code.AsSpan((descriptor * Descriptor.SizeBytes) + postByte, 2);
        byte semaphore = post[0];
        post.Clear();
        ChipRun run = Firmware.Boot("tiny", Firmware.Gemm, new RunOptions { MaximumCycles = 1_000_000 }, ("program", code));
        run.Advance(1_000_000);
        output.WriteLine(run.Fault?.ToString());
        Assert.Equal(FaultKind.Deadlock, run.Fault?.Kind);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"for semaphore {semaphore}, which has 0 of 1"), run.Fault!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Waits))]
    public void A_wait_that_is_dropped_never_passes_silently(int descriptor, int waitByte)
    {
        byte[] code = Descriptors();
        Span<byte> wait = code.AsSpan((descriptor * Descriptor.SizeBytes) + waitByte, 2);
        byte semaphore = wait[0];
        wait.Clear();
        Descriptor without = Descriptor.Read(code.AsSpan(descriptor * Descriptor.SizeBytes));
        foreach (string config in (string[])["tiny", "hybrid", "tiny core.clock=100_MHz"])
        {
            ChipRun run = Firmware.Boot(config, Firmware.Gemm, new RunOptions { MaximumCycles = 1_000_000 }, ("program", code));
            while (run.Advance(100_000) == RunResult.Running)
            {
            }

            string what = string.Create(CultureInfo.InvariantCulture, $"{config}: #{descriptor} {without.Opcode} without its wait for semaphore {semaphore}");
            output.WriteLine($"{what}: {run.Fault?.Kind.ToString() ?? "nobody saw it"} {run.Fault?.Where}\n{run.Fault?.Message}");
            Assert.True(run.Fault is not null, $"{what} ran to its end");
            Assert.True(run.Fault.Kind is FaultKind.Race or FaultKind.Deadlock or FaultKind.SemaphoreOverflow, $"{what}: {run.Fault}");
        }
    }

    [Fact]
    public void A_race_saved_before_it_is_told_is_told_in_the_same_words_after_a_restore()
    {
        byte[] code = Descriptors();
        (int descriptor, int waitByte) = ((int)Waits().First()[0], (int)Waits().First()[1]);
        code.AsSpan((descriptor * Descriptor.SizeBytes) + waitByte, 2).Clear();
        ChipRun Boot() => Firmware.Boot("tiny", Firmware.Gemm, null, ("program", code));
        ChipRun whole = Boot(), first = Boot(), second = Boot();
        whole.Advance(1_000_000);
        Assert.Equal(FaultKind.Race, whole.Fault?.Kind);
        first.Advance(whole.Cycles - 1);
        Assert.Null(first.Fault);
        using var saved = new MemoryStream();
        first.Chip.Save(saved);
        saved.Position = 0;
        second.Chip.Restore(saved);
        second.Advance(10);
        Assert.Equal(whole.Fault, second.Fault);
    }

    private static byte[] Descriptors()
    {
        uint start = Firmware.Address(Firmware.Gemm, "program"), end = Firmware.Address(Firmware.Gemm, "program_end");
        return Bytes(start, (int)(end - start));
    }

    private static byte[] Bytes(uint address, int length)
    {
        ElfSegment segment = Firmware.Gemm.Segments.Single(s => address >= s.Address && address + (ulong)length <= s.Address + (ulong)s.Bytes.Length);
        return segment.Bytes.Slice((int)(address - segment.Address), length).ToArray();
    }

    private static float[] Operand(string symbol, int count)
    {
        byte[] bytes = Bytes(Firmware.Address(Firmware.Gemm, symbol), count * 2);
        return [.. MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(Bf16.ToFloat)];
    }

    // Order is the k of each step.
    private static uint[] Product(Func<int, int> order)
    {
        float[] a = Operand("a_matrix", M * K), b = Operand("b_matrix", K * N);
        uint[] c = new uint[M * N];
        for (int i = 0; i < M; i++)
        {
            for (int j = 0; j < N; j++)
            {
                float sum = 0;
                for (int step = 0; step < K; step++)
                    sum = Fp32.Fma(a[(i * K) + order(step)], b[(order(step) * N) + j], sum);
                c[(i * N) + j] = BitConverter.SingleToUInt32Bits(sum);
            }
        }

        return c;
    }
}
