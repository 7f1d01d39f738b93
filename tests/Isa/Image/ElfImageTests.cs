using System.Buffers.Binary;
using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

public class ElfImageTests
{
    private const ulong MemoryBytes = 64UL << 20;
    private const ulong StreamingBase = 0x8100_0000;

    private static byte[] Sample() => ElfWriter.Write(
        0x8000_0000,
        [
            new ElfSection(".text", 0x8000_0000, new byte[] { 0x13, 0, 0, 0, 0x6f, 0, 0, 0 }, 8, 4, Executable: true, Writable: false, MemoryOnly: false),
            new ElfSection(".data", 0x8000_0040, new byte[] { 1, 2, 3 }, 3, 64, Executable: false, Writable: true, MemoryOnly: false),
            new ElfSection(".bss", 0x8000_0080, ReadOnlyMemory<byte>.Empty, 100, 64, Executable: false, Writable: true, MemoryOnly: true),
        ],
        [
            new ElfSymbolEntry("_start", 0x8000_0000, 8, 0, Global: true, Function: true, Object: false),
            new ElfSymbolEntry("x", 0x8000_0040, 3, 1, Global: false, Function: false, Object: true),
            new ElfSymbolEntry("N", 42, 0, -1, Global: false, Function: false, Object: false),
        ]);

    private static byte[] Changed(Action<byte[]> change)
    {
        byte[] bytes = Sample();
        change(bytes);
        return bytes;
    }

    private static ElfError ErrorOf(byte[] bytes)
    {
        ElfReading reading = ElfImage.Read(bytes);
        Assert.Null(reading.Image);
        return reading.Errors[0];
    }

    [Fact]
    public void What_was_written_is_read_back()
    {
        ElfImage image = ElfImage.Read(Sample()).Image!;
        Assert.Equal(0x8000_0000u, image.Entry);
        Assert.Equal(3, image.Segments.Count);
        Assert.True(image.Segments[0].Executable);
        Assert.Equal(new byte[] { 1, 2, 3 }, image.Segments[1].Bytes.ToArray());
        Assert.True(image.Segments[2].Bytes.IsEmpty);
        Assert.Equal(100u, image.Segments[2].MemorySizeBytes);
        Assert.Equal(new ElfSymbol("x", 0x8000_0040, 3, Global: false, Absolute: false), image.FindSymbol("x"));
        Assert.True(image.FindSymbol("N")!.Absolute);
        Assert.Empty(image.Check(MemoryBytes, StreamingBase));
    }

    [Fact]
    public void Equal_content_gives_equal_bytes() => Assert.Equal(Sample(), Sample());

    [Fact]
    public void Each_damage_to_the_header_has_its_own_message()
    {
        Assert.Equal(ElfErrorKind.NotElf, ErrorOf([]).Kind);
        Assert.Equal(ElfErrorKind.NotElf, ErrorOf("#!/bin/sh"u8.ToArray()).Kind);
        Assert.Equal(ElfErrorKind.Truncated, ErrorOf(Sample()[..40]).Kind);
        Assert.Contains("64-bit", ErrorOf(Changed(b => b[4] = 2)).Message, StringComparison.Ordinal);
        Assert.Equal(ElfErrorKind.WrongEndian, ErrorOf(Changed(b => b[5] = 2)).Kind);
        Assert.Contains("x86-64", ErrorOf(Changed(b => b[18] = 62)).Message, StringComparison.Ordinal);
        Assert.Contains("object file", ErrorOf(Changed(b => b[16] = 1)).Message, StringComparison.Ordinal);
        Assert.Equal(ElfErrorKind.NotExecutable, ErrorOf(Changed(b => b[16] = 3)).Kind);
        Assert.Equal(ElfErrorKind.NothingToLoad, ErrorOf(Changed(b => b[44] = 0)).Kind);
        Assert.Equal(ElfErrorKind.Truncated, ErrorOf(Changed(b => b[31] = 0xFF)).Kind);
        Assert.Equal(ElfErrorKind.Missing, ElfImage.ReadFile("/no/such/image.elf").Errors[0].Kind);
    }

    [Fact]
    public void A_segment_past_the_end_of_the_file_is_truncated_and_not_read()
    {
        // p_offset + p_filesz overflows 32 bits.
        byte[] bytes = Changed(b =>
        {
            BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(52 + 4), 0xFFFF_FFF0);
            BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(52 + 16), 0x20);
            BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(52 + 20), 0x20);
        });
        Assert.Equal(ElfErrorKind.Truncated, ErrorOf(bytes).Kind);
        for (int length = 0; length < Sample().Length; length++)
            ElfImage.Read(Sample().AsMemory(0, length));
    }

    [Fact]
    public void Overlapping_segments_are_an_error()
    {
        byte[] bytes = Changed(b => BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(52 + 32 + 12), 0x8000_0004));
        Assert.Equal(ElfErrorKind.OverlappingSegments, ErrorOf(bytes).Kind);
    }

    [Fact]
    public void The_physical_address_is_where_a_segment_is_loaded()
    {
        byte[] bytes = Changed(b => BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(52 + 32 + 12), 0x8000_1000));
        Assert.Contains(ElfImage.Read(bytes).Image!.Segments, s => s.Address == 0x8000_1000 && s.Bytes.Length == 3);
    }

    [Fact]
    public void Memory_ends_exactly_after_the_last_byte_that_fits()
    {
        ElfImage image = ElfImage.Read(Sample()).Image!;
        Assert.Empty(image.Check(0x80 + 100, StreamingBase));
        Assert.Equal(ElfErrorKind.SegmentOutsideMemory, Assert.Single(image.Check(0x80 + 99, StreamingBase)).Kind);
        byte[] low = Changed(b => BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(52 + 32 + 12), 0x4000_0000));
        Assert.Contains(ElfImage.Read(low).Image!.Check(MemoryBytes, StreamingBase), e => e.Kind == ElfErrorKind.SegmentOutsideMemory);
    }

    [Fact]
    public void Code_and_scalar_data_stay_below_the_streaming_base()
    {
        ElfImage image = ElfImage.Read(Sample()).Image!;
        Assert.Equal(ElfErrorKind.StreamingCode, image.Check(MemoryBytes, 0x8000_0004)[0].Kind);
        Assert.Equal(ElfErrorKind.StraddlesStreaming, Assert.Single(image.Check(MemoryBytes, 0x8000_0090)).Kind);
        Assert.Empty(image.Check(MemoryBytes, 0x8000_0080));
    }

    [Fact]
    public void The_entry_must_lie_in_code()
    {
        Assert.Equal(ElfErrorKind.BadEntry, Read(0x8000_0040).Kind);
        Assert.Equal(ElfErrorKind.BadEntry, Read(0x8000_0002).Kind);

        static ElfError Read(uint entry) =>
            Assert.Single(ElfImage.Read(Changed(b => BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(24), entry))).Image!.Check(MemoryBytes, StreamingBase));
    }

    [Fact]
    public void Ten_thousand_damaged_images_give_an_image_or_an_error()
    {
        ulong state = 0x9E3779B97F4A7C15;
        uint Next(int bound)
        {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            return (uint)((state * 0x2545F4914F6CDD1DUL) >> 33) % (uint)bound;
        }

        uint[] nasty = [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF_FFF0, 0xFFFF, 52];
        byte[] sample = Sample();
        for (int i = 0; i < 10_000; i++)
        {
            byte[] bytes = [.. sample];
            for (uint n = Next(6) + 1; n > 0; n--)
            {
                int at = (int)Next(bytes.Length - 4);
                if (Next(2) == 0) bytes[at] = (byte)Next(256);
                else BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), nasty[Next(nasty.Length)]);
            }

            if (Next(8) == 0) bytes = bytes[..(int)Next(bytes.Length)];
            ElfReading reading = ElfImage.Read(bytes);
            Assert.Equal(reading.Image is null, reading.Errors.Count > 0);
            reading.Image?.Check(MemoryBytes, StreamingBase);
        }
    }

    [GnuFact]
    public void GNU_readelf_and_objdump_accept_what_is_written()
    {
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, Sample());
        string listing = GnuAssembler.Run("readelf", "-a", path);
        Assert.Contains("_start", listing, StringComparison.Ordinal);
        Assert.DoesNotContain("arning", listing, StringComparison.Ordinal);
        Assert.Contains("nop", GnuAssembler.Run("objdump", "-d", path), StringComparison.Ordinal);
        File.Delete(path);
    }
}
