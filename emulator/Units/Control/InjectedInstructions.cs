using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>Instructions that reach a hart from outside (RVFI-DII), one at a time, in place of what memory holds at its pc.</summary>
public sealed class InjectedInstructions
{
    private long _count;
    private DecodedInstruction _last;

    /// <summary>The next instruction; the one before must have retired or trapped.</summary>
    public void Add(uint word)
    {
        _last = Decoder.Decode(word);
        _count++;
    }

    /// <summary>Instruction number n, from 0 on. False: it is not there yet.</summary>
    public bool TryGet(long number, out DecodedInstruction instruction)
    {
        instruction = _last;
        return number == _count - 1;
    }
}
