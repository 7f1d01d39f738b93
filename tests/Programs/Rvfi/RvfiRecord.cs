using System.Buffers.Binary;
using HybridEmu.Reference;

namespace HybridEmu.Programs.Tests;

/// <summary>What a packet of RVFI-DII says, whichever its form.</summary>
internal sealed record RvfiRecord(
    ulong Order, uint Word, byte Trap, byte Halt, byte Intr, uint Pc, uint NextPc,
    byte Rs1, uint Rs1Value, byte Rs2, uint Rs2Value, byte Rd, uint RdValue,
    uint Address, byte ReadMask, uint ReadData, byte WriteMask, uint WriteData)
{
    public const int FirstBytes = 88, HeaderBytes = 64, IntegerBytes = 40, MemoryBytes = 88;

    public static RvfiRecord Expected(ReferenceRetirement r, ulong order)
    {
        byte mask = (byte)((1 << r.MemorySize) - 1);
        return new(
            order, r.Word, r.Trap ? (byte)1 : (byte)0, 0, r.Intr ? (byte)1 : (byte)0, r.Pc, r.NextPc,
            r.Rs1, r.Rs1Value, r.Rs2, r.Rs2Value, r.Rd, r.RdValue,
            r.MemoryAddress, r.IsRead ? mask : (byte)0, r.ReadData, r.IsWrite ? mask : (byte)0, r.WriteData);
    }

    /// <summary>The first form: 88 bytes.</summary>
    public static RvfiRecord First(ReadOnlySpan<byte> p) => new(
        Long(p, 0), Word32(p, 24), p[85], p[86], p[87], Word32(p, 8), Word32(p, 16),
        p[82], Word32(p, 32), p[83], Word32(p, 40), p[84], Word32(p, 48),
        Word32(p, 56), p[80], Word32(p, 64), p[81], Word32(p, 72));

    /// <summary>The second form: a header, registers, and memory if there was an access.</summary>
    public static RvfiRecord Second(ReadOnlySpan<byte> h, ReadOnlySpan<byte> i, ReadOnlySpan<byte> m)
    {
        Assert.Equal((3, 1), (h[35], h[36])); // machine mode, XLEN 32
        var record = new RvfiRecord(Long(h, 16), Word32(h, 24), h[32], h[33], h[34], Word32(h, 40), Word32(h, 48), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        if (i.Length > 0)
            record = record with { RdValue = Word32(i, 8), Rs1Value = Word32(i, 16), Rs2Value = Word32(i, 24), Rd = i[32], Rs1 = i[33], Rs2 = i[34] };
        if (m.Length > 0)
            record = record with { ReadData = Word32(m, 8), WriteData = Word32(m, 40), ReadMask = m[72], WriteMask = m[76], Address = Word32(m, 80) };
        return record;
    }

    private static ulong Long(ReadOnlySpan<byte> p, int at) => BinaryPrimitives.ReadUInt64LittleEndian(p[at..]);

    /// <summary>A field of 64 bits, whose upper half is 0 in a hart of 32.</summary>
    private static uint Word32(ReadOnlySpan<byte> p, int at)
    {
        Assert.InRange(Long(p, at), 0UL, uint.MaxValue);
        return (uint)Long(p, at);
    }
}
