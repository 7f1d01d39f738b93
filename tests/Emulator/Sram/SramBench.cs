using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>A scratchpad with scripted requesters: each pushes its next access at or after the edge it is meant for.</summary>
internal sealed class SramBench
{
    private readonly Requester[] _requesters;

    public SramBench(ScratchpadConfig config, int ports, uint stallPercent = 0, bool everyCycle = false, bool reversed = false)
    {
        Run = new FabricBench(everyCycle, reversed);
        int[] ids = [.. Enumerable.Range(0, ports).Select(i => Run.Core.Register($"port{i}"))];
        int unit = Run.Core.Register("scratchpad");
        ScratchpadPort[] wires = [.. ids.Select(id => new ScratchpadPort(
            $"p{id}", new Channel<ScratchpadRequest>(Run.Core, id, unit, 2), new Channel<ScratchpadResponse>(Run.Core, unit, id, 4)))];
        _requesters = [.. wires.Select((w, i) => new Requester(w, stallPercent, (ulong)i + 1))];
        foreach (Requester requester in _requesters)
            Run.Attach(Run.Core, requester.Evaluate);
        Unit = new Scratchpad(config, wires, "tile0.scratchpad", Faults);
        Run.Attach(Run.Core, edge =>
        {
            UnitEvaluations++;
            return Unit.Evaluate(edge);
        });
        Ports = wires;
    }

    public FabricBench Run { get; }

    public FaultLatch Faults { get; } = new();

    public Scratchpad Unit { get; }

    public ScratchpadPort[] Ports { get; }

    public long UnitEvaluations { get; private set; }

    /// <summary>Pushed at the given edge, or later when the channel is full.</summary>
    public void At(long edge, int port, uint address, int length = 32, bool write = false, byte value = 0)
    {
        var request = new ScratchpadRequest { Address = address, Length = (byte)length, Write = write ? (byte)1 : (byte)0, Tag = value };
        Line64.Span(ref request.Data).Fill(value);
        _requesters[port].Script.Enqueue((edge, request));
    }

    /// <summary>Edges at which answers of a port became visible and were taken, with the answers.</summary>
    public List<(long Edge, ScratchpadResponse Response)> Answers(int port) => _requesters[port].Answers;

    /// <summary>The 64 bytes of a port's answer.</summary>
    public byte[] AnsweredBytes(int port, int index)
    {
        ScratchpadResponse response = Answers(port)[index].Response;
        return Line64.ReadSpan(in response.Data).ToArray();
    }

    public void Deafen(int port) => _requesters[port].Deaf = true;

    public ulong Hash()
    {
        StateArchive archive = StateArchive.ForHash();
        Unit.Walk(archive, Run.Core.Edge);
        foreach (ScratchpadPort port in Ports)
        {
            port.Request.Walk(archive, "request");
            port.Response.Walk(archive, "response");
        }

        return archive.Hash;
    }

    private sealed class Requester(ScratchpadPort port, uint stallPercent, ulong seed)
    {
        public Queue<(long Edge, ScratchpadRequest Request)> Script { get; } = [];

        public List<(long Edge, ScratchpadResponse Response)> Answers { get; } = [];

        public bool Deaf { get; set; }

        public long Evaluate(long edge)
        {
            bool stalls = Deaf || CounterRandom.Bits(seed, (ulong)edge) % 100 < stallPercent;
            if (!stalls && port.Response.CanPop(edge))
                Answers.Add((edge, port.Response.Pop(edge)));
            if (Script.TryPeek(out (long Edge, ScratchpadRequest Request) next) && next.Edge <= edge && port.Request.CanPush(edge))
            {
                port.Request.Push(next.Request, edge);
                Script.Dequeue();
            }

            return Script.Count > 0 || (!Deaf && !port.Response.IsEmpty) ? edge + 1 : Wake.Never;
        }
    }
}
