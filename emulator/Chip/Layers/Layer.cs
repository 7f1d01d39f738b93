namespace HybridEmu.Chip;

/// <summary>One layer of a network as a product: C (M x N) = A (M x K) * W (K x N).</summary>
/// <param name="Name">As the file has it.</param>
/// <param name="M">Rows of A: a batch, or the windows of an image.</param>
/// <param name="N">Columns of W: outputs, or filters.</param>
/// <param name="K">Length of the reduction.</param>
public sealed record Layer(string Name, int M, int N, int K)
{
    /// <summary>Greatest value of a dimension.</summary>
    public const int MostSide = 1 << 20;

    /// <summary>Greatest size of all operands together, in elements: 32-bit addresses reach them.</summary>
    public const long MostElements = 1L << 29;

    /// <summary>The convolution that A is made of; null where A is a matrix.</summary>
    public Convolution? Image { get; init; }

    /// <summary>Elements of A, W and C as they lie in memory.</summary>
    public long Elements => (Image?.Pixels ?? (long)M * K) + ((long)K * N) + ((long)M * N);

    /// <summary>Multiply-accumulates.</summary>
    public long Macs => (long)M * N * K;

    /// <summary>The product that a convolution is.</summary>
    public static Layer Of(string name, Convolution image) =>
        new(name, image.WindowsDown * image.WindowsAcross, image.Filters, image.FilterHeight * image.FilterWidth * image.Channels) { Image = image };
}

/// <summary>A convolution without padding; images lie pixel by pixel, channels innermost, filters as K x N.</summary>
/// <param name="Height">Of the image in pixels, padding included, and <paramref name="Width"/> likewise.</param>
/// <param name="Stride">Pixels from window to window, both ways.</param>
public sealed record Convolution(int Height, int Width, int FilterHeight, int FilterWidth, int Channels, int Filters, int Stride)
{
    /// <summary>Fields of a descriptor have 16 bits, a stride 8.</summary>
    public const int MostPixels = 65535, MostStride = 255;

    /// <summary>Of a filter that a row of a descriptor's window holds; a wider one is taken in parts, which end with the image.</summary>
    public const int MostWindow = 255;

    /// <summary>Rounded up, as SCALE-Sim does: a last window may hang over the edge, where it sees zeros.</summary>
    public int WindowsDown => Windows(Height, FilterHeight);

    public int WindowsAcross => Windows(Width, FilterWidth);

    /// <summary>Elements of the image.</summary>
    public long Pixels => (long)Height * Width * Channels;

    private int Windows(int image, int filter) => (image - filter + Stride + Stride - 1) / Stride;
}

/// <summary>Types that layers run in.</summary>
public enum LayerType
{
    /// <summary>int8 x int8 into int32, scaled and rounded to int8.</summary>
    Int8,

    /// <summary>bf16 x bf16 into fp32, rounded to bf16.</summary>
    Bf16,
}
