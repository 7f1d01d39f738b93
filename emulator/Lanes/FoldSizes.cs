namespace HybridEmu.Lanes;

/// <summary>What all kernels of a fold ask of their arguments: they reach into memory by references.</summary>
internal static class FoldSizes
{
    /// <summary>Columns are padded to a multiple of this.</summary>
    public const int Block = 16;

    /// <summary>Whether there is anything to do: rows, and k.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A span ends before its last row does, or columns are no whole blocks.</exception>
    public static bool Check(int x, int xPitch, int w, int wPitch, int sums, int pitch, int rows, int k, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(columns % Block, 0);
        if (rows == 0 || k == 0)
            return false;
        ArgumentOutOfRangeException.ThrowIfLessThan(x, ((rows - 1) * xPitch) + k);
        ArgumentOutOfRangeException.ThrowIfLessThan(w, ((k - 1) * Math.Abs(wPitch)) + columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(sums, ((rows - 1) * pitch) + columns);
        return true;
    }
}
