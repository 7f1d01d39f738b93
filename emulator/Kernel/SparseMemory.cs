namespace HybridEmu.Kernel;

/// <summary>Bytes of a large memory, in pages that come into being at their first write and read 0 before.</summary>
public sealed class SparseMemory
{
    public const int PageBytes = 1 << 16;

    private readonly byte[]?[] _pages;
    private readonly bool _keeps;

    /// <param name="sizeBytes">Bytes it has.</param>
    /// <param name="keeps">Off: writes are dropped and every byte reads 0, where only timing is asked for.</param>
    public SparseMemory(long sizeBytes, bool keeps = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sizeBytes);
        SizeBytes = sizeBytes;
        _keeps = keeps;
        _pages = new byte[]?[keeps ? (sizeBytes + PageBytes - 1) / PageBytes : 0];
    }

    public long SizeBytes { get; }

    /// <summary>Copies bytes out; the range must lie inside the memory.</summary>
    public void Read(long address, Span<byte> destination)
    {
        if (!_keeps)
        {
            destination.Clear();
            return;
        }

        while (destination.Length > 0)
        {
            int offset = (int)(address % PageBytes);
            int length = Math.Min(destination.Length, PageBytes - offset);
            byte[]? page = _pages[address / PageBytes];
            if (page is null)
                destination[..length].Clear();
            else
                page.AsSpan(offset, length).CopyTo(destination);
            destination = destination[length..];
            address += length;
        }
    }

    /// <summary>Copies bytes in; the range must lie inside the memory.</summary>
    public void Write(long address, ReadOnlySpan<byte> source)
    {
        while (source.Length > 0 && _keeps)
        {
            int offset = (int)(address % PageBytes);
            int length = Math.Min(source.Length, PageBytes - offset);
            ref byte[]? page = ref _pages[address / PageBytes];
            page ??= new byte[PageBytes];
            source[..length].CopyTo(page.AsSpan(offset, length));
            source = source[length..];
            address += length;
        }
    }

    public void Walk(StateArchive archive, string name)
    {
        archive.Variable = true;
        WalkPages(archive, name);
        archive.Variable = false;
    }

    private void WalkPages(StateArchive archive, string name)
    {
        for (int i = 0; i < _pages.Length; i++)
        {
            // A page of zeros and a page that never was are the same memory.
            bool zero = archive.IsLoad || _pages[i] is null || _pages[i].AsSpan().IndexOfAnyExcept((byte)0) < 0;
            if (!archive.IsLoad && zero)
                continue;
            int index = i;
            if (archive.IsLoad)
            {
                archive.Value(name, ref index);
                for (; i < Math.Min(index, _pages.Length); i++)
                    _pages[i] = null;
                if (index == _pages.Length)
                    return;
                _pages[i] ??= new byte[PageBytes];
            }
            else
            {
                archive.Value(name, ref index);
            }

            archive.Array(name, _pages[i]!);
        }

        int end = _pages.Length;
        archive.Value(name, ref end);
    }
}
