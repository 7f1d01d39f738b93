using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace HybridEmu.Chip;

/// <summary>
/// A trace of memory accesses from a file, plain or gzip, read in blocks. Its first line of content says which form it has:
/// ours (<c>stamp,op,address</c>), DRAMsim3's (<c>0xADDRESS READ cycle</c>, the address in hex with or without 0x) or
/// Ramulator's (<c>LD address</c>, <c>R address</c>). Lines that are blank or begin with # are skipped.
/// </summary>
public sealed class MemoryTrace : IAccessSource, IDisposable
{
    /// <summary>Largest stamp: 10^12 cycles, some 17 minutes at 1 GHz.</summary>
    public const long MaximumStamp = 1_000_000_000_000;

    private const int BlockBytes = 1 << 16;
    private const int MaximumLineBytes = 1 << 12;
    private const int ShownCharacters = 40;
    private const int Columns = 3;
    private const ushort GzipMark = 0x1F8B;

    private enum Form : byte
    {
        Unknown,
        Ours,
        DramSim,
        Ramulator,
    }

    private readonly string _path;
    private readonly Stream _file;
    private readonly Stream _stream;
    private readonly ulong _capacityBytes;
    private readonly byte[] _buffer = new byte[BlockBytes];
    private int _at, _end;
    private bool _ended;
    private readonly bool _sealed; // a seal is to come before the end
    private bool _sawSeal;
    private Form _form;
    private long _line;
    private long _left;
    private long _lastStamp;
    private bool _any;

    private MemoryTrace(string path, Stream file, long capacityBytes, long limit)
    {
        _path = path;
        _file = _stream = file;
        _capacityBytes = (ulong)capacityBytes;
        _left = limit;
        Fill();
        if (_end < 2 || BinaryPrimitives.ReadUInt16BigEndian(_buffer) != GzipMark)
            return;
        if (!file.CanSeek)
            throw new DataException(path, "is compressed and no plain file: unpack it first, as in zcat TRACE.gz | hybridemu dram /dev/stdin");
        file.Position = 0;
        _end = 0;
        _ended = false;
        _stream = SealedGzip.Open(file);
        _sealed = true;
    }

    /// <param name="path">The file.</param>
    /// <param name="capacityBytes">Bytes of HBM: addresses must lie below.</param>
    /// <param name="limit">Accesses after which to stop.</param>
    /// <exception cref="DataException">It cannot be read.</exception>
    public static MemoryTrace Open(string path, long capacityBytes, long limit = long.MaxValue)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataException(path, "there is no such file (check the path)");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(path, $"cannot be read: {e.Message}");
        }

        try
        {
            return new MemoryTrace(path, file, capacityBytes, limit);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public int Read(Span<MemoryAccess> accesses)
    {
        int count = 0;
        while (count < accesses.Length && _left > 0 && NextLine(out ReadOnlySpan<byte> line))
        {
            if (_form == Form.Unknown && IsHeader(line))
                continue;
            accesses[count++] = Parse(line);
            _left--;
        }

        if (count == 0 && !_any)
            throw new DataException(_path, "holds no accesses; a line is stamp,op,address, as in 100,R,0x8000");
        _any = true;
        return count;
    }

    public void Dispose()
    {
        _stream.Dispose();
        _file.Dispose();
    }

    /// <summary>The next line with something on it, without its comment and the blanks around it.</summary>
    private bool NextLine(out ReadOnlySpan<byte> line)
    {
        while (true)
        {
            int length = _buffer.AsSpan(_at, _end - _at).IndexOf((byte)'\n');
            if (length < 0 && !_ended)
            {
                if (_end - _at > MaximumLineBytes)
                    throw Mistake(_line + 1, $"a line of more than {MaximumLineBytes} bytes: this is no trace");
                Fill();
                continue;
            }

            if (length < 0 && _at == _end)
            {
                if (_sealed && !_sawSeal)
                    throw NotWhole("it ends too early");
                line = default;
                return false;
            }

            line = length < 0 ? _buffer.AsSpan(_at, _end - _at) : _buffer.AsSpan(_at, length);
            _at += length < 0 ? line.Length : length + 1;
            if (_line++ == 0 && line.StartsWith("\uFEFF"u8))
                line = line[3..];
            int comment = line.IndexOf((byte)'#');
            line = (comment < 0 ? line : line[..comment]).Trim(" \t\r"u8);
            if (_sealed && line.SequenceEqual(SealedGzip.Seal))
                _sawSeal = true;
            else if (line.Length > 0)
                return true;
        }
    }

    /// <summary>Moves what is left to the front of the buffer and reads more behind it.</summary>
    private void Fill()
    {
        _buffer.AsSpan(_at, _end - _at).CopyTo(_buffer);
        _end -= _at;
        _at = 0;
        try
        {
            int read = _stream.Read(_buffer, _end, _buffer.Length - _end);
            _end += read;
            _ended = read == 0;
        }
        catch (InvalidDataException e)
        {
            throw NotWhole(e.Message.TrimEnd('.'));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(_path, $"cannot be read: {e.Message}");
        }
    }

    /// <summary>Takes the form from the first line of content. Returns whether that line only names the columns.</summary>
    private bool IsHeader(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> rest = line, first = Word(ref rest);
        if (TryOperation(first, out _))
        {
            _form = Form.Ramulator;
            return false;
        }

        _form = line.Contains((byte)',') ? Form.Ours : Form.DramSim;
        if (_form == Form.DramSim)
            return false;
        int columns = 0;
        rest = line;
        while (rest.Length > 0)
        {
            ReadOnlySpan<byte> column = Column(ref rest);
            if (column.Length == 0 || !char.IsAsciiLetter((char)column[0]) || column.Contains((byte)' '))
                return false;
            columns++;
        }

        return columns == Columns;
    }

    private MemoryAccess Parse(ReadOnlySpan<byte> line)
    {
        MemoryAccess access = default;
        ulong stamp = 0;
        bool good;
        ReadOnlySpan<byte> rest = line, operation;
        switch (_form)
        {
            case Form.Ours:
                good = TryNumber(Column(ref rest), out stamp);
                operation = Column(ref rest);
                good &= TryNumber(Column(ref rest), out access.Address);
                break;
            case Form.DramSim:
                good = TryHexadecimal(Word(ref rest), out access.Address);
                operation = Word(ref rest);
                good &= TryNumber(Word(ref rest), out stamp);
                break;
            default:
                good = true;
                operation = Word(ref rest);
                good &= TryNumber(Word(ref rest), out access.Address);
                break;
        }

        if (!TryOperation(operation, out access.IsWrite) || !good || rest.Length > 0)
            throw Malformed(line);
        if (access.Address >= _capacityBytes)
            throw Mistake(_line, string.Create(CultureInfo.InvariantCulture, $"address 0x{access.Address:x} is beyond the memory of 0x{_capacityBytes:x} bytes; give smaller addresses, or more memory by --set hbm.capacity="));
        if (stamp > MaximumStamp)
            throw Mistake(_line, string.Create(CultureInfo.InvariantCulture, $"stamp {stamp} is beyond {MaximumStamp}; let the trace begin at an earlier cycle"));
        access.Stamp = (long)stamp;
        if (access.Stamp < _lastStamp)
            throw Mistake(_line, string.Create(CultureInfo.InvariantCulture, $"stamp {access.Stamp} comes behind {_lastStamp}: stamps must not go backwards; sort the trace by them"));
        _lastStamp = access.Stamp;
        return access;
    }

    private DataException Malformed(ReadOnlySpan<byte> line)
    {
        string form = _form switch
        {
            Form.Ours => "stamp,op,address, as in 100,R,0x8000",
            Form.DramSim => "address op cycle, as in 0x8000 READ 100 (nor stamp,op,address, as in 100,R,0x8000)",
            _ => "op address, as in LD 0x8000",
        };
        var shown = new StringBuilder();
        foreach (byte b in line[..Math.Min(line.Length, ShownCharacters)])
            shown.Append(b is >= 0x20 and < 0x7F ? (char)b : '?');
        return Mistake(_line, $"'{shown}{(line.Length > ShownCharacters ? "..." : "")}' is not {form}; correct the line or remove it");
    }

    private DataException NotWhole(string why) => new(_path, $"is not a whole gzip file ({why}): fetch it again");

    /// <summary>A mistake in a line; but where the file was cut off or damaged, that is what to tell.</summary>
    private DataException Mistake(long line, string message)
    {
        while (_sealed && !_ended)
        {
            _at = Math.Max(_at, _end - (SealedGzip.Seal.Length + 2));
            Fill();
        }

        return _sealed && !_sawSeal && _buffer.AsSpan(0, _end).IndexOf(SealedGzip.Seal) < 0 ? NotWhole("it ends too early") : LineMistake(line, message);
    }

    private DataException LineMistake(long line, string message) => new([new DataError(_path, (int)Math.Min(line, int.MaxValue), message)]);

    /// <summary>Cuts off what comes before the first comma.</summary>
    private static ReadOnlySpan<byte> Column(scoped ref ReadOnlySpan<byte> rest)
    {
        int length = rest.IndexOf((byte)',');
        ReadOnlySpan<byte> column = length < 0 ? rest : rest[..length];
        rest = length < 0 ? default : rest[(length + 1)..];
        return column.Trim(" \t"u8);
    }

    /// <summary>Cuts off what comes before the first blank.</summary>
    private static ReadOnlySpan<byte> Word(scoped ref ReadOnlySpan<byte> rest)
    {
        int length = rest.IndexOfAny((byte)' ', (byte)'\t');
        ReadOnlySpan<byte> word = length < 0 ? rest : rest[..length];
        rest = length < 0 ? default : rest[(length + 1)..].TrimStart(" \t"u8);
        return word;
    }

    private static bool TryOperation(ReadOnlySpan<byte> text, out bool isWrite)
    {
        isWrite = Ascii.EqualsIgnoreCase(text, "W"u8) || Ascii.EqualsIgnoreCase(text, "WRITE"u8) || Ascii.EqualsIgnoreCase(text, "ST"u8);
        return isWrite || Ascii.EqualsIgnoreCase(text, "R"u8) || Ascii.EqualsIgnoreCase(text, "READ"u8) || Ascii.EqualsIgnoreCase(text, "LD"u8);
    }

    /// <summary>Decimal, or hex behind 0x.</summary>
    private static bool TryNumber(ReadOnlySpan<byte> text, out ulong value) =>
        text.StartsWith("0x"u8) || text.StartsWith("0X"u8)
            ? TryHexadecimal(text, out value)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static bool TryHexadecimal(ReadOnlySpan<byte> text, out ulong value)
    {
        ReadOnlySpan<byte> digits = text.StartsWith("0x"u8) || text.StartsWith("0X"u8) ? text[2..] : text;
        return ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
