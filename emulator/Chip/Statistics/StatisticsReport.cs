using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>Statistics as a page for a person.</summary>
public sealed class StatisticsReport
{
    private readonly TextWriter _out;
    private readonly ChipStatistics _s;

    private StatisticsReport(TextWriter writer, ChipStatistics statistics)
    {
        _out = writer;
        _s = statistics;
    }

    public static void Write(TextWriter writer, ChipStatistics statistics, HostStatistics? host = null) =>
        new StatisticsReport(writer, statistics).Write(host);

    private void Write(HostStatistics? host)
    {
        Line($"Run         {_s.Outcome} on '{_s.Configuration}', seed {_s.Seed}: {N(_s.Cycles)} cycles at {_s.CoreMegahertz} MHz = {_s.EmulatedPs / 1e9:0.000} ms emulated");
        if (host is not null)
            Line($"Host        {host.Seconds:0.0} s, {host.MegacyclesPerSecond:0.00} Mcycles/s");
        long descriptors = _s.Descriptors.Sum(d => d.Count);
        Line($"Work        {N(_s.InstructionsRetired)} instructions, {N(descriptors)} descriptors");
        Line($"MACs        {N(_s.Macs.Macs)} of {N(_s.Macs.PeakMacs)} possible: {_s.Macs.UtilisationPercent:0.00} % utilisation");
        Table("Phases (cycles)", _s.Phases);
        Table("Descriptors", _s.Descriptors);
        Units();
        Conflicts();
        Memory();
        Energy();
        Heat();
    }

    private void Table(string title, IReadOnlyList<NamedCount> rows)
    {
        if (rows.All(r => r.Count == 0))
            return;
        Line($"");
        Line($"{title}");
        int[] shares = Percentages.Tenths([.. rows.Select(r => r.Count)]);
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i].Count != 0)
                Line($"  {rows[i].Name,-22} {N(rows[i].Count),16} {Percentages.Text(shares[i]),6} %");
        }
    }

    /// <summary>One line a unit; its causes sum to 100 %.</summary>
    private void Units()
    {
        if (_s.Units.Count == 0)
            return;
        Line($"");
        Line($"Cycles by cause, per cent of each unit's own cycles");
        foreach (UnitStatistics unit in _s.Units)
        {
            int[] shares = Percentages.Tenths([.. unit.Causes.Select(c => c.Count)]);
            IEnumerable<string> parts = unit.Causes
                .Select((cause, i) => (cause.Name, cause.Count, Share: shares[i]))
                .Where(c => c.Count > 0)
                .Select(c => $"{c.Name} {Percentages.Text(c.Share)}");
            Line($"  {unit.Name,-22} {string.Join("  ", parts)}");
        }
    }

    private void Conflicts()
    {
        if (_s.Conflicts.All(c => c.Cycles == 0))
            return;
        Line($"");
        Line($"Scratchpad conflicts (cycles waited)");
        foreach (ConflictStatistics conflict in _s.Conflicts.Where(c => c.Cycles > 0).OrderByDescending(c => c.Cycles))
            Line($"  {conflict.Scratchpad,-22} {conflict.Waiting} waits for {conflict.Winner}: {N(conflict.Cycles)}");
    }

    private void Memory()
    {
        HbmStatistics hbm = _s.Hbm;
        Line($"");
        Line($"HBM         {N(hbm.ReadBytes)} B read, {N(hbm.WriteBytes)} B written: {hbm.GigabytesPerSecond:0.00} GB/s, {hbm.PercentOfPeak:0.0} % of peak");
        int[] rows = Percentages.Tenths([hbm.RowHits, hbm.RowClosed, hbm.RowConflicts]);
        Line($"            rows: {Percentages.Text(rows[0])} % hit, {Percentages.Text(rows[1])} % closed, {Percentages.Text(rows[2])} % conflict");
        if (hbm.Commands.Any(c => c.Count > 0))
            Line($"            commands: {string.Join(", ", hbm.Commands.Where(c => c.Count > 0).Select(c => $"{c.Name} {N(c.Count)}"))}");
        foreach (FabricStatistics plane in _s.Fabric)
            Line($"Fabric      {plane.Name}: {N(plane.Packets)} packets, {N(plane.Flits)} flits, {N(plane.FlitHops)} flit hops");
    }

    private void Energy()
    {
        if (_s.TotalPicojoules <= 0)
            return;
        double total = _s.TotalPicojoules;
        Line($"");
        Line($"Energy      {total / 1e6:0.000} uJ, {(_s.EmulatedPs > 0 ? total / _s.EmulatedPs : 0):0.000} W on average");

        // Shares of rounded femtojoules, so that they sum to 100 % like every other table.
        int[] shares = Percentages.Tenths([.. _s.Energy.Select(e => (long)(e.Picojoules * 1000))]);
        for (int i = 0; i < _s.Energy.Count; i++)
            Line($"  {_s.Energy[i].Name,-22} {_s.Energy[i].Picojoules / 1e6,13:0.000} uJ {Percentages.Text(shares[i]),6} %");
    }

    private void Heat()
    {
        if (_s.Thermal.Hottest is not { } hottest)
            return;
        Line($"");
        string scale = _s.Thermal.TimeScale == 1 ? "" : $" (thermal time runs {_s.Thermal.TimeScale:0.###} times faster)";
        Line($"Heat        peak {hottest.Peak:0.00} C in {hottest.Block}, {_s.Thermal.Trips} trips, {N(_s.Thermal.ThrottledCycles)} cycles throttled{scale}");
    }

    private void Line(FormattableString text)
    {
        _out.Write(text.ToString(CultureInfo.InvariantCulture));
        _out.Write('\n');
    }

    private static string N(long value) => value.ToString("#,##0", CultureInfo.InvariantCulture);
}
