using System.Runtime.InteropServices;

namespace HybridEmu.Lanes;

/// <summary>Arrays that start where a line of the host's cache does: a 512-bit access then is one line and not two.</summary>
public static class CacheLines
{
    /// <summary>32-bit words in a line.</summary>
    public const int Words = 16;

    /// <summary>A zeroed array that the collector does not move.</summary>
    /// <param name="words">Words wanted from the start on.</param>
    /// <param name="start">Index of a word on a line's first byte.</param>
    public static int[] Allocate(int words, out int start)
    {
        int[] array = GC.AllocateArray<int>(words + Words - 1, pinned: true);
        start = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(array, 0) >> 2) & (Words - 1);
        return array;
    }

    /// <summary>Words from row to row of a grid: whole lines, and an odd number of them, so that a column's rows spread over all sets.</summary>
    public static int Pitch(int words) => (((words + Words - 1) / Words) | 1) * Words;
}
