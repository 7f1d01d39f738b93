using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace HybridEmu.Lanes;

/// <summary>
/// The host's cache. Arrays that start where a line of it does: a 512-bit access then is one line and not two; and bytes that are fetched before
/// somebody waits for them.
/// </summary>
public static class CacheLines
{
    /// <summary>32-bit words in a line.</summary>
    public const int Words = 16;

    private const int Bytes = Words * sizeof(int);

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

    /// <summary>Has the host fetch bytes that will be read soon, where it can. Changes nothing but how long that takes.</summary>
    public static unsafe void Prefetch(ReadOnlySpan<byte> bytes)
    {
        if (!Sse.IsSupported)
            return;
        ref byte first = ref MemoryMarshal.GetReference(bytes);
        for (int i = 0; i < bytes.Length; i += Bytes)
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref first, i))); // an array that has moved costs a fetch for nothing
    }
}
