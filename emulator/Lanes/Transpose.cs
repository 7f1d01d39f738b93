using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace HybridEmu.Lanes;

/// <summary>
/// Transposes a matrix of 1, 2 or 4 byte elements. Blocks of 8x8 bytes or 4x4 halfwords are turned inside 64-bit words,
/// which every host does alike.
/// </summary>
public static class Transpose
{
    /// <summary>destination[c][r] = source[r][c].</summary>
    /// <param name="source">rows x columns elements.</param>
    /// <param name="sourcePitch">Bytes from row to row of the source.</param>
    /// <param name="destination">columns x rows elements; no overlap with the source.</param>
    /// <param name="destinationPitch">Bytes from row to row of the destination.</param>
    /// <param name="rows">Rows of the source.</param>
    /// <param name="columns">Columns of the source.</param>
    /// <param name="elementBytes">1, 2 or 4.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(
        ReadOnlySpan<byte> source, int sourcePitch, Span<byte> destination, int destinationPitch, int rows, int columns, int elementBytes)
    {
        int block = elementBytes == 1 ? 8 : elementBytes == 2 ? 4 : int.MaxValue;
        int blockRows = rows / block * block;
        int blockColumns = columns / block * block;
        for (int r = 0; r < blockRows; r += block)
        {
            for (int c = 0; c < blockColumns; c += block)
            {
                ReadOnlySpan<byte> from = source[((r * sourcePitch) + (c * elementBytes))..];
                Span<byte> to = destination[((c * destinationPitch) + (r * elementBytes))..];
                if (block == 8)
                    Block8(from, sourcePitch, to, destinationPitch);
                else
                    Block4(from, sourcePitch, to, destinationPitch);
            }
        }

        Rectangle(source, sourcePitch, destination, destinationPitch, 0, blockRows, blockColumns, columns, elementBytes);
        Rectangle(source, sourcePitch, destination, destinationPitch, blockRows, rows, 0, columns, elementBytes);
    }

    /// <summary>The same, one element at a time.</summary>
    public static void Scalar(
        ReadOnlySpan<byte> source, int sourcePitch, Span<byte> destination, int destinationPitch, int rows, int columns, int elementBytes) =>
        Rectangle(source, sourcePitch, destination, destinationPitch, 0, rows, 0, columns, elementBytes);

    private static void Rectangle(
        ReadOnlySpan<byte> source, int sourcePitch, Span<byte> destination, int destinationPitch,
        int firstRow, int endRow, int firstColumn, int endColumn, int elementBytes)
    {
        for (int r = firstRow; r < endRow; r++)
        {
            for (int c = firstColumn; c < endColumn; c++)
                source.Slice((r * sourcePitch) + (c * elementBytes), elementBytes).CopyTo(destination[((c * destinationPitch) + (r * elementBytes))..]);
        }
    }

    private static void Block8(ReadOnlySpan<byte> source, int sourcePitch, Span<byte> destination, int destinationPitch)
    {
        ulong r0 = Row(source, 0), r1 = Row(source, sourcePitch), r2 = Row(source, 2 * sourcePitch), r3 = Row(source, 3 * sourcePitch);
        ulong r4 = Row(source, 4 * sourcePitch), r5 = Row(source, 5 * sourcePitch), r6 = Row(source, 6 * sourcePitch), r7 = Row(source, 7 * sourcePitch);
        Exchange(ref r0, ref r4, 32, 0x0000_0000_FFFF_FFFF);
        Exchange(ref r1, ref r5, 32, 0x0000_0000_FFFF_FFFF);
        Exchange(ref r2, ref r6, 32, 0x0000_0000_FFFF_FFFF);
        Exchange(ref r3, ref r7, 32, 0x0000_0000_FFFF_FFFF);
        Exchange(ref r0, ref r2, 16, 0x0000_FFFF_0000_FFFF);
        Exchange(ref r1, ref r3, 16, 0x0000_FFFF_0000_FFFF);
        Exchange(ref r4, ref r6, 16, 0x0000_FFFF_0000_FFFF);
        Exchange(ref r5, ref r7, 16, 0x0000_FFFF_0000_FFFF);
        Exchange(ref r0, ref r1, 8, 0x00FF_00FF_00FF_00FF);
        Exchange(ref r2, ref r3, 8, 0x00FF_00FF_00FF_00FF);
        Exchange(ref r4, ref r5, 8, 0x00FF_00FF_00FF_00FF);
        Exchange(ref r6, ref r7, 8, 0x00FF_00FF_00FF_00FF);
        Write(destination, 0, r0);
        Write(destination, destinationPitch, r1);
        Write(destination, 2 * destinationPitch, r2);
        Write(destination, 3 * destinationPitch, r3);
        Write(destination, 4 * destinationPitch, r4);
        Write(destination, 5 * destinationPitch, r5);
        Write(destination, 6 * destinationPitch, r6);
        Write(destination, 7 * destinationPitch, r7);
    }

    private static void Block4(ReadOnlySpan<byte> source, int sourcePitch, Span<byte> destination, int destinationPitch)
    {
        ulong r0 = Row(source, 0), r1 = Row(source, sourcePitch), r2 = Row(source, 2 * sourcePitch), r3 = Row(source, 3 * sourcePitch);
        Exchange(ref r0, ref r2, 32, 0x0000_0000_FFFF_FFFF);
        Exchange(ref r1, ref r3, 32, 0x0000_0000_FFFF_FFFF);
        Exchange(ref r0, ref r1, 16, 0x0000_FFFF_0000_FFFF);
        Exchange(ref r2, ref r3, 16, 0x0000_FFFF_0000_FFFF);
        Write(destination, 0, r0);
        Write(destination, destinationPitch, r1);
        Write(destination, 2 * destinationPitch, r2);
        Write(destination, 3 * destinationPitch, r3);
    }

    private static ulong Row(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);

    private static void Write(Span<byte> bytes, int offset, ulong row) => BinaryPrimitives.WriteUInt64LittleEndian(bytes[offset..], row);

    /// <summary>Swaps the upper parts of x with the lower parts of y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Exchange(ref ulong x, ref ulong y, int shift, ulong mask)
    {
        ulong difference = ((x >> shift) ^ y) & mask;
        y ^= difference;
        x ^= difference << shift;
    }
}
