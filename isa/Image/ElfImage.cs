namespace HybridEmu.Isa;

/// <summary>A loadable piece of an image: <paramref name="Bytes"/> at <paramref name="Address"/>, zeros up to the memory size.</summary>
/// <param name="Address">Physical address (p_paddr, as spike loads).</param>
/// <param name="Bytes">What the file holds of it; may be empty (.bss).</param>
/// <param name="MemorySizeBytes">Bytes it covers in memory; at least the length of <paramref name="Bytes"/>.</param>
/// <param name="Executable">PF_X is set.</param>
/// <param name="Writable">PF_W is set.</param>
public sealed record ElfSegment(uint Address, ReadOnlyMemory<byte> Bytes, uint MemorySizeBytes, bool Executable, bool Writable)
{
    /// <summary>First address after the segment, in 64 bits: it may be 2^32.</summary>
    public ulong End => (ulong)Address + MemorySizeBytes;
}

/// <summary>A named address of an image.</summary>
/// <param name="Absolute">The value is a constant (SHN_ABS), not an address of a section.</param>
public sealed record ElfSymbol(string Name, uint Value, uint SizeBytes, bool Global, bool Absolute);

/// <summary>Why an image cannot be read or loaded.</summary>
public enum ElfErrorKind
{
    Missing,
    NotElf,
    Truncated,
    WrongClass,
    WrongEndian,
    WrongMachine,
    NotExecutable,
    Malformed,
    NothingToLoad,
    OverlappingSegments,
    SegmentOutsideMemory,
    StreamingCode,
    StraddlesStreaming,
    BadEntry,
}

/// <summary>One mistake in an image: what, and what to do about it.</summary>
public sealed record ElfError(ElfErrorKind Kind, string Message, string Hint)
{
    public override string ToString() => Hint.Length == 0 ? Message : $"{Message} ({Hint})";
}

/// <summary>An ELF32 little-endian RISC-V executable: entry, segments by rising address, symbols by rising value.</summary>
public sealed class ElfImage
{
    private readonly Dictionary<string, ElfSymbol> _byName;

    internal ElfImage(uint entry, IReadOnlyList<ElfSegment> segments, IReadOnlyList<ElfSymbol> symbols)
    {
        Entry = entry;
        Segments = segments;
        Symbols = symbols;
        _byName = new Dictionary<string, ElfSymbol>(symbols.Count, StringComparer.Ordinal);
        foreach (ElfSymbol symbol in symbols)
        {
            // A file can hold many local symbols of one name, but only one global.
            if (!_byName.TryGetValue(symbol.Name, out ElfSymbol? known) || (symbol.Global && !known.Global))
                _byName[symbol.Name] = symbol;
        }
    }

    /// <summary>The pc at reset.</summary>
    public uint Entry { get; }

    public IReadOnlyList<ElfSegment> Segments { get; }

    public IReadOnlyList<ElfSymbol> Symbols { get; }

    /// <summary>The symbol of that name (a global one before a local one), or null.</summary>
    public ElfSymbol? FindSymbol(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Reads an image file. Never throws on its content: a bad file gives a null image and at least one error.</summary>
    public static ElfReading ReadFile(string path)
    {
        byte[] bytes;
        try
        {
            if (Directory.Exists(path))
                return new ElfReading(null, [new ElfError(ElfErrorKind.Missing, $"{path} is a directory, not an image", "name an ELF32 file")]);
            if (!File.Exists(path))
                return new ElfReading(null, [new ElfError(ElfErrorKind.Missing, $"there is no file {path}", "check the path")]);
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new ElfReading(null, [new ElfError(ElfErrorKind.Missing, $"{path} cannot be read: {error.Message}", "check its permissions")]);
        }

        return Read(bytes);
    }

    /// <summary>Reads an image. Never throws on its content: bad bytes give a null image and at least one error.</summary>
    public static ElfReading Read(ReadOnlyMemory<byte> file) => new ElfReader(file).Read();

    /// <summary>
    /// Checks that the image can be loaded into a chip: every segment inside HBM and inside the 2 GiB the scalar cores
    /// see, code and scalar data below the streaming region.
    /// </summary>
    /// <param name="memoryBytes">Bytes of HBM.</param>
    /// <param name="streamingBase">First streaming address as cores see it (CSR hxstream).</param>
    /// <returns>All mistakes; empty when the image fits.</returns>
    public IReadOnlyList<ElfError> Check(ulong memoryBytes, ulong streamingBase)
    {
        var errors = new List<ElfError>();
        ulong end = AddressMap.Hbm + Math.Min(memoryBytes, AddressMap.HbmScalarBytes);
        foreach (ElfSegment segment in Segments)
        {
            string range = $"segment 0x{segment.Address:x8}..0x{segment.End:x8}";
            if (segment.Address < AddressMap.Hbm)
                errors.Add(new(ElfErrorKind.SegmentOutsideMemory, $"{range} lies outside HBM, which starts at 0x{AddressMap.Hbm:x8}", "link the program at 0x80000000"));
            else if (segment.End > end)
                errors.Add(new(ElfErrorKind.SegmentOutsideMemory, $"{range} does not fit: memory ends at 0x{end:x8}", "make the image smaller or configure more memory"));
            else if (segment.Executable && segment.End > streamingBase)
                errors.Add(new(ElfErrorKind.StreamingCode, $"{range} is executable but reaches the streaming region at 0x{streamingBase:x8}", "cores cannot fetch from there: move .stream out of the code's segment, or raise the streaming base"));
            else if (segment.Address < streamingBase && segment.End > streamingBase)
                errors.Add(new(ElfErrorKind.StraddlesStreaming, $"{range} crosses the streaming base 0x{streamingBase:x8}", "put DMA buffers into .stream, or raise the streaming base"));
        }

        if (!Segments.Any(s => s.Executable && Entry >= s.Address && Entry < s.End))
            errors.Add(new(ElfErrorKind.BadEntry, $"the entry 0x{Entry:x8} is in no executable segment", "define _start in .text"));
        else if ((Entry & 3) != 0)
            errors.Add(new(ElfErrorKind.BadEntry, $"the entry 0x{Entry:x8} is not a multiple of 4", "align _start; compressed code (C) is not supported"));
        return errors;
    }
}

/// <summary>What reading a file gave: an image, or the reasons why not.</summary>
public sealed record ElfReading(ElfImage? Image, IReadOnlyList<ElfError> Errors);
