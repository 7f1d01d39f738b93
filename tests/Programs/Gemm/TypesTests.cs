using System.Runtime.InteropServices;
using HybridEmu.Chip;
using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>Every pair of types of mx.matmul, from assembly to HBM, on chips that pack products and chips that do not.</summary>
public sealed class TypesTests
{
    private const int M = 19, K = 77, N = 23;
    private const int PitchA = 160, PitchB = 64, TransposedPitchB = 160; // bytes, for the widest type

    [Theory]
    [InlineData(ElementType.Int4, ElementType.Int4, "type=int4", false)]
    [InlineData(ElementType.Int4, ElementType.Int4, "type=int4", true)]
    [InlineData(ElementType.Int8, ElementType.Int8, "type=int8", false)]
    [InlineData(ElementType.Int8, ElementType.Int8, "type=int8", true)]
    [InlineData(ElementType.Int16, ElementType.Int8, "type=int16", false)]
    [InlineData(ElementType.Int8, ElementType.Int16, "typea=int8, typeb=int16, acc=int32", true)]
    public void An_integer_product_is_the_same_on_every_chip(ElementType typeA, ElementType typeB, string types, bool transposed)
    {
        byte[] a = Bytes(3, M * PitchA), b = Bytes(4, Math.Max(K * PitchB, N * TransposedPitchB));
        int pitchB = transposed ? TransposedPitchB : PitchB;
        ElfImage image = Assemble(types + (transposed ? ", transposeb" : ""), pitchB, b.Length);
        var expected = new uint[M * N];
        for (int i = 0; i < M; i++)
        {
            for (int j = 0; j < N; j++)
            {
                for (int k = 0; k < K; k++)
                {
                    int w = transposed ? Element(b.AsSpan(j * pitchB), k, typeB) : Element(b.AsSpan(k * pitchB), j, typeB);
                    expected[(i * N) + j] += (uint)(Element(a.AsSpan(i * PitchA), k, typeA) * w);
                }
            }
        }

        foreach (string config in (string[])["tiny", "tiny array.int8_packing=4 array.int4_packing=8", "hybrid array.int8_packing=4", "edge array.int4_packing=8",
            "tiny array.rows=3 array.columns=11 array.int8_packing=4 array.int4_packing=8", "tiny array.accumulate=bottom"])
        {
            ChipRun run = Firmware.Boot(config, image, null, ("a_matrix", a), ("b_matrix", b));
            run.Finish();
            Assert.Equal(expected, run.Signature(image));
            Assert.Equal(M * K * N, run.Statistics().Macs.Macs);
        }
    }

    [Theory]
    [InlineData("", 0x101)]
    [InlineData("array.int8_packing=4", 0x104)]
    [InlineData("array.int8_packing=4 array.int4_packing=8", 0x804)]
    public void Firmware_can_ask_how_many_products_a_PE_makes(string settings, uint packing)
    {
        ElfImage image = Assemble("""
            main:
                csrr    a0, hxpacking
                ret
            """);
        Firmware.Boot($"tiny {settings}", image, null).Finish(packing);
    }

    private static int Element(ReadOnlySpan<byte> row, int index, ElementType type) => type switch
    {
        ElementType.Int4 => Int4.Element(row, index),
        ElementType.Int16 => MemoryMarshal.Cast<byte, short>(row)[index],
        _ => (sbyte)row[index],
    };

    private static byte[] Bytes(ulong seed, int count) => [.. Enumerable.Range(0, count).Select(i => (byte)CounterRandom.Bits(seed, (ulong)i))];

    private static ElfImage Assemble(string matmul, int pitchB, int bytesB) => Assemble($"""
            .spalloc x, {M * PitchA}
            .spalloc w, {bytesB}
            .spalloc y, {M * 96}
        main:
            csrr    t0, mhartid
            bnez    t0, done
            issue   load_a
            issue   load_b
            issue   multiply
            issue   drain
            issue   store
            wait_for ALL_QUEUES
        done:
            li      a0, 0
            ret
            .data
        load_a:
            ld.copy a=a_matrix, d=sp(x), dims=1, n0={M * PitchA}, src0=1, dst0=1, typea=int8, out=int8, post=0:1
        load_b:
            ld.copy a=b_matrix, d=sp(w), dims=1, n0={bytesB}, src0=1, dst0=1, typea=int8, out=int8, post=0:1
        multiply:
            mx.matmul a=sp(x), w=sp(w), slot=0, m={M}, k={K}, n={N}, pitcha={PitchA}, pitchw={pitchB}, {matmul}, wait=0:2
        drain:
            mx.drain d=sp(y), slot=0, m={M}, n={N}, pitchd=96, acc=int32, out=int32, post=1:1
        store:
            st.copy a=sp(y), d=begin_signature, dims=2, n0={N}, n1={M}, src0=4, src1=96, dst0=4, dst1={N * 4}, typea=int32, out=int32, wait=1:1
            .section .stream, "aw", @nobits
            .globl a_matrix, b_matrix, begin_signature, end_signature
        a_matrix: .space 0x10000
        b_matrix: .space 0x10000
        begin_signature: .space {M * N * 4}
        end_signature:
        """);

    private static ElfImage Assemble(string program)
    {
        string library = Path.Combine(Firmware.Root, "firmware", "lib");
        var options = new AssemblerOptions { IncludeResolver = AssemblerOptions.ResolveFrom(library) };
        AssemblyResult result = Assembler.Assemble("types.s", ".include \"hx.inc\"\n" + program, options);
        Assert.Empty(result.Diagnostics);
        return result.Image!;
    }
}
