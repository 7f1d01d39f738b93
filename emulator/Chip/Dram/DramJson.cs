using System.Text.Json;

namespace HybridEmu.Chip;

/// <summary>Statistics of a replay as JSON: the same replay gives the same bytes, apart from the key host.</summary>
public static class DramJson
{
    /// <param name="host">Written under the key host; null leaves it out.</param>
    public static void Write(Stream stream, DramStatistics s, HostStatistics? host = null)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteString("configuration", s.Configuration);
        json.WriteString("trace", s.Trace);
        json.WriteNumber("hbmMegahertz", s.Megahertz);
        json.WriteNumber("window", s.Window);
        json.WriteNumber("cycles", s.Cycles);
        json.WriteNumber("emulatedPicoseconds", s.Hbm.EmulatedPs);
        json.WriteNumber("requests", s.Requests);
        json.WriteNumber("reads", s.Reads);
        json.WriteNumber("writes", s.Writes);
        json.WriteNumber("utilisationPercent", s.UtilisationPercent);
        StatisticsJson.WriteHbm(json, s.Hbm);
        Latency(json, "readLatency", s, s.ReadLatency);
        Latency(json, "writeLatency", s, s.WriteLatency);
        json.WriteStartObject("energyPicojoules");
        foreach (EnergyStatistics energy in s.Energy)
            json.WriteNumber(energy.Name, energy.Picojoules);
        json.WriteNumber("total", s.TotalPicojoules);
        json.WriteEndObject();
        json.WriteStartArray("channels");
        foreach (DramChannelStatistics channel in s.Channels)
        {
            json.WriteStartObject();
            json.WriteNumber("reads", channel.Reads);
            json.WriteNumber("writes", channel.Writes);
            json.WriteNumber("utilisationPercent", channel.UtilisationPercent);
            json.WriteNumber("meanReadCycles", channel.MeanReadCycles);
            StatisticsJson.WriteHbm(json, channel.Hbm);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (host is not null)
            StatisticsJson.WriteHost(json, host);
        json.WriteEndObject();
        json.Flush();
        stream.WriteByte((byte)'\n');
    }

    private static void Latency(Utf8JsonWriter json, string key, DramStatistics s, LatencyStatistics latency)
    {
        json.WriteStartObject(key);
        json.WriteNumber("count", latency.Count);
        json.WriteNumber("meanCycles", latency.Mean);
        json.WriteNumber("p50Cycles", latency.P50);
        json.WriteNumber("p99Cycles", latency.P99);
        json.WriteNumber("maximumCycles", latency.Maximum);
        json.WriteNumber("meanNanoseconds", s.Nanoseconds(latency.Mean));
        json.WriteNumber("p50Nanoseconds", s.Nanoseconds(latency.P50));
        json.WriteNumber("p99Nanoseconds", s.Nanoseconds(latency.P99));
        json.WriteNumber("maximumNanoseconds", s.Nanoseconds(latency.Maximum));
        json.WriteEndObject();
    }
}
