using System.Globalization;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>Statistics of a replay as a page for a person, in the form of <see cref="StatisticsReport"/>.</summary>
public sealed class DramReport
{
    private readonly TextWriter _out;
    private readonly DramStatistics _s;

    private DramReport(TextWriter writer, DramStatistics statistics)
    {
        _out = writer;
        _s = statistics;
    }

    public static void Write(TextWriter writer, DramStatistics statistics, HostStatistics? host = null) =>
        new DramReport(writer, statistics).Write(host);

    private void Write(HostStatistics? host)
    {
        Line($"Replay      {_s.Trace} on '{_s.Configuration}': {N(_s.Cycles)} cycles at {_s.Megahertz} MHz = {_s.Hbm.EmulatedPs / 1e9:0.000} ms emulated");
        if (host is not null)
            Line($"Host        {host.Seconds:0.0} s, {host.MegacyclesPerSecond:0.00} Mcycles/s, {_s.Requests / 1e6 / Math.Max(host.Seconds, 1e-6):0.00} Mrequests/s");
        Line($"Requests    {N(_s.Reads)} reads, {N(_s.Writes)} writes of {HbmAddressMap.BurstBytes} B, at most {_s.Window} offered a cycle");
        Memory();
        Line($"\nLatency          count         mean       p50       p99       max   cycles from accept to end of burst; ns");
        Latency("read", _s.ReadLatency);
        Latency("write", _s.WriteLatency);
        Channels();
        Energy();
    }

    private void Memory()
    {
        HbmStatistics hbm = _s.Hbm;
        int[] rows = Percentages.Tenths([hbm.RowHits, hbm.RowClosed, hbm.RowConflicts]);
        Line($"\nHBM         {N(hbm.ReadBytes)} B read, {N(hbm.WriteBytes)} B written: {hbm.GigabytesPerSecond:0.00} GB/s, {hbm.PercentOfPeak:0.0} % of peak; {_s.UtilisationPercent:0.00} % utilisation");
        Line($"            rows: {Percentages.Text(rows[0])} % hit, {Percentages.Text(rows[1])} % closed, {Percentages.Text(rows[2])} % conflict; {Counts(hbm.Commands)}");
        Line($"            {StatisticsReport.DataBus(hbm)}");
        if (hbm.Asleep() is { } asleep)
            Line($"            {asleep}");
    }

    private void Latency(string name, LatencyStatistics latency)
    {
        if (latency.Count == 0)
            return;
        Line($"  {name,-8}{N(latency.Count),12} {latency.Mean,12:0.00} {N(latency.P50),9} {N(latency.P99),9} {N(latency.Maximum),9}   {_s.Nanoseconds(latency.Mean):0.0}, {_s.Nanoseconds(latency.P50):0.0}, {_s.Nanoseconds(latency.P99):0.0}, {_s.Nanoseconds(latency.Maximum):0.0} ns");
    }

    private void Channels()
    {
        if (_s.Channels.Count < 2)
            return;
        Line($"\nChannel          reads       writes      GB/s  utilisation    hit % closed % conflict %   mean read latency");
        for (int c = 0; c < _s.Channels.Count; c++)
        {
            DramChannelStatistics channel = _s.Channels[c];
            int[] rows = Percentages.Tenths([channel.Hbm.RowHits, channel.Hbm.RowClosed, channel.Hbm.RowConflicts]);
            Line($"  {c,-8}{N(channel.Reads),12} {N(channel.Writes),12} {channel.Hbm.GigabytesPerSecond,9:0.00} {channel.UtilisationPercent,10:0.00} % {Percentages.Text(rows[0]),8} {Percentages.Text(rows[1]),8} {Percentages.Text(rows[2]),10} {channel.MeanReadCycles,12:0.00} cycles");
        }
    }

    private void Energy()
    {
        double total = _s.TotalPicojoules;
        if (total <= 0)
            return;
        int[] shares = Percentages.Tenths([.. _s.Energy.Select(e => (long)(e.Picojoules * 1000))]);
        IEnumerable<string> parts = _s.Energy.Select((e, i) => string.Create(CultureInfo.InvariantCulture, $"{e.Name} {e.Picojoules / 1e6:0.000} uJ {Percentages.Text(shares[i])} %"));
        Line($"\nEnergy      {total / 1e6:0.000} uJ, {(_s.Hbm.EmulatedPs > 0 ? total / _s.Hbm.EmulatedPs : 0):0.000} W on average");
        Line($"  {string.Join(", ", parts)}");
    }

    private static string Counts(IEnumerable<NamedCount> counts) => string.Join(", ", counts.Where(c => c.Count > 0).Select(c => $"{c.Name} {N(c.Count)}"));

    private void Line(FormattableString text)
    {
        _out.Write(text.ToString(CultureInfo.InvariantCulture));
        _out.Write('\n');
    }

    private static string N(long value) => value.ToString("#,##0", CultureInfo.InvariantCulture);
}
