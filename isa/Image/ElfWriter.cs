using System.Buffers.Binary;
using System.Text;

namespace HybridEmu.Isa;

/// <summary>A section to be written.</summary>
/// <param name="Bytes">Its content; empty when it occupies memory only.</param>
/// <param name="SizeBytes">Bytes in memory.</param>
/// <param name="MemoryOnly">Nobits: nothing of it is in the file.</param>
public sealed record ElfSection(
    string Name, uint Address, ReadOnlyMemory<byte> Bytes, uint SizeBytes, uint AlignmentBytes, bool Executable, bool Writable, bool MemoryOnly);

/// <summary>A symbol to be written.</summary>
/// <param name="Section">Index into the sections written, or -1 for a constant.</param>
public sealed record ElfSymbolEntry(string Name, uint Value, uint SizeBytes, int Section, bool Global, bool Function, bool Object);

/// <summary>
/// Writes ELF32 executables: header, program headers (one PT_LOAD a section), contents, .symtab, .strtab, .shstrtab,
/// section headers. The bytes are a pure function of the arguments; readelf, objdump and gdb accept them.
/// </summary>
public static class ElfWriter
{
    /// <exception cref="ArgumentException">A section's content does not match its size.</exception>
    public static byte[] Write(uint entry, IReadOnlyList<ElfSection> sections, IReadOnlyList<ElfSymbolEntry> symbols)
    {
        foreach (ElfSection section in sections)
        {
            if (section.Bytes.Length != (section.MemoryOnly ? 0 : section.SizeBytes))
                throw new ArgumentException($"section {section.Name}: {section.Bytes.Length} bytes of content for a size of {section.SizeBytes}", nameof(sections));
        }

        var strings = new StringTable();
        var sectionNames = new StringTable();
        var loaded = sections.Where(s => s.SizeBytes > 0).ToList();
        var file = new List<byte>(new byte[ElfFormat.HeaderBytes + loaded.Count * ElfFormat.ProgramHeaderBytes]);

        var offsets = new uint[sections.Count];
        for (int i = 0; i < sections.Count; i++)
        {
            Pad(file, Math.Max(sections[i].AlignmentBytes, 4));
            offsets[i] = (uint)file.Count;
            file.AddRange(sections[i].Bytes.Span);
        }

        // Local symbols come first; sh_info is the index of the first global one (gABI, Symbol Table).
        List<ElfSymbolEntry> ordered = [.. symbols.Where(s => !s.Global), .. symbols.Where(s => s.Global)];
        Pad(file, 4);
        uint symtab = (uint)file.Count;
        file.AddRange(new byte[ElfFormat.SymbolBytes]);
        foreach (ElfSymbolEntry symbol in ordered)
            AddSymbol(file, strings, symbol);
        uint strtab = (uint)file.Count;
        file.AddRange(strings.Bytes);

        var headers = new List<uint[]> { new uint[10] };
        for (int i = 0; i < sections.Count; i++)
        {
            ElfSection s = sections[i];
            uint flags = ElfFormat.SectionAlloc | (s.Executable ? ElfFormat.SectionExecute : 0) | (s.Writable ? ElfFormat.SectionWrite : 0);
            headers.Add([sectionNames.Add(s.Name), s.MemoryOnly ? ElfFormat.SectionNobits : ElfFormat.SectionProgbits, flags, s.Address, offsets[i], s.SizeBytes, 0, 0, Math.Max(s.AlignmentBytes, 1), 0]);
        }

        uint firstGlobal = (uint)ordered.Count(s => !s.Global) + 1;
        uint symbolBytes = (uint)(ordered.Count + 1) * ElfFormat.SymbolBytes;
        headers.Add([sectionNames.Add(".symtab"), ElfFormat.SectionSymtab, 0, 0, symtab, symbolBytes, (uint)sections.Count + 2, firstGlobal, 4, ElfFormat.SymbolBytes]);
        headers.Add([sectionNames.Add(".strtab"), ElfFormat.SectionStrtab, 0, 0, strtab, (uint)strings.Bytes.Count, 0, 0, 1, 0]);
        uint nameOfNames = sectionNames.Add(".shstrtab");
        uint shstrtab = (uint)file.Count;
        headers.Add([nameOfNames, ElfFormat.SectionStrtab, 0, 0, shstrtab, (uint)sectionNames.Bytes.Count, 0, 0, 1, 0]);
        file.AddRange(sectionNames.Bytes);
        Pad(file, 4);
        uint headerTable = (uint)file.Count;
        foreach (uint[] header in headers)
            AddWords(file, header);

        byte[] bytes = [.. file];
        WriteHeader(bytes, entry, loaded.Count, headerTable, headers.Count);
        int at = ElfFormat.HeaderBytes;
        for (int i = 0; i < sections.Count; i++)
        {
            if (sections[i].SizeBytes == 0) continue;
            WriteProgramHeader(bytes.AsSpan(at), sections[i], offsets[i]);
            at += ElfFormat.ProgramHeaderBytes;
        }

        return bytes;
    }

    private static void WriteHeader(Span<byte> bytes, uint entry, int segments, uint headerTable, int headers)
    {
        "\x7f"u8.CopyTo(bytes);
        "ELF"u8.CopyTo(bytes[1..]);
        bytes[4] = ElfFormat.Class32;
        bytes[5] = ElfFormat.LittleEndian;
        bytes[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[16..], ElfFormat.TypeExecutable);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[18..], ElfFormat.MachineRiscV);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[20..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[24..], entry);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[28..], segments == 0 ? 0 : (uint)ElfFormat.HeaderBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[32..], headerTable);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[40..], ElfFormat.HeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[42..], ElfFormat.ProgramHeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[44..], (ushort)segments);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[46..], ElfFormat.SectionHeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[48..], (ushort)headers);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[50..], (ushort)(headers - 1));
    }

    private static void WriteProgramHeader(Span<byte> bytes, ElfSection section, uint offset)
    {
        uint flags = ElfFormat.SegmentRead | (section.Executable ? ElfFormat.SegmentExecute : 0) | (section.Writable ? ElfFormat.SegmentWrite : 0);
        // p_offset and p_vaddr must agree modulo p_align (gABI, Program Header): both are multiples of the section's alignment.
        uint[] words = [ElfFormat.SegmentLoad, offset, section.Address, section.Address, (uint)section.Bytes.Length, section.SizeBytes, flags, Math.Max(section.AlignmentBytes, 4)];
        for (int i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(4 * i)..], words[i]);
    }

    private static void AddSymbol(List<byte> file, StringTable strings, ElfSymbolEntry symbol)
    {
        int type = symbol.Function ? ElfFormat.SymbolTypeFunction : symbol.Object ? ElfFormat.SymbolTypeObject : ElfFormat.SymbolTypeNone;
        uint info = (uint)(type | (symbol.Global ? 1 << 4 : 0));
        uint index = symbol.Section < 0 ? ElfFormat.IndexAbsolute : (uint)symbol.Section + 1;
        AddWords(file, [strings.Add(symbol.Name), symbol.Value, symbol.SizeBytes, info | index << 16]);
    }

    private static void AddWords(List<byte> file, ReadOnlySpan<uint> words)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (uint word in words)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, word);
            file.AddRange(bytes);
        }
    }

    private static void Pad(List<byte> file, uint alignment)
    {
        while (file.Count % alignment != 0)
            file.Add(0);
    }

    private sealed class StringTable
    {
        private readonly Dictionary<string, uint> _known = new(StringComparer.Ordinal);

        public List<byte> Bytes { get; } = [0];

        public uint Add(string text)
        {
            if (text.Length == 0) return 0;
            if (_known.TryGetValue(text, out uint at)) return at;
            at = (uint)Bytes.Count;
            Bytes.AddRange(Encoding.UTF8.GetBytes(text));
            Bytes.Add(0);
            _known[text] = at;
            return at;
        }
    }
}
