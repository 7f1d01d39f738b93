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
    private readonly Queue<(long At, ScratchpadResponse Response)>[] _pending = [.. ports.Select(_ => new Queue<(long, ScratchpadResponse)>())];

    /// <summary>Every grant: its edge, port and request.</summary>
    public List<(long Edge, int Port, ScratchpadRequest Request)> Grants { get; } = [];

    public byte[] Memory => memory;

    public long Evaluate(long edge)
    {
        long next = Wake.Never;
        for (int p = 0; p < ports.Length; p++)
        {
            Queue<(long At, ScratchpadResponse Response)> pending = _pending[p];
            if (ports[p].Request.CanPop(edge))
            {
                next = edge + 1;
                if (CounterRandom.Bits(seed + (ulong)p, (ulong)edge) % 100 >= stallPercent && pending.Count < 32)
                    Grant(p, edge);
            }

            if (pending.TryPeek(out (long At, ScratchpadResponse Response) head))
            {
                if (head.At <= edge && ports[p].Response.CanPush(edge))
                {
                    ports[p].Response.Push(head.Response, edge);
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
        ScratchpadRequest request = ports[p].Request.Pop(edge);
        Grants.Add((edge, p, request));
        Assert.InRange(request.Length, 1, 64);
        Assert.True((request.Address & 63) + request.Length <= 64, "an access crosses a 64-byte boundary");
        ScratchpadResponse response = default;
        response.Address = request.Address;
        response.Length = request.Length;
        response.Write = request.Write;
        Span<byte> bytes = memory.AsSpan((int)request.Address, request.Length);
        if (request.Write != 0)
        {
            Line64.ReadSpan(request.Data)[..request.Length].CopyTo(bytes);
        }
        else
        {
            Line64.Span(ref response.Data).Fill(0xA5); // what is not asked for must not matter
            bytes.CopyTo(Line64.Span(ref response.Data));
        }

        _pending[p].Enqueue((edge + latencyCycles - 1, response));
    }
}
