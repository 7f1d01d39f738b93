namespace HybridEmu.Validation.Tests;

/// <summary>All rows, in README's order. A source gives one row or more; a new one is a line in the list.</summary>
internal static class ValidationTable
{
    private static readonly Func<IEnumerable<ValidationRow>>[] s_sources =
    [
        EstablishedElsewhere.Programs,
        ArrayRows.Measure,
        LayerRows.Folds,
        EstablishedElsewhere.Engines,
        MemoryRows.Measure,
        HeatRows.Measure,
        ProbeRows.Measure,
        EstablishedElsewhere.Twins,
        LayerRows.Networks,
        EstablishedElsewhere.Rest,
    ];

    /// <summary>Measures what is measured here, now.</summary>
    /// <param name="published">Published chips too, which takes a minute.</param>
    public static IReadOnlyList<ValidationRow> Rows(bool published = true) => [.. s_sources.Where(s => published || s != LayerRows.Networks).SelectMany(s => s())];

    public static string Markdown(IEnumerable<ValidationRow> rows) =>
        "| unit | checked against | worst difference | established by |\n|---|---|---|---|\n" + string.Concat(rows.Select(r => r + "\n"));
}
