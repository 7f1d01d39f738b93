using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Up to 64 bytes that travel with a message.</summary>
[InlineArray(64)]
public struct Line64
{
    private byte _first;

    /// <summary>The bytes, to read or write in place.</summary>
    public static Span<byte> Span(ref Line64 line) => MemoryMarshal.CreateSpan(ref Unsafe.As<Line64, byte>(ref line), 64);

    /// <summary>Copies up to a line; the lengths of beats without a call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(ReadOnlySpan<byte> from, Span<byte> to, int length)
    {
        ref byte source = ref MemoryMarshal.GetReference(from[..length]);
        ref byte target = ref MemoryMarshal.GetReference(to[..length]);
        if (length == 64 && Vector256.IsHardwareAccelerated)
        {
            Vector256.LoadUnsafe(ref source).StoreUnsafe(ref target);
            Vector256.LoadUnsafe(ref source, 32).StoreUnsafe(ref target, 32);
        }
        else if (length == 32 && Vector256.IsHardwareAccelerated)
        {
            Vector256.LoadUnsafe(ref source).StoreUnsafe(ref target);
        }
        else
        {
            from[..length].CopyTo(to);
        }
    }

    /// <summary>Copies the bytes of a line over those of a range, as far as they meet.</summary>
    public static void Overlay(ulong line, ReadOnlySpan<byte> data, ulong start, Span<byte> bytes)
    {
        for (int i = 0; i < data.Length; i++)
        {
            ulong at = line + (ulong)i - start;
            if (at < (ulong)bytes.Length)
                bytes[(int)at] = data[i];
        }
    }

    /// <summary>The bytes, to read.</summary>
    public static ReadOnlySpan<byte> ReadSpan(in Line64 line) => MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<Line64, byte>(ref Unsafe.AsRef(in line)), 64);
}

/// <summary>
/// One access to the scratchpad: 1 to 64 bytes that do not cross a 64-byte boundary, so at most 64 / bankBytes banks,
/// all of which must be free in the cycle that grants it.
/// </summary>
public struct ScratchpadRequest
{
    /// <summary>Byte offset in the scratchpad.</summary>
    public uint Address;

    /// <summary>1 to 64.</summary>
    public byte Length;

    /// <summary>0 read, 1 write.</summary>
    public byte Write;

    /// <summary>Comes back with the response; the scratchpad does not look at it.</summary>
    public ushort Tag;

    /// <summary>Bytes to write, from index 0; undefined for a read.</summary>
    public Line64 Data;

    /// <summary>Pushes a read, without touching the bytes that a write would carry.</summary>
    public static void PushRead(Channel<ScratchpadRequest> channel, uint address, int length, int tag, long edge)
    {
        ref ScratchpadRequest request = ref channel.Allocate(edge);
        request.Address = address;
        request.Length = (byte)length;
        request.Write = 0;
        request.Tag = (ushort)tag;
    }
}

/// <summary>The answer to one <see cref="ScratchpadRequest"/>, in request order a port.</summary>
public struct ScratchpadResponse
{
    public uint Address;
    public byte Length;
    public byte Write;
    public ushort Tag;

    /// <summary>Bytes read, from index 0; undefined for a write.</summary>
    public Line64 Data;
}

/// <summary>The pair of channels of one scratchpad requester. Requests are granted in order; each is answered once.</summary>
/// <param name="Name">Requester as conflict statistics name it: ld, st, mx.a, core.</param>
public sealed record ScratchpadPort(string Name, Channel<ScratchpadRequest> Request, Channel<ScratchpadResponse> Response);
