using System.IO.Compression;

namespace HybridEmu.Chip;

/// <summary>
/// Unpacks gzip and shows whether it was whole. The host's reader takes a file that was cut off for one that ends there;
/// so one more member stands behind the file's own, and its text comes out last only when nothing was missing.
/// </summary>
internal static class SealedGzip
{
    private static readonly byte[] s_member = Pack();

    /// <summary>The text of the last member: a line that no text has.</summary>
    public static ReadOnlySpan<byte> Seal => "\0whole\0"u8;

    /// <summary>What a gzip file unpacks to, and the seal on a line of its own.</summary>
    public static Stream Open(Stream file) => new GZipStream(new Chain(file), CompressionMode.Decompress);

    private static byte[] Pack()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write([(byte)'\n', .. Seal, (byte)'\n']);
        return packed.ToArray();
    }

    /// <summary>A file with the member behind it.</summary>
    private sealed class Chain(Stream file) : Stream
    {
        private int _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int read = file.Read(buffer);
            if (read > 0 || buffer.Length == 0)
                return read;
            read = Math.Min(buffer.Length, s_member.Length - _at);
            s_member.AsSpan(_at, read).CopyTo(buffer);
            _at += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
