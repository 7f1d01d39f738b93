using System.Buffers.Binary;
using HybridEmu.Isa;

namespace HybridEmu.Chip;

/// <summary>
/// What a program leaves as its result: memory from begin_signature to end_signature. A program that fills only a part of
/// it says how many bytes in the word at signature_bytes.
/// </summary>
public sealed class Signature
{
    private readonly ulong _begin;
    private readonly int _roomBytes;
    private readonly ulong? _length;

    private Signature(ulong begin, int roomBytes, ulong? length)
    {
        _begin = begin;
        _roomBytes = roomBytes;
        _length = length;
    }

    /// <exception cref="DataException">The image has no such range.</exception>
    public static Signature Of(ElfImage image, string source)
    {
        if (image.FindSymbol("begin_signature") is not { } begin || image.FindSymbol("end_signature") is not { } end)
            throw new DataException("--signature", $"{source} has no symbols begin_signature and end_signature");
        if (end.Value <= begin.Value || begin.Value < AddressMap.Hbm)
            throw new DataException("--signature", $"0x{begin.Value:x8}..0x{end.Value:x8} is not a range of memory");
        return new Signature(begin.Value, (int)(end.Value - begin.Value), image.FindSymbol("signature_bytes")?.Value);
    }

    /// <summary>The bytes as the program would see them now.</summary>
    public byte[] Read(ChipRun run)
    {
        uint used = _length is { } address ? BinaryPrimitives.ReadUInt32LittleEndian(run.ReadMemory(address, 4)) : (uint)_roomBytes;
        return run.ReadMemory(_begin, (int)Math.Min(used, (uint)_roomBytes));
    }
}
