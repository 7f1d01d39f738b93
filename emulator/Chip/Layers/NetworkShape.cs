namespace HybridEmu.Chip;

/// <summary>
/// How the activations of a streamed network lie: an image is Height x Width pixels, right of which and below which are Pad pixels of
/// zeros; as much comes before the first. Products are images of one pixel, and so are the results of filters of a whole image.
/// </summary>
/// <param name="Side">Of a tile of weights: channels of a block of activations.</param>
/// <param name="Images">The batch.</param>
/// <param name="Height">Of an image in pixels, without padding, and <paramref name="Width"/> likewise; it stays the same from layer to layer.</param>
/// <param name="Pad">Half of the largest filter that is not the whole image.</param>
/// <param name="SlotRows">Pixels of a block that a slot of the accumulators takes.</param>
internal sealed record NetworkShape(int Side, int Images, int Height, int Width, int Pad, int SlotRows)
{
    /// <summary>Of the accumulators: the groups that a tile's weights meet before the next is switched in.</summary>
    public const int Slots = 4;

    /// <summary>Pixels of a pixel row with its padding.</summary>
    public int RowPixels => Width + Pad;

    /// <summary>Pixels from image to image.</summary>
    public int ImagePixels => (Height + Pad) * RowPixels;

    /// <summary>Pixels before the first image.</summary>
    public int LeadPixels => Pad * (RowPixels + 1);

    /// <summary>Pixels of a block of activations with all padding.</summary>
    public long BlockPixels => LeadPixels + ((long)Images * ImagePixels);

    /// <summary>Pixels from an image's first to its last.</summary>
    public int RunPixels => ((Height - 1) * RowPixels) + Width;

    /// <summary>Images that share a slot: pixels from the first one's first to the last one's last. 0 where none fits.</summary>
    public int GroupImages => SlotRows < RunPixels ? 0 : Math.Min(Images, ((SlotRows - RunPixels) / ImagePixels) + 1);

    public int Groups => (Images + GroupImages - 1) / GroupImages;

    /// <summary>Times that a tile's weights are fetched: once for as many groups as there are slots.</summary>
    public int Passes => (Groups + Slots - 1) / Slots;

    /// <summary>The same images as one pixel each.</summary>
    public NetworkShape OnePixel => this with { Height = 1, Width = 1, Pad = 0 };

    /// <summary>Pixels of all images.</summary>
    public int Pixels => Images * Height * Width;

    public int Blocks(int channels) => (channels + Side - 1) / Side;

    /// <summary>Place of a pixel in a block, with the padding.</summary>
    /// <param name="pixel">Among those of all images.</param>
    public long Place(int pixel)
    {
        int image = pixel / (Height * Width), y = pixel / Width % Height, x = pixel % Width;
        return LeadPixels + ((long)image * ImagePixels) + ((long)y * RowPixels) + x;
    }

    /// <summary>Channels of a layer's input; K of a product.</summary>
    public static int Channels(Layer layer) => layer.Image?.Channels ?? layer.K;

    /// <summary>The shape of a network's first layers: of all that come before a filter of a whole image.</summary>
    /// <param name="batch">Images; products have theirs in M.</param>
    public static NetworkShape Of(ChipConfiguration configuration, IReadOnlyList<Layer> layers, int batch)
    {
        int side = configuration.Array.Columns, slotRows = configuration.Accumulators.Bytes / sizeof(int) / Slots / side;
        if (layers[0].Image is not { } first)
            return new NetworkShape(side, layers[0].M, 1, 1, 0, slotRows);
        var shape = new NetworkShape(side, batch, first.WindowsDown, first.WindowsAcross, first.FilterHeight / 2, slotRows);
        return shape with { Pad = layers.TakeWhile((l, i) => i == 0 || !shape.IsWhole(l)).Max(l => l.Image!.FilterHeight / 2) };
    }

    /// <summary>A layer whose filter is one of these images, without padding.</summary>
    public bool IsWhole(Layer layer) =>
        (Height, Width) != (1, 1) && layer.Image is { } image && (image.Height, image.Width, image.FilterHeight, image.FilterWidth) == (Height, Width, Height, Width);
}
