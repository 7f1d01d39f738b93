using HybridEmu.Chip;
using HybridEmu.Cli;
using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>--data idx:FILE[,labels=FILE][,rows=A:B]@SYMBOL: what is read, and what is said of files that are not right.</summary>
public sealed class IdxTests : IDisposable
{
    private const string Images = "train-images-idx3-ubyte", Labels = "train-labels-idx1-ubyte";
    private const int Count = 5, Rows = 3, Columns = 7, Features = Rows * Columns;

    private static readonly byte[] s_pixels = [.. Enumerable.Range(0, Count * Features).Select(i => (byte)(i * 5))];
    private static readonly byte[] s_labels = [9, 0, 4, 1, 7];
    private static readonly byte[] s_images = Idx.Bytes(s_pixels, Count, Rows, Columns);

    private readonly string _directory = Directory.CreateTempSubdirectory("hybridemu-idx").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(Images, Labels, "")]
    [InlineData(Images + ".gz", Labels + ".gz", "")]
    [InlineData(Images + ".gz", Labels, "")]
    [InlineData(Images, Labels + ".gz", "")]
    [InlineData("t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte", "")]
    [InlineData("packed-images-idx3-ubyte", "packed-labels-idx1-ubyte", "", true)]
    [InlineData("a,b.idx", "c,d.idx", ",labels=LABELS")]
    [InlineData("a,rows=b.idx", "c.idx", ",rows=0:5,labels=LABELS")]
    [InlineData("a.idx", "c.idx", ",labels=LABELS,rows=:")]
    public void Images_and_labels_become_a_data_set(string images, string labels, string options, bool packed = false)
    {
        Write(images, packed || images.EndsWith(".gz", StringComparison.Ordinal) ? Idx.Gzip(s_images) : s_images);
        string file = Write(labels, labels.EndsWith(".gz", StringComparison.Ordinal) ? Idx.Gzip(Idx.Bytes(s_labels, Count)) : Idx.Bytes(s_labels, Count));
        byte[] expected = new DigitData(s_pixels, s_labels, Features, 255).ToBytes();
        Assert.Equal(expected, Load(images + options.Replace("LABELS", file, StringComparison.Ordinal)));
    }

    [Fact]
    public void Rows_are_padded_to_sixteen_bytes_and_the_header_says_so()
    {
        WriteBoth();
        byte[] bytes = Load(Images);
        int[] words = [.. Enumerable.Range(0, 16).Select(i => BitConverter.ToInt32(bytes, 4 * i))];
        Assert.Equal([0x53445848, Count, Features, 10, 32, 64, 64 + 192, 255, 0, 0, 0, 0, 0, 0, 0, 0], words);
        Assert.Equal(s_pixels[Features..(2 * Features)], bytes[(64 + 32)..(64 + 32 + Features)]);
        Assert.Equal(s_labels.Select(l => (int)l), Enumerable.Range(0, Count).Select(i => BitConverter.ToInt32(bytes, 256 + (4 * i))));
    }

    [Theory]
    [InlineData("0:2", 0, 2)]
    [InlineData("2:", 2, 5)]
    [InlineData(":3", 0, 3)]
    [InlineData("4:5", 4, 5)]
    public void Rows_split_a_file(string rows, int first, int end)
    {
        WriteBoth();
        var part = new DigitData(s_pixels[(first * Features)..(end * Features)], s_labels[first..end], Features, 255);
        Assert.Equal(part.ToBytes(), Load($"{Images},rows={rows}"));
    }

    [Theory]
    [InlineData(",rows=0:6", "rows 0:6 are not there")]
    [InlineData(",rows=5:", "rows 5:5 are not there")]
    [InlineData(",rows=3:3", "A must be below B")]
    [InlineData(",rows=3", "not of the form rows=A:B")]
    [InlineData(",rows=a:b", "not of the form rows=A:B")]
    [InlineData(",labels=", "labels= names no file")]
    [InlineData(",labels=nowhere", "there is no file 'nowhere' with the labels")]
    [InlineData("x", "there is no file")]
    public void An_argument_that_asks_for_what_is_not_there_says_why(string options, string message)
    {
        WriteBoth();
        Assert.Contains(message, Mistake(Images + options), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData(".gz", 8)] // without its check sum at the end, nothing is missing
    public void A_file_that_is_cut_off_anywhere_says_so(string suffix, int spare)
    {
        WriteBoth();
        byte[] whole = suffix.Length > 0 ? Idx.Gzip(s_images) : s_images;
        for (int length = 1; length < whole.Length - spare; length++)
        {
            string file = Write(Images + suffix, whole[..length]);
            Assert.Matches($"^{file}: is (cut off|not a whole gzip file)", Mistake(Images + suffix));
        }
    }

    [Fact]
    public void A_damaged_file_says_where_and_what()
    {
        WriteBoth();
        string images = Path.Combine(_directory, Images), labels = Path.Combine(_directory, Labels);
        (byte[] Images, byte[] Labels, string Message)[] cases =
        [
            ([], Idx.Bytes(s_labels, Count), $"{images}: is empty"),
            (s_images, [], $"{labels}: is empty"),
            ([.. s_images, 0], Idx.Bytes(s_labels, Count), $"{images}: goes on behind the 5 x 3 x 7 = 105 bytes"),
            (Idx.Bytes(s_labels, Count), Idx.Bytes(s_labels, Count), $"{images}: begins with 0x00000801, not with 0x00000803, the mark of images: it is a file of labels"),
            (s_images, s_images, $"{labels}: begins with 0x00000803, not with 0x00000801, the mark of labels: it is a file of images"),
            ("P5 28 28 255 and so on"u8.ToArray(), Idx.Bytes(s_labels, Count), $"{images}: begins with 0x50352032"),
            ([0x1F, 0x8B, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14], Idx.Bytes(s_labels, Count), $"{images}: is not a whole gzip file"),
            (Spoilt(Idx.Gzip(s_images), 5), Idx.Bytes(s_labels, Count), $"{images}: is not a whole gzip file"), // its check sum
            (Idx.Gzip("no IDX"u8.ToArray()), Idx.Bytes(s_labels, Count), $"{images}: begins with 0x6e6f2049"),
            (Idx.Bytes([], 0, Rows, Columns), Idx.Bytes([], 0), $"{images}: holds no images"),
            (Idx.Bytes([], Count, 0, Columns), Idx.Bytes(s_labels, Count), $"{images}: holds images without pixels"),
            (Idx.Bytes([], int.MaxValue, 9, 9), Idx.Bytes(s_labels, Count), $"{images}: announces more than"),
            (s_images, Idx.Bytes(s_labels[1..], Count - 1), $"{labels}: has 4 labels, but {images} has 5 images"),
            (s_images, Idx.Bytes([1, 2, 3, 10, 4], Count), $"{labels}: label 10 of image 3 is not in 0 to 9"),
        ];
        foreach ((byte[] image, byte[] label, string message) in cases)
        {
            Write(Images, image);
            Write(Labels, label);
            Assert.StartsWith(message, Mistake(Images), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Labels_that_are_not_found_are_told_with_the_name_tried_and_the_way_to_name_them()
    {
        string file = Write(Images + ".gz", Idx.Gzip(s_images)), labels = Path.Combine(_directory, Labels + ".gz");
        Assert.EndsWith($"there is no file '{labels}' with the labels; name it: idx:{file},labels=FILE", Mistake(Images + ".gz"), StringComparison.Ordinal);
        string odd = Write("digits.idx", s_images);
        Assert.EndsWith($"'digits.idx' has no 'images-idx3' to find its labels by; name their file: idx:{odd},labels=FILE", Mistake("digits.idx"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_with_a_bad_file_exits_with_2_and_never_writes_over_what_it_reads()
    {
        WriteBoth();
        string source = Write("a.s", "_start:\n    j _start\n    .section .stream\nhere: .space 4096\n"u8.ToArray());
        string images = Path.Combine(_directory, Images), labels = Path.Combine(_directory, Labels);
        (ExitCode code, string errors) = Run("run", source, "--data", $"idx:{images},rows=0:9@here");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("rows 0:9 are not there", errors, StringComparison.Ordinal);
        foreach (string read in (string[])[images, labels])
        {
            (code, errors) = Run("run", source, "--data", $"idx:{images}@here", "--stats", read);
            Assert.Equal(ExitCode.BadInput, code);
            Assert.Contains($"{read}: is read by this run", errors, StringComparison.Ordinal);
        }
    }

    private static byte[] Spoilt(byte[] bytes, int fromEnd)
    {
        bytes[^fromEnd] ^= 1;
        return bytes;
    }

    private static (ExitCode Code, string Errors) Run(params string[] args)
    {
        using var output = new MemoryStream();
        using var errors = new StringWriter { NewLine = "\n" };
        return (EntryPoint.Run(args, output, errors), errors.ToString());
    }

    private byte[] Load(string content) => DataArgument.Parse($"idx:{Path.Combine(_directory, content)}@here").Load(1);

    private string Mistake(string content) => Assert.Single(Assert.Throws<DataException>(() => Load(content)).Errors).ToString();

    private void WriteBoth()
    {
        Write(Images, s_images);
        Write(Labels, Idx.Bytes(s_labels, Count));
    }

    private string Write(string name, byte[] bytes)
    {
        string file = Path.Combine(_directory, name);
        File.WriteAllBytes(file, bytes);
        return file;
    }
}
