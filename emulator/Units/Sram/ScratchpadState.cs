using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Registers and counters of a scratchpad; its bytes and the conflict tables are arrays beside it.</summary>
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

    /// <summary>Banks that write back, in the next cycle, a word of which this cycle wrote a part; one bit a bank.</summary>
    public ulong HeldBanks;

    /// <summary>Edge at which the scrubber next wants a bank, or <see cref="Wake.Never"/>, and the word it will look at.</summary>
    public long ScrubAt, ScrubWord;

    /// <summary>Words that an access found with one wrong bit; words that an access or the scrubber could not correct.</summary>
    public long Corrected, Detected;

    /// <summary>Words that the scrubber looked at, and those of them that it corrected.</summary>
    public long ScrubReads, Scrubbed;
}
