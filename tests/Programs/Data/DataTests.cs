using System.Buffers.Binary;
using HybridEmu.Chip;
using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

public sealed class DataTests : IDisposable
{
    private const uint Text = 0x8000_0000, Stream = 0x8100_0000;
    private const long Memory = 256L << 20;

    private readonly string _directory = Directory.CreateTempSubdirectory("hybridemu-data").FullName;

    private static readonly string Row = string.Join(',', Enumerable.Range(0, 64).Select(i => i % 17)) + ",7";

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Digits_lie_in_memory_as_documented()
    {
        string file = Write("two.csv", $"{Header()}\n{Row}\n{Row[..^1]}3\n");
        PlacedData data = Assert.Single(DataPlacement.Place([$"csv:{file}@train"], Image(), Memory, 1));
        Assert.Equal(Stream, data.Address);
        uint Word(int i) => BinaryPrimitives.ReadUInt32LittleEndian(data.Bytes.AsSpan(4 * i));
        Assert.Equal([0x53445848u, 2u, 64u, 10u, 64u, 64u, 192u, 16u], Enumerable.Range(0, 8).Select(Word));
        Assert.Equal(16, data.Bytes[64 + 16]);
        Assert.Equal(0, data.Bytes[128 + 17]);
        Assert.Equal((7u, 3u), (Word(192 / 4), Word((192 / 4) + 1)));
        Assert.Equal(256, data.Bytes.Length);
    }

    [Fact]
    public void A_header_line_is_optional()
    {
        Assert.Equal(1, DigitCsv.Read("x", Row).Count);
        Assert.Equal(1, DigitCsv.Read("x", Header() + "\r\n" + Row + "\r\n\r\n").Count);
    }

    [Theory]
    [InlineData("", 0, "is empty")]
    [InlineData("HEADER\n", 0, "no rows")]
    [InlineData("ROW\n1,2,3\n", 2, "3 fields instead of 65")]
    [InlineData("ROW\nROW,1\n", 2, "66 fields")]
    [InlineData("HEADER\nSHORT,10\n", 2, "label 10")]
    [InlineData("HEADER\nSHORT,-1\n", 2, "label -1")]
    [InlineData("ROW\nSHORT,x\n", 2, "'x' is not a label")]
    [InlineData("ROW\nBIG\n", 2, "pixel 17")]
    [InlineData("ROW\nWORD\n", 2, "field 1: 'a' is not an integer")]
    public void A_bad_row_is_reported_with_its_line(string form, int line, string message)
    {
        string shortRow = Row[..Row.LastIndexOf(',')];
        string text = form
            .Replace("HEADER", Header(), StringComparison.Ordinal)
            .Replace("SHORT", shortRow, StringComparison.Ordinal)
            .Replace("ROW", Row, StringComparison.Ordinal)
            .Replace("BIG", "17" + Row[1..], StringComparison.Ordinal)
            .Replace("WORD", "a" + Row[1..], StringComparison.Ordinal);
        DataError error = Assert.Single(Assert.Throws<DataException>(() => DigitCsv.Read("f.csv", text)).Errors);
        Assert.Equal(("f.csv", line), (error.Source, error.Line));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_bad_row_of_a_file_is_reported()
    {
        var e = Assert.Throws<DataException>(() => DigitCsv.Read("f.csv", $"{Row}\n1\n{Row}\n2\n3\n"));
        Assert.Equal([2, 4, 5], e.Errors.Select(x => x.Line));
    }

    [Theory]
    [InlineData("csv", "not of the form")]
    [InlineData("csv:@train", "not of the form")]
    [InlineData("csv:x@", "not of the form")]
    [InlineData("cvs:x@train", "did you mean 'csv'")]
    [InlineData("csv:nowhere.csv@train", "there is no file")]
    [InlineData("word:5@trian", "did you mean 'train'")]
    [InlineData("word:many@train", "not a 32-bit number")]
    [InlineData("word:4294967296@train", "not a 32-bit number")]
    [InlineData("synth:0@train", "count and offset")]
    [InlineData("synth:1/2/3@train", "COUNT/OFFSET")]
    [InlineData("word:1@0x1000", "does not fit")]
    [InlineData("word:1@0x90000000", "does not fit")]
    [InlineData("synth:100@train", "runs over symbol 'test'")]
    [InlineData("synth:100@0x7fffff00", "does not fit")]
    public void Data_that_cannot_be_placed_says_why(string argument, string message)
    {
        var e = Assert.Throws<DataException>(() => DataPlacement.Place([argument], Image(), Memory, 1));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_arguments_may_not_overlap_and_all_mistakes_are_reported()
    {
        var e = Assert.Throws<DataException>(() => DataPlacement.Place(["word:1@test", "word:2@test", "word:x@test"], Image(), Memory, 1));
        Assert.Equal(2, e.Errors.Count);
        Assert.Contains("overlaps --data word:1@test", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_may_overwrite_a_words_default_and_run_past_the_last_segment()
    {
        IReadOnlyList<PlacedData> data = DataPlacement.Place(["word:0x10@epochs", "synth:3000@test"], Image(), Memory, 1);
        Assert.Equal([0x10, 0, 0, 0], data[0].Bytes);
        Assert.True(data[1].End > Stream + 0x2000);
    }

    [Fact]
    public void Hex_words_round_trip()
    {
        byte[] bytes = [1, 2, 3, 4, 0xFF, 0, 0, 0x80];
        string text = HexWords.Write(bytes);
        Assert.Equal("04030201\n800000ff\n", text);
        Assert.Equal(bytes, HexWords.Read("x", text));
        Assert.Contains("x:2: ", Assert.Throws<DataException>(() => HexWords.Read("x", "1\nzz\n")).Message, StringComparison.Ordinal);
    }

    private static string Header() => string.Join(',', Enumerable.Range(1, 64).Select(i => $"Block {i}")) + ",Class";

    private static ElfImage Image() => ElfImage.Read(ElfWriter.Write(
        Text,
        [
            new ElfSection(".text", Text, new byte[0x100], 0x100, 64, true, false, false),
            new ElfSection(".data", Text + 0x100, new byte[8], 8, 64, false, true, false),
            new ElfSection(".stream", Stream, default, 0x2000, 64, false, true, true),
        ],
        [
            new ElfSymbolEntry("_start", Text, 0, 0, true, true, false),
            new ElfSymbolEntry("epochs", Text + 0x100, 0, 1, true, false, true),
            new ElfSymbolEntry("train", Stream, 0, 2, true, false, true),
            new ElfSymbolEntry("test", Stream + 0x1000, 0, 2, true, false, true),
        ])).Image!;

    private string Write(string name, string text)
    {
        string file = Path.Combine(_directory, name);
        File.WriteAllText(file, text);
        return file;
    }
}
