namespace HybridEmu.Isa;

/// <summary>Why a queue froze. Checked before the descriptor's first effect unless noted.</summary>
public enum QueueFaultCause : byte
{
    None,
    UnknownOpcode,
    ReservedBits,
    Version,
    TypeCombination,
    Size,
    Misaligned,
    UnmappedAddress,
    Aliasing,
    SlotTooSmall,
    SlotShape,
    Race,
    SemaphoreOverflow,
    TileTooLarge,
    WeightShape,
}
