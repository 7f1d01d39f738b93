using System.Runtime.CompilerServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>The five words that firmware posts: epoch, step, loss sum (fp32 bits), correct, seen.</summary>
[InlineArray(AddressMap.MailboxWords)]
public struct MailboxWords
{
    private uint _first;
}

/// <summary>One post of the mailbox.</summary>
public struct MailboxRecord
{
    public MailboxWords Words;

    /// <summary>Hart that rang the doorbell.</summary>
    public int Hart;

    /// <summary>System edge of the post.</summary>
    public long Edge;
}

/// <summary>What the system side keeps of one hart.</summary>
public struct HartState
{
    public SystemRequest Request;
    public long DoneAt;
    public ulong TimerCompare;

    /// <summary>Lines as last sent.</summary>
    public InterruptLines Sent;

    /// <summary>Sensor part of the lines, as the power manager last gave it.</summary>
    public InterruptLines Sensor;

    /// <summary>1 while a request is served.</summary>
    public byte Busy;

    /// <summary>At the barrier.</summary>
    public byte Arrived;

    /// <summary>Every hart arrived: the reply is due.</summary>
    public byte Released;
    public byte SoftwareInterrupt;
}

/// <summary>Registers of the system side that are not a hart's.</summary>
public struct SystemState
{
    /// <summary>mtime is the edge count plus this.</summary>
    public ulong TimeOffset;
    public MailboxWords Mailbox;
    public byte Exited;
    public int ExitCode;

    // Look at tohost: 0 none, 1 request to send, 2 waiting, 3 acknowledgement to send.
    public byte PollPhase;
    public byte PollHome;
    public long NextPoll;
    public ulong PolledWord;

    public long Requests, Barriers, Polls, ConsoleWritten, MailboxWritten;
    public Ledger Ledger;
}
