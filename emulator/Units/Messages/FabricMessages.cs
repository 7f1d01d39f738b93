using System.Runtime.CompilerServices;

namespace HybridEmu.Units;

/// <summary>Message types of the coherent plane, by class. A class has its own crossbar: REQ &lt; SNP &lt; RSP, DAT.</summary>
public enum CoherenceType : byte
{
    None,

    // REQ: requester to home, one flit; PutModified carries the line (5 flits).
    /// <summary>A readable copy; home may grant it exclusive.</summary>
    GetShared,

    /// <summary>A writable copy.</summary>
    GetModified,

    /// <summary>Evict or clean a dirty line; data follow.</summary>
    PutModified,

    /// <summary>The line's present bytes, without becoming a sharer (instruction fetch, host port).</summary>
    ReadOnce,

    // SNP: home to owner or sharer, one flit.
    /// <summary>Give up the line; answer SnoopAck, or SnoopData when it was dirty.</summary>
    SnoopInvalidate,

    /// <summary>Keep at most a shared copy; answer SnoopAck, or SnoopData when it was dirty.</summary>
    SnoopShare,

    // RSP: one flit.
    /// <summary>Owner or sharer to home: done, memory is current.</summary>
    SnoopAck,

    /// <summary>Home to requester: the PutModified is over.</summary>
    PutAck,

    /// <summary>Requester to home: the grant arrived, the line's transaction is over.</summary>
    GrantAck,

    // DAT: five flits (header and 64 bytes).
    /// <summary>Owner to home: done, and these are the bytes.</summary>
    SnoopData,

    /// <summary>Home to requester: shared copy.</summary>
    GrantShared,

    /// <summary>Home to requester: exclusive clean copy.</summary>
    GrantExclusive,

    /// <summary>Home to requester: writable copy.</summary>
    GrantModified,

    /// <summary>Home to requester: bytes only, no copy is recorded.</summary>
    GrantOnce,
}

/// <summary>
/// One 128-bit flit of the coherent plane. A message is one flit, or five when it carries a line: index 0 is the header,
/// 1 to 4 bring 16 bytes each. Type, source, destination and address are repeated in each flit for the reader's sake;
/// only the header's count as wires.
/// </summary>
public struct CoherenceFlit
{
    public CoherenceType Type;

    /// <summary>Endpoint numbers of the plane: tiles first (2t L1D, 2t + 1 L1I of tile t), then the host port, then homes.</summary>
    public byte Source;
    public byte Destination;

    /// <summary>0 for the header, 1 to 4 for data.</summary>
    public byte Index;

    /// <summary>1 on the message's last flit.</summary>
    public byte Last;

    /// <summary>Line address: HBM byte offset, a multiple of 64.</summary>
    public ulong Line;

    public ulong Data0, Data1;
}

/// <summary>What a flit of the wide plane is.</summary>
public enum WideKind : byte
{
    None,

    /// <summary>Tile to stream port, one flit: read Length bytes at Address.</summary>
    ReadNoSnoop,

    /// <summary>Tile to stream port: header, then data flits of up to 64 bytes: write Length bytes at Address.</summary>
    WriteNoSnoop,

    /// <summary>A data flit of the write before it.</summary>
    WriteData,

    /// <summary>Stream port to tile: up to 64 bytes of the read; Address is theirs, in ascending order.</summary>
    ReadData,

    /// <summary>Stream port to tile, one flit: every byte of the write is in the HBM array.</summary>
    WriteAck,
}

/// <summary>
/// One 512-bit flit of the wide plane. A transaction is at most 512 bytes inside one 512-byte granule, which is one
/// pseudo-channel's. Data flits do not cross 64-byte boundaries, so an unaligned transaction's first may be short.
/// </summary>
public struct WideFlit
{
    public WideKind Kind;

    /// <summary>Wide port number of the tile side: tile * portsPerTile + port.</summary>
    public byte Port;

    /// <summary>Pseudo-channel number of the memory side.</summary>
    public byte Home;

    /// <summary>1 on the packet's last flit (a write's header is not its last).</summary>
    public byte Last;

    /// <summary>Transaction number, chosen by the tile side; unique among its outstanding ones.</summary>
    public ushort Tag;

    /// <summary>Bytes of the transaction in a header, of this flit in a data flit.</summary>
    public ushort Length;

    /// <summary>HBM byte offset.</summary>
    public ulong Address;
    public Line64 Data;
}

/// <summary>32 bytes, one burst of a pseudo-channel.</summary>
[InlineArray(4)]
public struct Burst32
{
    private ulong _first;

    public static Span<byte> Span(ref Burst32 burst) => System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref Unsafe.As<Burst32, byte>(ref burst), 32);

    public static ReadOnlySpan<byte> ReadSpan(in Burst32 burst) => System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<Burst32, byte>(ref Unsafe.AsRef(in burst)), 32);
}

/// <summary>One column access of a pseudo-channel: 32 aligned bytes (BL4 x 64 bit).</summary>
public struct HbmRequest
{
    /// <summary>HBM byte offset, a multiple of 32, of the pseudo-channel that the port belongs to.</summary>
    public ulong Address;

    /// <summary>0 read, 1 write.</summary>
    public byte Write;

    /// <summary>Comes back with the response.</summary>
    public ushort Tag;

    /// <summary>Bit i: byte i is written. All ones for a whole burst.</summary>
    public uint ByteEnable;
    public Burst32 Data;
}

/// <summary>The answer to one request: read data at its burst, or that the write's burst is in the array. May be out of order.</summary>
public struct HbmResponse
{
    public ulong Address;
    public byte Write;
    public ushort Tag;
    public Burst32 Data;
}
