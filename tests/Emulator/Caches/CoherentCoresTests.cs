using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;
using static HybridEmu.Emulator.Tests.ProgramBuilder;

namespace HybridEmu.Emulator.Tests;

public class CoherentCoresTests
{
    private const int Rounds = 40;

    /// <summary>Every core adds 1 to a shared word Rounds times; core 0 waits at the barrier and exits with the sum.</summary>
    private static void Counting(ProgramBuilder p, bool reserved)
    {
        p.Li(A1, CoreBench.Data).Addi(A2, Zero, Rounds).Addi(T1, Zero, 1).Label("round");
        if (reserved)
            p.Label("retry").Emit(Instruction.LrW, T0, A1).Addi(T0, T0, 1).Emit(Instruction.ScW, T2, A1, T0).Branch(Instruction.Bne, T2, Zero, "retry");
        else
            p.Emit(Instruction.AmoaddW, Zero, A1, T1);
        p.Addi(A2, A2, -1).Branch(Instruction.Bne, A2, Zero, "round").Emit(Instruction.HxBarrier).Lw(A0, A1).Emit(Instruction.HxBarrier).Csrr(T0, Csr.Mhartid)
            .Branch(Instruction.Bne, T0, Zero, "stop").Exit(A0).Label("stop").Emit(Instruction.Wfi).Jump("stop");
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 2)]
    [InlineData(false, 4)]
    [InlineData(true, 4)]
    public void No_increment_of_a_shared_counter_is_lost(bool reserved, int cores)
    {
        CoreBench bench = CoreBench.Running(p => Counting(p, reserved), cores).Run(limitCycles: 1_000_000);
        Assert.Equal(cores * Rounds, bench.SystemSide.ExitCode);
        Assert.Equal((uint)(cores * Rounds), bench.Coherent(CoreBench.Data));
    }

    /// <summary>Core 0 writes data then a flag in another line, 30 times; core 1 waits for the flag and adds up the data.</summary>
    private static void MessagePassing(ProgramBuilder p) => p
        .Li(A1, CoreBench.Data).Addi(A2, A1, 1024).Addi(A3, Zero, 30).Csrr(T0, Csr.Mhartid).Branch(Instruction.Bne, T0, Zero, "receive")
        .Label("send").Sw(A3, A1).Sw(A3, A2).Label("acknowledged").Lw(T0, A2, 128).Branch(Instruction.Bne, T0, A3, "acknowledged")
        .Addi(A3, A3, -1).Branch(Instruction.Bne, A3, Zero, "send").Label("stop").Emit(Instruction.Wfi).Jump("stop")
        .Label("receive").Lw(T0, A2).Branch(Instruction.Bne, T0, A3, "receive").Lw(T1, A1).Emit(Instruction.Add, A0, A0, T1)
        .Sw(A3, A2, 128).Addi(A3, A3, -1).Branch(Instruction.Bne, A3, Zero, "receive").Exit(A0);

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(111)]
    public void Data_written_before_a_flag_is_seen_after_it(int memoryLatency)
    {
        var bench = new CoreBench(2, memoryLatency: memoryLatency);
        bench.Load(MessagePassing);
        bench.Run();
        Assert.Equal(30 * 31 / 2, bench.SystemSide.ExitCode);
    }

    [Fact]
    public void Bytes_that_a_snoop_took_are_seen_from_outside_while_the_home_still_writes_them()
    {
        var bench = new CoreBench(memoryLatency: 100);
        uint changed = Encoder.Encode(Instruction.Addi, A0, Zero, 0, 7), at = 0;
        bench.Load(p =>
        {
            p.Li(A1, changed).La(A2, "changed").Jump("start").Align(64).Label("start").Sw(A1, A2).Emit(Instruction.FenceI).Jump("changed");
            p.Align(64).Label("changed").Addi(A0, Zero, 1).Jump("changed");
            at = p.AddressOf("changed");
        });
        bench.Run(() => bench.Cores[0].State.Registers[A0] == 7);
        var memory = new byte[4];
        bench.Memory.Read(at - 0x8000_0000, memory);
        Assert.NotEqual(changed, BitConverter.ToUInt32(memory)); // else this tests nothing
        Assert.Equal(changed, bench.Coherent(at));
    }

    [Fact]
    public void Store_buffering_lets_both_cores_read_the_old_value_and_a_fence_forbids_it()
    {
        (uint, uint) Observe(bool fence)
        {
            // Both cores hold both lines shared; then each writes its own and reads the other's.
            CoreBench bench = CoreBench.Running(
                p =>
                {
                    p.Li(A1, CoreBench.Data).Addi(A2, A1, 128).Csrr(T0, Csr.Mhartid).Branch(Instruction.Beq, T0, Zero, "go").Addi(A2, A1, 0).Addi(A1, A1, 128)
                        .Label("go").Lw(T0, A1).Lw(T0, A2).Addi(T1, Zero, 1).Emit(Instruction.HxBarrier).Align(64).Emit(Instruction.HxBarrier).Sw(T1, A1);
                    if (fence)
                        p.Emit(Instruction.Fence, immediate: 0xFF);
                    p.Lw(A0, A2).Emit(Instruction.HxBarrier).Exit();
                },
                cores: 2).Run();
            return (bench.Cores[0].State.Registers[A0], bench.Cores[1].State.Registers[A0]);
        }

        Assert.Equal((0u, 0u), Observe(false));
        Assert.NotEqual((0u, 0u), Observe(true));
    }

    [Fact]
    public void Reservation_is_lost_when_another_core_writes_the_line()
    {
        CoreBench bench = CoreBench.Running(
            p => p.Li(A1, CoreBench.Data).Csrr(T0, Csr.Mhartid).Branch(Instruction.Bne, T0, Zero, "other")
                .Emit(Instruction.LrW, T0, A1).Emit(Instruction.HxBarrier).Emit(Instruction.HxBarrier).Emit(Instruction.ScW, A0, A1, A1).Exit(A0)
                .Label("other").Emit(Instruction.HxBarrier).Sw(A1, A1, 4).Emit(Instruction.Fence).Emit(Instruction.HxBarrier).Label("stop").Jump("stop"),
            cores: 2).Run();
        Assert.Equal(1, bench.SystemSide.ExitCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Skipping_and_order_of_evaluation_change_no_state(bool reserved)
    {
        CoreBench[] benches = [new(2), new(2, skip: false), new(2, order: 1)];
        foreach (CoreBench bench in benches)
            bench.Load(p => Counting(p, reserved));
        for (int stop = 500; stop < 12_000; stop += 487)
        {
            ulong[] hashes = [.. benches.Select(b => HashAt(b, stop))];
            Assert.Equal(hashes[0], hashes[1]);
            Assert.Equal(hashes[0], hashes[2]);
        }
    }

    [Fact]
    public void Timer_sleep_skipped_or_stepped_gives_equal_state()
    {
        CoreBench[] benches = [new(1), new(1, skip: false)];
        foreach (CoreBench bench in benches)
        {
            bench.Load(p => p.Handler("handler").Li(T0, 1 << 7).Csrw(Csr.Mie, T0).Emit(Instruction.Csrrsi, 0, 8, 0, Csr.Mstatus)
                .Li(A1, 0x0200_4000).Li(T1, 3000).Sw(Zero, A1, 4).Sw(T1, A1).Label("sleep").Emit(Instruction.Wfi).Jump("sleep")
                .Align(64).Label("handler").Exit());
            bench.Run();
        }

        Assert.Equal(benches[0].Core.Edge, benches[1].Core.Edge);
        Assert.Equal(benches[0].Hash(), benches[1].Hash());
        Assert.True(benches[0].Evaluations * 20 < benches[1].Evaluations);
    }

    /// <summary>Runs to the first work at or after a cycle that every bench has work at; hashes there.</summary>
    private static ulong HashAt(CoreBench bench, long cycle)
    {
        long timePs = cycle * 1000;
        while (bench.NextPs <= timePs)
            bench.Step();
        bench.AdvanceTo(timePs);
        return bench.Hash();
    }
}
