using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>A descriptor from its start to its completion, for timelines.</summary>
/// <param name="Tile">Tile number.</param>
/// <param name="Queue">Queue number: 0 LD, 1 ST, 2 MX, 3 VX.</param>
/// <param name="Opcode">What it was.</param>
/// <param name="DebugId">Its debug id field.</param>
/// <param name="StartPs">When dispatch sent it to its engine.</param>
/// <param name="EndPs">When it was reported performed.</param>
/// <param name="M">n0, and K and N likewise n1 and n2.</param>
public readonly record struct DescriptorSpan(
    int Tile, int Queue, DescriptorOpcode Opcode, ushort DebugId, long StartPs, long EndPs, int M, int K, int N);

/// <summary>Watches descriptors' lifetimes in all dispatch units; attached only when someone asked for a timeline.</summary>
/// <param name="clock">The core clock.</param>
/// <param name="performed">Called when a descriptor is performed.</param>
public sealed class DescriptorLog(ClockDomain clock, Action<DescriptorSpan> performed)
{
    private readonly Dictionary<(int Tile, int Queue, uint Sequence), long> _started = [];

    public void Start(int tile, int queue, uint sequence) => _started[(tile, queue, sequence)] = clock.TimePs;

    public void End(int tile, int queue, uint sequence, in Descriptor d)
    {
        if (_started.Remove((tile, queue, sequence), out long start))
            performed(new DescriptorSpan(tile, queue, d.Opcode, d.DebugId, start, clock.TimePs, d.N0, d.N1, d.N2));
    }
}
