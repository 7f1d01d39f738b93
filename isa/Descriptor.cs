using System.Runtime.InteropServices;

namespace HybridEmu.Isa;

/// <summary>The 64 bytes of a descriptor, little endian, as they lie in memory. Field meanings: isa/MANUAL.md.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeBytes)]
public struct Descriptor
{
    public const int SizeBytes = 64;

    private byte _opcode;
    private byte _flags;
    private ushort _types;
    private byte _rounding;
    private byte _version;
    private ushort _debugId;
    private SemaphoreCount _wait0, _wait1, _post0, _post1;
    private ulong _a, _b, _d;
    private uint _w40, _w44, _w48, _w52, _w56, _w60;

    public DescriptorOpcode Opcode { readonly get => (DescriptorOpcode)_opcode; set => _opcode = (byte)value; }

    /// <summary>Byte 1 as a whole, for the check of reserved bits.</summary>
    public byte Flags { readonly get => _flags; set => _flags = value; }

    /// <summary>May not start before all earlier descriptors of its queue are performed.</summary>
    public bool Chain { readonly get => Bit(0); set => Bit(0, value); }

    /// <summary>Adds onto the slot or destination instead of starting from +0.</summary>
    public bool Accumulate { readonly get => Bit(1); set => Bit(1, value); }

    public bool TransposeA { readonly get => Bit(2); set => Bit(2, value); }

    public bool TransposeB { readonly get => Bit(3); set => Bit(3, value); }

    /// <summary>Raises the queue interrupt when performed.</summary>
    public bool Interrupt { readonly get => Bit(4); set => Bit(4, value); }

    public bool Pinned { readonly get => Bit(5); set => Bit(5, value); }

    /// <summary>Dimensions of a strided copy, 1 to 3; 0 for every other operation.</summary>
    public int Dimensions { readonly get => _flags >> 6; set => _flags = (byte)((_flags & 0x3F) | (value << 6)); }

    public ElementType TypeA { readonly get => Type(0); set => Type(0, value); }

    public ElementType TypeB { readonly get => Type(1); set => Type(1, value); }

    public ElementType TypeAccumulator { readonly get => Type(2); set => Type(2, value); }

    public ElementType TypeOut { readonly get => Type(3); set => Type(3, value); }

    public Rounding Rounding { readonly get => (Rounding)(_rounding & 3); set => _rounding = (byte)((_rounding & ~3) | (int)value); }

    public Activation Activation { readonly get => (Activation)(_rounding >> 2 & 15); set => _rounding = (byte)((_rounding & ~0x3C) | ((int)value << 2)); }

    public byte Version { readonly get => _version; set => _version = value; }

    public ushort DebugId { readonly get => _debugId; set => _debugId = value; }

    public SemaphoreCount Wait0 { readonly get => _wait0; set => _wait0 = value; }

    public SemaphoreCount Wait1 { readonly get => _wait1; set => _wait1 = value; }

    public SemaphoreCount Post0 { readonly get => _post0; set => _post0 = value; }

    public SemaphoreCount Post1 { readonly get => _post1; set => _post1 = value; }

    /// <summary>48-bit address of operand A.</summary>
    public ulong A { readonly get => Address(_a); set => _a = Address(_a, value); }

    /// <summary>48-bit address of operand B.</summary>
    public ulong B { readonly get => Address(_b); set => _b = Address(_b, value); }

    /// <summary>48-bit address of the destination.</summary>
    public ulong D { readonly get => Address(_d); set => _d = Address(_d, value); }

    /// <summary>m: rows of the result; for LD/ST the innermost element count.</summary>
    public int N0 { readonly get => Size(_a); set => _a = Size(_a, value); }

    /// <summary>k: length of the reduction; for LD/ST the middle count.</summary>
    public int N1 { readonly get => Size(_b); set => _b = Size(_b, value); }

    /// <summary>n: columns of the result; for LD/ST the outermost count.</summary>
    public int N2 { readonly get => Size(_d); set => _d = Size(_d, value); }

    /// <summary>LD/ST: source stride of dimension 0, 1 or 2 in bytes.</summary>
    public readonly int SourceStride(int dimension) => (int)(dimension == 0 ? _w40 : dimension == 1 ? _w44 : _w48);

    /// <summary>LD/ST: destination stride of dimension 0, 1 or 2 in bytes.</summary>
    public readonly int DestinationStride(int dimension) => (int)(dimension == 0 ? _w52 : dimension == 1 ? _w56 : _w60);

    /// <summary>Copies: bits of a fill element, the low ones in the type of the result (byte 24).</summary>
    public uint Fill { readonly get => (uint)_b; set => _b = (_b & ~0xFFFF_FFFFUL) | value; }

    /// <summary>Copies: fill elements before each n0 elements of the destination (byte 28).</summary>
    public byte PadBefore { readonly get => (byte)(_b >> 32); set => _b = (_b & ~(0xFFUL << 32)) | ((ulong)value << 32); }

    /// <summary>Copies: fill elements after each n0 elements of the destination (byte 29).</summary>
    public byte PadAfter { readonly get => (byte)(_b >> 40); set => _b = (_b & ~(0xFFUL << 40)) | ((ulong)value << 40); }

    /// <summary>Compute: row pitch of A in bytes (byte 40).</summary>
    public int PitchA { readonly get => (int)_w40; set => _w40 = (uint)value; }

    /// <summary>Compute: row pitch of B, or of W for MX, in bytes (byte 44).</summary>
    public int PitchB { readonly get => (int)_w44; set => _w44 = (uint)value; }

    /// <summary>Compute: row pitch of D in bytes (byte 48).</summary>
    public int PitchD { readonly get => (int)_w48; set => _w48 = (uint)value; }

    /// <summary>MX: address of the parameter block, 0 = none (byte 52).</summary>
    public uint MatrixParameters { readonly get => _w52; set => _w52 = value; }

    /// <summary>MX: accumulator slot (byte 56).</summary>
    public byte Slot { readonly get => (byte)_w56; set => _w56 = (_w56 & ~0xFFu) | value; }

    /// <summary>VX, LOSS, TR: auxiliary address: labels, mask, index (byte 52).</summary>
    public uint Auxiliary { readonly get => _w52; set => _w52 = value; }

    /// <summary>VX, LOSS, TR: address of the parameter block, 0 = none (byte 56).</summary>
    public uint VectorParameters { readonly get => _w56; set => _w56 = value; }

    /// <summary>OPT: address of the parameter block (byte 48, as OPT has momentum and variance before it).</summary>
    public uint OptimizerParameters { readonly get => _w48; set => _w48 = value; }

    /// <summary>VX select: row pitch of the mask in bytes (byte 60).</summary>
    public int PitchMask { readonly get => (int)_w60; set => _w60 = (uint)value; }

    /// <summary>Pooling: rows and columns of a window in pixels (bytes 60, 61).</summary>
    public readonly (int Rows, int Columns) Window => ((byte)_w60, (byte)(_w60 >> 8));

    /// <summary>Pooling: pixels from window to window, down and across (bytes 62, 63).</summary>
    public readonly (int Down, int Across) WindowStride => ((byte)(_w60 >> 16), (byte)(_w60 >> 24));

    /// <summary>OPT: address of the momentum, m x n fp32 (byte 40).</summary>
    public uint Momentum { readonly get => _w40; set => _w40 = value; }

    /// <summary>OPT: address of the variance, m x n fp32 (byte 44).</summary>
    public uint Variance { readonly get => _w44; set => _w44 = value; }

    /// <summary>One of the sixteen 32-bit words of the encoding.</summary>
    public readonly uint Word(int index) => MemoryMarshal.Cast<Descriptor, uint>(MemoryMarshal.CreateReadOnlySpan(in this, 1))[index];

    public static Descriptor Read(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<Descriptor>(bytes);

    public readonly void Write(Span<byte> bytes) => MemoryMarshal.Write(bytes, in this);

    private readonly bool Bit(int index) => (_flags >> index & 1) != 0;

    private void Bit(int index, bool value) => _flags = (byte)(value ? _flags | (1 << index) : _flags & ~(1 << index));

    private readonly ElementType Type(int index) => (ElementType)(_types >> (4 * index) & 15);

    private void Type(int index, ElementType value) =>
        _types = (ushort)((_types & ~(15 << (4 * index))) | ((int)value << (4 * index)));

    private static ulong Address(ulong word) => word & 0xFFFF_FFFF_FFFF;

    private static ulong Address(ulong word, ulong value) => (word & 0xFFFF_0000_0000_0000) | (value & 0xFFFF_FFFF_FFFF);

    private static int Size(ulong word) => (int)(word >> 48);

    private static ulong Size(ulong word, int value) => (word & 0xFFFF_FFFF_FFFF) | ((ulong)(ushort)value << 48);
}

/// <summary>A semaphore number and how much to wait for or post; a count of 0 means none.</summary>
/// <param name="Semaphore">0 to 255.</param>
/// <param name="Count">0 to 255.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly record struct SemaphoreCount(byte Semaphore, byte Count);
