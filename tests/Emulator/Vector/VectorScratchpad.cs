using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>
/// A memory behind any number of ports: grants at most one access a port and cycle, refuses at random, answers in order
/// a fixed number of cycles after the grant.
/// </summary>
internal sealed class VectorScratchpad(ScratchpadPort[] ports, byte[] memory, int latencyCycles, uint stallPercent, ulong seed)
{
    private readonly Queue<(long At, ScratchpadResponse Response, byte[] Read)>[] _pending = [.. ports.Select(_ => new Queue<(long, ScratchpadResponse, byte[])>())];

    /// <summary>Every grant: its edge, port and request.</summary>
    public List<(long Edge, int Port, ScratchpadRequest Request)> Grants { get; } = [];

    public byte[] Memory => memory;

    public long Evaluate(long edge)
    {
        long next = Wake.Never;
        for (int p = 0; p < ports.Length; p++)
        {
            Queue<(long At, ScratchpadResponse Response, byte[] Read)> pending = _pending[p];
            if (ports[p].Request.CanPop(edge))
            {
                next = edge + 1;
                if (CounterRandom.Bits(seed + (ulong)p, (ulong)edge) % 100 >= stallPercent && pending.Count < 32)
                    Grant(p, edge);
            }

            if (pending.TryPeek(out (long At, ScratchpadResponse Response, byte[] Read) head))
            {
                if (head.At <= edge && ports[p].Response.CanPush(edge))
                {
                    Answer(ports[p], head.Response, head.Read, edge);
                    pending.Dequeue();
                }

                if (pending.Count > 0)
                    next = Math.Min(next, Math.Max(edge + 1, pending.Peek().At));
            }
        }

        return next;
    }

    private void Grant(int p, long edge)
    {
        ScratchpadPort port = ports[p];
        ScratchpadRequest request = port.Request.Pop(edge);
        Grants.Add((edge, p, request));
        Assert.InRange(request.Length, 1, port.WidthBytes);
        Assert.True((request.Address & (uint)(port.WidthBytes - 1)) + request.Length <= port.WidthBytes, $"an access crosses a {port.WidthBytes}-byte boundary");
        ScratchpadResponse response = default;
        response.Address = request.Address;
        response.Length = request.Length;
        response.Write = request.Write;
        Span<byte> bytes = memory.AsSpan((int)request.Address, request.Length);
        byte[] read = [];
        if (request.Write != 0)
        {
            (port.Lines is null ? Line64.ReadSpan(request.Data) : port.Lines.First)[..request.Length].CopyTo(bytes);
            port.Lines?.Remove();
        }
        else
        {
            read = bytes.ToArray();
        }

        _pending[p].Enqueue((edge + latencyCycles - 1, response, read));
    }

    private static void Answer(ScratchpadPort port, ScratchpadResponse response, byte[] read, long edge)
    {
        if (response.Write == 0)
        {
            Span<byte> line = port.Lines is null ? Line64.Span(ref response.Data) : port.Lines.Append();
            line.Fill(0xA5); // what is not asked for must not matter
            read.CopyTo(line);
        }

        port.Response.Push(response, edge);
    }
}
