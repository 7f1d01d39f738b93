using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Registers and counters of a scratchpad; its bytes and the conflict table are arrays beside it.</summary>
public struct ScratchpadState
{
    public Ledger Ledger;

    /// <summary>Granted accesses.</summary>
    public long Reads, Writes;

    /// <summary>Bytes of granted accesses.</summary>
    public long ReadBytes, WriteBytes;

    /// <summary>Banks busy, summed over cycles.</summary>
    public long BankCycles;

    /// <summary>Requests that lost a bank, summed over cycles.</summary>
    public long Conflicts;
}
