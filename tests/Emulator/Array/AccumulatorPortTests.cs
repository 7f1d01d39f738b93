using System.Buffers.Binary;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

public class AccumulatorPortTests
{
    [Fact]
    public void The_core_reads_back_what_it_wrote_in_any_size()
    {
        var bench = new MatrixBench(new MatrixConfig(5, 7, 65536));
        bench.CoreProgram.Enqueue(Write(4, 4, 0x44332211));
        bench.CoreProgram.Enqueue(Write(9, 1, 0x99));
        bench.CoreProgram.Enqueue(Write(65532, 4, 0x12345678));
        bench.CoreProgram.Enqueue(Read(4, 4));
        bench.CoreProgram.Enqueue(Read(6, 2));
        bench.CoreProgram.Enqueue(Read(8, 4));
        bench.CoreProgram.Enqueue(Read(65532, 4));
        bench.Run();
        Assert.Equal([0x44332211u, 0x4433u, 0x9900u, 0x12345678u], bench.CoreResponses.Skip(3).Select(Value));
    }

    [Fact]
    public void The_core_finds_a_product_where_the_layout_says()
    {
        var product = new MatrixCase(3, 4, 6, true, false, false, 1, false, 4);
        var bench = new MatrixBench(new MatrixConfig(4, 4, 4096));
        product.Run(bench);
        uint[] expected = product.Expected();
        int linesPerSlot = 4096 / 4 / 16;
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 6; j++)
            {
                int line = linesPerSlot + (j / 4 * 3) + i;
                bench.CoreProgram.Enqueue(Read((uint)((line * 4) + (j % 4)) * 4, 4));
            }
        }

        bench.Run();
        Assert.Equal(expected, bench.CoreResponses.Select(Value));
    }

    [Fact]
    public void The_core_waits_while_the_array_uses_the_bank_and_the_array_never_waits()
    {
        // k in many blocks: addends are read all the time. Column 0 of slot 3 shares its bank with column 0 of slot 1.
        var product = new MatrixCase(60, 40, 4, false, false, false, 1, false, 4);
        var alone = new MatrixBench(new MatrixConfig(4, 4, 16384));
        var shared = new MatrixBench(new MatrixConfig(4, 4, 16384));
        for (uint i = 0; i < 200; i++)
            shared.CoreProgram.Enqueue(Read(12288 + (i * 16), 4));
        Assert.Equal(product.Run(alone), product.Run(shared));
        Assert.Equal(alone.Finished, shared.Finished);
        Assert.True(shared.Unit.State.CoreConflicts > 300);
        Assert.Equal(200, shared.Unit.State.CoreAccesses);
    }

    [Fact]
    public void A_write_passes_while_only_the_read_port_is_busy()
    {
        // The first R + C cycles of a fold with addends read banks and write none.
        var product = new MatrixCase(6, 8, 8, false, false, false, 2, false, 4);
        var bench = new MatrixBench(new MatrixConfig(8, 8, 16384));
        bench.CoreProgram.Enqueue(Write(12288, 4, 7));
        product.Run(bench);
        Assert.Equal(0, bench.Unit.State.CoreConflicts);
    }

    [Fact]
    public void With_one_port_a_read_of_the_core_waits_for_reads_and_writes_of_its_bank_and_for_no_other_bank()
    {
        // Two products write 6 rows each, the second reads 6 before; column 7's bank is nobody's but the core's.
        var product = new MatrixCase(6, 8, 7, false, false, false, 2, false, 4);
        foreach (bool single in new[] { false, true })
        {
            long conflicts = 0;
            for (int column = 0; column < 8; column += 7)
            {
                var bench = new MatrixBench(new MatrixConfig(8, 8, 16384, SinglePortedAccumulators: single));
                for (int i = 0; i < 100; i++)
                    bench.CoreProgram.Enqueue(Read(12288 + (uint)(column * 4), 4));
                Assert.Equal(product.Expected(), product.Run(bench));
                Assert.Equal(100, bench.Unit.State.CoreAccesses);
                if (column == 7)
                    Assert.Equal(0, bench.Unit.State.CoreConflicts - DrainedRows(bench));
                else
                    conflicts = bench.Unit.State.CoreConflicts - DrainedRows(bench);
            }

            Assert.Equal(single ? 18 : 6, conflicts);
        }

        static long DrainedRows(MatrixBench bench) => bench.Unit.State.DrainedRows;
    }

    private static ScratchpadRequest Read(uint address, byte length) => new() { Address = address, Length = length };

    private static ScratchpadRequest Write(uint address, byte length, uint value)
    {
        var request = new ScratchpadRequest { Address = address, Length = length, Write = 1 };
        BinaryPrimitives.WriteUInt32LittleEndian(Line64.Span(ref request.Data), value);
        return request;
    }

    private static uint Value(ScratchpadResponse response)
    {
        Span<byte> word = stackalloc byte[4];
        Line64.ReadSpan(in response.Data)[..response.Length].CopyTo(word);
        return BinaryPrimitives.ReadUInt32LittleEndian(word);
    }
}
