using System.Numerics;
using System.Runtime.CompilerServices;

namespace HybridEmu.Checker;

/// <summary>What a bank remembers. Commands of kind None have not come.</summary>
internal struct DramBank
{
    public DramCommand Activate, Precharge, Refresh;

    /// <summary>Last ones since the bank was opened.</summary>
    public DramCommand Read, Write;
    public int Row;
    public bool IsOpen;
}

/// <summary>The last commands in a bank group.</summary>
internal struct DramGroup
{
    public DramCommand Activate, Read, Write;
}

/// <summary>One CKE: of a channel, or of a pseudo-channel.</summary>
internal struct DramPower
{
    /// <summary>PDE or SRE while the device sleeps.</summary>
    public DramCommand Sleep;

    /// <summary>Last PDX.</summary>
    public DramCommand PowerDownExit;

    /// <summary>PDX and SRX whose waiting time no command has passed yet.</summary>
    public DramCommand Waking, Leaving;
}

[InlineArray(4)]
internal struct DramWindow
{
    private DramCommand _first;
}

/// <summary>The last data bursts of one direction; room for all that can still meet a later command's burst.</summary>
internal sealed class DramBursts(int span)
{
    private readonly DramCommand[] _commands = new DramCommand[BitOperations.RoundUpToPowerOf2((uint)span)];
    private long _count;

    public int Count => (int)Math.Min(_count, _commands.Length);

    /// <summary>The newest for 0, the one before it for 1.</summary>
    public ref readonly DramCommand Newest(int back) => ref _commands[(_count - 1 - back) & (_commands.Length - 1)];

    public void Add(in DramCommand command) => _commands[_count++ & (_commands.Length - 1)] = command;
}

/// <summary>What a pseudo-channel remembers.</summary>
internal sealed class DramPseudoChannel
{
    public DramPseudoChannel(DramRules rules, long startClock)
    {
        Banks = new DramBank[rules.Banks];
        Groups = new DramGroup[rules.BankGroups];
        int span = Math.Abs(rules.Cl - rules.Cwl) + (2 * rules.Burst) + 2;
        Reads = new DramBursts(span);
        Writes = new DramBursts(span);
        PaidUntil = startClock;
    }

    public DramBank[] Banks { get; }

    public DramGroup[] Groups { get; }

    public DramBursts Reads { get; }

    public DramBursts Writes { get; }

    public DramCommand Activate, Precharge, Read, Write, RefreshBank;

    /// <summary>REFab whose tRFC no command has passed yet.</summary>
    public DramCommand RefreshAll;

    /// <summary>SRX since which no refresh came.</summary>
    public DramCommand Unrefreshed;

    /// <summary>The last four activations, and which of them is the oldest.</summary>
    public DramWindow Window;
    public int WindowOldest;
    public int OpenBanks;

    /// <summary>Clock up to which refreshes have come.</summary>
    public long PaidUntil;

    /// <summary>Banks that this round of REFpb has refreshed.</summary>
    public ulong Round;

    /// <summary>Last command on the bus, where a pseudo-channel has its own.</summary>
    public DramCommand OnBus;
}

/// <summary>What a channel remembers.</summary>
internal sealed class DramChannel
{
    public DramChannel(DramRules rules, long startClock)
    {
        PseudoChannels = [.. Enumerable.Range(0, rules.PseudoChannels).Select(_ => new DramPseudoChannel(rules, startClock))];
        Power = new DramPower[rules.SharedClockEnable ? 1 : rules.PseudoChannels];
        Clock = startClock;
    }

    public DramPseudoChannel[] PseudoChannels { get; }

    public DramPower[] Power { get; }

    /// <summary>Last commands on the buses.</summary>
    public DramCommand OnRowBus, OnColumnBus;

    /// <summary>Clock of the last command.</summary>
    public long Clock;
}
