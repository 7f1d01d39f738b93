using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <content>Instructions from outside in place of those that memory holds at pc.</content>
public sealed partial class ControlCore
{
    /// <summary>Attached: the hart fetches nothing, its n-th instruction is word n, wherever its pc points.</summary>
    public InjectedInstructions? Injected { get; set; }

    /// <summary>
    /// Puts the next word where a line's decoded instructions lie. The fetch register stays empty, so that every instruction
    /// comes by here; one that stalls finds the same word again. -1: it is there; else the cause of the stall.
    /// </summary>
    private int TakeInjected(InjectedInstructions injected, uint pc)
    {
        if (!injected.TryGet(State.Retired + State.Traps, out DecodedInstruction instruction))
            return Stall(StallFetch);
        State.FetchFrame = 0;
        _decoded[(int)((pc >> 2) & 15)] = instruction;
        return -1;
    }
}
