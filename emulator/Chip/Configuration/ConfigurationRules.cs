using System.Globalization;
using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>What must hold between keys. Each rule blames the key that a user would change.</summary>
internal static class ConfigurationRules
{
    private static readonly string[] TileBlocks = ["array", "scratchpad", "accumulators", "vector", "control"];
    private static readonly string[] ChipBlocks = ["fabric", "hbm_phy", "host"];

    public static void Check(ChipConfiguration c, ConfigurationValues values, List<ConfigurationError> errors)
    {
        void Rule(bool holds, string key, string message, string legal)
        {
            if (holds)
                return;
            ConfigurationEntry entry = values.Entry(key);
            errors.Add(new ConfigurationError(entry.File, entry.Line, key, message, legal));
        }

        ScratchpadConfiguration s = c.Scratchpad;
        Rule(s.Bytes >= s.Banks * s.BankWidthBytes * 16, "scratchpad.banks", "a bank would have less than 16 words", "banks * bank_width * 16 <= bytes");
        Rule(s.Banks * s.BankWidthBytes >= 64, "scratchpad.banks", "an access of 64 bytes needs that much in one cycle", "banks * bank_width >= 64 B");
        Rule(!s.Secded || s.BankWidthBytes >= Secded.WordBytes, "scratchpad.bank_width", "a word and its check byte lie in one bank", "8 B or more with scratchpad.ecc secded");
        Rule(s.Secded || s.ScrubCycles == 0, "scratchpad.scrub", "has no effect, as scratchpad.ecc is off", "0 cycles, or scratchpad.ecc secded");
        Rule(c.Accumulators.Bytes >= 4 * 4 * 16 * c.Array.Columns, "accumulators.bytes", "a slot has no room for 16 rows of the array, which firmware may count on", "256 B * array.columns or more");

        Rule(c.Fabric.StreamingBaseBytes % 64 == 0, "fabric.streaming_base", "not a multiple of a line", "a multiple of 64 B");
        Rule(c.Fabric.StreamingBaseBytes < c.Hbm.CapacityBytes, "fabric.streaming_base", "leaves nothing for the DMA", "less than hbm.capacity");
        Rule(c.Hbm.CapacityBytes / c.Hbm.Channels >= 32L << 20, "hbm.capacity", "less than 32 MiB a channel", "32 MiB * hbm.channels or more");

        Rule(c.Tiles * (c.Fabric.LoadPorts + 1) <= 64, "fabric.load_ports", "the wide plane has 64 ports on a side, and a store engine takes one too", "tiles * (load_ports + 1) <= 64");
        Memory(c.Hbm, values, Rule);
        Rule(c.Pcie.MemoryBytes % HomeMap.GranuleBytes == 0, "pcie.memory", "a transaction would reach beyond it", "a multiple of 512 B");
        foreach (string key in (string[])["bandwidth", "latency", "payload", "overhead", "transactions"])
            Rule(c.Pcie.MemoryBytes > 0 || !values.IsChanged("pcie." + key), "pcie." + key, "has no effect, as pcie.memory is 0 B", "leave it out");
        ThermalConfiguration h = c.Thermal;
        Rule(h.Release < h.Trip, "thermal.release", "throttling would never end, or never hold", "less than thermal.trip");
        Rule(h.Critical > h.Trip, "thermal.critical", "the critical point must lie above the trip point", "more than thermal.trip");
        Rule(h.Package.Sink.Side >= h.Package.Spreader.Side, "thermal.package.sink_side", "the sink is smaller than the spreader", "spreader_side or more");
        if (h.Floorplan.Count > 0)
            Floorplan(c, Rule);
    }

    private static void Memory(HbmConfiguration h, ConfigurationValues values, Action<bool, string, string, string> rule)
    {
        HbmConfig m = h.Controller;
        HbmTiming t = m.Timing;
        rule(t.Rc >= t.Ras, "hbm.timing.rc", "a row cannot cycle faster than it is open", "rc >= ras");
        rule(t.Ras >= t.RcdRead, "hbm.timing.ras", "a row would close before its first read", "ras >= rcdrd");
        rule(t.CcdShort >= t.Burst, "hbm.timing.ccds", "bursts would overlap", "ccds >= bl");
        rule(t.CcdLong >= t.CcdShort, "hbm.timing.ccdl", "the same bank group cannot be faster", "ccdl >= ccds");
        rule(t.RrdLong >= t.RrdShort, "hbm.timing.rrdl", "the same bank group cannot be faster", "rrdl >= rrds");
        rule(t.WtrLong >= t.WtrShort, "hbm.timing.wtrl", "the same bank group cannot be faster", "wtrl >= wtrs");
        rule(t.Refi > t.Rfc + t.Rp + t.Rtp + t.RcdRead, "hbm.timing.refi", "refresh would take all of the time", "more than rfc + rp + rtp + rcdrd");
        int rate = h.Heat.Follows ? 4 : m.RefreshRate;
        rule(t.Refi / rate > t.Rfc + t.Rp + t.Rtp + t.RcdRead, rate == m.RefreshRate ? "hbm.refresh_rate" : "hbm.refresh_follows_heat", "refresh would take all of the time", "refi over the rate is more than rfc + rp + rtp + rcdrd");
        rule(h.Heat.VeryHot > h.Heat.Hot, "hbm.refresh_very_hot", "the rate would not rise in steps", "more than hbm.refresh_hot");
        rule(t.RefiBank > t.Rrefd, "hbm.timing.refipb", "refreshes of single banks would come too close", "more than rrefd");
        rule(m.WriteLow < m.WriteHigh, "hbm.write_low", "writes would never end", "less than hbm.write_high");
        rule(h.Standard != "DDR3" || m.Refresh != HbmRefresh.PerBank, "hbm.refresh", "DDR3 refreshes all banks together", "off | all-bank");
        string map = values.Text("hbm.map");
        if (map != "chip")
        {
            _ = HbmMaps.Parse(map, false, h.Channels, h.CapacityBytes, out string? mistake);
            rule(mistake is null, "hbm.map", mistake ?? "", HbmMaps.Form);
        }

        // A key that changes nothing is a mistake of whoever wrote it; presets may be overridden half.
        void Used(bool used, string because, params string[] keys)
        {
            foreach (string key in keys)
                rule(used || !values.IsChanged(key), key, $"has no effect, as {because}", "leave it out");
        }

        Used(m.Scheduler == HbmScheduler.FrFcfsGrouped, $"hbm.scheduler is {values.Text("hbm.scheduler")}", "hbm.write_high", "hbm.write_low");
        Used(m.Scheduler != HbmScheduler.Fcfs, "hbm.scheduler is fcfs", "hbm.starvation");
        Used(m.Refresh != HbmRefresh.Off, "hbm.refresh is off", "hbm.postpone", "hbm.refresh_rate", "hbm.refresh_follows_heat");
        Used(h.Heat.Follows, "hbm.refresh_follows_heat is off", "hbm.refresh_hot", "hbm.refresh_very_hot");
        Used(m.Refresh == HbmRefresh.AllBank, $"hbm.refresh is {values.Text("hbm.refresh")}", "hbm.timing.rfc", "hbm.timing.refi");
        Used(m.Refresh == HbmRefresh.PerBank, $"hbm.refresh is {values.Text("hbm.refresh")}", "hbm.timing.rfcpb", "hbm.timing.refipb", "hbm.timing.rrefd");
        Used(m.PowerDown > 0, "hbm.power_down is 0", "hbm.timing.xp");
        Used(m.SelfRefresh > 0, "hbm.self_refresh is 0", "hbm.timing.xs");
        Used(m.PowerDown > 0 || m.SelfRefresh > 0, "hbm.power_down and hbm.self_refresh are 0", "hbm.timing.cke");
    }

    private static void Floorplan(ChipConfiguration c, Action<bool, string, string, string> rule)
    {
        const double Slack = 1e-9; // a picometre would do; coordinates are decimal millimetres
        IReadOnlyList<FloorplanBlock> blocks = c.Thermal.Floorplan;
        double width = blocks.Max(b => b.X + b.Width), height = blocks.Max(b => b.Y + b.Height);
        rule(
            Math.Max(width, height) <= c.Thermal.Package.Spreader.Side,
            "thermal.package.spreader_side",
            "the spreader is smaller than the die",
            string.Create(CultureInfo.InvariantCulture, $"{Math.Max(width, height) * 1000:0.###} mm or more"));
        for (int i = 0; i < blocks.Count; i++)
        {
            FloorplanBlock a = blocks[i];
            string key = string.Create(CultureInfo.InvariantCulture, $"thermal.floorplan[{i}].name");
            rule(IsBlockName(a.Name), key, $"no unit is called '{a.Name}'{NearestName.Aside(a.Name, [.. TileBlocks, .. ChipBlocks])}", $"{string.Join(", ", TileBlocks)} (each also as tileN.NAME), {string.Join(", ", ChipBlocks)}");
            for (int j = 0; j < i; j++)
            {
                FloorplanBlock b = blocks[j];
                rule(a.Name != b.Name, key, $"block '{a.Name}' appears twice", "one block a name");
                bool apart = a.X + a.Width <= b.X + Slack || b.X + b.Width <= a.X + Slack || a.Y + a.Height <= b.Y + Slack || b.Y + b.Height <= a.Y + Slack;
                rule(apart, key, $"block '{a.Name}' overlaps '{b.Name}'", "blocks side by side");
            }
        }

        rule(
            blocks.Sum(b => b.Area) >= width * height * 0.999,
            "thermal.floorplan[0].name",
            "the blocks leave gaps in the die",
            "blocks that cover their outline");
        foreach (string unit in ChipBlocks)
            rule(blocks.Any(b => b.Name == unit), "thermal.floorplan[0].name", $"no block is called '{unit}'", "a block for every unit");
        for (int tile = 0; tile < c.Tiles; tile++)
        {
            foreach (string unit in TileBlocks)
                rule(c.Thermal.BlockOf(tile, unit) >= 0, "tiles", $"the floorplan has no block for tile{tile}.{unit}", "thermal.floorplan with a block for every unit of every tile");
        }
    }

    private static bool IsBlockName(string name)
    {
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
            return TileBlocks.Contains(name) || ChipBlocks.Contains(name);
        return name.StartsWith("tile", StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(4, dot - 4), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && TileBlocks.Contains(name[(dot + 1)..]);
    }
}
