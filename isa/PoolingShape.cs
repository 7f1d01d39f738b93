namespace HybridEmu.Isa;

/// <summary>
/// How windows of a pooling operation lie on an image of pixel rows, without padding. Windows are numbered as their
/// first pixels are: from left to right, then down.
/// </summary>
/// <param name="Width">Pixels in a row of the image.</param>
/// <param name="Rows">Height of a window in pixels.</param>
/// <param name="Columns">Width of a window in pixels.</param>
/// <param name="Down">Pixels from window to window, down.</param>
/// <param name="Across">Pixels from window to window, across.</param>
public readonly record struct PoolingShape(int Width, int Rows, int Columns, int Down, int Across)
{
    /// <summary>Pixels of a window at most, so that a byte holds a place in it.</summary>
    public const int MaximumPixels = 256;

    /// <summary>The sizes of a descriptor; a 0, which the check refuses, counts as 1, so that every sum here has a result.</summary>
    public static PoolingShape Of(in Descriptor descriptor)
    {
        (int rows, int columns) = descriptor.Window;
        (int down, int across) = descriptor.WindowStride;
        return new PoolingShape(
            Math.Max(1, descriptor.N1), Math.Max(1, rows), Math.Max(1, columns), Math.Max(1, down), Math.Max(1, across));
    }

    /// <summary>Windows in a row; 1 where the check refuses them, as not even one fits.</summary>
    public int WindowsAcross => (Math.Max(0, Width - Columns) / Across) + 1;

    /// <summary>Whether the windows fit the image; all five sizes are at least 1.</summary>
    /// <param name="m">Windows, or, where the image is the result, its pixels.</param>
    /// <param name="fromWindows">The image is the result: it is whole rows, and one window high at least.</param>
    public bool IsLegal(int m, bool fromWindows) =>
        Columns <= Width && Rows * Columns <= MaximumPixels && (!fromWindows || (m % Width == 0 && m / Width >= Rows));

    /// <summary>Pixels from the first of the image to the last that one of m windows covers; saturated to 2^31 - 1.</summary>
    public int SourcePixels(int m)
    {
        long lastDown = (m - 1) / WindowsAcross, lastAcross = Math.Min(m, WindowsAcross) - 1;
        long pixels = (((lastDown * Down) + Rows - 1) * Width) + (lastAcross * Across) + Columns;
        return (int)Math.Min(pixels, int.MaxValue);
    }

    /// <summary>Windows of an image of m pixels.</summary>
    public int Windows(int m) => (((m / Width) - Rows) / Down + 1) * WindowsAcross;
}
