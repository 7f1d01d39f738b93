namespace HybridEmu.Checker;

/// <summary>Commands under JEDEC's names.</summary>
public enum DramCommandKind : byte
{
    /// <summary>No command: what <c>default</c> is.</summary>
    None,
    ACT,
    PRE,

    /// <summary>Precharge of all banks of a pseudo-channel.</summary>
    PREA,
    RD,
    WR,

    /// <summary>Refresh of all banks of a pseudo-channel, and of one.</summary>
    REFab,
    REFpb,

    /// <summary>Power-down entry and exit.</summary>
    PDE,
    PDX,

    /// <summary>Self-refresh entry and exit.</summary>
    SRE,
    SRX,
}

/// <summary>One command on a bus. Fields that its kind does not need are 0.</summary>
public record struct DramCommand
{
    /// <summary>First clock on its bus.</summary>
    public long Clock;
    public int Row, Column;
    public ushort Channel;
    public DramCommandKind Kind;
    public byte PseudoChannel, BankGroup, Bank;

    internal readonly bool IsColumn => Kind is DramCommandKind.RD or DramCommandKind.WR;

    internal readonly bool IsOfOneBank => Kind is DramCommandKind.ACT or DramCommandKind.PRE or DramCommandKind.RD or DramCommandKind.WR or DramCommandKind.REFpb;

    /// <summary>True when both are of the same bank; of one channel and pseudo-channel they are already.</summary>
    internal readonly bool SharesBank(in DramCommand other) => BankGroup == other.BankGroup && Bank == other.Bank;

    /// <summary>"RD ch0 pc1 bg2 ba3 at 812".</summary>
    public override readonly string ToString() => IsOfOneBank
        ? $"{Kind} ch{Channel} pc{PseudoChannel} bg{BankGroup} ba{Bank} at {Clock}"
        : $"{Kind} ch{Channel} pc{PseudoChannel} at {Clock}";
}
