using System.Buffers.Binary;
using System.Runtime.InteropServices;
using HybridEmu.Cli;
using HybridEmu.Isa;
using Encoder = HybridEmu.Isa.Encoder;

namespace HybridEmu.Programs.Tests;

/// <summary>Images as GNU linkers make them for bare RV32 targets: they end by tohost and know nothing of this chip.</summary>
public sealed class BareImageTests : IDisposable
{
    private const uint Text = 0x8001_0000, Constants = 0x8040_0000, ToHost = 0x8050_0000, Result = 0x8070_0000;
    private const uint EntryOffset = 0x100;

    private readonly string _directory = Directory.CreateTempSubdirectory("hybridemu-bare").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(1u, ExitCode.Passed, "")]
    [InlineData((7u << 1) | 1, ExitCode.Failed, "code 7")]
    [InlineData(2u, ExitCode.Failed, "code 1")]
    public void An_image_of_several_segments_entered_elsewhere_ends_by_tohost(uint word, ExitCode code, string words)
    {
        (ExitCode found, string errors) = Run(Image(word), "--quiet");
        Assert.Equal(code, found);
        Assert.Contains(words, errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Signature_is_what_caches_hold_a_word_a_line()
    {
        string file = Path.Combine(_directory, "signature");
        Assert.Equal((ExitCode.Passed, ""), Run(Image(1), "--quiet", "--signature", file));
        Assert.Equal("deadbeef\n78deadbe\n00000000\n0badcafe\n", File.ReadAllText(file));
    }

    [Fact]
    public void A_run_that_fails_leaves_an_earlier_signature_as_it_was()
    {
        string file = Path.Combine(_directory, "signature");
        File.WriteAllText(file, "old\n");
        Assert.Equal(ExitCode.Failed, Run(Image(3), "--quiet", "--signature", file).Code);
        Assert.Equal("old\n", File.ReadAllText(file));
    }

    [Fact]
    public void Segments_without_flags_may_be_run()
    {
        byte[] image = Image(1);
        for (int i = 0; i < BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(44)); i++)
            image.AsSpan(52 + (32 * i) + 24, 4).Clear(); // p_flags
        Assert.Equal((ExitCode.Passed, ""), Run(image, "--quiet"));
    }

    /// <summary>Copies a constant, aligned and not, and a word of .bss to the signature; writes a word to tohost; waits.</summary>
    private static byte[] Image(uint word)
    {
        const int Pointer = 5, Value = 6, Destination = 7;
        List<uint> code = [.. Enumerable.Repeat(Encoder.Encode(Instruction.Ebreak, 0, 0, 0, 0), (int)EntryOffset / 4)];
        ScalarProgram.Load(code, Pointer, Constants);
        ScalarProgram.Load(code, Destination, Result);
        foreach ((Instruction op, int from, int to) in ((Instruction, int, int)[])[(Instruction.Lw, 0, 0), (Instruction.Lw, 1, 4)])
        {
            code.Add(Encoder.Encode(op, Value, Pointer, 0, from));
            code.Add(Encoder.Encode(Instruction.Sw, 0, Destination, Value, to));
        }

        code.Add(Encoder.Encode(Instruction.Lw, Value, Destination, 0, 16)); // the word of .bss
        code.Add(Encoder.Encode(Instruction.Sw, 0, Destination, Value, 8));
        ScalarProgram.Load(code, Pointer, ToHost);
        ScalarProgram.Load(code, Value, word);
        code.Add(Encoder.Encode(Instruction.Sw, 0, Pointer, Value, 0));
        code.Add(Encoder.Encode(Instruction.Jal, 0, 0, 0, 0));

        static ElfSection Section(string name, uint address, uint[] words, bool code = false) => new(
            name, address, MemoryMarshal.AsBytes(words.AsSpan()).ToArray(), 4 * (uint)words.Length, 64, Executable: code, Writable: !code, MemoryOnly: false);
        ElfSymbolEntry Symbol(string name, uint value, int section) => new(name, value, 0, section, Global: true, Function: false, Object: true);
        return ElfWriter.Write(
            Text + EntryOffset,
            [
                Section(".text", Text, [.. code], code: true),
                Section(".rodata", Constants, [0xDEAD_BEEF, 0x1234_5678]),
                Section(".tohost", ToHost, [0, 0]),
                Section(".data", Result, [0, 0, 0x5555_5555, 0x0BAD_CAFE]),
                new ElfSection(".bss", Result + 16, ReadOnlyMemory<byte>.Empty, 4, 4, Executable: false, Writable: true, MemoryOnly: true),
            ],
            [Symbol("tohost", ToHost, 2), Symbol("begin_signature", Result, 3), Symbol("end_signature", Result + 16, 3)]);
    }

    private (ExitCode Code, string Errors) Run(byte[] image, params string[] options)
    {
        string file = Path.Combine(_directory, "bare.elf");
        File.WriteAllBytes(file, image);
        using var errors = new StringWriter { NewLine = "\n" };
        ExitCode code = EntryPoint.Run(["run", file, "--config", "tiny", "--max-cycles", "200000", .. options], Stream.Null, errors);
        return (code, errors.ToString());
    }
}
