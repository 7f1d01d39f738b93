using System.Runtime.InteropServices;
using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Programs.Tests;

/// <summary>A chip without transposers, derivatives, losses and optimizers: it says so, infers the same bits and trains nothing.</summary>
public sealed class InferenceChipTests
{
    private const uint TransposeA = 4, TransposeB = 8;

    /// <summary>Reads hxfeatures, and writes down the cause of the fault of every descriptor that is issued, 0 for none.</summary>
    private const string Issue = """
            .text
            .globl _start
        _start:
            la      t0, handler
            csrw    mtvec, t0
            li      t0, 1 << 16
            csrw    mie, t0
            csrsi   mstatus, 8
            la      s0, results
            csrr    t0, hxfeatures
            sw      t0, 0(s0)
            la      s1, descriptors
            la      s2, descriptors_end
        next:
            addi    s0, s0, 4
            hx.issue s1
            li      t0, 15
            hx.drain t0
            addi    s1, s1, 64
            bltu    s1, s2, next
            li      t0, 0x10000008
            sw      zero, 0(t0)
        end:
            j       end
            .align  2
        handler:
            csrr    t1, hxqfault
            andi    t1, t1, 255
            sw      t1, 0(s0)
            li      t1, 2
            csrw    hxqfault, t1
            mret
            .data
            .align 6
        descriptors:
        {0}
        descriptors_end:
        results:
            .zero 4 + 4 * 128

        """;

    [Fact]
    public void An_inference_chip_gives_the_logits_of_hybrid_bit_for_bit_and_counts_the_same()
    {
        var training = new TrainingCase(Count: 160, HeldOutCount: 90, Epochs: 2);
        ChipRun trained = training.Boot("hybrid");
        trained.Finish();
        byte[] weights = MemoryMarshal.AsBytes(trained.Signature(Firmware.Train).AsSpan()).ToArray();
        (uint[] logits, MailboxPost post, string console) = Infer("hybrid", weights, training);
        (uint[] logitsWithout, MailboxPost postWithout, string consoleWithout) = Infer("inference", weights, training);
        Assert.Equal(90 * 16, logits.Length);
        Assert.True(logits.Distinct().Count() > 800); // 90 rows of 10, and six columns of padding
        Assert.Equal(logits, logitsWithout);
        Assert.Equal((post.Correct, post.Seen, console), (postWithout.Correct, postWithout.Seen, consoleWithout));
        Assert.Equal(90u, post.Seen);
        Assert.False(float.IsNaN(post.Loss));
        Assert.True(float.IsNaN(postWithout.Loss));
    }

    [Fact]
    public void Training_ends_at_the_first_operation_that_an_inference_chip_has_not()
    {
        ChipRun run = new TrainingCase(Count: 40, HeldOutCount: 20, Epochs: 1).Boot("inference");
        while (run.Advance(250_000) == RunResult.Running)
        {
        }

        Assert.Equal(FaultKind.QueueFault, run.Fault?.Kind);
        Assert.Contains("loss.xent_grad", run.Fault!.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(QueueFaultCause.UnknownOpcode), run.Fault.Message, StringComparison.Ordinal);
        Assert.Contains("training: off", run.Fault.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hybrid", 0xFFFu)]
    [InlineData("inference", 0xF70u)]
    public void An_operation_is_there_where_one_of_its_feature_bits_is_and_faults_elsewhere(string config, uint features)
    {
        DescriptorRow[] rows = DescriptorTable.Rows.ToArray();
        (uint found, uint[] causes) = Causes(config, [.. rows.Select(r => WithoutSynchronisation(r.Example))]);
        Assert.Equal(features, found);
        for (int i = 0; i < rows.Length; i++)
        {
            // Its flags may be absent where the operation is not; slots and weights may not be ready for its example.
            if (rows[i].IsIn(features))
                Assert.NotEqual((rows[i].Mnemonic, QueueFaultCause.UnknownOpcode), (rows[i].Mnemonic, (QueueFaultCause)causes[i]));
            else
                Assert.Equal((rows[i].Mnemonic, QueueFaultCause.UnknownOpcode), (rows[i].Mnemonic, (QueueFaultCause)causes[i]));
        }
    }

    [Theory]
    [InlineData("mx.matmul a=0x40000000, w=0x40002000, slot=0, m=8, k=8, n=8, pitcha=16, pitchw=16, type=bf16, transposea", TransposeA)]
    [InlineData("mx.matmul a=0x40000000, w=0x40002000, slot=0, m=8, k=8, n=8, pitcha=16, pitchw=16, type=bf16, transposeb", TransposeB)]
    [InlineData("mx.load w=0x40002000, k=8, n=8, pitchw=16, type=bf16, transposeb", TransposeB)]
    public void A_transposed_operand_faults_before_any_effect_where_there_is_no_transposer(string descriptor, uint flag)
    {
        Assert.NotEqual(0u, flag & Assembled(descriptor).Word(0) >> 8);
        Assert.Equal((uint)QueueFaultCause.None, Causes("hybrid", [descriptor]).Causes[0]);
        Assert.Equal((uint)QueueFaultCause.ReservedBits, Causes("inference", [descriptor]).Causes[0]);
        string plain = descriptor[..descriptor.LastIndexOf(',')];
        Assert.Equal((uint)QueueFaultCause.None, Causes("inference", [plain]).Causes[0]);
    }

    [Fact]
    public void The_plan_of_the_inference_chip_is_hybrids_less_what_the_estimate_says_is_gone()
    {
        ChipConfiguration hybrid = Firmware.Configuration("hybrid"), inference = Firmware.Configuration("inference");
        foreach ((AreaOfUnit whole, AreaOfUnit less) in AreaEstimate.Of(hybrid).Units.Zip(AreaEstimate.Of(inference).Units))
        {
            Assert.Equal(whole.Unit, less.Unit);
            Assert.Equal(whole.Unit is "array" or "vector", less.SquareMillimetres < whole.SquareMillimetres);
            Assert.Equal(less.SquareMillimetres / whole.SquareMillimetres, less.Floorplan / whole.Floorplan, 0.001);
        }

        Assert.Equal(
            AreaEstimate.Of(inference).Units.SelectMany(u => u.Terms),
            AreaEstimate.Of(hybrid).Units.SelectMany(u => u.Terms).Where(t => t.What is not ("bits of transposers" or "bits of transpose" or "derivatives" or "losses" or "optimizers")));
    }

    private static (uint[] Logits, MailboxPost Post, string Console) Infer(string config, byte[] weights, TrainingCase training)
    {
        ChipRun run = Firmware.Boot(config, Firmware.Infer, null, ("weights", weights), ("test_data", training.HeldOut.ToBytes()));
        string console = run.Finish();
        return (run.Signature(Firmware.Infer), Assert.Single(run.TakePosts()), console);
    }

    private static (uint Features, uint[] Causes) Causes(string config, string[] descriptors)
    {
        AssemblyResult assembly = Assembler.Assemble("issue.s", Issue.Replace("{0}", string.Join('\n', descriptors), StringComparison.Ordinal));
        Assert.Empty(assembly.Diagnostics);
        ChipRun run = Firmware.Boot($"{config} tiles=1 checks.races=off", assembly.Image!, null);
        run.Finish();
        uint[] results = MemoryMarshal.Cast<byte, uint>(run.ReadMemory(Firmware.Address(assembly.Image!, "results"), 4 * (descriptors.Length + 1))).ToArray();
        return (results[0], results[1..]);
    }

    private static Descriptor Assembled(string descriptor)
    {
        AssemblyResult assembly = Assembler.Assemble("one.s", $"    .globl _start\n_start:\n    nop\n    .data\n    .align 6\nit:\n    {descriptor}\n");
        Assert.Empty(assembly.Diagnostics);
        ElfSegment data = assembly.Image!.Segments.Last(s => s.Bytes.Length >= Descriptor.SizeBytes);
        return MemoryMarshal.Read<Descriptor>(data.Bytes.Span[^Descriptor.SizeBytes..]);
    }

    private static string WithoutSynchronisation(string example) =>
        string.Join(", ", example.Split(", ").Where(p => !p.StartsWith("wait=", StringComparison.Ordinal) && !p.StartsWith("post=", StringComparison.Ordinal)));
}
