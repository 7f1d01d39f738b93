using System.Runtime.InteropServices;
using HybridEmu.Isa;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

/// <summary>Different descriptors that must leave the same bytes.</summary>
public sealed class MetamorphicTests(ITestOutputHelper output)
{
    private const ulong Sp = AddressMap.Scratchpad;

    [Theory]
    [InlineData(ElementType.Bf16, "tiny")]
    [InlineData(ElementType.Bf16, "edge")]
    [InlineData(ElementType.Int8, "tiny array.int8_packing=4")]
    [InlineData(ElementType.Int4, "tiny array.int4_packing=8")]
    public void A_product_cut_into_tiles_any_way_is_the_same_product(ElementType type, string config)
    {
        const int A = 0, W = 0x1000, D = 0x2000, Pitch = 64;
        ElementType sum = type == ElementType.Bf16 ? ElementType.Fp32 : ElementType.Int32;
        for (ulong seed = 0; seed < 4; seed++)
        {
            var random = new GraphRandom(seed);
            int m = random.From(2, 20), k = random.From(17, 32), n = random.From(17, 24);

            // Cuts where a row of packed elements, and an address, begin on 16 bytes.
            int step = type == ElementType.Bf16 ? 8 : type == ElementType.Int8 ? 16 : 32;
            int rows = random.From(1, m), inner = Math.Min(step, k), columns = Math.Min(type == ElementType.Bf16 ? 8 : 16, n);
            List<Descriptor> whole = [Product(0, m, k, n, A, W, false), Drain(0, m, n, D, n)];
            List<Descriptor> tiled = [];
            for (int i = 0; i < m; i += rows)
            {
                for (int j = 0; j < n; j += type == ElementType.Int4 ? n : columns)
                {
                    int h = Math.Min(rows, m - i), w = type == ElementType.Int4 ? n : Math.Min(columns, n - j);
                    for (int q = 0; q < k; q += inner)
                        tiled.Add(Product(1, h, Math.Min(inner, k - q), w, A + (i * Pitch) + Bytes(q), W + (q * Pitch) + Bytes(j), q > 0));
                    tiled.Add(Drain(1, h, w, D + (i * 128) + (j * 4), w));
                }
            }

            byte[] one = Run(whole, config, seed, out _), other = Run(tiled, config, seed, out _);
            for (int i = 0; i < m; i++)
                Assert.Equal(one.AsSpan(D + (i * 128), n * 4), other.AsSpan(D + (i * 128), n * 4));
        }

        int Bytes(int elements) => type == ElementType.Int4 ? elements / 2 : elements * type.SizeBytes();

        Descriptor Product(byte slot, int m, int k, int n, int a, int w, bool accumulate) => new()
        {
            Opcode = DescriptorOpcode.MxMatmul,
            Version = DescriptorTable.Version,
            TypeA = type,
            TypeB = type,
            TypeAccumulator = sum,
            N0 = m,
            N1 = k,
            N2 = n,
            A = Sp + (ulong)a,
            B = Sp + (ulong)w,
            PitchA = Pitch,
            PitchB = Pitch,
            Slot = slot,
            Accumulate = accumulate,
        };

        Descriptor Drain(byte slot, int m, int n, int d, int columns) => new()
        {
            Opcode = DescriptorOpcode.MxDrain,
            Version = DescriptorTable.Version,
            TypeAccumulator = sum,
            TypeOut = sum,
            N0 = m,
            N2 = columns,
            D = Sp + (ulong)d,
            PitchD = 128,
            Slot = slot,
        };
    }

    [Theory]
    [InlineData(ElementType.Int8)]
    [InlineData(ElementType.Bf16)]
    [InlineData(ElementType.Fp32)]
    public void Transposing_twice_gives_back_every_bit(ElementType type)
    {
        const int A = 0, Once = 0x1000, Twice = 0x2000;
        for (ulong seed = 0; seed < 5; seed++)
        {
            var random = new GraphRandom(seed);
            int m = random.From(1, 24), n = random.From(1, 24), pitchA = (((n * 4) + 15) & -16) + 16, pitchT = ((m * 4) + 15) & -16;
            byte[] left = Run([Transpose(A, Once, m, n, pitchA, pitchT), Transpose(Once, Twice, n, m, pitchT, pitchA)], "tiny", seed, out _);
            for (int i = 0; i < m; i++)
                Assert.Equal(left.AsSpan(A + (i * pitchA), n * type.SizeBytes()), left.AsSpan(Twice + (i * pitchA), n * type.SizeBytes()));
        }

        Descriptor Transpose(int a, int d, int m, int n, int pitchA, int pitchD) => new()
        {
            Opcode = DescriptorOpcode.TrTranspose,
            Version = DescriptorTable.Version,
            TypeA = type,
            TypeOut = type,
            N0 = m,
            N2 = n,
            A = Sp + (ulong)a,
            D = Sp + (ulong)d,
            PitchA = pitchA,
            PitchD = pitchD,
        };
    }

    [Fact]
    public void Two_buffers_give_the_bytes_of_one_buffer_in_fewer_cycles()
    {
        byte[] single = Run(Stream(1), "tiny", 7, out long cyclesOfOne), twice = Run(Stream(2), "tiny", 7, out long cyclesOfTwo);
        output.WriteLine($"one buffer {cyclesOfOne} cycles, two {cyclesOfTwo}");
        Assert.Equal(single.AsSpan(^GraphMemory.StreamBytes..), twice.AsSpan(^GraphMemory.StreamBytes..));
        Assert.True(cyclesOfTwo < cyclesOfOne);

        // Blocks of HBM through the vector unit and back: the orders between them follow from where the blocks lie.
        static List<Descriptor> Stream(int buffers)
        {
            const int Block = 1024, Blocks = 6;
            List<Descriptor> graph = [];
            for (int i = 0; i < Blocks; i++)
            {
                ulong x = Sp + (ulong)(i % buffers * 0x1000), y = x + 0x800;
                ulong from = GraphProgram.StreamAddress + (ulong)(i * Block), to = from + (Block * Blocks);
                graph.Add(Copy(DescriptorOpcode.LdCopy, from, x, Block / 4));
                graph.Add(new Descriptor
                {
                    Opcode = DescriptorOpcode.VxMul,
                    Version = DescriptorTable.Version,
                    TypeA = ElementType.Fp32,
                    TypeB = ElementType.Fp32,
                    TypeOut = ElementType.Fp32,
                    N0 = 1,
                    N2 = Block / 4,
                    A = x,
                    B = x,
                    D = y,
                    PitchA = Block,
                    PitchB = Block,
                    PitchD = Block,
                });
                graph.Add(Copy(DescriptorOpcode.StCopy, y, to, Block / 4));
            }

            return graph;
        }
    }

    private static Descriptor Copy(DescriptorOpcode opcode, ulong a, ulong d, int words)
    {
        Descriptor copy = new()
        {
            Opcode = opcode,
            Version = DescriptorTable.Version,
            TypeA = ElementType.Fp32,
            TypeOut = ElementType.Fp32,
            Dimensions = 1,
            N0 = words,
            A = a,
            D = d,
        };
        Span<uint> fields = MemoryMarshal.Cast<Descriptor, uint>(MemoryMarshal.CreateSpan(ref copy, 1));
        (fields[10], fields[13]) = (4, 4); // strides
        return copy;
    }

    /// <summary>The scratchpad, then HBM's stream, as the chip leaves them; the reference leaves the same.</summary>
    private static byte[] Run(List<Descriptor> graph, string config, ulong seed, out long cycles)
    {
        GraphProgram? program = GraphProgram.Of(graph, seed, drainPercent: 0);
        Assert.NotNull(program);
        (byte[] bytes, HybridEmu.Kernel.Fault? fault, cycles) = program.Run(config, warm: true);
        Assert.True(fault is null, fault?.Message);
        Assert.Null(GraphProgram.Difference(program.Expected, bytes));
        return [.. bytes[GraphMemory.FinalAt..], .. bytes[..GraphMemory.StreamBytes]];
    }
}
