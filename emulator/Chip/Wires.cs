using HybridEmu.Kernel;

namespace HybridEmu.Chip;

/// <summary>Makes the chip's channels and keeps them for checkpoints and hashes, in the order they were made.</summary>
internal sealed class Wires(ClockDomain core)
{
    private readonly List<Action<StateArchive>> _walks = [];

    /// <summary>The clock of tiles and fabric.</summary>
    public ClockDomain Core { get; } = core;

    /// <summary>A channel within the core domain.</summary>
    public Channel<T> Channel<T>(string name, int producer, int consumer, int depth)
        where T : unmanaged
    {
        var channel = new Channel<T>(Core, producer, consumer, depth);
        _walks.Add(archive => channel.Walk(archive, name));
        return channel;
    }

    /// <summary>A crossing between two domains.</summary>
    public Crossing<T> Crossing<T>(string name, ClockDomain from, int producer, ClockDomain to, int consumer, int depth, int places = 0)
        where T : unmanaged
    {
        var crossing = new Crossing<T>(from, producer, to, consumer, depth, places);
        _walks.Add(archive => crossing.Walk(archive, name));
        return crossing;
    }

    public void Walk(StateArchive archive)
    {
        foreach (Action<StateArchive> walk in _walks)
            walk(archive);
    }
}
