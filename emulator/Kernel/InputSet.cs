namespace HybridEmu.Kernel;

/// <summary>
/// Which of a unit's input channels hold entries, visible yet or not. A unit with many inputs, few of which are busy, looks at this and
/// not at each of them; it follows from the channels and is no state of its own.
/// </summary>
public sealed class InputSet
{
    /// <summary>One bit a channel.</summary>
    public ulong Filled { get; internal set; }
}
