namespace HybridEmu.Isa;

/// <summary>What kind of value a descriptor field holds.</summary>
public enum FieldKind : byte
{
    Opcode,
    Flag,
    Count,
    Type,
    Rounding,
    Activation,
    Version,
    Number,
    Semaphore,
    Address,
    Pitch,
    Slot,
    Stride,
    Window,

    /// <summary>A number that may be 0.</summary>
    Value,

    /// <summary>The bits of an element.</summary>
    Bits,
}

/// <summary>A field of a descriptor as the assembler and disassembler name it.</summary>
/// <param name="Key">Name in the readable form: a, pitchw, params.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Bit">First bit, counted from bit 0 of byte 0.</param>
/// <param name="Bits">Width.</param>
/// <param name="Optional">May be 0 to say there is none.</param>
/// <param name="Alignment">Bytes it must be a multiple of; 0 = the element size of the source or destination.</param>
/// <param name="Summary">One sentence.</param>
public sealed record DescriptorField(string Key, FieldKind Kind, int Bit, int Bits, bool Optional, int Alignment, string Summary)
{
    /// <summary>First byte; fields of 8 bits and more begin on a byte.</summary>
    public int Byte => Bit >> 3;
}

/// <summary>
/// One legal combination of types, as sets: bit t of a set is <see cref="ElementType"/> t. Where a set is {None} the type
/// must be None.
/// </summary>
/// <param name="Raw">Legal only without parameter block, bias and activation.</param>
public readonly record struct DescriptorTypes(ushort A, ushort B, ushort Accumulator, ushort Out, bool Raw)
{
    /// <summary>Whether the four types are in their sets; says nothing about Raw.</summary>
    public bool Contains(ElementType a, ElementType b, ElementType accumulator, ElementType result) =>
        (A >> (int)a & B >> (int)b & Accumulator >> (int)accumulator & Out >> (int)result & 1) != 0;
}

/// <summary>Which of the sizes an operand's rows or columns are.</summary>
public enum Extent : byte
{
    None,
    One,
    M,
    K,
    N,

    /// <summary>Pixels of the image that m windows cover.</summary>
    Source,

    /// <summary>Windows of an image of m pixels.</summary>
    Windows,

    /// <summary>All images from which im2col takes its rows.</summary>
    Images,
}

/// <summary>What a region of memory is to its descriptor.</summary>
public enum RegionRole : byte
{
    A,
    B,
    D,
    Aux,
    Params,
    Record,
    Mask,
    Index,
}

/// <summary>What a descriptor does to a region.</summary>
[Flags]
public enum RegionAccess : byte
{
    None = 0,
    Read = 1,
    Write = 2,
    ReadWrite = 3,
}

/// <summary>Where a region must lie.</summary>
public enum RegionSpace : byte
{
    Scratchpad,
    Hbm,
}

/// <summary>What an operation does to its accumulator slot.</summary>
public enum SlotUse : byte
{
    None,
    Read,
    Write,
}

/// <summary>An operand in memory as the table describes it; <see cref="DescriptorFootprint"/> makes regions of them.</summary>
/// <param name="AddressByte">Byte of the descriptor at which its address lies.</param>
/// <param name="PitchByte">Byte at which its row pitch lies; 0 = rows are contiguous.</param>
/// <param name="SwapFlag">Bit of byte 1 that exchanges rows and columns; 0 = none.</param>
/// <param name="BlockBytes">Size of a block of fixed size; 0 for matrices.</param>
/// <param name="Strided">A copy's side: dims, n0..n2 and strides give its shape.</param>
/// <param name="Optional">Absent when its address is 0.</param>
public sealed record DescriptorOperand(
    string Key, RegionRole Role, RegionAccess Access, RegionSpace Space, int AddressByte, Extent Rows, Extent Columns,
    int PitchByte, byte SwapFlag, int BlockBytes, bool Strided, bool Optional);

/// <summary>One descriptor operation as data.</summary>
/// <param name="Flags">Legal bits 0 to 5 of byte 1.</param>
/// <param name="Stochastic">A bf16, int8, uint8 or int4 result may be rounded stochastically.</param>
/// <param name="Activation">An activation may be given.</param>
/// <param name="Copy">A strided copy: dims, n0..n2, strides.</param>
/// <param name="Types">Legal combinations; any one must contain the descriptor's types.</param>
/// <param name="Fields">Fields besides the header, in the order in which the readable form prints them.</param>
/// <param name="UsedBits">For each of the sixteen words, the bits that may be set.</param>
/// <param name="Slot">What it does to its accumulator slot.</param>
/// <param name="Features">Bits of hxfeatures; the operation is there where one of them is 1. 0: everywhere.</param>
/// <param name="OptionFeatures">Bit of hxfeatures without which <paramref name="OptionFlags"/> are not there.</param>
/// <param name="OptionFlags">Bits of byte 1.</param>
/// <param name="Semantics">Pseudo-code, lines separated by line feeds.</param>
/// <param name="Example">A line in the readable form.</param>
public sealed record DescriptorRow(
    DescriptorOpcode Opcode, string Mnemonic, DescriptorQueue Queue, byte Flags, bool Stochastic, bool Activation, bool Copy,
    DescriptorTypes[] Types, DescriptorField[] Fields, DescriptorOperand[] Operands, uint[] UsedBits, SlotUse Slot,
    uint Features, uint OptionFeatures, byte OptionFlags,
    string Summary, string Semantics, string Example)
{
    /// <summary>Whether an implementation with these bits of hxfeatures has the operation.</summary>
    public bool IsIn(uint features) => Features == 0 || (Features & features) != 0;

    /// <summary>The field with this key, or null when the operation has none.</summary>
    public DescriptorField? Field(string key) => Array.Find(Fields, f => f.Key == key);
}

/// <summary>All descriptor operations as data. The rows come from isa/Table.</summary>
public static partial class DescriptorTable
{
    /// <summary>Value of byte 5 in HX 1.</summary>
    public const byte Version = 1;

    private static readonly DescriptorRow[] s_rows = Build();
    private static readonly DescriptorField[] s_header = BuildHeader();
    private static readonly DescriptorRow?[] s_byOpcode = ByOpcode();

    public static ReadOnlySpan<DescriptorRow> Rows => s_rows;

    /// <summary>Fields that every operation has: flags, types, rounding, id, wait, post.</summary>
    public static ReadOnlySpan<DescriptorField> Header => s_header;

    /// <summary>The operation of byte 0 of a descriptor, or null when there is none.</summary>
    public static DescriptorRow? Find(byte opcode) => s_byOpcode[opcode];

    /// <summary>The operation with this mnemonic, or null.</summary>
    public static DescriptorRow? Find(string mnemonic) => Array.Find(s_rows, r => r.Mnemonic == mnemonic);

    private static DescriptorRow?[] ByOpcode()
    {
        DescriptorRow?[] rows = new DescriptorRow?[256];
        foreach (DescriptorRow row in s_rows)
            rows[(int)row.Opcode] = row;
        return rows;
    }
}
