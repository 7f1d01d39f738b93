namespace HybridEmu.Chip;

/// <summary>Joins the counts of units that differ by a number only, for pages that a person reads.</summary>
public static class UnitGroups
{
    /// <summary>With more tiles than this, the same units of all tiles share a line too.</summary>
    private const int TilesApart = 2;

    /// <summary>home0, home1, .. become home0..15 with the sums of their cycles by cause; the order is that of first appearance.</summary>
    public static IReadOnlyList<UnitStatistics> Of(IReadOnlyList<UnitStatistics> units)
    {
        bool joinTiles = units.Select(u => Tile(u.Name)).Where(t => t.Length > 0).Distinct().Count() > TilesApart;
        return [.. units.GroupBy(u => (Key(u.Name, joinTiles), u.Clock)).Select(g => Sum(Title(g.First().Name, g.Last().Name), [.. g]))];
    }

    /// <summary>tile3.array as array.</summary>
    public static string WithoutTile(string name) => Tile(name) is { Length: > 0 } tile ? name[(tile.Length + 1)..] : name;

    private static string Key(string name, bool joinTiles) => (joinTiles ? WithoutTile(name) : name).TrimEnd("0123456789".ToCharArray());

    private static string Tile(string name) => name.StartsWith("tile", StringComparison.Ordinal) && name.IndexOf('.', StringComparison.Ordinal) is > 0 and int dot ? name[..dot] : "";

    // home0 and home15 give home0..15; tile0.load and tile3.load give tile0..3.load.
    private static string Title(string first, string last)
    {
        if (first == last)
            return first;
        int start = 0, end = 0;
        while (first[start] == last[start] && !char.IsAsciiDigit(first[start]))
            start++;
        while (end < first.Length - start && !char.IsAsciiDigit(first[^(end + 1)]))
            end++;
        return $"{first[..^end]}..{last[start..]}";
    }

    private static UnitStatistics Sum(string name, UnitStatistics[] units)
    {
        NamedCount[] causes = [.. units.SelectMany(u => u.Causes).GroupBy(c => c.Name).Select(g => new NamedCount(g.Key, g.Sum(c => c.Count)))];
        return new UnitStatistics(name, units[0].Clock, units.Sum(u => u.Cycles), causes);
    }
}
