using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>A comparison as a page for a person.</summary>
public sealed class ComparisonReport
{
    /// <summary>Changes of a group that are shown where not all are; those of headlines always are.</summary>
    private const int MostChanges = 8;

    private const int NameWidth = 34, LongestName = 60, NumberWidth = 16, LongestCell = 44;

    /// <summary>Beyond this a per cent says less than a factor.</summary>
    private const double LargestPercent = 10;

    private readonly TextWriter _out;
    private readonly StatisticsComparison _c;
    private readonly bool _all;

    private ComparisonReport(TextWriter writer, StatisticsComparison comparison, bool all)
    {
        _out = writer;
        _c = comparison;
        _all = all;
    }

    /// <param name="writer">Receives the page.</param>
    /// <param name="comparison">What to tell.</param>
    /// <param name="all">Every value, the equal ones too, and not the biggest changes of each group only.</param>
    public static void Write(TextWriter writer, StatisticsComparison comparison, bool all) => new ComparisonReport(writer, comparison, all).Write();

    private void Write()
    {
        Line($"A           {About(_c.A)}");
        Line($"B           {About(_c.B)}");
        foreach (StatisticsFile file in (StatisticsFile[])[_c.A, _c.B])
        {
            if (!file.HasSettings)
                Line($"            {file.Name} is of a version that did not write its settings down");
        }

        if (_c.IsIdentical)
            Line($"\nThe two are identical, apart from the host's speed, which is not compared.");
        foreach (ComparedGroup group in _c.Groups.Where(g => _all || !g.IsEqual))
            Group(group);
    }

    private static string About(StatisticsFile file) =>
        $"{file.Name}: {Text(file, "Outcome", "outcome")} on '{Text(file, "Configuration", "configuration")}', {Cell(file.Find("Run", "cycles")!)} cycles";

    private static string Text(StatisticsFile file, string group, string name) => file.Find(group, name)?.Text ?? "?";

    private void Group(ComparedGroup group)
    {
        ComparedValue[] changes = [.. group.Changes];
        bool whole = _all || StatisticsFile.Headlines.Contains(group.Name);
        ComparedValue[] shown = [.. (_all ? group.Values : changes).Take(whole ? int.MaxValue : MostChanges)];
        int width = Math.Clamp(shown.Select(v => v.Name.Length).Append(NameWidth).Max(), NameWidth, LongestName);
        int cell = Math.Clamp(shown.SelectMany(v => new[] { Cell(v.A).Length, Cell(v.B).Length }).Append(NumberWidth).Max(), NumberWidth, LongestCell);
        string Right(string text) => text.PadLeft(cell);
        string difference = shown.Any(v => v is { IsChanged: true, IsNumber: true }) ? $" {"difference",NumberWidth}" : "";
        Line($"\n{group.Name.PadRight(width + 2)} {Right("A")} {Right("B")}{difference}");
        foreach (ComparedValue value in shown)
        {
            string line = $"  {value.Name.PadRight(width)} {Right(Cell(value.A))} {Right(Cell(value.B))}";
            Line($"{line}{(value is { IsChanged: true, IsNumber: true } ? $" {Signed(value.Difference),NumberWidth} {Share(value),10}" : "")}");
        }

        int hidden = changes.Length - shown.Count(v => v.IsChanged), equal = group.Values.Count - changes.Length;
        if (hidden > 0)
            Line($"  {hidden} smaller {(hidden == 1 ? "change" : "changes")} not shown (--all)");
        if (!_all && equal > 0 && changes.Length > 0)
            Line($"  {equal} equal");
        Only("A", group.OnlyA, whole);
        Only("B", group.OnlyB, whole);
    }

    private void Only(string who, IReadOnlyList<StatisticsValue> values, bool whole)
    {
        foreach (StatisticsValue value in values.Take(whole ? int.MaxValue : MostChanges))
            Line($"  only {who} has  {value.Name}: {Cell(value)}");
        if (!whole && values.Count > MostChanges)
            Line($"  only {who} has  {values.Count - MostChanges} more (--all)");
    }

    private static string Share(ComparedValue value)
    {
        if (double.IsInfinity(value.Relative))
            return "from 0";
        double factor = value.B.Number!.Value / value.A.Number!.Value;
        return Math.Abs(value.Relative) < LargestPercent
            ? string.Create(CultureInfo.InvariantCulture, $"{100 * value.Relative:+0.00;-0.00} %")
            : string.Create(CultureInfo.InvariantCulture, $"x {factor:0.0}");
    }

    private static string Cell(StatisticsValue value) => value.Number is { } number ? Plain(number) : value.Text;

    private static string Signed(double number) => number > 0 ? "+" + Plain(number) : Plain(number);

    private static string Plain(double number) =>
        number == Math.Truncate(number) && Math.Abs(number) < 1e15
            ? number.ToString("#,##0", CultureInfo.InvariantCulture)
            : Math.Abs(number) is >= 1e-4 and < 1e9 ? number.ToString("#,##0.######", CultureInfo.InvariantCulture) : number.ToString("0.#####E+0", CultureInfo.InvariantCulture);

    private void Line(FormattableString text)
    {
        _out.Write(text.ToString(CultureInfo.InvariantCulture));
        _out.Write('\n');
    }
}
