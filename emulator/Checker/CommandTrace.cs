using System.Buffers.Binary;
using System.IO.Compression;

namespace HybridEmu.Checker;

/// <summary>A command trace that cannot be read: which file, which line, what is wrong.</summary>
public sealed class CommandTraceException : Exception
{
    /// <param name="file">Name as the caller gave it.</param>
    /// <param name="line">Line from 1, or 0 when it is of the file as a whole.</param>
    /// <param name="problem">What is wrong.</param>
    /// <param name="cause">What the operating system or the decompressor said.</param>
    public CommandTraceException(string file, long line, string problem, Exception? cause = null)
        : base(line > 0 ? $"{file}:{line}: {problem}" : $"{file}: {problem}", cause)
    {
        File = file;
        Line = line;
        Problem = problem;
    }

    public string File { get; }

    public long Line { get; }

    public string Problem { get; }
}

/// <summary>
/// Commands as text, one a line, in order of their clocks: a header, then "812,RD,0,1,2,3,77,5". Fields that a command does
/// not need are 0; the clock is its first on the bus.
/// </summary>
public static class CommandTrace
{
    public const string Header = "clk,cmd,ch,pc,bg,ba,row,col";

    /// <summary>Opens a trace, plain or gzip of one member (told by its first bytes). Throws <see cref="CommandTraceException"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rules">Geometry to hold the fields against; null takes any.</param>
    public static CommandTraceReader Open(string path, DramRules? rules = null)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            bool compressed = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
            file.Position = 0;
            if (!compressed)
                return new CommandTraceReader(file, path, rules);
            uint size = SizeAtEnd(file);
            return new CommandTraceReader(new GZipStream(file, CompressionMode.Decompress), path, rules, size);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            file?.Dispose();
            throw new CommandTraceException(path, 0, $"cannot be read: {e.Message}", e);
        }
        catch (CommandTraceException)
        {
            file?.Dispose();
            throw;
        }
    }

    // RFC 1952: a member ends in the size of its text, modulo 2^32. GZipStream takes some files that were cut short.
    private static uint SizeAtEnd(FileStream file)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        file.Position = Math.Max(0, file.Length - bytes.Length);
        file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }
}
