namespace HybridEmu.Chip;

/// <summary>Shares of a whole in tenths of a per cent that sum to exactly 1000 (largest remainders get the rest).</summary>
public static class Percentages
{
    /// <summary>One share a count, in order; all zero when the counts are.</summary>
    public static int[] Tenths(IReadOnlyList<long> counts)
    {
        const int Whole = 1000;
        int[] tenths = new int[counts.Count];
        Int128 total = 0;
        foreach (long count in counts)
            total += count;
        if (total == 0)
            return tenths;
        int given = 0;
        for (int i = 0; i < tenths.Length; i++)
        {
            tenths[i] = (int)(counts[i] * (Int128)Whole / total);
            given += tenths[i];
        }

        // The order by remainder is stable, so that ties go to the earlier count.
        foreach (int i in Enumerable.Range(0, tenths.Length).OrderByDescending(i => counts[i] * (Int128)Whole % total).Take(Whole - given))
            tenths[i]++;
        return tenths;
    }

    /// <summary>123 as 12.3.</summary>
    public static string Text(int tenths) => $"{tenths / 10}.{tenths % 10}";
}
