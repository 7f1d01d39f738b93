using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>An engine as dispatch knows it: takes descriptors and reports them in order after random times.</summary>
internal sealed class EngineEnd
{
    private const int DescriptorSlots = 4;

    private readonly Queue<(uint Sequence, long Due)> _running = [];
    private readonly ulong _seed;
    private readonly int _stallPercent, _latencyCycles;

    public EngineEnd(TwinBench bench, string name, ulong seed, int stallPercent, int latencyCycles)
    {
        _seed = seed;
        _stallPercent = stallPercent;
        _latencyCycles = latencyCycles;
        Starts = bench.Add($"{name}.start", WireEnd.Drains, 2, Messages.Start);
        Dones = bench.Add($"{name}.done", WireEnd.Feeds, 2, Messages.Done);
        bench.Attach(Evaluate);
    }

    public Wire<StartDescriptor> Starts { get; }

    public Wire<DescriptorDone> Dones { get; }

    public bool IsIdle => _running.Count == 0 && Starts.Channel.IsEmpty && Dones.Channel.IsEmpty;

    private long Evaluate(long edge)
    {
        if (Starts.Channel.CanPop(edge) && _running.Count < DescriptorSlots && !Seeded.Stalls(_seed ^ 0x300, _stallPercent, edge))
        {
            uint sequence = Starts.Channel.Pop(edge).Sequence;
            _running.Enqueue((sequence, edge + (CounterRandom.Bits(_seed, sequence) % (uint)_latencyCycles)));
        }

        if (_running.Count > 0 && _running.Peek().Due <= edge && Dones.Channel.CanPush(edge))
            Dones.Feed(new DescriptorDone { Sequence = _running.Dequeue().Sequence }, edge);
        return edge + 1;
    }
}
