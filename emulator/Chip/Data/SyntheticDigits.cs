using HybridEmu.Isa;

namespace HybridEmu.Chip;

/// <summary>
/// The project's own 8x8 digits: glyphs drawn as pen strokes, moved, sheared and scaled at random, drawn with a pen of
/// random width and given noise. Image i of a seed is a pure function of both, so disjoint index ranges are disjoint
/// data; only + - * / and square root in double are used, so every host draws the same bits.
/// </summary>
public static class SyntheticDigits
{
    public const int MaximumCount = 1_000_000;

    private const int Side = 8;
    private const int Samples = 2; // a pixel's side, supersampled
    private const double ChalkShare = 0.12;
    private const ulong Stream = 0x4449_4749_5453_0000; // keeps the images apart from other uses of a seed
    private const ulong DrawsPerImage = 256;

    /// <param name="first">Index of the first image.</param>
    /// <param name="count">1 to <see cref="MaximumCount"/>.</param>
    public static DigitData Generate(ulong seed, long first, int count)
    {
        byte[] pixels = new byte[count * DigitData.OptdigitsFeatures];
        byte[] labels = new byte[count];
        for (int i = 0; i < count; i++)
            labels[i] = Draw(seed, (ulong)(first + i), pixels.AsSpan(i * DigitData.OptdigitsFeatures, DigitData.OptdigitsFeatures));
        return new DigitData(pixels, labels);
    }

    private static byte Draw(ulong seed, ulong index, Span<byte> pixels)
    {
        ulong next = index * DrawsPerImage;
        double Uniform() => CounterRandom.Bits(seed ^ Stream, next++) * (1.0 / 4294967296.0);
        double Spread(double width) => ((Uniform() * 2) - 1) * width;

        byte label = (byte)(CounterRandom.Bits(seed ^ Stream, next++) % DigitData.Classes);
        GlyphPoint[][][] styles = DigitGlyphs.Digits[label];
        GlyphPoint[][] strokes = styles[(int)(Uniform() * styles.Length)];

        // Shear in x then in y is close to a rotation for small angles and needs no sine.
        double shearX = Spread(0.16), shearY = Spread(0.08);
        double scaleX = 0.74 + Spread(0.10), scaleY = 0.84 + Spread(0.07);
        double moveX = Spread(0.065), moveY = Spread(0.045);

        // Chalk on a blackboard: what a pixel says depends on the others, which a linear model cannot express.
        bool chalk = Uniform() < ChalkShare;
        double pen = 0.075 + (Uniform() * 0.055);
        double wobble = 0.0225;
        var drawn = new GlyphPoint[strokes.Length][];
        for (int s = 0; s < strokes.Length; s++)
        {
            drawn[s] = new GlyphPoint[strokes[s].Length];
            for (int p = 0; p < strokes[s].Length; p++)
            {
                double x = ((strokes[s][p].X - 0.5) * scaleX) + Spread(wobble), y = ((strokes[s][p].Y - 0.5) * scaleY) + Spread(wobble);
                x += shearX * y;
                y += shearY * x;
                drawn[s][p] = new GlyphPoint(x + 0.5 + moveX, y + 0.5 + moveY);
            }
        }

        double blur = 0.05 + (Uniform() * 0.05);
        double gain = 15.0 + (Uniform() * 3);
        for (int i = 0; i < DigitData.OptdigitsFeatures; i++)
        {
            double ink = Ink(drawn, i % Side, i / Side, pen, blur) * gain;
            if (chalk)
                ink = gain - ink;

            // The sum of three uniform numbers is near enough to a bell.
            double noise = (Spread(1) + Spread(1) + Spread(1)) * 0.45;
            double value = ink + (ink > 0.5 ? noise : noise * 0.4) + 0.5;
            pixels[i] = (byte)Math.Clamp((int)value, 0, DigitData.OptdigitsMaximum);
        }

        return label;
    }

    /// <summary>Share of a pixel that the pen covers, 0 to 1.</summary>
    private static double Ink(GlyphPoint[][] strokes, int column, int row, double pen, double blur)
    {
        double sum = 0;
        for (int sample = 0; sample < Samples * Samples; sample++)
        {
            double x = (column + (((sample % Samples) + 0.5) / Samples)) / Side;
            double y = (row + (((sample / Samples) + 0.5) / Samples)) / Side;
            double nearest = double.MaxValue;
            foreach (GlyphPoint[] stroke in strokes)
            {
                for (int p = 1; p < stroke.Length; p++)
                    nearest = Math.Min(nearest, SquaredDistance(x, y, stroke[p - 1], stroke[p]));
            }

            sum += Math.Clamp(((pen - Math.Sqrt(nearest)) / blur) + 0.5, 0, 1);
        }

        return sum / (Samples * Samples);
    }

    private static double SquaredDistance(double x, double y, GlyphPoint a, GlyphPoint b)
    {
        double dx = b.X - a.X, dy = b.Y - a.Y;
        double length = (dx * dx) + (dy * dy);
        double t = length > 0 ? Math.Clamp((((x - a.X) * dx) + ((y - a.Y) * dy)) / length, 0, 1) : 0;
        double ex = x - a.X - (t * dx), ey = y - a.Y - (t * dy);
        return (ex * ex) + (ey * ey);
    }
}
