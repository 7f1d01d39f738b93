using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>Statistics as a page for a person.</summary>
public sealed class StatisticsReport
{
    /// <summary>Pairs of a bank and a requester that lost most.</summary>
    private const int WorstPairs = 4;

    /// <summary>Longer lines of causes are broken.</summary>
    private const int WidthCharacters = 118;

    /// <summary>Where causes begin, unless a name is longer.</summary>
    private const int UnitNameWidth = 17;

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
        string queues = descriptors > 0 ? $" ({Counts(_s.Descriptors)})" : "";
        Line($"Work        {N(_s.InstructionsRetired)} instructions, {N(descriptors)} descriptors{queues}");
        Line($"MACs        {N(_s.Macs.Macs)}; {N(_s.Macs.UsedPeCycles)} of {N(_s.Macs.PeCycles)} PE cycles: {_s.Macs.UtilisationPercent:0.00} % utilisation");
        Phases();
        Units();
        Conflicts();
        WorstBanks();
        Ecc();
        Memory();
        Fabric();
        Energy();
        Heat();
        Area();
    }

    private void Phases()
    {
        if (_s.Phases.Count == 0)
            return;
        Line($"\nPhase              cycles");
        int[] shares = Percentages.Tenths([.. _s.Phases.Select(p => p.Count)]);
        for (int i = 0; i < shares.Length; i++)
            Line($"  {_s.Phases[i].Name,-13} {N(_s.Phases[i].Count),15} {Percentages.Text(shares[i]),6} %");
    }

    /// <summary>One line a unit, or a group of alike units; its causes sum to 100 %, and those that round to 0.0 are left out.</summary>
    private void Units()
    {
        // The fabric's networks have a table of their own.
        IReadOnlyList<UnitStatistics> groups = UnitGroups.Of([.. _s.Units.Where(u => _s.Fabric.All(f => f.Name != u.Name))]);
        if (groups.Count == 0)
            return;
        int width = Math.Max(UnitNameWidth, groups.Max(g => g.Name.Length + 1));
        Line($"\n{"Unit".PadRight(2 + width)}% of its cycles by cause (below 0.05 left out)");
        foreach (UnitStatistics unit in groups)
            Causes($"  {unit.Name.PadRight(width)}", unit);
    }

    private void Causes(string line, UnitStatistics unit)
    {
        string indent = new(' ', line.Length);
        int[] shares = Percentages.Tenths([.. unit.Causes.Select(c => c.Count)]);
        for (int i = 0; i < shares.Length; i++)
        {
            if (shares[i] == 0)
                continue;
            string part = $"{unit.Causes[i].Name} {Percentages.Text(shares[i])}";
            if (line.Length + part.Length > WidthCharacters)
            {
                Line($"{line.TrimEnd()}");
                line = indent;
            }

            line += part + "  ";
        }

        Line($"{line.TrimEnd()}");
    }

    /// <summary>One line a requester that waited, with the winners; the tiles' scratchpads together.</summary>
    private void Conflicts()
    {
        ConflictStatistics[] conflicts = [.. _s.Conflicts.Where(c => c.Cycles > 0)];
        if (conflicts.Length == 0)
            return;
        Line($"\nScratchpad         cycles a requester waited, by who was granted the bank");
        foreach (IGrouping<string, ConflictStatistics> waiting in conflicts.GroupBy(c => c.Waiting).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            IEnumerable<string> winners = waiting.GroupBy(c => c.Winner).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key} {N(g.Sum(c => c.Cycles))}");
            Line($"  {waiting.Key,-17}{string.Join("  ", winners)}");
        }
    }

    /// <summary>The few banks and requesters that lost most cycles.</summary>
    private void WorstBanks()
    {
        BankConflictStatistics[] worst =
        [
            .. _s.BankConflicts.Where(c => c.Cycles > 0).OrderByDescending(c => c.Cycles)
                .ThenBy(c => c.Scratchpad, StringComparer.Ordinal).ThenBy(c => c.Bank).ThenBy(c => c.Waiting, StringComparer.Ordinal).Take(WorstPairs),
        ];
        if (worst.Length > 0)
            Line($"  {"worst banks",-17}{string.Join("  ", worst.Select(c => $"{c.Waiting} at {c.Scratchpad} bank {c.Bank} {N(c.Cycles)}"))}");
    }

    /// <summary>All scratchpads together, if SECDED found anything.</summary>
    private void Ecc()
    {
        long corrected = _s.Ecc.Sum(e => e.Corrected), detected = _s.Ecc.Sum(e => e.Detected), scrubbed = _s.Ecc.Sum(e => e.Scrubbed);
        if (corrected + detected + scrubbed > 0)
            Line($"\nECC         {N(corrected)} words corrected when used, {N(scrubbed)} by the scrubber, {N(detected)} not correctable");
    }

    private void Memory()
    {
        HbmStatistics hbm = _s.Hbm;
        int[] rows = Percentages.Tenths([hbm.RowHits, hbm.RowClosed, hbm.RowConflicts]);
        Line($"\nHBM         {N(hbm.ReadBytes)} B read, {N(hbm.WriteBytes)} B written: {hbm.GigabytesPerSecond:0.00} GB/s, {hbm.PercentOfPeak:0.0} % of peak");
        Line($"            rows: {Percentages.Text(rows[0])} % hit, {Percentages.Text(rows[1])} % closed, {Percentages.Text(rows[2])} % conflict; {Counts(hbm.Commands)}");
        Line($"            {DataBus(hbm)}");
        if (hbm.Asleep() is { } asleep)
            Line($"            {asleep}");
        if (hbm.EccCorrected + hbm.EccDetected > 0)
            Line($"            ECC: {N(hbm.EccCorrected)} words corrected, {N(hbm.EccDetected)} words beyond correction");
        if (_s.Pcie is { } pcie)
            Line($"\nPCIe        {N(pcie.ReadBytes)} B read from the host, {N(pcie.WriteBytes)} B written to it: {pcie.InboundPercent:0.0} % and {pcie.OutboundPercent:0.0} % of the link");
    }

    /// <summary>Shares of the data buses' cycles, which sum to 100: bursts, then what held them back, the largest first.</summary>
    internal static string DataBus(HbmStatistics hbm)
    {
        int[] shares = Percentages.Tenths([.. hbm.DataBus.Select(c => c.Count)]);
        IEnumerable<string> lost = hbm.DataBus.Select((c, i) => (c.Name, Share: shares[i])).Skip(1).Where(c => c.Share > 0)
            .OrderByDescending(c => c.Share).Select(c => $"{c.Name} {Percentages.Text(c.Share)} %");
        return $"data buses: bursts {Percentages.Text(shares[0])} %; lost to {string.Join(", ", lost.DefaultIfEmpty("nothing"))}";
    }

    private void Fabric()
    {
        if (_s.Fabric.Count == 0)
            return;
        Line($"\n{"Fabric",-16} {"packets",13} {"flits",13} {"flit hops",13}   % of its cycles by cause");
        foreach (FabricStatistics plane in _s.Fabric)
        {
            string name = plane.Name[(plane.Name.IndexOf('.', StringComparison.Ordinal) + 1)..];
            string line = string.Create(CultureInfo.InvariantCulture, $"  {name,-14} {N(plane.Packets),13} {N(plane.Flits),13} {N(plane.FlitHops),13}   ");
            if (_s.Units.FirstOrDefault(u => u.Name == plane.Name) is { } unit)
                Causes(line, unit);
            else
                Line($"{line.TrimEnd()}");
        }
    }

    /// <summary>Two units a line.</summary>
    private void Energy()
    {
        if (_s.TotalPicojoules <= 0)
            return;
        double total = _s.TotalPicojoules;
        Line($"\nEnergy      {total / 1e6:0.000} uJ, {(_s.EmulatedPs > 0 ? total / _s.EmulatedPs : 0):0.000} W on average");
        (string Name, double Picojoules)[] units = [.. _s.Energy.GroupBy(e => UnitGroups.WithoutTile(e.Name)).Select(g => (g.Key, g.Sum(e => e.Picojoules)))];

        // Shares of rounded femtojoules, so that they sum to 100 % like every other table.
        int[] shares = Percentages.Tenths([.. units.Select(e => (long)(e.Picojoules * 1000))]);
        string line = "";
        for (int i = 0; i < units.Length; i++)
        {
            line += string.Create(CultureInfo.InvariantCulture, $"  {units[i].Name,-14} {units[i].Picojoules / 1e6,13:0.000} uJ {Percentages.Text(shares[i]),6} %");
            if (i % 2 == 0 && i + 1 < units.Length)
            {
                line += "   ";
                continue;
            }

            Line($"{line}");
            line = "";
        }
    }

    private void Heat()
    {
        if (_s.Thermal.Hottest is not { } hottest)
            return;
        Line($"Heat        peak {hottest.Peak:0.00} C in {hottest.Block}, {_s.Thermal.Trips} trips, {N(_s.Thermal.ThrottledCycles)} cycles throttled; time scale: 1 s of the run heats like {_s.Thermal.TimeScale:0.###} s");
        if (_s.Thermal.RefreshTwice + _s.Thermal.RefreshFourTimes > 0)
            Line($"            memory refreshed twice as often for {100 * _s.Thermal.RefreshTwice:0.0} % of the time, four times for {100 * _s.Thermal.RefreshFourTimes:0.0} %");
    }

    /// <summary>One line a unit with every term of its sum; the floorplan's millimetres beside it.</summary>
    private void Area()
    {
        AreaStatistics area = _s.Area;
        if (area.Units.Count == 0)
            return;
        Line($"\n{"Area",-17} {"mm2",9} {"floorplan",10}   an estimate: so many parts of so many um2 (area.* of the configuration)");
        foreach (AreaOfUnit unit in area.Units)
        {
            string line = string.Create(CultureInfo.InvariantCulture, $"  {unit.Unit,-15} {unit.SquareMillimetres,9:0.0000} {unit.Floorplan,10:0.000}   ");
            string indent = new(' ', line.Length);
            foreach (AreaTerm term in unit.Terms)
            {
                string part = string.Create(CultureInfo.InvariantCulture, $"{term.Count:#,##0.##} {term.What} x {term.Each:#,##0.##}{(term == unit.Terms[^1] ? "" : " +")}");
                if (line.Length > indent.Length && line.Length + part.Length > WidthCharacters)
                {
                    Line($"{line.TrimEnd()}");
                    line = indent;
                }

                line += part + " ";
            }

            Line($"{line.TrimEnd()}");
        }

        Line($"  {"total",-15} {area.SquareMillimetres,9:0.0000} {area.Floorplan,10:0.000}");
    }

    private static string Counts(IEnumerable<NamedCount> counts) => string.Join(", ", counts.Where(c => c.Count > 0).Select(c => $"{c.Name} {N(c.Count)}"));

    private void Line(FormattableString text)
    {
        _out.Write(text.ToString(CultureInfo.InvariantCulture));
        _out.Write('\n');
    }

    private static string N(long value) => value.ToString("#,##0", CultureInfo.InvariantCulture);
}
