using System.Numerics;
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
/// One access to the scratchpad: 1 to W bytes that do not cross a boundary of W, the width of the port (64 where no other is
/// said), so at most W / bankBytes banks, all of which must be free in the cycle that grants it.
/// </summary>
public struct ScratchpadRequest
{
    /// <summary>Byte offset in the scratchpad.</summary>
    public uint Address;

    /// <summary>1 to the port's width.</summary>
    public ushort Length;

    /// <summary>0 read, 1 write.</summary>
    public byte Write;

    /// <summary>Comes back with the response; the scratchpad does not look at it.</summary>
    public ushort Tag;

    /// <summary>Bytes to write, from index 0; undefined for a read, and in a port with <see cref="WideLines"/>.</summary>
    public Line64 Data;

    /// <summary>Pushes a read, without touching the bytes that a write would carry.</summary>
    public static void PushRead(Channel<ScratchpadRequest> channel, uint address, int length, int tag, long edge)
    {
        channel.Allocate(edge).Set(address, length, 0, tag);
    }

    /// <summary>Sets all but the bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(uint address, int length, byte write, int tag) => (Address, Length, Write, Tag) = (address, (ushort)length, write, (ushort)tag);
}

/// <summary>The answer to one <see cref="ScratchpadRequest"/>, in request order a port.</summary>
public struct ScratchpadResponse
{
    public uint Address;
    public ushort Length;
    public ushort Tag;
    public byte Write;

    /// <summary>Bytes read, from index 0; undefined for a write, and in a port with <see cref="WideLines"/>.</summary>
    public Line64 Data;

    /// <summary>Sets all but the bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(uint address, int length, byte write, int tag) => (Address, Length, Write, Tag) = (address, (ushort)length, write, (ushort)tag);
}

/// <summary>The pair of channels of one scratchpad requester. Requests are granted in order; each is answered once.</summary>
/// <param name="Name">Requester as conflict statistics name it: ld, st, mx.a, core.</param>
/// <param name="Lines">Data of a port that only reads, or only writes, and is wider than 64 bytes.</param>
public sealed record ScratchpadPort(
    string Name, Channel<ScratchpadRequest> Request, Channel<ScratchpadResponse> Response, WideLines? Lines = null)
{
    /// <summary>Bytes that a message carries itself.</summary>
    public const int LineBytes = 64;

    /// <summary>Bytes of the widest access, a power of two; no access crosses a boundary of this.</summary>
    public int WidthBytes => Lines?.WidthBytes ?? LineBytes;

    /// <summary>The width of a port that should move rows of so many bytes whole, at least 64.</summary>
    /// <param name="rowBytes">Bytes of a row.</param>
    /// <param name="bankSpanBytes">Bytes of all banks together, which no access can exceed.</param>
    public static int WidthFor(int rowBytes, int bankSpanBytes) =>
        Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)rowBytes), LineBytes, bankSpanBytes);

    /// <summary>Bytes from an address to the boundary that no access crosses.</summary>
    public int RestOfLine(uint address) => WidthBytes - (int)(address & (uint)(WidthBytes - 1));

    /// <summary>Pushes a write.</summary>
    public void PushWrite(uint address, ReadOnlySpan<byte> bytes, long edge)
    {
        ref ScratchpadRequest request = ref Request.Allocate(edge);
        request.Set(address, bytes.Length, 1, 0);
        Line64.Copy(bytes, Lines is null ? Line64.Span(ref request.Data) : Lines.Append(), bytes.Length);
    }

    /// <summary>The bytes of a read's response that is at the head of the channel.</summary>
    public ReadOnlySpan<byte> BytesOf(in ScratchpadResponse response) => (Lines is null ? Line64.ReadSpan(in response.Data) : Lines.First)[..response.Length];

    /// <summary>Notes what is on its way.</summary>
    public void Note(Rhythm rhythm)
    {
        Request.Note(rhythm);
        Response.Note(rhythm);
    }

    /// <summary>
    /// Does what a write that is pushed, one that is granted and an acknowledgement that is taken do to channels that hold as many as before:
    /// the head request is written and answered.
    /// </summary>
    /// <param name="number">Of the push, from 0 since <see cref="Turn"/>.</param>
    public void PassWrite(long number, uint address, ReadOnlySpan<byte> bytes, Span<byte> memory)
    {
        bool full = Request.Count == Request.Depth; // then the one that is granted leaves its slot to the one that is pushed
        if (full)
            Grant(number, memory);
        SetWrite(number + Request.Count, address, bytes);
        if (!full)
            Grant(number, memory);
    }

    /// <summary>Fills the slot of a request with a read.</summary>
    /// <param name="index">As in <see cref="Channel{T}.At"/>, here and below.</param>
    public void SetRead(long index, uint address, int length, int tag = 0) => Request.At(index).Set(address, length, 0, tag);

    /// <summary>Fills the slot of a request with a write.</summary>
    public void SetWrite(long index, uint address, ReadOnlySpan<byte> bytes)
    {
        ref ScratchpadRequest request = ref Request.At(index);
        request.Set(address, bytes.Length, 1, 0);
        bytes.CopyTo(Lines is null ? Line64.Span(ref request.Data) : Lines.At(index));
    }

    /// <summary>Fills the slot of an answer with that of a read.</summary>
    public void SetAnswer(long index, uint address, ReadOnlySpan<byte> bytes)
    {
        ref ScratchpadResponse response = ref Response.At(index);
        response.Set(address, bytes.Length, 0, 0);
        bytes.CopyTo(Lines is null ? Line64.Span(ref response.Data) : Lines.At(index));
    }

    /// <summary>Fills the slot of an answer with that of a write.</summary>
    public void SetAcknowledgement(long index, uint address, int length) => Response.At(index).Set(address, length, 1, 0);

    /// <summary>The bytes of a write that is on its way.</summary>
    public ReadOnlySpan<byte> WriteBytes(long index)
    {
        ref ScratchpadRequest request = ref Request.At(index);
        return (Lines is null ? Line64.ReadSpan(in request.Data) : Lines.At(index))[..request.Length];
    }

    /// <summary>So many accesses went through in so many edges, and those on their way came at the same distances.</summary>
    public void Turn(long accesses, long edges)
    {
        Request.Turn(accesses, edges);
        Response.Turn(accesses, edges);
        Lines?.Turn(accesses);
    }

    /// <summary>Takes a read's response from the channel, and its bytes.</summary>
    public void DiscardRead(long edge)
    {
        Response.Discard(edge);
        Lines?.Remove();
    }

    private void Grant(long number, Span<byte> memory)
    {
        ref ScratchpadRequest granted = ref Request.At(number);
        WriteBytes(number).CopyTo(memory[(int)granted.Address..]);
        SetAcknowledgement(number + Response.Count, granted.Address, granted.Length);
    }
}
