namespace HybridEmu.Validation.Tests;

public sealed class ReadmeTests
{
    private static readonly Lazy<IReadOnlyList<ValidationRow>> s_rows = new(() => ValidationTable.Rows(published: false));

    [Fact]
    public void The_readme_says_what_is_measured_now()
    {
        string quick = string.Concat(ReadmeTable.Read().Split('\n').Where(l => l.Length > 0 && !l.StartsWith("| " + LayerRows.Published, StringComparison.Ordinal)).Select(l => l + "\n"));
        Assert.True(quick == ValidationTable.Markdown(s_rows.Value), $"README.md is stale: 'make validate WRITE=1' writes\n{ValidationTable.Markdown(s_rows.Value)}");
    }

    [Fact]
    public void No_measured_difference_is_larger_than_what_was_promised()
    {
        foreach (ValidationRow row in s_rows.Value.Where(r => r.Command == ValidationRow.Here))
        {
            string[] words = row.Worst.Split(' ');
            double worst = row.Worst == "no violation" ? 0 : double.Parse(words[0], System.Globalization.CultureInfo.InvariantCulture);
            double most = words[^1] switch { "K" => 0.05, "points" => 2.5, _ => 0 };
            Assert.True(worst <= most, row.ToString());
        }
    }

    [Fact]
    public void A_row_that_is_not_measured_here_names_its_command_or_is_unvalidated() =>
        Assert.All(s_rows.Value, r => Assert.True(r.Command.StartsWith("make ", StringComparison.Ordinal) || r.Command.Contains(" make ", StringComparison.Ordinal) || r.Worst == "unvalidated", r.ToString()));
}
