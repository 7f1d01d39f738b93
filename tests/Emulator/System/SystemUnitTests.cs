using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;
using static HybridEmu.Emulator.Tests.ProgramBuilder;

namespace HybridEmu.Emulator.Tests;

public class SystemUnitTests
{
    [Fact]
    public void Console_bytes_come_out_in_order()
    {
        CoreBench bench = CoreBench.Running(p =>
        {
            p.Li(A1, (uint)AddressMap.HostConsole);
            foreach (char c in "hybrid\n")
                p.Addi(T0, Zero, c).Emit(Instruction.Sb, 0, A1, T0);
            p.Exit();
        }).Run();
        string text = "";
        while (bench.SystemSide.Console.TryRead(out byte value))
            text += (char)value;
        Assert.Equal("hybrid\n", text);
    }

    [Fact]
    public void Exit_register_ends_the_run_with_its_code() =>
        Assert.Equal(37, CoreBench.Running(p => p.Addi(A0, Zero, 37).Exit(A0)).Run().SystemSide.ExitCode);

    [Fact]
    public void Doorbell_posts_the_mailbox()
    {
        CoreBench bench = CoreBench.Running(p =>
        {
            p.Li(A1, (uint)AddressMap.HostMailbox);
            for (int round = 0; round < 2; round++)
            {
                for (int i = 0; i < AddressMap.MailboxWords; i++)
                    p.Addi(T0, Zero, (10 * round) + i).Sw(T0, A1, 4 * i);
                p.Sw(T0, A1, 32);
            }

            p.Lw(A0, A1, 8).Exit(A0);
        }).Run();
        Assert.Equal(12, bench.SystemSide.ExitCode);
        Assert.True(bench.SystemSide.Mailbox.TryRead(out MailboxRecord first));
        Assert.True(bench.SystemSide.Mailbox.TryRead(out MailboxRecord second));
        Assert.Equal([0u, 1, 2, 3, 4], ((ReadOnlySpan<uint>)first.Words).ToArray());
        Assert.Equal([10u, 11, 12, 13, 14], ((ReadOnlySpan<uint>)second.Words).ToArray());
        Assert.Equal(0, second.Hart);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData((5 << 1) | 1, 5)]
    public void Tohost_is_seen_in_a_dirty_line_and_ends_the_run(int value, int code)
    {
        var bench = new CoreBench(toHost: CoreBench.Data - 0x8000_0000 + 24);
        bench.Load(p => p.Li(A1, CoreBench.Data).Addi(T0, Zero, value).Sw(T0, A1, 24).Sw(Zero, A1, 28).Label("loop").Emit(Instruction.Jal));
        bench.Run();
        Assert.Equal(code, bench.SystemSide.ExitCode);
        Assert.InRange(bench.System.Cycle, 1000, 2100);
    }

    [Fact]
    public void Mtime_counts_system_cycles_and_time_reads_it()
    {
        CoreBench bench = CoreBench.Running(p => p.Li(A1, (uint)AddressMap.Mtime).Lw(A2, A1).Nop(400).Csrr(A3, Csr.Time).Csrr(A4, Csr.Timeh).Exit()).Run();
        CoreState state = bench.Cores[0].State;
        uint passed = state.Registers[A3] - state.Registers[A2];
        Assert.InRange(passed, 100u, 1000u);
        Assert.InRange(state.Registers[A3], 1u, (uint)bench.System.Cycle);
        Assert.Equal(0u, state.Registers[A4]);
    }

    [Fact]
    public void Request_is_answered_after_exactly_the_service_cycles()
    {
        // The two loads' requests meet the same grid phase, so their distance is whole round trips.
        CoreBench bench = CoreBench.Running(p => p.Li(A1, (uint)AddressMap.Mtime).Align(64).Lw(A2, A1).Lw(A3, A1).Lw(A4, A1).Exit()).Run();
        CoreState state = bench.Cores[0].State;
        uint first = state.Registers[A3] - state.Registers[A2];
        Assert.Equal(first, state.Registers[A4] - state.Registers[A3]);

        // Request pushed and taken two system edges later, served 4, reply seen by the core at its second edge after: the
        // next request goes out in the same system cycle, so a round trip is 2 + 4 edges, and 1 more when it straddles.
        Assert.InRange(first, 6u, 7u);
    }

    [Fact]
    public void Sensor_reaches_the_registers_and_its_threshold_interrupts()
    {
        CoreBench bench = CoreBench.Running(p => p.Handler("handler").Addi(T0, Zero, 340).Csrw(Csr.Hxtemphigh, T0).Li(T0, 1 << 17).Csrw(Csr.Mie, T0)
            .Emit(Instruction.Csrrsi, 0, 8, 0, Csr.Mstatus).Label("loop").Jump("loop")
            .Align(64).Label("handler").Csrr(A1, Csr.Hxtemp).Csrr(A2, Csr.Hxthrottle).Csrr(A3, Csr.Mcause).Exit());
        bench.Run(() => bench.Core.Cycle > 2000);
        bench.SystemSide.SetSensor(0, 339, false, false, 0);
        bench.Run(() => bench.Core.Cycle > 4000);
        Assert.Equal(0, bench.Cores[0].State.Interrupts);
        bench.SystemSide.SetSensor(0, 340, false, true, 2);
        bench.Run();
        CoreState state = bench.Cores[0].State;
        Assert.Equal((340u, 0x8000_0002u, 0x8000_0011u), (state.Registers[A1], state.Registers[A2], state.Registers[A3]));
    }

    [Fact]
    public void Sensor_values_are_sent_at_the_next_system_edge()
    {
        CoreBench bench = CoreBench.Running(p => p.Label("loop").Jump("loop"));
        bench.Run(() => bench.System.Edge == 20 && bench.System.Ticked);
        bench.SystemSide.SetSensor(0, 111, false, false, 0);
        bench.Run(() => bench.Cores[0].State.Lines.TemperatureQuarters == 111);

        // Sent at system edge 21, at 84 ns; the second core edge strictly later is at 86 ns.
        Assert.Equal(86_000, bench.Core.TimePs);
    }

    [Fact]
    public void The_bridge_moves_one_flit_an_edge_in_each_direction()
    {
        var clock = new ClockDomain("both", 1000);
        int system = clock.Register("system"), unit = clock.Register("bridge"), plane = clock.Register("plane");
        Crossing<CoherenceFlit> Across(int from, int to) => new(clock, from, clock, to, 4);
        Channel<CoherenceFlit> Wire(int from, int to) => new(clock, from, to, 4);
        HostLink host = new(Across(system, unit), Across(system, unit), Across(unit, system));
        CoherencePort port = new(2, Wire(unit, plane), Wire(unit, plane), null, Wire(plane, unit));
        var bridge = new HostBridge(host, port);
        for (long edge = 0; edge <= 7; edge++)
        {
            clock.AdvanceTo(edge * 1000);
            if (edge < 2)
            {
                host.Request.Push(default, edge);
                host.Answer.Push(default, edge);
                port.Grant.Push(default, edge);
            }

            if (edge < 5)
                continue;
            bridge.Evaluate(edge);
            int moved = (int)Math.Min(2, edge - 4);
            Assert.Equal((moved, moved, moved), (port.Request.Count, port.Answer.Count, host.Grant.Count));
        }
    }
}
