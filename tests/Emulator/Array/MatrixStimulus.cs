namespace HybridEmu.Emulator.Tests;

/// <summary>A small generator whose whole state is one word (SplitMix64), so that tests replay from a number.</summary>
internal sealed class MatrixStimulus(ulong seed)
{
    public ulong State { get; set; } = seed;

    public int Next(int below)
    {
        State += 0x9E3779B97F4A7C15;
        ulong z = State;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)((z ^ (z >> 31)) >> 33) % below;
    }
}
