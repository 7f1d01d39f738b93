using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// Two blocks of stored rows, read out as columns: one fills while the other empties. A block whose last row arrives at
/// edge N gives its first column at N + 1, then one column an edge.
/// </summary>
public sealed class Transposer
{
    private readonly int _rows;
    private readonly int _rowBytes;
    private readonly byte[] _bytes;
    private TransposerState _state;

    /// <param name="rows">Stored rows of a block.</param>
    /// <param name="rowBytes">Bytes of a stored row.</param>
    public Transposer(int rows, int rowBytes)
    {
        _rows = rows;
        _rowBytes = rowBytes;
        _bytes = new byte[2 * rows * _rowBytes];
    }

    /// <summary>Whether the block to be read next is full.</summary>
    public bool CanEmit => _state.Full > 0;

    /// <summary>The row being filled.</summary>
    public Span<byte> Filling => _bytes.AsSpan(((_state.FillBlock * _rows) + _state.FillRow) * _rowBytes, _rowBytes);

    /// <summary>The row being filled is whole.</summary>
    /// <param name="lastOfBlock">Closes the block.</param>
    public void EndRow(bool lastOfBlock)
    {
        _state.FillRow++;
        if (!lastOfBlock)
            return;
        if (_state.Full == 2)
            throw new InvalidOperationException("Transposer filled past its two blocks.");
        _state.FillRow = 0;
        _state.FillBlock ^= 1;
        _state.Full++;
    }

    /// <summary>Reads one column of the full block.</summary>
    /// <param name="column">Element of each stored row.</param>
    /// <param name="rows">Stored rows of this block.</param>
    /// <param name="elementBytes">1, 2 or 4.</param>
    /// <param name="destination">Receives rows * elementBytes bytes.</param>
    public void Emit(int column, int rows, int elementBytes, Span<byte> destination)
    {
        int block = _state.FillBlock ^ (_state.Full & 1);
        Span<byte> stored = _bytes.AsSpan(block * _rows * _rowBytes, rows * _rowBytes);
        if (elementBytes == sizeof(byte))
            Column(stored, column, destination[..rows]);
        else if (elementBytes == sizeof(ushort))
            Column(stored, column, MemoryMarshal.Cast<byte, ushort>(destination)[..rows]);
        else
            Column(stored, column, MemoryMarshal.Cast<byte, uint>(destination)[..rows]);
    }

    private void Column<T>(ReadOnlySpan<byte> stored, int column, Span<T> destination)
        where T : unmanaged
    {
        stored = stored[(column * Unsafe.SizeOf<T>())..];
        foreach (ref T element in destination)
        {
            element = MemoryMarshal.Read<T>(stored);
            stored = stored[Math.Min(_rowBytes, stored.Length)..];
        }
    }

    /// <summary>The full block was read and may be filled again.</summary>
    public void Release() => _state.Full--;

    public void Walk(StateArchive archive)
    {
        archive.Value("transposer", ref _state);
        archive.Array("blocks", _bytes);
    }
}

/// <summary>The pointers of a transposer.</summary>
public struct TransposerState
{
    /// <summary>Block and row that arriving bytes go to.</summary>
    public int FillBlock, FillRow;

    /// <summary>Full blocks, 0 to 2.</summary>
    public int Full;
}
