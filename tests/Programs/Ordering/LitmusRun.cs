using System.Globalization;
using System.Text;
using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Reference;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// A litmus test on the emulated chip, a thread a hart. The image goes through many rounds with variables of its own in
/// each; a table, drawn from a seed, says where they lie (a line, a home, a cache set shared or not), which hart has them in its
/// cache and how, and how long each hart waits after the barrier that starts the round.
/// </summary>
internal sealed class LitmusRun
{
    /// <summary>What the sixteen bits of a variable's address and the tables have room for.</summary>
    public const int MostRounds = 2000;

    private const uint Table = 0x8004_0000, TableStride = 0x1_0000, Results = 0x8008_0000, ResultStride = 0x8000, Finals = 0x800A_0000;
    private const uint Variables = 0x8010_0000, VariableStride = 0x1000;
    private const int RowBytes = 32, ResultBytes = 16, Sled = 16;
    private const long MaximumCycles = 50_000_000;

    // Where the variables of a round lie from its first byte on.
    private static readonly uint[][] Placements =
    [
        [0, 4, 8],          // one line
        [0, 64, 128],       // lines of one home
        [0, 512, 1024],     // a home each, as far as there are some
        [0, 1024, 2048],    // one home, and one set of a small cache
        [128, 60, 576],
    ];

    private readonly LitmusProgram _program;
    private readonly int _rounds;
    private readonly ulong _seed;
    private uint _drawn;

    private LitmusRun(LitmusProgram program, int rounds, ulong seed)
    {
        _program = program;
        _rounds = rounds;
        _seed = seed;
    }

    /// <summary>How often each outcome was seen.</summary>
    /// <param name="program">The test.</param>
    /// <param name="configuration">Preset and overrides; its tiles are at least the test's threads.</param>
    /// <param name="rounds">Rounds, at most <see cref="MostRounds"/>.</param>
    /// <param name="gap">Instructions that do nothing, between two steps of a thread.</param>
    /// <param name="seed">Seed of the table.</param>
    public static SortedDictionary<ulong, int> Outcomes(LitmusProgram program, string configuration, int rounds, int gap, ulong seed)
    {
        ChipConfiguration chip = Firmware.Configuration(configuration);
        var run = new LitmusRun(program, rounds, seed);
        AssemblyResult assembly = Assembler.Assemble("litmus.s", Source(program, rounds, gap));
        Assert.Empty(assembly.Diagnostics);
        (ulong, byte[])[] tables = [.. run.Tables(chip.Tiles).Select((bytes, hart) => ((ulong)(Table + (hart * TableStride)), bytes))];
        var machine = new ChipRun(chip, assembly.Image!, tables, new RunOptions { MaximumCycles = MaximumCycles });
        machine.Finish();
        return run.Read(machine);
    }

    private SortedDictionary<ulong, int> Read(ChipRun machine)
    {
        byte[] finals = machine.ReadMemory(Finals, _rounds * ResultBytes);
        byte[][] registers = [.. _program.Threads.Select((_, t) => machine.ReadMemory(Results + ((uint)t * ResultStride), _rounds * ResultBytes))];
        var outcomes = new SortedDictionary<ulong, int>();
        for (int round = 0; round < _rounds; round++)
        {
            ulong outcome = 0;
            void Take(byte[] from, int word, int place)
            {
                uint value = BitConverter.ToUInt32(from, (round * ResultBytes) + (4 * word));
                Assert.InRange(value, 0u, 14u); // what no step writes would be a lie in four bits
                outcome |= (ulong)value << (4 * place);
            }

            for (int v = 0; v < LitmusProgram.MostVariables; v++)
                Take(finals, v, v);
            for (int t = 0; t < registers.Length; t++)
            {
                for (int r = 0; r < LitmusProgram.MostRegisters; r++)
                    Take(registers[t], r, LitmusProgram.Place(t, r));
            }

            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        }

        return outcomes;
    }

    private uint Draw(uint below) => CounterRandom.Bits(_seed, _drawn++) % below;

    /// <summary>A table a hart: addresses of x, y, z, waits, and two bits a variable: leave it, load it, own it.</summary>
    private byte[][] Tables(int harts)
    {
        byte[][] tables = [.. Enumerable.Range(0, harts).Select(_ => new byte[_rounds * RowBytes])];
        for (int round = 0; round < _rounds; round++)
        {
            uint[] placement = Placements[Draw((uint)Placements.Length)];
            uint spread = Draw(3) switch { 0 => 1, 1 => 8, _ => 60 };
            for (int hart = 0; hart < harts; hart++)
            {
                Span<byte> row = tables[hart].AsSpan(round * RowBytes, RowBytes);
                for (int v = 0; v < LitmusProgram.MostVariables; v++)
                    BitConverter.TryWriteBytes(row[(4 * v)..], Variables + ((uint)round * VariableStride) + placement[v]);
                BitConverter.TryWriteBytes(row[12..], Draw(spread));
                BitConverter.TryWriteBytes(row[16..], Draw(Sled));
                uint warm = 0;
                for (int v = 0; v < LitmusProgram.MostVariables; v++)
                    warm |= Draw(3) << (2 * v);
                BitConverter.TryWriteBytes(row[20..], warm);
            }
        }

        return tables;
    }

    private static string Source(LitmusProgram program, int rounds, int gap)
    {
        var s = new StringBuilder();
        void Line(string text) => s.Append(text).Append('\n');
        Line($"""
                .globl _start
            _start:
                csrr t0, mhartid
                mv   gp, t0
                li   s0, {Table}
                slli t1, t0, 16
                add  s0, s0, t1
                li   s1, {Results}
                slli t1, t0, 15
                add  s1, s1, t1
                li   s8, {Finals}
                li   s10, {rounds}
                li   t3, 1
                li   t4, 2
                la   s11, bodies
                slli t1, t0, 2
                add  s11, s11, t1
                lw   s11, 0(s11)
            round:
                lw   s2, 0(s0)
                lw   s3, 4(s0)
                lw   s4, 8(s0)
                lw   s5, 12(s0)
                lw   s6, 16(s0)
                lw   s7, 20(s0)
                li   a0, 0
                li   a1, 0
                li   a2, 0
                li   a3, 0
            """);
        for (int v = 0; v < LitmusProgram.MostVariables; v++)
        {
            Line($"""
                    andi t1, s7, 3
                    srli s7, s7, 2
                    beqz t1, warm{v}
                    beq  t1, t3, load{v}
                    amoadd.w zero, zero, (s{2 + v})
                    j    warm{v}
                load{v}:
                    lw   t1, 0(s{2 + v})
                warm{v}:
                """);
        }

        Line($"""
                la   t1, sled_end
                slli s6, s6, 2
                sub  s6, t1, s6
                hx.barrier
                beqz s5, 2f
            1:  addi s5, s5, -1
                bnez s5, 1b
            2:  jr   s6
                {string.Join("\n", Enumerable.Repeat("nop", Sled))}
            sled_end:
                jr   s11
            """);
        for (int t = 0; t < program.Threads.Count; t++)
        {
            Line($"body{t}:");
            foreach (LitmusStep step in program.Threads[t])
            {
                Line(Instruction(step));
                for (int i = 0; i < gap; i++)
                    Line("    nop");
            }

            Line("    j done");
        }

        Line($"""
            done:
                hx.barrier
                sw   a0, 0(s1)
                sw   a1, 4(s1)
                sw   a2, 8(s1)
                sw   a3, 12(s1)
                bnez gp, 1f
                lw   t1, 0(s2)
                sw   t1, 0(s8)
                lw   t1, 0(s3)
                sw   t1, 4(s8)
                lw   t1, 0(s4)
                sw   t1, 8(s8)
                addi s8, s8, {ResultBytes}
            1:  addi s0, s0, {RowBytes}
                addi s1, s1, {ResultBytes}
                addi s10, s10, -1
                bnez s10, round
                hx.barrier
                bnez gp, 2f
                li   t0, {(uint)AddressMap.HostExit}
                sw   zero, 0(t0)
            2:  wfi
                j    2b
                .data
            bodies:
                .word {string.Join(", ", Enumerable.Range(0, 8).Select(t => t < program.Threads.Count ? $"body{t}" : "done"))}
            """);
        return s.ToString();
    }

    private static string Instruction(LitmusStep step)
    {
        string address = string.Create(CultureInfo.InvariantCulture, $"(s{2 + step.Variable})"), value = step.Value == 1 ? "t3" : "t4";
        Assert.InRange(step.Value, 0u, 2u);
        return step.Operation switch
        {
            LitmusOperation.Load => $"    lw   a{step.Register}, 0{address}",
            LitmusOperation.Store => $"    sw   {value}, 0{address}",
            LitmusOperation.FetchAdd => $"    amoadd.w a{step.Register}, {value}, {address}",
            _ => "    fence rw, rw",
        };
    }
}
