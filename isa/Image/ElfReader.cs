using System.Buffers.Binary;
using System.Text;

namespace HybridEmu.Isa;

/// <summary>
/// Reads one ELF32 file. Every offset is a 64-bit number checked against the file's length before use, and nothing is
/// allocated by a size the file only claims, so that any bytes at all give an image or an error.
/// </summary>
internal sealed class ElfReader(ReadOnlyMemory<byte> file)
{
    /// <summary>Longer names are cut: a damaged string table must not cost time quadratic in the file.</summary>
    private const int LongestName = 1024;

    private readonly ReadOnlyMemory<byte> _file = file;
    private readonly List<ElfError> _errors = [];

    public ElfReading Read()
    {
        if (!CheckHeader())
            return new ElfReading(null, _errors);

        List<ElfSegment> segments = ReadSegments();
        CheckOverlap(segments);
        if (_errors.Count == 0 && segments.Count == 0)
            Error(ElfErrorKind.NothingToLoad, "the image has no segment to load", "link with ld, which writes program headers");
        if (_errors.Count > 0)
            return new ElfReading(null, _errors);

        List<ElfSymbol> symbols = ReadSymbols();
        return new ElfReading(new ElfImage(U32(24), segments, symbols), []);
    }

    private bool CheckHeader()
    {
        ReadOnlySpan<byte> bytes = _file.Span;
        if (bytes.Length < 4 || !bytes[..4].SequenceEqual("\x7f"u8 + "ELF"u8))
            return Error(ElfErrorKind.NotElf, bytes.Length == 0 ? "the image is empty" : "this is no ELF file", "assemble or link it first; expected 7f 45 4c 46 at its start");
        if (bytes.Length >= 5 && bytes[4] == ElfFormat.Class64)
            return Error(ElfErrorKind.WrongClass, "this is a 64-bit ELF file; the cores are RV32", "build with -march=rv32ima_zicsr_zifencei -mabi=ilp32");
        if (bytes.Length < ElfFormat.HeaderBytes)
            return Error(ElfErrorKind.Truncated, $"the file ends in the ELF header: {bytes.Length} of {ElfFormat.HeaderBytes} bytes", "copy it again");
        if (bytes[4] != ElfFormat.Class32)
            return Error(ElfErrorKind.WrongClass, $"unknown ELF class {bytes[4]}", "an ELF32 file is needed");
        if (bytes[5] == ElfFormat.BigEndian)
            return Error(ElfErrorKind.WrongEndian, "this is a big-endian ELF file; the cores are little-endian", "build with -mlittle-endian");
        if (bytes[5] != ElfFormat.LittleEndian)
            return Error(ElfErrorKind.WrongEndian, $"unknown ELF data encoding {bytes[5]}", "a little-endian file is needed");
        ushort machine = U16(18);
        if (machine != ElfFormat.MachineRiscV)
            return Error(ElfErrorKind.WrongMachine, $"this image is for machine {machine}{NameOf(machine)}, not for RISC-V (243)", "build with a RISC-V toolchain");
        ushort type = U16(16);
        if (type != ElfFormat.TypeExecutable)
        {
            return type switch
            {
                ElfFormat.TypeRelocatable => Error(ElfErrorKind.NotExecutable, "this is an object file, not an executable", "link it with ld -Ttext=0x80000000"),
                ElfFormat.TypeShared => Error(ElfErrorKind.NotExecutable, "this is a position-independent or shared file, not a fixed executable", "link with -no-pie -static"),
                _ => Error(ElfErrorKind.NotExecutable, $"ELF type {type} is not an executable", "link it with ld -Ttext=0x80000000"),
            };
        }

        return true;
    }

    private static string NameOf(ushort machine) => machine switch
    {
        3 => " (x86)",
        40 => " (Arm)",
        62 => " (x86-64)",
        183 => " (AArch64)",
        _ => "",
    };

    private List<ElfSegment> ReadSegments()
    {
        var segments = new List<ElfSegment>();
        ulong table = U32(28);
        int entryBytes = U16(42), count = U16(44);
        if (count == 0) return segments;
        if (entryBytes < ElfFormat.ProgramHeaderBytes)
        {
            Error(ElfErrorKind.Malformed, $"program headers of {entryBytes} bytes; ELF32 has {ElfFormat.ProgramHeaderBytes}", "the file is damaged");
            return segments;
        }

        if (!Inside(table, (ulong)entryBytes * (ulong)count))
        {
            Error(ElfErrorKind.Truncated, $"the program headers at 0x{table:x} (+{(ulong)entryBytes * (ulong)count} bytes) reach past the end of the file ({_file.Length} bytes)", "copy the file again");
            return segments;
        }

        for (int i = 0; i < count; i++)
        {
            int at = (int)table + i * entryBytes;
            if (U32(at) == ElfFormat.SegmentLoad && ReadSegment(i, at) is ElfSegment segment)
                segments.Add(segment);
        }

        segments.Sort((a, b) => a.Address.CompareTo(b.Address));
        return segments;
    }

    private ElfSegment? ReadSegment(int index, int at)
    {
        uint offset = U32(at + 4), address = U32(at + 12), fileBytes = U32(at + 16), memoryBytes = U32(at + 20), flags = U32(at + 24);
        if (memoryBytes == 0 && fileBytes == 0) return null;
        if (fileBytes > memoryBytes)
        {
            Error(ElfErrorKind.Malformed, $"segment {index} has {fileBytes} bytes in the file but only {memoryBytes} in memory", "the file is damaged");
            return null;
        }

        if (fileBytes > 0 && !Inside(offset, fileBytes))
        {
            Error(ElfErrorKind.Truncated, $"segment {index} (0x{offset:x} + {fileBytes} bytes) reaches past the end of the file ({_file.Length} bytes)", "copy the file again");
            return null;
        }

        if ((ulong)address + memoryBytes > 1UL << 32)
        {
            Error(ElfErrorKind.SegmentOutsideMemory, $"segment {index} at 0x{address:x8} with {memoryBytes} bytes runs past the 32-bit address space", "link the program at 0x80000000");
            return null;
        }

        ReadOnlyMemory<byte> bytes = fileBytes == 0 ? ReadOnlyMemory<byte>.Empty : _file.Slice((int)offset, (int)fileBytes);
        bool unsaid = flags == 0; // linkers of bare images leave p_flags 0; what could be neither read, written nor run would not be loaded
        return new ElfSegment(address, bytes, memoryBytes, unsaid || (flags & ElfFormat.SegmentExecute) != 0, unsaid || (flags & ElfFormat.SegmentWrite) != 0);
    }

    private void CheckOverlap(List<ElfSegment> segments)
    {
        for (int i = 1; i < segments.Count; i++)
        {
            ElfSegment before = segments[i - 1], segment = segments[i];
            if (before.End > segment.Address)
            {
                Error(
                    ElfErrorKind.OverlappingSegments,
                    $"segments 0x{before.Address:x8}..0x{before.End:x8} and 0x{segment.Address:x8}..0x{segment.End:x8} overlap",
                    "check the section addresses of the link");
            }
        }
    }

    /// <summary>Symbols are for people: a damaged table gives fewer of them, not an error.</summary>
    private List<ElfSymbol> ReadSymbols()
    {
        var symbols = new List<ElfSymbol>();
        ulong table = U32(32);
        int entryBytes = U16(46), count = U16(48);
        if (entryBytes < ElfFormat.SectionHeaderBytes || !Inside(table, (ulong)entryBytes * (ulong)count)) return symbols;
        for (int i = 0; i < count; i++)
        {
            int at = (int)table + i * entryBytes;
            if (U32(at + 4) != ElfFormat.SectionSymtab) continue;
            uint strings = U32(at + 24);
            if (strings >= (uint)count) break;
            ReadSymbolTable(U32(at + 16), U32(at + 20), (int)table + (int)strings * entryBytes, symbols);
            break;
        }

        // Stable by value then name, so that equal files list equally whatever order the linker chose.
        symbols.Sort((a, b) => a.Value != b.Value ? a.Value.CompareTo(b.Value) : string.CompareOrdinal(a.Name, b.Name));
        return symbols;
    }

    private void ReadSymbolTable(ulong offset, ulong bytes, int stringSection, List<ElfSymbol> symbols)
    {
        ulong strings = U32(stringSection + 16), stringBytes = U32(stringSection + 20);
        if (!Inside(offset, bytes) || !Inside(strings, stringBytes)) return;
        for (ulong i = 1; i < bytes / ElfFormat.SymbolBytes; i++)
        {
            int at = (int)(offset + i * ElfFormat.SymbolBytes);
            uint name = U32(at);
            byte info = _file.Span[at + 12];
            ushort section = U16(at + 14);
            if (name == 0 || name >= stringBytes || section == ElfFormat.IndexUndefined || (info & 15) > ElfFormat.SymbolTypeFunction) continue;
            symbols.Add(new ElfSymbol(Name((int)(strings + name), (int)(stringBytes - name)), U32(at + 4), U32(at + 8), info >> 4 != 0, section == ElfFormat.IndexAbsolute));
        }
    }

    private string Name(int at, int available)
    {
        ReadOnlySpan<byte> bytes = _file.Span.Slice(at, Math.Min(available, LongestName));
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private bool Inside(ulong offset, ulong bytes) => offset <= (ulong)_file.Length && bytes <= (ulong)_file.Length - offset;

    private ushort U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_file.Span[at..]);

    private uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_file.Span[at..]);

    private bool Error(ElfErrorKind kind, string message, string hint)
    {
        _errors.Add(new ElfError(kind, message, hint));
        return false;
    }
}
