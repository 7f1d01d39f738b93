namespace HybridEmu.Validation.Tests;

/// <summary>A line of README's table: what a unit was checked against, and the worst difference.</summary>
/// <param name="Unit">The unit, and what of it.</param>
/// <param name="Against">What it was checked against.</param>
/// <param name="Worst">The worst difference with its unit.</param>
/// <param name="Command">What establishes it.</param>
internal sealed record ValidationRow(string Unit, string Against, string Worst, string Command)
{
    /// <summary>Rows that this program measures itself.</summary>
    public const string Here = "make validate";

    public override string ToString() => $"| {Unit} | {Against} | {Worst} | {(Command.Length > 0 ? $"`{Command}`" : "")} |";
}
