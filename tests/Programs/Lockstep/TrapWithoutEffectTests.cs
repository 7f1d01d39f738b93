using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Units;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// Whatever is reserved or may not be done traps, and nothing has happened: registers, memory, scratchpad and all CSRs but the
/// trap's own are what they were, retired instructions among them.
/// </summary>
public sealed class TrapWithoutEffectTests(ITestOutputHelper output)
{
    private const int QuickCases = 3000, DeepCases = 300_000;
    private const int CasesOfRun = 500;
    private const uint Text = (uint)AddressMap.Hbm, First = Text + 0x40, Data = Text + 0x10000;
    private const int TextBytes = 0x1000, DataBytes = 0x1000, ScratchpadBytes = 0x1000;
    private const long MostCycles = 5000;

    private static readonly ChipConfiguration s_tiny = ConfigurationLoader.Load("tiny");

    // What a trap writes, what counts cycles, and what the sensor tells.
    private static readonly int[] s_kept =
    [
        .. CsrTable.Rows.ToArray().Select(r => r.Number).Except([
            Csr.Mstatus, Csr.Mepc, Csr.Mcause, Csr.Mtval, Csr.Mcycle, Csr.Mcycleh, Csr.Cycle, Csr.Cycleh, Csr.Time, Csr.Timeh, Csr.Hxtemp, Csr.Hxthrottle]),
    ];

    [Fact]
    [Trait("Depth", "Deep")]
    public void What_is_reserved_traps_and_changes_no_state()
    {
        int cases = DeepSuite.IsAsked ? DeepCases : QuickCases;
        long[] causes = new long[16];
        string? wrong = null;
        Parallel.For(0, cases / CasesOfRun, (run, loop) =>
        {
            wrong = Run((ulong)run * CasesOfRun, causes) ?? wrong;
            if (wrong is not null)
                loop.Stop();
        });
        Assert.True(wrong is null, wrong);
        output.WriteLine($"{cases} instructions trapped; by cause {string.Join(", ", causes.Select((count, cause) => (count, cause)).Where(c => c.count > 0).Select(c => $"{c.cause}: {c.count}"))}");
        Assert.All([0, 2, 3, 4, 5, 6, 7, 11], cause => Assert.NotEqual(0, causes[cause]));
    }

    private static string? Run(ulong firstSeed, long[] causes)
    {
        uint stream = (uint)(AddressMap.Hbm + (ulong)s_tiny.Fabric.StreamingBaseBytes);
        TrapCase[] cases = [.. Enumerable.Range(0, CasesOfRun).Select(i => new TrapCases(firstSeed + (ulong)i, First + (4 * (uint)i), Data, DataBytes, stream).Make())];
        ChipRun chip = Chip(cases);
        ControlCore core = chip.Chip.Control(0);
        RetirementLog log = chip.Chip.AttachRetirementLogs(16)[0];
        core.State.Mtvec = Text;
        for (int i = 0; i < cases.Length; i++)
        {
            TrapCase c = cases[i];
            Scatter(ref core.State, c, firstSeed + (ulong)i);
            Snapshot before = Snapshot.Of(chip);
            Retirement trap = Next(chip, log);
            string? difference = Trapped(in trap, c, First + (4 * (uint)i), before, chip) ?? before.Difference(Snapshot.Of(chip));
            if (difference is not null)
                return $"seed {firstSeed + (ulong)i}: {c}\n    {difference}";
            Interlocked.Increment(ref causes[c.Cause]);
            core.State.Mepc += 4;
            Next(chip, log); // mret
        }

        return null;
    }

    /// <summary>An mret where traps go, and the cases one after the other.</summary>
    private static ChipRun Chip(TrapCase[] cases)
    {
        byte[] text = new byte[TextBytes];
        BitConverter.TryWriteBytes(text, Encoder.Encode(Instruction.Mret, 0, 0, 0, 0));
        for (int i = 0; i < cases.Length; i++)
            BitConverter.TryWriteBytes(text.AsSpan((int)(First - Text) + (4 * i)), cases[i].Word);
        byte[] data = [.. Enumerable.Range(0, DataBytes).Select(i => (byte)CounterRandom.Bits(1, (ulong)i))];
        byte[] file = ElfWriter.Write(First, [new ElfSection(".text", Text, text, TextBytes, 64, Executable: true, Writable: true, MemoryOnly: false)], []);
        return new ChipRun(s_tiny, ElfImage.Read(file).Image!, [(Data, data)], new RunOptions());
    }

    /// <summary>Any values in the registers and in the CSRs that hold what they are given.</summary>
    private static void Scatter(ref CoreState s, TrapCase c, ulong seed)
    {
        for (int r = 1; r < 32; r++)
            s.Registers[r] = c.Registers[r];
        uint random = CounterRandom.Bits(~seed, 0);
        s.Mscratch = random;
        s.Pmpcfg0 = random * 3;
        s.Pmpaddr0 = random * 5;
        s.InterruptEnable = (byte)(random & 1);
        s.PreviousInterruptEnable = (byte)(random >> 1 & 1);
        s.Mcause = random * 7;
        s.Mtval = random * 9;
    }

    /// <summary>The next record of the core, right after the edge that made it.</summary>
    private static Retirement Next(ChipRun chip, RetirementLog log)
    {
        for (int cycle = 0; cycle < MostCycles; cycle++)
        {
            chip.Advance(1);
            if (log.TryRead(out Retirement record))
                return record;
        }

        throw new InvalidOperationException($"Nothing retires or traps in {MostCycles} cycles.");
    }

    private static string? Trapped(in Retirement r, TrapCase c, uint pc, Snapshot before, ChipRun chip)
    {
        ref CoreState s = ref chip.Chip.Control(0).State;
        if ((r.Trap, r.TrapCause, r.TrapValue, r.Pc, r.Rd, r.MemorySize, r.CsrWritten) != (1, c.Cause, c.Value, pc, 0, 0, 0))
            return $"the record is trap {r.Trap}, cause {r.TrapCause}, mtval 0x{r.TrapValue:x}, pc {r.Pc:x8}, rd {r.Rd}, {r.MemorySize} bytes, CSR {r.CsrWritten}";
        if ((s.Mepc, s.Mcause, s.Mtval, s.Pc) != (pc, c.Cause, c.Value, Text))
            return $"mepc {s.Mepc:x8}, mcause {s.Mcause}, mtval 0x{s.Mtval:x}, pc {s.Pc:x8}";
        if ((s.InterruptEnable, s.PreviousInterruptEnable) != (0, before.InterruptEnable))
            return $"mstatus has MIE {s.InterruptEnable} and MPIE {s.PreviousInterruptEnable}";
        return s.StoreCount == 0 ? null : "a store is in the store buffer";
    }

    /// <summary>The architectural state that a trap has to leave alone.</summary>
    private sealed record Snapshot(uint[] Registers, uint[] Csrs, byte[] Text, byte[] Data, byte[] Scratchpad, byte InterruptEnable)
    {
        public static Snapshot Of(ChipRun chip)
        {
            ControlCore core = chip.Chip.Control(0);
            uint[] registers = new uint[32];
            for (int r = 0; r < registers.Length; r++)
                registers[r] = core.State.Registers[r];
            return new(
                registers,
                [.. s_kept.Select(core.ReadCsr)],
                chip.ReadMemory(TrapWithoutEffectTests.Text, TextBytes),
                chip.ReadMemory(TrapWithoutEffectTests.Data, DataBytes),
                chip.Chip.ScratchpadBytes(0)[..ScratchpadBytes].ToArray(),
                core.State.InterruptEnable);
        }

        public string? Difference(Snapshot after)
        {
            for (int r = 0; r < Registers.Length; r++)
            {
                if (Registers[r] != after.Registers[r])
                    return $"x{r} went from 0x{Registers[r]:x} to 0x{after.Registers[r]:x}";
            }

            for (int i = 0; i < Csrs.Length; i++)
            {
                if (Csrs[i] != after.Csrs[i])
                    return $"{CsrTable.Find(s_kept[i])!.Name} went from 0x{Csrs[i]:x} to 0x{after.Csrs[i]:x}";
            }

            return Text.AsSpan().SequenceEqual(after.Text) && Data.AsSpan().SequenceEqual(after.Data) && Scratchpad.AsSpan().SequenceEqual(after.Scratchpad)
                ? null : "memory changed";
        }
    }
}
