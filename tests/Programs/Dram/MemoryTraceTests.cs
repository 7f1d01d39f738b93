using System.IO.Compression;
using System.Text;
using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

public sealed class MemoryTraceTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hybridemu-trace").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("100,R,0x8000\n250,W,32800\n", "100R8000 250W8020")]
    [InlineData("stamp,op,addr\n100,R,0x8000\n", "100R8000")]
    [InlineData("\uFEFF# ours\r\n\r\nstamp, op, addr\r\n 1 , read , 0X20 # why\r\n\r\n2,Write,0x40", "1R20 2W40")]
    [InlineData("0x1,r,64\n", "1R40")]
    [InlineData("0x8000 READ 100\n0x8040\tWRITE  250 \n", "100R8000 250W8040")]
    [InlineData("8000 READ 100\n", "100R8000")] // DRAMsim3 reads hex with or without 0x
    [InlineData("LD 0x8000\nST 32800\n", "0R8000 0W8020")]
    [InlineData("# Ramulator\nR 0x20\nW 0x40\nread 0x60\n", "0R20 0W40 0R60")]
    public void Each_form_is_told_by_its_first_line(string text, string expected)
    {
        Assert.Equal(expected, Accesses(Write("a.trace", Encoding.UTF8.GetBytes(text))));
        Assert.Equal(expected, Accesses(Write("a.any", Compress(Encoding.UTF8.GetBytes(text)))));
    }

    [Theory]
    [InlineData("", ": holds no accesses")]
    [InlineData("# nothing\n\n", ": holds no accesses")]
    [InlineData("stamp,op,addr\n", ": holds no accesses")]
    [InlineData("1,R,0x20\n2,R\n", ":2: '2,R' is not stamp,op,address, as in 100,R,0x8000; correct the line or remove it")]
    [InlineData("1,R,0x20\n\n# x\n2,R,0x20,4\n", ":4: '2,R,0x20,4' is not stamp")]
    [InlineData("1,X,0x20\n", ":1: '1,X,0x20' is not stamp")]
    [InlineData("1,R,0xg\n", ":1: '1,R,0xg' is not stamp")]
    [InlineData("1,R,-32\n", ":1: '1,R,-32' is not stamp")]
    [InlineData("1,R,0x20\nstamp,op,addr\n", ":2: 'stamp,op,addr' is not stamp")]
    [InlineData("1,R,0x10000000000000000\n", ":1: '1,R,0x10000000000000000' is not stamp")]
    [InlineData("0x20 READ 1\n0x20 READ\n", ":2: '0x20 READ' is not address op cycle")]
    [InlineData("0x20 READ 1\n1,R,0x20\n", ":2: '1,R,0x20' is not address op cycle")]
    [InlineData("LD 0x20\nLD\n", ":2: 'LD' is not op address, as in LD 0x8000")]
    [InlineData("R 0,0,1,2\n", ":1: 'R 0,0,1,2' is not op address")]
    [InlineData("MZ\u0001\u0002 what a file this is, and not a trace of memory at all", ":1: 'MZ?? what a file this is, and not a trac...' is not stamp,op")]
    [InlineData("1,R,0x10000\n", ":1: address 0x10000 is beyond the memory of 0x10000 bytes; give smaller addresses, or more memory by --set hbm.capacity=")]
    [InlineData("5,R,0x20\n4,R,0x20\n", ":2: stamp 4 comes behind 5: stamps must not go backwards; sort the trace by them")]
    [InlineData("1000000000001,R,0x20\n", ":1: stamp 1000000000001 is beyond 1000000000000")]
    public void What_cannot_be_replayed_is_named_with_its_line(string text, string words)
    {
        string file = Write("bad.trace", Encoding.UTF8.GetBytes(text));
        Assert.StartsWith(file + words, Assert.Throws<DataException>(() => Accesses(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_address_and_the_last_stamp_are_good() => Assert.Equal("1000000000000Rffff", Accesses(Write("a", "1000000000000,R,0xffff\n"u8.ToArray())));

    [Theory]
    [InlineData(CompressionLevel.Fastest)]
    [InlineData(CompressionLevel.SmallestSize)]
    [InlineData(CompressionLevel.NoCompression)]
    public void A_gzip_file_that_was_cut_off_anywhere_is_no_trace(CompressionLevel level)
    {
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 300).Select(i => $"{i},R,{i * 37 % 999 * 32}\n")));
        byte[] whole = [.. Compress(text, level), .. Compress("300,W,0x40\n"u8.ToArray(), level)]; // two members, as cat makes
        Assert.EndsWith(" 300W40", Accesses(Write("whole.gz", whole)), StringComparison.Ordinal);
        for (int length = 2; length < whole.Length; length++)
        {
            if (length == Compress(text, level).Length)
                continue; // the first member alone is a whole file
            string file = Write("cut.gz", whole[..length]);
            Assert.StartsWith(file + ": is not a whole gzip file", Assert.Throws<DataException>(() => Accesses(file)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_whole_gzip_file_is_one_wherever_the_blocks_of_its_reader_end()
    {
        // 8 KiB is what the host's reader takes at a time; stored, so that every length of the file occurs.
        for (int length = 8100; length < 8200; length++)
            Assert.Equal("1R20", Accesses(Write("whole.gz", Compress(Encoding.ASCII.GetBytes("1,R,32\n".PadRight(length, '\n')), CompressionLevel.NoCompression))));
    }

    [Fact]
    public void A_gzip_file_with_a_bit_turned_is_no_trace()
    {
        byte[] packed = Compress(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 300).Select(i => $"{i},R,{i * 32}\n"))));
        for (int at = 10; at < packed.Length; at += 7)
        {
            packed[at] ^= 4;
            string file = Write("damaged.gz", packed);
            Assert.Contains("is not a whole gzip file", Assert.Throws<DataException>(() => Accesses(file)).Message, StringComparison.Ordinal);
            packed[at] ^= 4;
        }
    }

    [Fact]
    public void A_mistake_in_a_whole_gzip_file_is_named_with_its_line()
    {
        string[] lines = [.. Enumerable.Range(0, 30_000).Select(i => i == 70 ? "oh" : $"{i},R,32")];
        string file = Write("bad.gz", Compress(Encoding.ASCII.GetBytes(string.Join('\n', lines))));
        Assert.StartsWith(file + ":71: 'oh' is not stamp", Assert.Throws<DataException>(() => Accesses(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_are_whole_across_blocks_whatever_their_lengths()
    {
        // 300 KB, so that every block boundary falls into another part of a line.
        string[] lines = [.. Enumerable.Range(0, 20_000).Select(i => $"{i * 7L},{(i % 3 == 0 ? "W" : "READ")},0x{i * 2654435761L % 65536:x}")];
        string expected = string.Join(' ', lines.Select((l, i) => $"{i * 7L}{(i % 3 == 0 ? 'W' : 'R')}{i * 2654435761L % 65536:x}"));
        byte[] text = Encoding.ASCII.GetBytes(string.Join('\n', lines));
        Assert.Equal(expected, Accesses(Write("long", text)));
        Assert.Equal(expected, Accesses(Write("long.gz", Compress(text))));
    }

    [Fact]
    public void A_line_without_end_is_no_trace()
    {
        string file = Write("endless", new byte[1 << 17]);
        Assert.StartsWith(file + ":1: a line of more than 4096 bytes", Assert.Throws<DataException>(() => Accesses(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_stops_before_what_comes_behind_it()
    {
        using MemoryTrace trace = MemoryTrace.Open(Write("a", "1,R,0\n2,R,32\nwhat is this\n"u8.ToArray()), 1 << 16, limit: 2);
        MemoryAccess[] batch = new MemoryAccess[8];
        Assert.Equal((2, 0), (trace.Read(batch), trace.Read(batch)));
    }

    [Fact]
    public void Nothing_is_allocated_a_line()
    {
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{i},R,0x{i % 2048 * 32:x}\n")));
        using MemoryTrace trace = MemoryTrace.Open(Write("long", text), 1 << 16);
        MemoryAccess[] batch = new MemoryAccess[1000];
        for (int i = 0; i < 20; i++)
            trace.Read(batch);

        // A collection that other tests bring about can be charged to this thread; a line's allocations are in every stretch.
        long least = long.MaxValue;
        for (int stretch = 0; stretch < 7; stretch++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10; i++)
                trace.Read(batch);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private static string Accesses(string file)
    {
        using MemoryTrace trace = MemoryTrace.Open(file, 1 << 16);
        MemoryAccess[] batch = new MemoryAccess[100];
        var words = new List<string>();
        for (int count; (count = trace.Read(batch)) > 0;)
            words.AddRange(batch.Take(count).Select(a => $"{a.Stamp}{(a.IsWrite ? 'W' : 'R')}{a.Address:x}"));
        return string.Join(' ', words);
    }

    private static byte[] Compress(byte[] bytes, CompressionLevel level = CompressionLevel.Fastest)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, level))
            gzip.Write(bytes);
        return stream.ToArray();
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_directory, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
