using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>Counts a chip's parts and multiplies by what each takes. Register counts are those of the units' own state.</summary>
public static class AreaEstimate
{
    private const double SquareMillimetre = 1e6;
    private const double KiB = 1024;

    private const int BitsOfWord = 16; // what a PE takes of a row: a bf16
    private const int PackedBitsOfWord = 32; // or four int8, eight int4
    private const int BitsOfSum = 32;
    private const int BitsOfTokens = 4; // shift, switch, row enable and validity travel with the wavefront
    private const int BlocksOfTransposer = 2; // one fills while the other empties: rule MX-8
    private const int BlockOfVector = 16; // rows and columns that tr.transpose holds, of 32 bits
    private const int ResultsOfVector = 32; // rule V-14
    private const int BitsOfDescriptor = 512;
    private const int Semaphores = 256, BitsOfSemaphore = 8;
    private const int Queues = 4;
    private const int EnginesOfControl = 3; // dispatch, LD, ST: MX and VX are charged to array and vector unit
    private const int BitsOfStore = 72; // address, bytes and their mask
    private const int BitsOfCoherentFlit = 128, BitsOfWideFlit = 512;
    private const int CoherentNetworks = 4, WideNetworks = 2;
    private const double CodeOfSecded = 9.0 / 8; // a check byte to eight

    public static AreaStatistics Of(ChipConfiguration c) => new(
    [
        Tiles(c, "array", Array(c)),
        Tiles(c, "accumulators", [Sram("accumulators", c.Accumulators.Bytes, !c.Accumulators.SinglePorted, c.Area)]),
        Tiles(c, "scratchpad", [Sram("scratchpad", c.Scratchpad.Bytes * (c.Scratchpad.Secded ? CodeOfSecded : 1), c.Scratchpad.DualPorted, c.Area)]),
        Tiles(c, "vector", Vector(c)),
        Tiles(c, "control", Control(c)),
        Chip(c, "fabric", Fabric(c)),
        Chip(c, "hbm_phy", [new("channels", c.Hbm.Channels, c.Area.HbmPhy, "area.hbm_phy")]),
        Chip(c, "host", Host(c)),
    ]);

    private static List<AreaTerm> Array(ChipConfiguration c)
    {
        int rows = c.Array.Rows, columns = c.Array.Columns, pes = rows * columns;
        int packing = Math.Max(c.Array.Int8Packing, c.Array.Int4Packing);
        int word = packing > 1 ? PackedBitsOfWord : BitsOfWord;
        List<AreaTerm> terms =
        [
            new("PEs, bf16", pes, c.Area.PeBf16, "area.pe_bf16"),
            new("PEs, int8", pes * c.Array.Int8Packing, c.Area.PeInt8, "area.pe_int8"),
            new("PEs, int4", pes * c.Array.Int4Packing, c.Area.PeInt4, "area.pe_int4"),
            Registers("activation, two weights, sum and tokens", pes * ((3.0 * word) + BitsOfSum + BitsOfTokens), c.Area),
            new("sequencer", 1, c.Area.Engine, "area.engine"),
        ];
        if (c.Training)
            terms.Add(Registers("transposers", BlocksOfTransposer * (((double)rows * packing * rows * BitsOfWord) + ((double)columns * rows * word)), c.Area));
        return terms;
    }

    private static List<AreaTerm> Vector(ChipConfiguration c)
    {
        int lanes = c.Vector.Lanes;
        List<AreaTerm> terms =
        [
            new("lanes", lanes, c.Area.VectorLane, "area.vector_lane"),
            Registers("results", (double)ResultsOfVector * lanes * BitsOfSum, c.Area),
            new("sequencer", 1, c.Area.Engine, "area.engine"),
        ];
        if (!c.Training)
            return terms;
        terms.Add(new("derivatives", lanes, c.Area.GradientLane, "area.gradient_lane"));
        terms.Add(new("losses", lanes, c.Area.LossLane, "area.loss_lane"));
        terms.Add(new("optimizers", lanes, c.Area.OptimizerLane, "area.optimizer_lane"));
        terms.Add(Registers("transpose", BlockOfVector * BlockOfVector * BitsOfSum, c.Area));
        return terms;
    }

    private static List<AreaTerm> Control(ChipConfiguration c) =>
    [
        new("core", 1, c.Area.ControlCore, "area.control_core"),
        Sram("L1I and L1D", c.Core.L1iBytes + c.Core.L1dBytes, false, c.Area),
        Registers("store buffer", c.Core.StoreBufferEntries * BitsOfStore, c.Area),
        Registers("descriptor queues", Queues * c.Dispatch.QueueDepth * BitsOfDescriptor, c.Area),
        Registers("semaphores", Semaphores * BitsOfSemaphore, c.Area),
        new("dispatch, LD, ST", EnginesOfControl, c.Area.Engine, "area.engine"),
    ];

    /// <summary>The endpoints are those of the breadboard: L1D and L1I of each tile, the host, the homes; wide ports are those of a tile's two DMA engines, of the homes and of a link.</summary>
    private static List<AreaTerm> Fabric(ChipConfiguration c)
    {
        int homes = 2 * c.Hbm.Channels;
        int links = HasLink(c) ? 1 : 0;
        int coherent = CoherentNetworks * ((2 * c.Tiles) + 1 + homes), wide = WideNetworks * (((c.Fabric.LoadPorts + 1) * c.Tiles) + homes + links);
        return
        [
            new("ports", coherent + wide, c.Area.FabricPort, "area.fabric_port"),
            Registers("coherent buffers", (double)coherent * c.Fabric.BufferDepth * BitsOfCoherentFlit, c.Area),
            Registers("wide buffers", (double)wide * c.Fabric.BufferDepth * BitsOfWideFlit, c.Area),
            new("home slices and stream ports", 2 * homes, c.Area.Home, "area.home"),
        ];
    }

    private static List<AreaTerm> Host(ChipConfiguration c)
    {
        List<AreaTerm> terms = [new("host port, timer, power manager", 1, c.Area.Host, "area.host")];
        if (!HasLink(c))
            return terms;
        terms.Add(new("PCIe link", 1, c.Area.PciePhy, "area.pcie_phy"));
        terms.Add(Sram("transactions of the link", c.Pcie.Transactions * HomeMap.GranuleBytes, true, c.Area));
        return terms;
    }

    private static bool HasLink(ChipConfiguration c) => c.Pcie.MemoryBytes > 0;

    private static AreaTerm Registers(string what, double bits, AreaConfiguration a) => new($"bits of {what}", bits, a.RegisterBit, "area.register_bit");

    private static AreaTerm Sram(string what, double bytes, bool dual, AreaConfiguration a) =>
        new($"KiB of {what}", bytes / KiB, dual ? a.SramDual : a.Sram, dual ? "area.sram_dual" : "area.sram");

    private static AreaOfUnit Tiles(ChipConfiguration c, string unit, List<AreaTerm> ofOne) =>
        new(unit, [.. ofOne.Select(t => t with { Count = t.Count * c.Tiles })], Blocks(c, [.. Enumerable.Range(0, c.Tiles).Select(t => c.Thermal.BlockOf(t, unit))]));

    private static AreaOfUnit Chip(ChipConfiguration c, string unit, List<AreaTerm> terms) => new(unit, terms, Blocks(c, [c.Thermal.BlockOf(0, unit)]));

    private static double Blocks(ChipConfiguration c, int[] blocks) =>
        blocks.Distinct().Where(b => b >= 0).Sum(b => c.Thermal.Floorplan[b].Area) * SquareMillimetre;
}
