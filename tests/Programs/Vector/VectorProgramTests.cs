using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Reference;

namespace HybridEmu.Programs.Tests;

/// <summary>Softmax forward and backward, normalisation, clipping and Adam as a program, from assembly to HBM, against the reference.</summary>
public sealed class VectorProgramTests
{
    private const int Bytes = 16384;

    private const string Program = """
            .include "hx.inc"
            .spalloc all, 16384
        main:
            csrr    t0, mhartid
            bnez    t0, done
            issue   load
            la      s0, program
            la      s1, program_end
        1:  hx.issue s0
            addi    s0, s0, 64
            bltu    s0, s1, 1b
            issue   store
            wait_for ALL_QUEUES
        done:
            li      a0, 0
            ret
            .data
        load:
            ld.copy a=input, d=sp(all), dims=1, n0=16384, src0=1, dst0=1, typea=int8, out=int8, post=0:1
            .globl program, program_end
        program:
            vx.softmax a=sp(all), d=sp(all)+1024, m=9, n=21, pitcha=96, pitchd=96, type=fp32, wait=0:1
            vx.softmax_grad a=sp(all)+2048, b=sp(all)+1024, d=sp(all)+3072, m=9, n=21, pitcha=96, pitchb=96, pitchd=96, type=fp32, chain
            vx.norm_rows a=sp(all)+3072, d=sp(all)+4096, m=9, n=21, pitcha=96, pitchd=96, rstd=sp(all)+5120, params=sp(all)+5376, type=fp32, chain
            vx.norm_rows_grad a=sp(all)+2048, b=sp(all)+4096, d=sp(all)+3072, m=9, n=21, pitcha=96, pitchb=96, pitchd=96, rstd=sp(all)+5120, type=fp32, chain
            loss.mse_grad a=sp(all)+3072, target=sp(all)+4096, d=sp(all)+3072, record=sp(all)+5632, m=9, n=21, pitcha=96, pitchb=96, pitchd=96, params=sp(all)+5376, type=fp32, chain
            vx.norm a=sp(all)+3072, record=sp(all)+5888, m=9, n=21, pitcha=96, params=sp(all)+5376, typea=fp32, chain
            vx.clip a=sp(all)+3072, d=sp(all)+3072, record=sp(all)+5888, m=9, n=21, pitcha=96, pitchd=96, params=sp(all)+5376, type=fp32, chain
            opt.adamw a=sp(all)+6144, b=sp(all)+3072, d=sp(all)+7168, m=9, n=24, momentum=sp(all)+8192, variance=sp(all)+9216, params=sp(all)+5376, typea=fp32, typeb=fp32, out=int8, round=stochastic, chain
            pool.max a=sp(all)+6144, index=sp(all)+10240, d=sp(all)+11264, m=6, width=3, n=21, pitcha=96, pitchb=32, pitchd=96, kh=2, kw=1, sh=1, sw=1, type=fp32, chain
            pool.max_grad a=sp(all)+11264, index=sp(all)+10240, d=sp(all)+12288, m=9, width=3, n=21, pitcha=96, pitchb=32, pitchd=96, kh=2, kw=1, sh=1, sw=1, type=fp32, chain
            opt.momentum a=sp(all)+6144, b=sp(all)+12288, d=sp(all)+13312, m=9, n=24, momentum=sp(all)+8192, params=sp(all)+5376, typea=fp32, typeb=fp32, out=bf16, chain, post=1:1
        program_end:
        store:
            st.copy a=sp(all), d=begin_signature, dims=1, n0=16384, src0=1, dst0=1, typea=int8, out=int8, wait=1:1
            .section .stream, "aw", @nobits
            .globl input, begin_signature, end_signature
        input: .space 16384
        begin_signature: .space 16384
        end_signature:
        """;

    [Theory]
    [InlineData("tiny")]
    [InlineData("tiny vector.lanes=4")]
    [InlineData("hybrid")]
    public void A_chain_of_statistics_gradients_and_optimizers_leaves_the_bytes_of_the_reference(string config)
    {
        ElfImage image = Assemble();
        byte[] input = Input();
        ChipRun run = Firmware.Boot(config, image, null, ("input", input));
        run.Finish();
        var scratchpad = new ReferenceMemory(1 << 20);
        scratchpad.Load(0, input);
        var tensor = new ReferenceTensor(new ReferenceTensorConfig(), new ReferenceMemory(1 << 20), scratchpad);
        int executed = 0;
        foreach (Descriptor d in Descriptors(image))
        {
            Assert.Equal(QueueFaultCause.None, tensor.Execute(in d));
            executed++;
        }

        Assert.Equal(11, executed);
        byte[] expected = scratchpad.Bytes(0, Bytes);
        uint[] words = run.Signature(image);
        for (int i = 0; i < words.Length; i++)
            Assert.True(BitConverter.ToUInt32(expected, 4 * i) == words[i], $"word at {4 * i} is {words[i]:x8}, the reference has {BitConverter.ToUInt32(expected, 4 * i):x8}");
        Assert.NotEqual(input, expected);
    }

    private static IEnumerable<Descriptor> Descriptors(ElfImage image)
    {
        uint start = Firmware.Address(image, "program"), end = Firmware.Address(image, "program_end");
        ElfSegment segment = image.Segments.First(s => s.Address <= start && end <= s.Address + (uint)s.Bytes.Length);
        for (uint at = start; at < end; at += Descriptor.SizeBytes)
            yield return Descriptor.Read(segment.Bytes.Span[(int)(at - segment.Address)..]);
    }

    /// <summary>Numbers from -1 to 1 (a variance is their absolute value), and the parameter block.</summary>
    private static byte[] Input()
    {
        byte[] bytes = new byte[Bytes];
        for (int at = 0; at < Bytes; at += 4)
        {
            float value = (2 * CounterRandom.Uniform(6, (ulong)at)) - 1;
            BitConverter.GetBytes(at is >= 9216 and < 10240 ? Math.Abs(value) : value).CopyTo(bytes, at);
        }

        float[] words = [0.01f, 0.9f, 0.99f, 1e-5f, 0.01f, 1.5f, 2f, 0.75f];
        for (int i = 0; i < words.Length; i++)
            BitConverter.GetBytes(words[i]).CopyTo(bytes, 5376 + (4 * i));
        BitConverter.GetBytes(24).CopyTo(bytes, 5376 + 48);
        BitConverter.GetBytes(60f).CopyTo(bytes, 5376 + 52);
        return bytes;
    }

    private static ElfImage Assemble()
    {
        var options = new AssemblerOptions { IncludeResolver = AssemblerOptions.ResolveFrom(Path.Combine(Firmware.Root, "firmware", "lib")) };
        AssemblyResult result = Assembler.Assemble("vector.s", Program, options);
        Assert.Empty(result.Diagnostics);
        return result.Image!;
    }
}
