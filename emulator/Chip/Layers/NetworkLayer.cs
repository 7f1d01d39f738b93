namespace HybridEmu.Chip;

/// <summary>A layer as firmware/layers/stream.s takes it.</summary>
/// <param name="Source">How its input lies.</param>
/// <param name="Made">How its results lie.</param>
/// <param name="Vectors">Elementwise operations on all of them.</param>
internal sealed record NetworkLayer(Layer Layer, NetworkShape Source, NetworkShape Made, int Vectors)
{
    /// <summary>Blocks of input channels.</summary>
    public int Down => Source.Blocks(NetworkShape.Channels(Layer));

    /// <summary>Blocks of filters.</summary>
    public int Across => Source.Blocks(Layer.N);

    /// <summary>Different tiles of weights: those of each pixel of the filter.</summary>
    public int Tiles => Down * Across * FilterHeight * FilterWidth;

    /// <summary>The filter is the whole image.</summary>
    public bool IsWhole => Source != Made;

    /// <summary>What the firmware reads of a layer.</summary>
    public int[] Words => [Down, Across, Vectors, IsWhole ? 0 : FilterHeight];

    private int FilterHeight => Layer.Image?.FilterHeight ?? 1;

    private int FilterWidth => Layer.Image?.FilterWidth ?? 1;

    /// <summary>The layers of a network one after another.</summary>
    /// <param name="shape">Of the network's input.</param>
    /// <param name="vectors">Elementwise operations, spread over the layers.</param>
    public static IReadOnlyList<NetworkLayer> Chain(IReadOnlyList<Layer> layers, NetworkShape shape, int vectors)
    {
        var chain = new List<NetworkLayer>();
        int given = 0;
        for (int i = 0; i < layers.Count; i++)
        {
            NetworkShape made = i > 0 && shape.IsWhole(layers[i]) ? shape.OnePixel : shape;
            int until = (int)((long)vectors * (i + 1) / layers.Count);
            chain.Add(new NetworkLayer(layers[i], shape, made, until - given));
            given = until;
            shape = made;
        }

        return chain;
    }
}
