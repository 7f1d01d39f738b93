using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// The entries of all lines of one pseudo-channel, full map. Pages come into being when a line of theirs is first
/// cached: an allocation once a 32 KiB of the pseudo-channel, in an order that the program alone decides.
/// </summary>
public sealed class LineDirectory
{
    private const int PageLines = 512;

    private readonly DirectoryEntry[]?[] _pages;
    private readonly int _sliceBits;

    /// <param name="map">Which lines are whose; lines of other slices take no room.</param>
    /// <param name="memoryBytes">HBM bytes of the chip.</param>
    public LineDirectory(HomeMap map, long memoryBytes)
    {
        _sliceBits = System.Numerics.BitOperations.Log2((uint)map.Count);
        long lines = (memoryBytes >> _sliceBits) / HomeSlice.LineBytes;
        _pages = new DirectoryEntry[]?[(lines + PageLines - 1) / PageLines];
    }

    /// <summary>The entry of the line at this HBM byte offset.</summary>
    public ref DirectoryEntry this[ulong line]
    {
        get
        {
            ulong granule = line / HomeMap.GranuleBytes >> _sliceBits;
            const ulong linesPerGranule = HomeMap.GranuleBytes / HomeSlice.LineBytes;
            ulong index = (granule * linesPerGranule) + (line / HomeSlice.LineBytes % linesPerGranule);
            ref DirectoryEntry[]? page = ref _pages[index / PageLines];
            page ??= new DirectoryEntry[PageLines];
            return ref page[index % PageLines];
        }
    }

    public void Walk(StateArchive archive)
    {
        archive.Variable = true;
        WalkPages(archive);
        archive.Variable = false;
    }

    private void WalkPages(StateArchive archive)
    {
        for (int i = 0; i < _pages.Length; i++)
        {
            // Page numbers come first, so that a load knows which pages are there; an empty page is the same as none.
            if (!archive.IsLoad && IsEmpty(_pages[i]))
                continue;
            int index = i;
            archive.Value("directory.page", ref index);
            while (i < index)
                _pages[i++] = null;
            if (index == _pages.Length)
                return;
            _pages[i] ??= new DirectoryEntry[PageLines];
            archive.Array("directory", _pages[i]!);
        }

        int end = _pages.Length;
        archive.Value("directory.page", ref end);
    }

    private static bool IsEmpty(DirectoryEntry[]? page)
    {
        foreach (DirectoryEntry entry in page ?? [])
        {
            if (entry.State != DirectoryState.Uncached)
                return false;
        }

        return true;
    }
}
