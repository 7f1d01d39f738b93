namespace HybridEmu.Isa;

/// <summary>
/// The matrix that makes a convolution a product, as ld.im2col has it: a row for each window of each image, a column for
/// each element of a window. Windows may reach over the edges of their image; what they find there is 0.
/// </summary>
/// <param name="Channels">Elements of a pixel.</param>
/// <param name="Height">Rows of an image.</param>
/// <param name="Width">Pixels in a row of an image.</param>
/// <param name="Rows">Height of a window in pixels.</param>
/// <param name="Columns">Width of a window in pixels.</param>
/// <param name="Down">Pixels from window to window, down.</param>
/// <param name="Across">Pixels from window to window, across.</param>
/// <param name="DilationDown">Pixels of the image from pixel to pixel of a window, down.</param>
/// <param name="DilationAcross">Pixels of the image from pixel to pixel of a window, across.</param>
/// <param name="Top">Pixels of zeros above the image.</param>
/// <param name="Left">Pixels of zeros to the left of the image.</param>
/// <param name="WindowsDown">Windows from the top to the bottom of an image.</param>
/// <param name="WindowsAcross">Windows from left to right.</param>
/// <param name="FirstRow">Row of the matrix with which the descriptor begins.</param>
/// <param name="FirstColumn">Column of the matrix with which it begins.</param>
public readonly record struct ImageWindows(
    int Channels, int Height, int Width, int Rows, int Columns, int Down, int Across, int DilationDown, int DilationAcross,
    int Top, int Left, int WindowsDown, int WindowsAcross, uint FirstRow, int FirstColumn)
{
    /// <summary>Byte at which a descriptor has the distance of the result's rows.</summary>
    public const int PitchByte = 56;

    /// <summary>No region reaches further: addresses have 48 bits.</summary>
    private const long AddressSpace = 1L << 48;

    private const int LargestFactor = 1 << 30;

    /// <summary>The fields of a descriptor; sizes of 0, which the check refuses, count as 1, so that every sum has a result.</summary>
    public static ImageWindows Of(in Descriptor d)
    {
        uint w40 = d.Word(10), w44 = d.Word(11), w48 = d.Word(12), w52 = d.Word(13);
        return new ImageWindows(
            Size(w40 & 0xFFFF), Size(w40 >> 16), Size(w44 & 0xFFFF),
            Size(w48 & 0xFF), Size(w48 >> 8 & 0xFF), Size(w48 >> 16 & 0xFF), Size(w48 >> 24), Size(w52 & 0xFF), Size(w52 >> 8 & 0xFF),
            (int)(w52 >> 16 & 0xFF), (int)(w52 >> 24), Size((uint)d.B & 0xFFFF), Size((uint)d.N1), d.Word(15), (int)(w44 >> 16));
    }

    /// <summary>Columns of the whole matrix.</summary>
    public long MatrixColumns => (long)Rows * Columns * Channels;

    /// <summary>Elements of an image.</summary>
    public long ImageElements => (long)Height * Width * Channels;

    /// <summary>Makes a region of the images from the first to the last that rows need, whole: never less than is read.</summary>
    /// <param name="region">Its address is that of image 0.</param>
    /// <param name="rows">Rows of the descriptor.</param>
    /// <param name="elementBytes">Bytes of one element in memory.</param>
    public void Cover(ref Region region, int rows, int elementBytes)
    {
        long windows = (long)WindowsDown * WindowsAcross;
        long first = FirstRow / windows, images = ((FirstRow + (long)Math.Max(1, rows) - 1) / windows) - first + 1;
        UInt128 skipped = (UInt128)first * (UInt128)ImageElements * (UInt128)elementBytes;
        region.Address += (ulong)UInt128.Min(skipped, (UInt128)AddressSpace);
        region.ElementBytes = 1;
        region.ElementStride = region.Columns = region.Rows = region.Planes = 1;
        if ((UInt128)images * (UInt128)ImageElements * (UInt128)elementBytes >= (UInt128)AddressSpace)
        {
            // More than there can be: unmapped, whatever its shape.
            region.Columns = LargestFactor;
            region.Rows = (int)(AddressSpace / LargestFactor);
        }
        else
        {
            ReadOnlySpan<int> factors = [elementBytes * Channels, Width, Height, (int)images];
            foreach (int factor in factors)
            {
                if (region.Rows == 1 && (long)region.Columns * factor <= LargestFactor)
                    region.Columns *= factor;
                else if (region.Planes == 1 && (long)region.Rows * factor <= LargestFactor)
                    region.Rows *= factor;
                else
                    region.Planes *= factor;
            }
        }

        region.Pitch = region.Columns;
        region.PlanePitch = (long)region.Columns * region.Rows;
    }

    private static int Size(uint value) => Math.Max(1, (int)value);
}
