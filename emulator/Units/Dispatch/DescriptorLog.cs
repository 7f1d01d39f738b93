using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>A descriptor from its start to its completion, for timelines.</summary>
/// <param name="Tile">Tile number.</param>
/// <param name="Queue">Queue number.</param>
/// <param name="Sequence">Place in its queue, from 0.</param>
/// <param name="Opcode">What it was.</param>
/// <param name="DebugId">Its debug id field.</param>
/// <param name="Start">Core edge at which dispatch sent it to its engine.</param>
/// <param name="End">Core edge at which it was reported performed, or -1.</param>
public record struct DescriptorSpan(int Tile, int Queue, uint Sequence, DescriptorOpcode Opcode, ushort DebugId, long Start, long End);

/// <summary>Collects descriptors' lifetimes from all dispatch units; attached only when someone asked for a timeline.</summary>
public sealed class DescriptorLog
{
    private readonly List<DescriptorSpan> _spans = [];
    private readonly Dictionary<(int Tile, int Queue, uint Sequence), int> _open = [];

    public IReadOnlyList<DescriptorSpan> Spans => _spans;

    public void Record(long edge, int tile, int queue, uint sequence, in Descriptor d, bool started)
    {
        if (started)
        {
            _open[(tile, queue, sequence)] = _spans.Count;
            _spans.Add(new DescriptorSpan(tile, queue, sequence, d.Opcode, d.DebugId, edge, -1));
        }
        else if (_open.Remove((tile, queue, sequence), out int index))
        {
            _spans[index] = _spans[index] with { End = edge };
        }
    }
}
