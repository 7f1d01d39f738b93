using System.Buffers.Binary;

namespace HybridEmu.Reference;

/// <summary>Bytes of a memory of any size, 0 where nothing was written; pages in a dictionary.</summary>
public sealed class ReferenceMemory
{
    private const int PageBytes = 4096;

    private readonly Dictionary<ulong, byte[]> _pages = [];

    /// <param name="sizeBytes">Bytes; an access outside throws.</param>
    public ReferenceMemory(ulong sizeBytes) => SizeBytes = sizeBytes;

    public ulong SizeBytes { get; }

    public byte this[ulong address]
    {
        get
        {
            Check(address);
            return _pages.TryGetValue(address / PageBytes, out byte[]? page) ? page[address % PageBytes] : (byte)0;
        }

        set
        {
            Check(address);
            if (!_pages.TryGetValue(address / PageBytes, out byte[]? page))
                _pages[address / PageBytes] = page = new byte[PageBytes];
            page[address % PageBytes] = value;
        }
    }

    /// <summary>Reads 1 to 4 bytes, little endian.</summary>
    public uint Read(ulong address, int size)
    {
        uint value = 0;
        for (int i = 0; i < size; i++)
            value |= (uint)this[address + (ulong)i] << (8 * i);
        return value;
    }

    /// <summary>Writes 1 to 4 bytes, little endian.</summary>
    public void Write(ulong address, uint value, int size)
    {
        for (int i = 0; i < size; i++)
            this[address + (ulong)i] = (byte)(value >> (8 * i));
    }

    public byte[] Bytes(ulong address, int count)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
            bytes[i] = this[address + (ulong)i];
        return bytes;
    }

    public void Load(ulong address, ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
            this[address + (ulong)i] = bytes[i];
    }

    public float Float(ulong address) => BitConverter.UInt32BitsToSingle(Read(address, 4));

    public void Float(ulong address, float value) => Write(address, BitConverter.SingleToUInt32Bits(value), 4);

    public ulong Long(ulong address) => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(address, 8));

    private void Check(ulong address)
    {
        if (address >= SizeBytes)
            throw new ArgumentOutOfRangeException(nameof(address), $"0x{address:x} is outside a memory of 0x{SizeBytes:x} bytes.");
    }
}
