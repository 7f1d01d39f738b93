using System.Buffers.Binary;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>A request as it was taken out of its channel.</summary>
internal sealed class MatrixRequest
{
    /// <summary>Address, length, direction and tag, as hx::access_t has them.</summary>
    public ulong Head { get; set; }

    /// <summary>What a write writes.</summary>
    public byte[] Data { get; set; } = [];

    public override string ToString() =>
        $"{((Head >> 34 & 1) != 0 ? "write" : "read")} of {Head >> 24 & 0x3FF} at 0x{Head & 0xFF_FFFF:X}, tag {Head >> 35}, {Convert.ToHexString(Data)}";

    public static ulong HeadOf(uint address, int length, int write, int tag) =>
        address | ((ulong)length << 24) | ((ulong)write << 34) | ((ulong)tag << 35);
}

/// <summary>A scratchpad behind one port of the emulator's unit, which answers when it is told to.</summary>
internal sealed class MatrixPort
{
    private readonly byte[] _scratchpad;
    private readonly Queue<MatrixRequest> _pushed = new();
    private readonly Queue<(long Due, ScratchpadResponse Response, byte[] Data)> _answers = new();

    public MatrixPort(string name, int widthBytes, ClockDomain domain, int requester, int server, byte[] scratchpad)
    {
        _scratchpad = scratchpad;
        WideLines? lines = widthBytes > ScratchpadPort.LineBytes ? new WideLines(widthBytes, 8) : null;
        Port = new ScratchpadPort(name, new(domain, requester, server, 2), new(domain, server, requester, 8), lines);
    }

    public ScratchpadPort Port { get; }

    /// <summary>The request that was pushed just now; what it says is known when it is taken out.</summary>
    public MatrixRequest Pushed()
    {
        var request = new MatrixRequest();
        _pushed.Enqueue(request);
        return request;
    }

    /// <summary>Writes down the answer that is visible at an edge.</summary>
    public void Show(long edge, Span<byte> head, Span<byte> data)
    {
        if (!Port.Response.CanPop(edge))
            return;
        ref readonly ScratchpadResponse response = ref Port.Response.Peek(edge);
        BinaryPrimitives.WriteUInt64LittleEndian(head, MatrixRequest.HeadOf(response.Address, response.Length, response.Write, response.Tag));
        if (response.Write == 0)
            Port.BytesOf(in response).CopyTo(data);
    }

    /// <summary>One edge: an answer that is due, and a request if it is granted.</summary>
    public void Answer(long edge, bool granted, int latencyEdges)
    {
        if (_answers.Count > 0 && _answers.Peek().Due <= edge && Port.Response.CanPush(edge))
        {
            (_, ScratchpadResponse answer, byte[] data) = _answers.Dequeue();
            ref ScratchpadResponse response = ref Port.Response.Allocate(edge);
            response = answer;
            if (answer.Write == 0)
                data.CopyTo(Port.Lines is null ? Line64.Span(ref response.Data) : Port.Lines.Append());
        }

        if (granted && Port.Request.CanPop(edge))
            Serve(edge, latencyEdges);
    }

    private void Serve(long edge, int latencyEdges)
    {
        ScratchpadRequest request = Port.Request.Pop(edge);
        Span<byte> bytes = _scratchpad.AsSpan((int)request.Address, request.Length);
        MatrixRequest record = _pushed.Dequeue();
        record.Head = MatrixRequest.HeadOf(request.Address, request.Length, request.Write, request.Tag);
        if (request.Write != 0)
        {
            record.Data = (Port.Lines is null ? Line64.Span(ref request.Data) : Port.Lines.First)[..request.Length].ToArray();
            Port.Lines?.Remove();
            record.Data.CopyTo(bytes);
        }

        var response = new ScratchpadResponse { Address = request.Address, Length = request.Length, Write = request.Write, Tag = request.Tag };
        _answers.Enqueue((edge + latencyEdges, response, bytes.ToArray()));
    }
}
