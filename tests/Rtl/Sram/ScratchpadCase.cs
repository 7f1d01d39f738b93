using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>One access that a requester will make.</summary>
internal sealed record PortAccess(int Port, int Gap, int Address, int Length, bool Write);

/// <summary>What the requesters of a scratchpad do.</summary>
/// <param name="Seed">Of the bytes that are written and of the stalls.</param>
/// <param name="StallPercent">Cycles in which a requester takes no answer.</param>
/// <param name="Accesses">In the order of each port; a gap is cycles from the one before it.</param>
internal sealed record ScratchpadCase(ulong Seed, int StallPercent, PortAccess[] Accesses)
{
    public override string ToString() => $"seed {Seed}, stalls {StallPercent} %: {string.Join(", ", Accesses.Select(a => a.ToString()))}";

    public static ScratchpadCase Of(ulong seed, ScratchpadShape shape)
    {
        var random = new Seeded(seed);
        int stall = random.Of(0, 0, 20, 60), gap = random.Of(1, 1, 3, 8);
        int region = random.Of(shape.LineBytes, 4 * shape.LineBytes, shape.SizeBytes); // small ones meet in rows, large ones in banks only
        var accesses = new PortAccess[random.Between(1, 160)];
        for (int i = 0; i < accesses.Length; i++)
        {
            int port = random.Next(shape.Ports), width = shape.WidthOf(port), line = random.Next(region / width) * width;
            int first = random.OneIn(2) ? 0 : random.Next(width), length = random.OneIn(3) ? width - first : random.Between(1, width - first);
            bool write = shape.Roles[port] switch { PortRole.Reads => false, PortRole.Writes => true, _ => random.OneIn(2) };
            accesses[i] = new(port, random.Next(gap), line + first, length, write);
        }

        return new(seed, stall, accesses);
    }

    public IEnumerable<ScratchpadCase> Smaller()
    {
        if (StallPercent > 0)
            yield return this with { StallPercent = 0 };
        foreach (PortAccess[] fewer in RandomCases.Fewer(Accesses))
            yield return this with { Accesses = fewer };
    }
}

/// <summary>Which way a port moves bytes; one that is wider than a message's line goes one way only.</summary>
internal enum PortRole
{
    Both,
    Reads,
    Writes,
}

/// <summary>A scratchpad's sizes, and those of its twin.</summary>
internal sealed record ScratchpadShape(int SizeBytes, int Banks, int BankBytes, bool DualPorted, int LineBytes, PortRole[] Roles, int[] Widths)
{
    private static readonly string[] s_sources = ["messages.sv", "channel.sv", "monitored_channel.sv", "scratchpad.sv", "scratchpad_top.sv"];

    public int Ports => Roles.Length;

    public int WidthOf(int port) => Widths[port];

    public override string ToString() =>
        $"{Ports} ports of {string.Join('/', Widths)} bytes, {Banks} banks of {BankBytes} bytes{(DualPorted ? ", dual-ported" : "")}, {SizeBytes} bytes";

    public VerilatedModel Twin(params RtlMutant[] mutants) => new(
        "scratchpad_top",
        s_sources,
        "twin.cpp",
        [
            ("PORTS", Ports), ("SIZE_BYTES", SizeBytes), ("BANKS", Banks), ("BANK_BYTES", BankBytes), ("DUAL_PORTED", DualPorted ? 1 : 0),
            ("LINE_BYTES", LineBytes),
        ])
    {
        Mutants = mutants,
    };

    /// <summary>Runs the emulator's scratchpad.</summary>
    public TwinBench Run(ScratchpadCase c)
    {
        var bench = new TwinBench();
        var ends = new PortEnd[Ports];
        for (int p = 0; p < Ports; p++)
            ends[p] = new PortEnd(bench, $"port{p}", Widths[p], LineBytes, c.Seed + (ulong)p, c.StallPercent, c.Accesses.Where(a => a.Port == p));
        var scratchpad = new Scratchpad(new ScratchpadConfig(SizeBytes, Banks, BankBytes, DualPorted), [.. ends.Select(e => e.Port)]);
        bench.Attach(scratchpad.Evaluate);
        int limit = 20 + c.Accesses.Sum(a => a.Gap + 8);
        while (bench.Cycles < limit || (ends.Any(e => !e.IsIdle) && bench.Cycles < 10 * limit))
            bench.Step();
        return bench;
    }
}
