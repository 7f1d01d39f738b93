namespace HybridEmu.Chip;

/// <summary>A point of a pen stroke: x to the right, y down, a glyph fills 0 to 1.</summary>
internal readonly record struct GlyphPoint(double X, double Y);

/// <summary>The ten digits as strokes, drawn by hand for this project, several styles of each.</summary>
internal static class DigitGlyphs
{
    // A style is strokes separated by '|', a stroke is points "x,y" in hundredths.
    private static readonly string[][] Sources =
    [
        ["50,5 28,15 18,40 20,65 32,90 50,96 70,88 82,62 80,35 70,12 50,5", "55,5 35,20 30,50 36,82 50,95 62,82 68,50 66,20 55,5"],
        ["50,5 50,95", "30,25 52,6 52,94 | 30,94 74,94", "62,5 42,95"],
        ["22,25 35,8 60,6 76,22 72,42 45,66 20,93 80,93", "25,20 50,5 74,18 72,40 40,70 22,88 40,80 60,92 82,86"],
        ["22,14 48,5 72,15 72,36 48,47 72,58 76,80 52,95 22,86", "22,7 76,7 46,40 72,52 76,76 54,95 22,86"],
        ["62,95 62,5 18,66 84,66", "24,6 20,50 76,50 | 72,6 68,95", "60,5 36,30 22,60 80,58 | 62,34 58,95"],
        ["76,7 28,7 24,45 50,38 74,50 76,74 56,94 22,86", "72,10 30,12 30,42 60,44 76,64 62,90 26,92"],
        ["68,6 40,22 24,52 24,78 44,95 68,88 76,68 60,52 38,56 26,70", "46,5 28,40 26,74 46,94 70,80 66,58 44,56 28,70"],
        ["20,7 80,7 56,46 42,95", "20,10 78,6 46,94 | 34,50 72,48", "24,22 24,7 78,7 50,50 46,95"],
        ["50,48 28,34 28,14 50,5 72,14 72,34 50,48 24,66 24,86 50,96 76,86 76,66 50,48", "70,12 44,6 30,24 46,42 68,60 70,84 46,95 28,80 36,60 64,38 70,12"],
        ["76,30 60,48 36,46 24,28 36,8 60,5 76,20 76,60 66,95", "74,22 50,6 28,20 32,42 54,48 74,28 70,95", "72,26 52,44 30,34 32,12 56,5 72,18 74,56 60,88 30,92"],
    ];

    /// <summary>[digit][style][stroke][point].</summary>
    public static readonly GlyphPoint[][][][] Digits = Parse();

    private static GlyphPoint[][][][] Parse() =>
        [.. Sources.Select(styles => styles.Select(style => style.Split('|').Select(Stroke).ToArray()).ToArray())];

    private static GlyphPoint[] Stroke(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split(',')).Select(p => new GlyphPoint(Hundredths(p[0]), Hundredths(p[1])))];

    private static double Hundredths(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) / 100.0;
}
