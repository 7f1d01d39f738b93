namespace HybridEmu.Isa;

/// <summary>Numbers of the System V ABI, ELF32 (gABI chapters 4 and 5) and of the RISC-V supplement that reader and writer share.</summary>
internal static class ElfFormat
{
    public const int HeaderBytes = 52;
    public const int ProgramHeaderBytes = 32;
    public const int SectionHeaderBytes = 40;
    public const int SymbolBytes = 16;

    public const byte Class32 = 1;
    public const byte Class64 = 2;
    public const byte LittleEndian = 1;
    public const byte BigEndian = 2;
    public const ushort TypeRelocatable = 1;
    public const ushort TypeExecutable = 2;
    public const ushort TypeShared = 3;
    public const ushort MachineRiscV = 243;

    public const uint SegmentLoad = 1;
    public const uint SegmentExecute = 1;
    public const uint SegmentWrite = 2;
    public const uint SegmentRead = 4;

    public const uint SectionProgbits = 1;
    public const uint SectionSymtab = 2;
    public const uint SectionStrtab = 3;
    public const uint SectionNobits = 8;
    public const uint SectionWrite = 1;
    public const uint SectionAlloc = 2;
    public const uint SectionExecute = 4;

    public const ushort IndexUndefined = 0;
    public const ushort IndexAbsolute = 0xFFF1;

    public const int SymbolTypeNone = 0;
    public const int SymbolTypeObject = 1;
    public const int SymbolTypeFunction = 2;
}
