namespace HybridEmu.Chip;

/// <summary>A value in two runs.</summary>
public sealed record ComparedValue(string Name, StatisticsValue A, StatisticsValue B)
{
    public bool IsNumber => A.Number is not null && B.Number is not null;

    public bool IsChanged => IsNumber ? A.Number != B.Number : A.Text != B.Text;

    /// <summary>B less A; 0 for texts.</summary>
    public double Difference => IsNumber ? B.Number!.Value - A.Number!.Value : 0;

    /// <summary>The difference by A's size: 0.5 for half as much again. Infinite where A is 0 and B is not, and for texts that differ.</summary>
    public double Relative => !IsChanged ? 0
        : !IsNumber ? double.PositiveInfinity
        : A.Number == 0 ? (Difference > 0 ? double.PositiveInfinity : double.NegativeInfinity)
        : Difference / Math.Abs(A.Number!.Value);
}

/// <summary>One table of a comparison.</summary>
/// <param name="Values">What both have: what changed, the biggest relative change first, then what is equal.</param>
/// <param name="OnlyA">What only the first file has, in its order.</param>
/// <param name="OnlyB">As above, of the second.</param>
public sealed record ComparedGroup(string Name, IReadOnlyList<ComparedValue> Values, IReadOnlyList<StatisticsValue> OnlyA, IReadOnlyList<StatisticsValue> OnlyB)
{
    public IEnumerable<ComparedValue> Changes => Values.Where(v => v.IsChanged);

    public bool IsEqual => OnlyA.Count == 0 && OnlyB.Count == 0 && !Changes.Any();
}

/// <summary>Two runs side by side.</summary>
public sealed record StatisticsComparison(StatisticsFile A, StatisticsFile B, IReadOnlyList<ComparedGroup> Groups)
{
    /// <summary>Apart from the host's speed, which is not compared.</summary>
    public bool IsIdentical => Groups.All(g => g.IsEqual);

    public static StatisticsComparison Of(StatisticsFile a, StatisticsFile b)
    {
        var groups = new List<ComparedGroup>();
        foreach (string group in StatisticsFile.Groups)
        {
            StatisticsValue[] inA = [.. a.Values.Where(v => v.Group == group)], inB = [.. b.Values.Where(v => v.Group == group)];
            IEnumerable<ComparedValue> both = inA.Where(v => b.Find(group, v.Name) is not null).Select(v => new ComparedValue(v.Name, v, b.Find(group, v.Name)!));

            // The sort is stable: equals stay in the file's order.
            var compared = new ComparedGroup(
                group,
                [.. both.OrderByDescending(v => Math.Abs(v.Relative)).ThenByDescending(v => double.IsInfinity(v.Relative) ? Math.Abs(v.Difference) : 0)],
                [.. inA.Where(v => b.Find(group, v.Name) is null)],
                [.. inB.Where(v => a.Find(group, v.Name) is null)]);
            if (inA.Length + inB.Length > 0)
                groups.Add(compared);
        }

        return new StatisticsComparison(a, b, groups);
    }
}
