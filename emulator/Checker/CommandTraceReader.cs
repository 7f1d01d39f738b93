using System.Text;

namespace HybridEmu.Checker;

/// <summary>
/// Reads a command trace as a stream; allocates nothing a line. Every error is a <see cref="CommandTraceException"/> that
/// names file and line. Empty lines are passed over; lines may end in CR LF.
/// </summary>
public sealed class CommandTraceReader : IDisposable
{
    private const int Fields = 8;
    private const int LongestNumber = 18; // digits that always fit a long

    // Bursts first: they are most of a trace.
    private static readonly (byte[] Name, DramCommandKind Kind)[] s_kinds =
    [
        .. Enum.GetValues<DramCommandKind>().Where(k => k != DramCommandKind.None)
            .OrderByDescending(k => k is DramCommandKind.RD or DramCommandKind.WR).Select(k => (Encoding.ASCII.GetBytes(k.ToString()), k)),
    ];

    private readonly Stream _stream;
    private readonly string _name;
    private readonly DramRules? _rules;
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _start, _end;
    private readonly uint? _size;
    private uint _total;
    private bool _ended;
    private long _clock;

    /// <summary>Reads the header of a trace.</summary>
    /// <param name="stream">The text, not compressed; closed with the reader.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="rules">Geometry to hold the fields against; null takes any.</param>
    public CommandTraceReader(Stream stream, string name, DramRules? rules = null)
        : this(stream, name, rules, null)
    {
    }

    // The size is that of the whole text, modulo 2^32, where something knows it.
    internal CommandTraceReader(Stream stream, string name, DramRules? rules, uint? size)
    {
        _size = size;
        _stream = stream;
        _name = name;
        _rules = rules;
        if (!TryReadLine(out ReadOnlySpan<byte> header))
            throw Error($"is empty; the first line must be \"{CommandTrace.Header}\"");
        if (!header.SequenceEqual(Encoding.ASCII.GetBytes(CommandTrace.Header)))
            throw Error($"the first line must be \"{CommandTrace.Header}\", not \"{Text(header)}\"");
    }

    /// <summary>Line that was read last, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Reads the next command; false at the end.</summary>
    public bool TryRead(out DramCommand command)
    {
        command = default;
        ReadOnlySpan<byte> line;
        do
        {
            if (!TryReadLine(out line))
                return false;
        }
        while (line.IsEmpty);

        int separators = line.Count((byte)',');
        if (separators != Fields - 1)
            throw Error($"{separators + 1} fields instead of {Fields} ({CommandTrace.Header})");
        command.Clock = Number(ref line, "clk", long.MaxValue);
        command.Kind = Kind(Field(ref line));
        command.Channel = (ushort)Number(ref line, "ch", ushort.MaxValue);
        command.PseudoChannel = (byte)Number(ref line, "pc", byte.MaxValue);
        command.BankGroup = (byte)Number(ref line, "bg", byte.MaxValue);
        command.Bank = (byte)Number(ref line, "ba", byte.MaxValue);
        command.Row = (int)Number(ref line, "row", int.MaxValue);
        command.Column = (int)Number(ref line, "col", int.MaxValue);
        if (command.Clock < _clock)
            throw Error($"the clock goes backwards, from {_clock} to {command.Clock}");
        _clock = command.Clock;
        if (_rules?.Outside(command) is { } outside)
            throw Error($"outside the geometry: {outside}");
        return true;
    }

    public void Dispose() => _stream.Dispose();

    private static ReadOnlySpan<byte> Field(ref ReadOnlySpan<byte> line)
    {
        int end = line.IndexOf((byte)',');
        ReadOnlySpan<byte> field = end < 0 ? line : line[..end];
        line = end < 0 ? default : line[(end + 1)..];
        return field;
    }

    private static string Text(ReadOnlySpan<byte> bytes) =>
        bytes.Length <= 40 ? Encoding.UTF8.GetString(bytes) : Encoding.UTF8.GetString(bytes[..40]) + "...";

    private long Number(ref ReadOnlySpan<byte> line, string name, long most)
    {
        ReadOnlySpan<byte> field = Field(ref line);
        long value = 0;
        bool digits = field.Length is > 0 and <= LongestNumber;
        for (int i = 0; i < field.Length && digits; i++)
        {
            digits = field[i] is >= (byte)'0' and <= (byte)'9';
            value = (value * 10) + field[i] - '0';
        }

        if (!digits || value > most)
            throw Error($"{name} is \"{Text(field)}\", not a number from 0 to {Math.Min(most, 999_999_999_999_999_999)}");
        return value;
    }

    private DramCommandKind Kind(ReadOnlySpan<byte> name)
    {
        foreach ((byte[] known, DramCommandKind kind) in s_kinds)
        {
            if (name.SequenceEqual(known))
                return kind;
        }

        throw Error($"no command is called \"{Text(name)}\" (ACT PRE PREA RD WR REFab REFpb PDE PDX SRE SRX)");
    }

    // The line stays valid until the next call.
    private bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        int seen = 0;
        while (true)
        {
            int length = _buffer.AsSpan(_start + seen, _end - _start - seen).IndexOf((byte)'\n');
            if (length >= 0 || _ended)
            {
                bool last = length < 0;
                length = last ? _end - _start : length + seen;
                line = _buffer.AsSpan(_start, length);
                if (last && length == 0)
                    return false;
                _start += last ? length : length + 1;
                Line++;
                line = line.TrimEnd((byte)'\r');
                return true;
            }

            seen = _end - _start;
            Refill();
        }
    }

    private void Refill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            Line++;
            throw Error($"a line of more than {_buffer.Length} bytes");
        }

        try
        {
            int count = _stream.Read(_buffer, _end, _buffer.Length - _end);
            _end += count;
            _total += (uint)count;
            _ended = count == 0;
            if (_ended && _size is { } size && size != _total)
                throw new InvalidDataException($"{_total} bytes came out, and its end speaks of {size}");
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new CommandTraceException(_name, Line, $"the compressed data is damaged or cut short after this line: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new CommandTraceException(_name, Line, $"cannot be read further: {e.Message}", e);
        }
    }

    private CommandTraceException Error(string problem) => new(_name, Line, problem);
}
