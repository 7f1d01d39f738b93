using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// The data of a port that is wider than a message: one line of WidthBytes goes with each write request, or with each
/// read's response, in the order of the channel that they accompany.
/// </summary>
public sealed class WideLines
{
    private readonly byte[] _bytes;
    private readonly int _depth;
    private int _head;
    private int _count;

    /// <param name="widthBytes">Bytes of a line, a power of two above 64.</param>
    /// <param name="depth">That of the channel.</param>
    public WideLines(int widthBytes, int depth)
    {
        WidthBytes = widthBytes;
        _depth = depth;
        _bytes = new byte[widthBytes * depth];
    }

    public int WidthBytes { get; }

    /// <summary>The line of the message at the head of the channel.</summary>
    public ReadOnlySpan<byte> First => _bytes.AsSpan(_head * WidthBytes, WidthBytes);

    /// <summary>The line of a message that is being pushed, to be filled in.</summary>
    public Span<byte> Append() => Line(_count++);

    /// <summary>The message at the head of the channel is taken.</summary>
    public void Remove()
    {
        _head = _head + 1 == _depth ? 0 : _head + 1;
        _count--;
    }

    /// <summary>The line of a message, which may be pushed later, and holds another's until then.</summary>
    /// <param name="index">How many were, or will be, pushed after the one at the head.</param>
    public Span<byte> At(long index) => _bytes.AsSpan((int)((_head + index) % _depth) * WidthBytes, WidthBytes);

    /// <summary>So many messages went through, so that as many are there as before.</summary>
    public void Turn(long messages) => Resume(messages, _count);

    /// <summary>Goes on after so many messages were taken, with so many there, whose lines are filled.</summary>
    public void Resume(long taken, int count) => (_head, _count) = ((int)((_head + taken) % _depth), count);

    /// <summary>A hash sees the lines that are on their way, in order.</summary>
    public void Walk(StateArchive archive)
    {
        archive.Value("lines", ref _count);
        if (!archive.IsHash)
        {
            archive.Value("head", ref _head);
            archive.Array("bytes", _bytes);
            return;
        }

        archive.Variable = true;
        for (int i = 0; i < _count; i++)
            archive.Bytes("line", Line(i));
        archive.Variable = false;
    }

    private Span<byte> Line(int index)
    {
        int slot = _head + index;
        return _bytes.AsSpan((slot >= _depth ? slot - _depth : slot) * WidthBytes, WidthBytes);
    }
}
