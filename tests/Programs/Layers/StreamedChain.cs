using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

/// <summary>Convolutions one after another, then layers that are fully connected; a printed case can be copied into a theory.</summary>
/// <param name="Filters">Sides, a convolution each.</param>
/// <param name="Channels">Of the images, then of each convolution's results.</param>
/// <param name="Connected">Results of each fully connected layer; the first one's filter is the whole image.</param>
internal sealed record StreamedChain(string Configuration, int Batch, int Height, int Width, int[] Filters, int[] Channels, int[] Connected)
{
    public IReadOnlyList<Layer> Layers =>
    [
        .. Filters.Select((f, i) => Layer.Of($"conv{i}", new Convolution(Height + f - 1, Width + f - 1, f, f, Channels[i], Channels[i + 1], 1))),
        .. Connected.Select((n, i) => Layer.Of($"fc{i}", i == 0 ? new Convolution(Height, Width, Height, Width, Channels[^1], n, 1) : new Convolution(1, 1, 1, 1, Connected[i - 1], n, 1))),
    ];

    public static IEnumerable<StreamedChain> Shrink(StreamedChain c)
    {
        if (c.Connected.Length > 0)
            yield return c with { Connected = c.Connected[..^1] };
        if (c.Filters.Length > 1)
            yield return c with { Filters = c.Filters[..^1], Channels = c.Channels[..^1] };
        if (c.Batch > 1)
            yield return c with { Batch = c.Batch - 1 };
        if (c.Height > 1)
            yield return c with { Height = c.Height - 1 };
        if (c.Width > 1)
            yield return c with { Width = c.Width - 1 };
        if (c.Channels.Any(n => n > 1))
            yield return c with { Channels = [.. c.Channels.Select(n => (n + 1) / 2)] };
        if (c.Connected.Any(n => n > 1))
            yield return c with { Connected = [.. c.Connected.Select(n => (n + 1) / 2)] };
    }

    /// <summary>Runs it, and holds every result to plain loops.</summary>
    public NetworkResult Check()
    {
        var run = new NetworkRun(Firmware.Configuration(Configuration), Layers, wide: false, vectors: 0, batch: Batch);
        NetworkResult result = run.Finish();
        Assert.Equal(Layers.Sum(l => l.Macs) * Batch, result.Macs);
        Assert.Equal(result.Statistics.Phases.Single(p => p.Name == "forward").Count, result.Breakdown.Cycles);
        int pixels = Height * Width;
        int[][][] weights = [.. Layers.Select((l, i) => Enumerable.Range(0, l.K).Select(k => Enumerable.Range(0, l.N).Select(n => (int)run.Weight(i, k, n)).ToArray()).ToArray())];
        for (int image = 0; image < Batch; image++)
        {
            int[][] values = [.. Enumerable.Range(image * pixels, pixels).Select(p => Enumerable.Range(0, Channels[0]).Select(c => run.Input(p, c)).ToArray())];
            for (int i = 0; i < Filters.Length; i++)
                values = Convolve(weights[i], values, Filters[i], run.Scale);
            for (int i = 0; i < Connected.Length; i++)
                values = [Connect(weights[Filters.Length + i], [.. values.SelectMany(v => v)], run.Scale)];
            for (int row = 0; row < values.Length; row++)
                Assert.Equal(values[row], Enumerable.Range(0, values[row].Length).Select(n => (int)run.Output((image * values.Length) + row, n)));
        }

        return result;
    }

    public override string ToString() =>
        $"{Configuration}, batch {Batch}, {Height} x {Width}, filters {string.Join(' ', Filters)}, channels {string.Join(' ', Channels)}, connected {string.Join(' ', Connected)}";

    private int[][] Convolve(int[][] weights, int[][] values, int filter, float scale)
    {
        int channels = values[0].Length, filters = weights[0].Length;
        int[][] results = new int[values.Length][];
        for (int pixel = 0; pixel < values.Length; pixel++)
        {
            int[] sums = new int[filters];
            for (int tap = 0; tap < filter * filter; tap++)
            {
                int y = (pixel / Width) + (tap / filter) - (filter / 2), x = (pixel % Width) + (tap % filter) - (filter / 2);
                if (y < 0 || y >= Height || x < 0 || x >= Width)
                    continue;
                for (int c = 0; c < channels; c++)
                {
                    for (int n = 0; n < filters; n++)
                        sums[n] += values[(y * Width) + x][c] * weights[(tap * channels) + c][n];
                }
            }

            results[pixel] = [.. sums.Select(s => Narrow(s, scale))];
        }

        return results;
    }

    /// <summary>Every value with every weight, pixel after pixel.</summary>
    private static int[] Connect(int[][] weights, int[] values, float scale)
    {
        int[] sums = new int[weights[0].Length];
        for (int k = 0; k < values.Length; k++)
        {
            for (int n = 0; n < sums.Length; n++)
                sums[n] += values[k] * weights[k][n];
        }

        return [.. sums.Select(s => Narrow(s, scale))];
    }

    /// <summary>A drain's way: scaled, ReLU, rounded, saturated.</summary>
    private static int Narrow(int sum, float scale) => (int)Math.Clamp(MathF.Round(Math.Max(0, sum * scale), MidpointRounding.ToEven), 0, sbyte.MaxValue);
}
