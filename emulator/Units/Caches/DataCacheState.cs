namespace HybridEmu.Units;

/// <summary>MESI of one frame of the L1D. The six transient states of the protocol are the phases below.</summary>
public enum LineState : byte
{
    Invalid,
    Shared,
    Exclusive,
    Modified,
}

/// <summary>Registers of an L1D apart from its arrays. Phases with a message still to send are odd.</summary>
public struct DataCacheState
{
    public const byte Free = 0;
    public const byte ToSend = 1;
    public const byte Waiting = 2;
    public const byte ToAcknowledge = 3;

    // The one outstanding miss.
    public byte MissPhase;
    public CoherenceType MissType;
    public CoherenceType GrantType;
    public byte MissHome;
    public int MissFrame;
    public ulong MissLine;
    public Line64 MissData;

    // The writeback buffer: one line between leaving its frame and PutAck.
    public byte WritebackPhase;

    /// <summary>0 once a snoop took the bytes.</summary>
    public byte WritebackHolds;
    public byte WritebackFlit;
    public ulong WritebackLine;
    public Line64 WritebackData;

    // The snoop answer being sent.
    public byte AnswerPhase;
    public byte AnswerFlit;
    public byte AnswerHome;
    public CoherenceType AnswerType;
    public ulong AnswerLine;
    public Line64 AnswerData;

    /// <summary>Line of the LR reservation, or <see cref="DataCache.NoLine"/>.</summary>
    public ulong ReservationLine;

    /// <summary>Stamp of the latest access, for least-recently-used.</summary>
    public long Uses;

    public long SharedMisses, ModifiedMisses, Upgrades, Writebacks, Snoops, SnoopsDirty;
}
