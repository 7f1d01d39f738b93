using System.Buffers.Text;
using System.Text;

namespace HybridEmu.Checker;

/// <summary>Writes a command trace; allocates nothing a command.</summary>
public sealed class CommandTraceWriter : IDisposable
{
    private const int LongestLine = 128;

    private static readonly byte[][] Kinds = [.. Enum.GetNames<DramCommandKind>().Select(Encoding.ASCII.GetBytes)];

    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _used;

    /// <param name="stream">Where the text goes; closed with the writer.</param>
    public CommandTraceWriter(Stream stream)
    {
        _stream = stream;
        Put(Encoding.ASCII.GetBytes(CommandTrace.Header));
        _buffer[_used++] = (byte)'\n';
    }

    public void Write(in DramCommand command)
    {
        if (_buffer.Length - _used < LongestLine)
            Drain();
        Put(command.Clock, ',');
        Put(Kinds[(int)command.Kind]);
        _buffer[_used++] = (byte)',';
        Put(command.Channel, ',');
        Put(command.PseudoChannel, ',');
        Put(command.BankGroup, ',');
        Put(command.Bank, ',');
        Put(command.Row, ',');
        Put(command.Column, '\n');
    }

    public void Dispose()
    {
        Drain();
        _stream.Dispose();
    }

    private void Put(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_buffer.AsSpan(_used));
        _used += text.Length;
    }

    private void Put(long value, char end)
    {
        Utf8Formatter.TryFormat(value, _buffer.AsSpan(_used), out int written);
        _used += written;
        _buffer[_used++] = (byte)end;
    }

    private void Drain()
    {
        _stream.Write(_buffer, 0, _used);
        _used = 0;
    }
}
