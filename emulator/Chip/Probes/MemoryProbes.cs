using System.Globalization;
using HybridEmu.Isa;

namespace HybridEmu.Chip;

/// <summary>Load and store engine with the memory behind them, and rows of that memory.</summary>
internal static class MemoryProbes
{
    private const int FlitBytes = 64, FlitsOfGranule = 8, BurstsOfFlit = 2;

    /// <summary>Through a crossbar: rule F-1.</summary>
    internal const int ToPort = 2;

    /// <summary>Rule K-4, where both clocks are equal.</summary>
    internal const int Crossing = 2;

    /// <summary>A burst ends so long after its latency: rule HBM-14.</summary>
    internal const int EndOfBurst = 2;

    private const int Read = 2, Written = 3; // SP-1: answered two edges after it is pushed; a write is reported at the edge behind its answer

    /// <summary>From the push of the first burst of a flit to the column command of the second: crossing, acceptance (HBM-1), tCCDS (HBM-12).</summary>
    internal static int ToMemory(Units.HbmTiming t) => Crossing + 1 + t.CcdShort;

    /// <summary>Where memory's clock is another than the core's the crossings between them round, and there is no closed form.</summary>
    internal static bool HaveForm(ProbeBench bench) => bench.Configuration.Core.ClockMegahertz == bench.Configuration.Hbm.ClockMegahertz;

    public static void Add(ProbeBench bench)
    {
        if (!HaveForm(bench))
            return;
        Copies(bench);
        Rows(bench);
    }

    private static void Copies(ProbeBench bench)
    {
        ulong hbm = AddressMap.Hbm + (ulong)bench.Configuration.Fabric.StreamingBaseBytes;
        int Load(int flits) => bench.TimeDescriptors(string.Create(CultureInfo.InvariantCulture, $"ld.copy a=0x{hbm:X}, d=0x40000000, dims=1, n0={flits * FlitBytes}, src0=1, dst0=1, type=int8"));
        int Store(int flits) => bench.TimeDescriptors(string.Create(CultureInfo.InvariantCulture, $"st.copy a=0x40000000, d=0x{hbm:X}, dims=1, n0={flits * FlitBytes}, src0=1, dst0=1, type=int8"));
        int burst = bench.Configuration.Hbm.Controller.Timing.CcdShort * BurstsOfFlit; // neighbours lie in different groups of banks
        int one = Load(1), first = Store(1);
        Units.HbmTiming t = bench.Configuration.Hbm.Controller.Timing;
        bench.Hold(
            new("load", "LD-1, LD-3, LD-4, F-1, S-1, S-4, K-4, HBM-1, HBM-14, SP-1", "one flit, from an open row: header, bursts, flit and write, one after the other"), At("f", 1), one,
            ProbeBench.ToEngine + ToPort + 1 + ToMemory(t) + t.Cl + EndOfBurst + Crossing + 1 + ToPort + Written + ProbeBench.FromReport);
        bench.Hold(
            new("store", "ST-1, ST-3, ST-4, ST-5, F-1, S-1, S-3, S-4, K-4, HBM-1, HBM-14, SP-1", "one flit, to an open row: read, header and flit, bursts, acknowledgement, one after the other"), At("f", 1), first,
            ProbeBench.ToEngine + Read + 1 + ToPort + 1 + ToMemory(t) + t.Cwl + EndOfBurst + Crossing + 1 + ToPort + 1 + ProbeBench.FromReport);
        int whole = Load(FlitsOfGranule), full = Store(FlitsOfGranule);
        foreach (int f in (int[])[2, 3, 7, 8])
        {
            bench.HoldFrom(new("load", "S-2, S-4, HBM-12", "f flits of one granule: tCCDS for each burst of each, then an edge back for each"), At("f", f), Load(f), one, (f - 1) * (burst + 1));
            bench.HoldFrom(new("store", "ST-3, S-3, HBM-12", "f flits of one granule: an edge for each in the buffer, then tCCDS for each burst of each"), At("f", f), Store(f), first, (f - 1) * (burst + 1));
        }

        foreach (int g in (int[])[1, 2, 5, 6, 7, 8])
        {
            // Its header is an edge behind. It has g flits back before the first granule is ready, or in its way, or waits for it.
            int ready = 1 + (g * burst), other = FlitsOfGranule * burst;
            int last = ready > other ? other + FlitsOfGranule + g : Math.Max(other, ready + g) + FlitsOfGranule;
            bench.HoldFrom(new("load", "LD-2, S-4", "g flits of the next granule come from another home beside it: back before it, in its way, or after it"), At("g", g), Load(FlitsOfGranule + g), whole, last - other - FlitsOfGranule);

            // Header and eight flits go before it; its bursts then take as they do.
            int behind = 1 + FlitsOfGranule + (g * burst);
            bench.HoldFrom(new("store", "ST-2, ST-4, S-3", "g flits of the next granule leave behind it, and are there before it or after"), At("g", g), Store(FlitsOfGranule + g), full, Math.Max(0, behind - other));
        }
    }

    // A line of a bank's open row, or of another row of it: the address map puts rows above all else.
    private static void Rows(ProbeBench bench)
    {
        // PRE to the second cycle of ACT tRP, from there tRCDRD to RD, which at a hit is at once. A line's second burst is in another
        // group of banks: its ACT is tRRDS behind, its RD at a hit tCCDS.
        Units.HbmTiming t = bench.Configuration.Hbm.Controller.Timing;
        int conflict = t.Rp + t.RcdRead + Math.Max(0, t.RrdShort - t.CcdShort);
        var probe = new RuleProbe("HBM", "HBM-8, HBM-10, HBM-11, HBM-12", "a miss d bytes behind the last line of its bank: tRP + tRCDRD + tRRDS - tCCDS more in another row");
        long row = 1L << (15 + System.Numerics.BitOperations.Log2((uint)bench.Configuration.Hbm.Channels));
        int Load(long d) => bench.Time(
            string.Create(CultureInfo.InvariantCulture, $"li t4, 0x80800000\nli t3, {d}\nadd t3, t4, t3\nhx.inval t4, a6\nhx.inval t3, a6\nlw t2, 0(t4)\nadd t2, t2, t2\n{ControlProbes.Others(64)}"),
            "lw t2, 0(t3)\nadd t2, t2, t2");
        int near = Load(FlitBytes);
        foreach (long d in (long[])[2 * FlitBytes, row / 8, row - (row / 8), row, row + (row / 8), 2 * row])
            bench.HoldFrom(probe, string.Create(CultureInfo.InvariantCulture, $"d = {d}"), Load(d), near, d >= row ? conflict : 0);
    }

    private static string At(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"{name} = {value}");
}
