using System.Text.Json;

namespace HybridEmu.Chip;

/// <summary>Statistics as JSON: the same run gives the same bytes, apart from the key host.</summary>
public static class StatisticsJson
{
    /// <summary>Grows when a value moves or changes its meaning; files before it was written have none.</summary>
    public const int Format = 1;

    public const string FormatKey = "format";

    /// <param name="host">Written under the key host; null leaves it out.</param>
    public static void Write(Stream stream, ChipStatistics s, HostStatistics? host = null)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteNumber(FormatKey, Format);
        json.WriteString("configuration", s.Configuration);
        json.WriteNumber("seed", s.Seed);
        json.WriteNumber("coreMegahertz", s.CoreMegahertz);
        json.WriteString("outcome", s.Outcome);
        if (s.ExitCode is { } code)
            json.WriteNumber("exitCode", code);
        else
            json.WriteNull("exitCode");
        json.WriteNumber("cycles", s.Cycles);
        json.WriteNumber("emulatedPicoseconds", s.EmulatedPs);
        json.WriteNumber("instructionsRetired", s.InstructionsRetired);
        Counts(json, "phases", s.Phases);
        Items(json, "units", s.Units, unit =>
        {
            json.WriteString("name", unit.Name);
            json.WriteString("clock", unit.Clock);
            json.WriteNumber("cycles", unit.Cycles);
            Counts(json, "causes", unit.Causes);
        });
        json.WriteStartObject("macs");
        json.WriteNumber("done", s.Macs.Macs);
        json.WriteNumber("usedPeCycles", s.Macs.UsedPeCycles);
        json.WriteNumber("peCycles", s.Macs.PeCycles);
        json.WriteNumber("utilisationPercent", s.Macs.UtilisationPercent);
        json.WriteEndObject();
        WriteArrays(json, s);
        Counts(json, "descriptors", s.Descriptors);
        WriteConflicts(json, s.Conflicts);
        WriteBankConflicts(json, s.BankConflicts);
        WriteEcc(json, s.Ecc);
        WriteHbm(json, s.Hbm);
        if (s.Pcie is not null)
            WritePcie(json, s.Pcie);
        Items(json, "fabric", s.Fabric, plane =>
        {
            json.WriteString("name", plane.Name);
            json.WriteNumber("packets", plane.Packets);
            json.WriteNumber("flits", plane.Flits);
            json.WriteNumber("flitHops", plane.FlitHops);
        });
        json.WriteStartObject("energyPicojoules");
        foreach (EnergyStatistics energy in s.Energy)
            json.WriteNumber(energy.Name, energy.Picojoules);
        json.WriteNumber("total", s.TotalPicojoules);
        json.WriteEndObject();
        WriteThermal(json, s.Thermal);
        WriteArea(json, s.Area);
        json.WriteStartObject("settings");
        foreach (ConfigurationSetting setting in s.Settings)
            json.WriteString(setting.Key, setting.Value);
        json.WriteEndObject();
        if (host is not null)
            WriteHost(json, host);
        json.WriteEndObject();
        json.Flush();
        stream.WriteByte((byte)'\n');
    }

    private static void WriteArrays(Utf8JsonWriter json, ChipStatistics s)
    {
        Items(json, "arrays", s.Arrays, array =>
        {
            json.WriteString("name", array.Name);
            json.WriteNumber("cycles", array.Cycles);
            json.WriteNumber("wavefrontCycles", array.WavefrontCycles);
            json.WriteNumber("folds", array.Folds);
            json.WriteNumber("rows", array.Rows);
            json.WriteNumber("weightRows", array.WeightRows);
        });
        Items(json, "traffic", s.Traffic, memory =>
        {
            json.WriteString("name", memory.Name);
            json.WriteNumber("readBytes", memory.ReadBytes);
            json.WriteNumber("writeBytes", memory.WriteBytes);
        });
    }

    private static void Items<T>(Utf8JsonWriter json, string key, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(key);
        foreach (T item in items)
        {
            json.WriteStartObject();
            write(item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Counts(Utf8JsonWriter json, string key, IReadOnlyList<NamedCount> counts)
    {
        json.WriteStartObject(key);
        foreach (NamedCount count in counts)
            json.WriteNumber(count.Name, count.Count);
        json.WriteEndObject();
    }

    private static void WriteConflicts(Utf8JsonWriter json, IReadOnlyList<ConflictStatistics> conflicts)
    {
        Items(json, "scratchpadConflicts", conflicts, conflict =>
        {
            json.WriteString("scratchpad", conflict.Scratchpad);
            json.WriteString("winner", conflict.Winner);
            json.WriteString("waiting", conflict.Waiting);
            json.WriteNumber("cycles", conflict.Cycles);
        });
    }

    private static void WriteBankConflicts(Utf8JsonWriter json, IReadOnlyList<BankConflictStatistics> conflicts)
    {
        Items(json, "scratchpadBankConflicts", conflicts, conflict =>
        {
            json.WriteString("scratchpad", conflict.Scratchpad);
            json.WriteNumber("bank", conflict.Bank);
            json.WriteString("waiting", conflict.Waiting);
            json.WriteNumber("cycles", conflict.Cycles);
        });
    }

    private static void WriteEcc(Utf8JsonWriter json, IReadOnlyList<EccStatistics> scratchpads)
    {
        Items(json, "scratchpadEcc", scratchpads, ecc =>
        {
            json.WriteString("scratchpad", ecc.Scratchpad);
            json.WriteNumber("corrected", ecc.Corrected);
            json.WriteNumber("detected", ecc.Detected);
            json.WriteNumber("scrubbed", ecc.Scrubbed);
            json.WriteNumber("scrubReads", ecc.ScrubReads);
        });
    }

    internal static void WriteHbm(Utf8JsonWriter json, HbmStatistics hbm)
    {
        json.WriteStartObject("hbm");
        json.WriteNumber("readBytes", hbm.ReadBytes);
        json.WriteNumber("writeBytes", hbm.WriteBytes);
        json.WriteNumber("gigabytesPerSecond", hbm.GigabytesPerSecond);
        json.WriteNumber("percentOfPeak", hbm.PercentOfPeak);
        json.WriteNumber("rowHits", hbm.RowHits);
        json.WriteNumber("rowClosed", hbm.RowClosed);
        json.WriteNumber("rowConflicts", hbm.RowConflicts);
        Counts(json, "commands", hbm.Commands);
        Counts(json, "dataBusCycles", hbm.DataBus);
        Counts(json, "standbyCycles", hbm.Standby);
        json.WriteNumber("eccCorrected", hbm.EccCorrected);
        json.WriteNumber("eccDetected", hbm.EccDetected);
        json.WriteEndObject();
    }

    private static void WritePcie(Utf8JsonWriter json, PcieStatistics pcie)
    {
        json.WriteStartObject("pcie");
        json.WriteNumber("readBytes", pcie.ReadBytes);
        json.WriteNumber("writeBytes", pcie.WriteBytes);
        json.WriteNumber("outboundBytes", pcie.OutboundBytes);
        json.WriteNumber("inboundBytes", pcie.InboundBytes);
        json.WriteNumber("inboundPercent", pcie.InboundPercent);
        json.WriteNumber("outboundPercent", pcie.OutboundPercent);
        json.WriteEndObject();
    }

    private static void WriteThermal(Utf8JsonWriter json, ThermalStatistics thermal)
    {
        json.WriteStartObject("thermal");
        json.WriteNumber("timeScale", thermal.TimeScale);
        json.WriteNumber("trips", thermal.Trips);
        json.WriteNumber("throttledCycles", thermal.ThrottledCycles);
        json.WriteNumber("refreshTwice", thermal.RefreshTwice);
        json.WriteNumber("refreshFourTimes", thermal.RefreshFourTimes);
        Items(json, "blocks", thermal.Blocks, block =>
        {
            json.WriteString("name", block.Block);
            json.WriteNumber("now", block.Now);
            json.WriteNumber("peak", block.Peak);
        });
        json.WriteEndObject();
    }

    private static void WriteArea(Utf8JsonWriter json, AreaStatistics area)
    {
        json.WriteStartObject("areaSquareMillimetres");
        Items(json, "units", area.Units, unit =>
        {
            json.WriteString("name", unit.Unit);
            json.WriteNumber("estimate", unit.SquareMillimetres);
            json.WriteNumber("floorplan", unit.Floorplan);
            Items(json, "terms", unit.Terms, term =>
            {
                json.WriteString("name", term.What);
                json.WriteNumber("count", term.Count);
                json.WriteNumber("squareMicrometresEach", term.Each);
                json.WriteString("key", term.Key);
                json.WriteNumber("estimate", term.SquareMillimetres);
            });
        });
        json.WriteNumber("estimate", area.SquareMillimetres);
        json.WriteNumber("floorplan", area.Floorplan);
        json.WriteEndObject();
    }

    internal static void WriteHost(Utf8JsonWriter json, HostStatistics host)
    {
        json.WriteStartObject("host");
        json.WriteNumber("seconds", host.Seconds);
        json.WriteNumber("megacyclesPerSecond", host.MegacyclesPerSecond);
        json.WriteString("runtime", host.Runtime);
        json.WriteString("system", host.System);
        json.WriteNumber("processors", host.Processors);
        json.WriteEndObject();
    }
}
