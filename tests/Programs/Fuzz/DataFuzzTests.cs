using System.Text;
using HybridEmu.Chip;
using HybridEmu.Fuzz;
using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>Data files and --data arguments: bytes to place, or a mistake with its source.</summary>
[Collection("Alone")]
public sealed class DataFuzzTests : IDisposable
{
    private const long Memory = 256L << 20;

    /// <summary>Drawn digits are 64 bytes each and their memory image as much again; a million is the most.</summary>
    private const long MostBytes = 1L << 30;

    private readonly string _directory = Directory.CreateTempSubdirectory("hybridemu-fuzz").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [Trait("Depth", "Deep")]
    [InlineData("csv")]
    [InlineData("hex")]
    public void Any_text_is_data_or_has_mistakes(string kind)
    {
        string row = string.Join(',', Enumerable.Range(0, 64).Select(i => i % 17)) + ",7\n";
        string[] corpus = [row + row, string.Join(',', Enumerable.Range(0, 65).Select(i => $"f{i}")) + "\n" + row, "00000001\n800000ff\n\ndeadbeef\n"];
        string file = Path.Combine(_directory, "data." + kind);
        FuzzRun.Check("data-" + kind, 300, new TextMutator(corpus, ["16", "17", "10", "a", "0x10", "-0", "+1"]).Next, bytes =>
        {
            File.WriteAllBytes(file, bytes);
            Place($"{kind}:{file}@train");
        });
    }

    [Theory]
    [Trait("Depth", "Deep")]
    [InlineData(false)]
    [InlineData(true)]
    public void Any_pair_of_IDX_files_is_data_or_has_a_mistake(bool packed)
    {
        byte[] images = Idx.Bytes([.. Enumerable.Range(0, 5 * 21).Select(i => (byte)i)], 5, 3, 7), labels = Idx.Bytes([9, 0, 4, 1, 7], 5);
        if (packed)
            (images, labels) = (Idx.Gzip(images), Idx.Gzip(labels));
        string imageFile = Path.Combine(_directory, "images.idx"), labelFile = Path.Combine(_directory, "labels.idx");
        var mutator = new FieldMutator([images, labels], Fields);
        FuzzRun.Check(packed ? "idx-gzip" : "idx", 250, mutator.Next, bytes =>
        {
            // Each in the place of either, beside a good one.
            foreach ((byte[] first, byte[] second) in ((byte[], byte[])[])[(bytes, labels), (images, bytes)])
            {
                File.WriteAllBytes(imageFile, first);
                File.WriteAllBytes(labelFile, second);
                Place($"idx:{imageFile},labels={labelFile}@train");
            }
        });
    }

    [Fact]
    [Trait("Depth", "Deep")]
    public void Any_argument_is_data_or_has_a_mistake()
    {
        string file = Path.Combine(_directory, "a,b@c.idx");
        File.WriteAllBytes(file, Idx.Bytes([1, 2, 3, 4], 1, 2, 2));
        string[] corpus =
        [
            "word:5@train", "word:0xffffffff@0x80000100", "synth:10@train", "synth:3/7@test", "bin:x@train", $"idx:{file},labels={file},rows=0:1@train",
            $"idx:{file},rows=1:,labels=x@0x90000000", "csv:-@_start", "hex:..@train",
        ];
        FuzzRun.Check("data-argument", 300, new TextMutator(corpus, ["word:", "idx:", "synth:", ",rows=", ",labels=", "@", "train", "0x7fffffffffffffff"]).Next, bytes => Place(Encoding.UTF8.GetString(bytes)), MostBytes);
    }

    private static void Place(string argument)
    {
        // Devices and pipes are not what is tried here: some of them never end.
        if (argument.Contains("/dev", StringComparison.Ordinal) || argument.Contains("/proc", StringComparison.Ordinal))
            return;
        try
        {
            PlacedData data = Assert.Single(DataPlacement.Place([argument], Firmware.Hello, Memory, 1));
            Assert.NotEmpty(data.Bytes);
            Assert.True(data.Address >= AddressMap.Hbm && data.End <= AddressMap.Hbm + (ulong)Memory);
        }
        catch (DataException e)
        {
            Assert.NotEmpty(e.Errors);
            Assert.All(e.Errors, m => Assert.True(m.Source.Length > 0 && m.Message.Length > 0 && m.Line >= 0));
        }
    }

    private static IEnumerable<FuzzField> Fields(byte[] file)
    {
        for (int at = 0; at < 16; at += 4)
            yield return new FuzzField(at, 4, BigEndian: true);
        for (int at = 0; at < 12; at++)
            yield return new FuzzField(at, 1);
        yield return new FuzzField(file.Length - 8, 4);
        yield return new FuzzField(file.Length - 4, 4);
    }
}
