namespace HybridEmu.Chip;

/// <summary>What a slot of the schedule evaluates.</summary>
internal enum UnitKind : byte
{
    Control,
    Dispatch,
    Load,
    Store,
    Matrix,
    Vector,
    Scratchpad,
    Coherent,
    WideRequest,
    WideResponse,
    Home,
    Stream,
    Bridge,
    Pcie,
    Hbm,
    System,
}

/// <summary>One unit in its domain's schedule: which array it is in, and where.</summary>
internal readonly record struct UnitSlot(UnitKind Kind, int Index);
