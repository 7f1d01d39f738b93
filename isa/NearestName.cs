namespace HybridEmu.Isa;

/// <summary>Finds what a misspelt name probably meant.</summary>
public static class NearestName
{
    /// <summary>Nobody misspells a name as long as this; comparing two of any length would take the product of both.</summary>
    private const int LongestName = 100;

    /// <summary>"did you mean x?", or an empty text when nothing is near.</summary>
    public static string Hint(string name, IEnumerable<string> candidates) =>
        Find(name, candidates) is string best ? $"did you mean '{best}'?" : "";

    /// <summary>"; did you mean x?", to follow a message, or an empty text.</summary>
    public static string Aside(string name, IEnumerable<string> candidates) =>
        Find(name, candidates) is string best ? $"; did you mean '{best}'?" : "";

    /// <summary>The nearest candidate within a third of the name's length (at least one edit); the first of equals.</summary>
    public static string? Find(string name, IEnumerable<string> candidates)
    {
        if (name.Length > LongestName) return null;
        string? best = null;
        int limit = Math.Max(1, (name.Length + 1) / 3);
        foreach (string candidate in candidates)
        {
            // 'rows' for 'array.rows': the last part alone is a common slip.
            if (candidate.EndsWith('.' + name, StringComparison.Ordinal)) return candidate;
            if (Math.Abs(candidate.Length - name.Length) > limit) continue;
            int distance = Distance(name, candidate);
            if (distance > limit || distance >= Math.Max(name.Length, candidate.Length)) continue;
            limit = distance - 1;
            best = candidate;
        }

        return best;
    }

    /// <summary>Insertions, deletions, substitutions and swaps of neighbours, letter case ignored.</summary>
    private static int Distance(string a, string b)
    {
        var rows = new int[3][];
        for (int i = 0; i < 3; i++) rows[i] = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++) rows[0][j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            int[] row = rows[i % 3], above = rows[(i + 2) % 3], twoAbove = rows[(i + 1) % 3];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = Same(a[i - 1], b[j - 1]) ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1], above[j]) + 1, above[j - 1] + cost);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                    row[j] = Math.Min(row[j], twoAbove[j - 2] + 1);
            }
        }

        return rows[a.Length % 3][b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
