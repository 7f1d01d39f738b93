using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>A tile's side of the wide plane: sends what it is given as soon as there is room, and takes answers now and then.</summary>
internal sealed class WideClient
{
    private readonly Queue<WideFlit> _offered = new();
    private TestRandom _random = new(21);

    /// <param name="bench">Where it runs, in the core domain.</param>
    /// <param name="port">The unit that it talks to, registered before.</param>
    public WideClient(FabricBench bench, int port)
    {
        int tile = bench.Core.Register("tile");
        Requests = new Channel<WideFlit>(bench.Core, tile, port, 4);
        Responses = new Channel<WideFlit>(bench.Core, port, tile, 4);
    }

    public Channel<WideFlit> Requests { get; }

    public Channel<WideFlit> Responses { get; }

    /// <summary>How often it takes an answer that is there.</summary>
    public int PopPercent { get; set; } = 100;

    /// <summary>Answers with the edges at which they were taken.</summary>
    public List<(long Edge, WideFlit Flit)> Received { get; } = [];

    public void Read(int tag, ulong address, int length) => _offered.Enqueue(new WideFlit
    {
        Kind = WideKind.ReadNoSnoop,
        Tag = (ushort)tag,
        Address = address,
        Length = (ushort)length,
        Last = 1,
    });

    public void Write(int tag, ulong address, byte[] bytes)
    {
        _offered.Enqueue(new WideFlit { Kind = WideKind.WriteNoSnoop, Tag = (ushort)tag, Address = address, Length = (ushort)bytes.Length });
        for (int sent = 0; sent < bytes.Length;)
        {
            ulong at = address + (ulong)sent;
            int length = Math.Min(64 - (int)(at % 64), bytes.Length - sent);
            var flit = new WideFlit { Kind = WideKind.WriteData, Tag = (ushort)tag, Address = at, Length = (ushort)length };
            bytes.AsSpan(sent, length).CopyTo(Line64.Span(ref flit.Data));
            sent += length;
            flit.Last = (byte)(sent == bytes.Length ? 1 : 0);
            _offered.Enqueue(flit);
        }
    }

    public long Evaluate(long edge)
    {
        if (_offered.Count > 0 && Requests.CanPush(edge))
            Requests.Push(_offered.Dequeue(), edge);
        bool take = _random.Next(100) < PopPercent;
        if (take && Responses.CanPop(edge))
            Received.Add((edge, Responses.Pop(edge)));
        return edge + 1;
    }

    public void Walk(StateArchive archive)
    {
        Requests.Walk(archive, "requests");
        Responses.Walk(archive, "responses");
    }
}
