using System.Buffers.Binary;
using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

/// <summary>Assembles for tests: demands success, and picks out what a test looks at.</summary>
internal static class Assembled
{
    public static ElfImage Image(string source, AssemblerOptions? options = null)
    {
        AssemblyResult result = Assembler.Assemble("test.s", source, options);
        Assert.True(result.Succeeded, string.Join("\n", result.Diagnostics));
        return result.Image!;
    }

    public static byte[] Bytes(string source, uint address, int count) => Bytes(Image(source), address, count);

    public static byte[] Bytes(ElfImage image, uint address, int count)
    {
        ElfSegment segment = image.Segments.Single(s => address >= s.Address && address < s.End);
        return segment.Bytes.Slice((int)(address - segment.Address), count).ToArray();
    }

    /// <summary>The words of the first segment.</summary>
    public static uint[] Words(string source)
    {
        ReadOnlySpan<byte> bytes = Image(source).Segments[0].Bytes.Span;
        var words = new uint[bytes.Length / 4];
        for (int i = 0; i < words.Length; i++) words[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 * i)..]);
        return words;
    }

    public static IReadOnlyList<Diagnostic> Errors(string source, AssemblerOptions? options = null)
    {
        AssemblyResult result = Assembler.Assemble("test.s", source, options);
        Assert.False(result.Succeeded);
        Assert.NotEmpty(result.Diagnostics);
        return result.Diagnostics;
    }

    public static Diagnostic Error(string source) => Assert.Single(Errors(source));
}
