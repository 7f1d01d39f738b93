using HybridEmu.Fuzz;
using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

/// <summary>Whatever the bytes of an image are, there is an image or a reason.</summary>
public class ElfFuzzTests
{
    private const int HeaderBytes = 52, ProgramBytes = 32, SectionBytes = 40;

    [Fact]
    [Trait("Depth", "Deep")]
    public void Any_file_is_an_image_or_has_an_error()
    {
        var mutator = new FieldMutator([Image(".text\n_start: nop\n j _start\n"), Image(FuzzSources.Firmware("hello")), Image(FuzzSources.Firmware("first"))], Fields);
        FuzzRun.Check("elf", 5000, mutator.Next, Read, mostBytes: 4 << 20);
    }

    private static void Read(byte[] file)
    {
        ElfReading reading = ElfImage.Read(file);
        Assert.Equal(reading.Image is null, reading.Errors.Count > 0);
        IReadOnlyList<ElfError> errors = reading.Image?.Check(64UL << 20, 0x8100_0000) ?? reading.Errors;
        Assert.All(errors, e => Assert.NotEmpty(e.Message));
    }

    private static byte[] Image(string source)
    {
        AssemblyResult result = Assembler.Assemble("image.s", source, new AssemblerOptions { IncludeResolver = FuzzSources.Include });
        Assert.Empty(result.Diagnostics);
        return result.Bytes!;
    }

    /// <summary>Of the header, and of every entry of the two tables that it names (System V ABI, chapters 4 and 5).</summary>
    private static IEnumerable<FuzzField> Fields(byte[] file)
    {
        for (int at = 4; at < 8; at++)
            yield return new FuzzField(at, 1);
        foreach (int at in (int[])[16, 18, 40, 42, 44, 46, 48, 50])
            yield return new FuzzField(at, 2);
        foreach (int at in (int[])[20, 24, 28, 32, 36])
            yield return new FuzzField(at, 4);
        int programs = BitConverter.ToInt32(file, 28), sections = BitConverter.ToInt32(file, 32);
        Assert.True(programs >= HeaderBytes && sections > 0);
        for (int at = programs; at < programs + (ProgramBytes * BitConverter.ToUInt16(file, 44)); at += 4)
            yield return new FuzzField(at, 4);
        for (int at = sections; at < sections + (SectionBytes * BitConverter.ToUInt16(file, 48)); at += 4)
            yield return new FuzzField(at, 4);
    }
}
