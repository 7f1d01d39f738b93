namespace HybridEmu.Chip;

/// <summary>
/// How the activations of a streamed network lie: an image is Height x Width pixels, right of which and below which are Pad pixels of
/// zeros; as much comes before the first. Products are images of one pixel.
/// </summary>
/// <param name="Side">Of a tile of weights: channels of a block of activations.</param>
/// <param name="Images">The batch.</param>
/// <param name="Height">Of an image in pixels, without padding, and <paramref name="Width"/> likewise; it stays the same from layer to layer.</param>
/// <param name="Pad">Half of the largest filter.</param>
/// <param name="SlotRows">Pixels of a block that a slot of the accumulators takes.</param>
internal sealed record NetworkShape(int Side, int Images, int Height, int Width, int Pad, int SlotRows)
{
    /// <summary>Slots of the accumulators.</summary>
    public const int MostGroups = 4;

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

    /// <summary>Pixels that a tile's weights meet, with the padding between them.</summary>
    public long StreamedPixels => ((long)Images * ImagePixels) - ((long)Groups * (ImagePixels - RunPixels));

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

    /// <summary>The shape of a network's layers, which are all convolutions or all products.</summary>
    /// <param name="batch">Images; products have theirs in M.</param>
    public static NetworkShape Of(ChipConfiguration configuration, IReadOnlyList<Layer> layers, int batch)
    {
        int side = configuration.Array.Columns, slotRows = configuration.Accumulators.Bytes / sizeof(int) / MostGroups / side;
        return layers[0].Image is { } image
            ? new NetworkShape(side, batch, image.WindowsDown, image.WindowsAcross, layers.Max(l => Half(l.Image)), slotRows)
            : new NetworkShape(side, layers[0].M, 1, 1, 0, slotRows);
    }

    /// <summary>Pixels of padding on each side of an image that a filter needs.</summary>
    private static int Half(Convolution? image) => image is null ? 0 : image.FilterHeight / 2;
}
