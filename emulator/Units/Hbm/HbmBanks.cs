using System.Runtime.CompilerServices;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// The banks of one pseudo-channel: which rows are open, and the earliest edge of each command at each node of the tree
/// pseudo-channel, bank group, bank. Issuing a command raises the edges that its rules name.
/// </summary>
internal sealed class HbmBanks
{
    public const int Closed = -1;

    private readonly struct CompiledRule(HbmTimingRule rule, int activateClocks, int nodes)
    {
        public readonly HbmLevel Level = rule.Level;
        public readonly int Before = (int)rule.Before * nodes;
        public readonly int Window = rule.Window;

        // An ACT is meant by the last of its clocks on the bus.
        public readonly int Wait = rule.Wait
            + (rule.After == HbmCommand.Activate ? activateClocks - 1 : 0) - (rule.Before == HbmCommand.Activate ? activateClocks - 1 : 0);
    }

    private readonly CompiledRule[][] _rules = new CompiledRule[HbmTimingTable.Commands][];
    private readonly int[] _openRow;
    private readonly long[] _earliest; // [command * nodes + node]; nodes are the pseudo-channel, its groups, their banks
    private readonly int _nodes;
    private readonly long[] _window = new long[4];
    private readonly int _bankBits;
    private readonly int _groups;
    private int _windowAt;
    private ulong _refreshing; // banks whose last command was a refresh of their own

    public HbmBanks(HbmConfig config)
    {
        HbmTimingRule[] table = HbmTimingTable.Build(config.Timing);
        if (config.PowerDown > 0 || config.SelfRefresh > 0)
            table = [.. table, .. HbmTimingTable.BuildPower(config.Timing)];
        Count = config.Map.Banks;
        _groups = config.Map.BankGroups;
        _nodes = 1 + _groups + Count;
        for (int c = 0; c < _rules.Length; c++)
            _rules[c] = [.. table.Where(rule => (int)rule.After == c).Select(rule => new CompiledRule(rule, config.Timing.ActivateClocks, _nodes))];
        _bankBits = config.Map.Bits(HbmField.Bank);
        _openRow = new int[Count];
        _openRow.AsSpan().Fill(Closed);
        _earliest = new long[HbmTimingTable.Commands * _nodes];
        _window.AsSpan().Fill(int.MinValue);
    }

    public int Count { get; }

    /// <summary>Banks with an open row, one bit each.</summary>
    public ulong Open { get; private set; }

    /// <summary>Row in the bank's row buffer, or <see cref="Closed"/>. A bank's number is group * banksPerGroup + bank.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int OpenRow(int bank) => _openRow[bank];

    /// <summary>Whether a bank was refreshed by itself since it was last opened.</summary>
    public bool IsRefreshing(int bank) => (_refreshing >> bank & 1) != 0;

    /// <summary>First edge at which the rules allow a command to a bank.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Earliest(HbmCommand command, int bank)
    {
        ReadOnlySpan<long> earliest = _earliest.AsSpan((int)command * _nodes, _nodes);
        return Math.Max(earliest[0], Math.Max(earliest[1 + (bank >> _bankBits)], earliest[1 + _groups + bank]));
    }

    /// <summary>Of one command, the first edges that bind all banks, [0], and each bank group, [1 + group].</summary>
    public ReadOnlySpan<long> EarliestAround(HbmCommand command) => _earliest.AsSpan((int)command * _nodes, 1 + _groups);

    /// <summary>Of one command, the first edges that bind each bank for itself.</summary>
    public ReadOnlySpan<long> EarliestOwn(HbmCommand command) => _earliest.AsSpan(((int)command * _nodes) + 1 + _groups, Count);

    public int GroupOf(int bank) => bank >> _bankBits;

    /// <summary>First edge at which the rules allow an all-bank command.</summary>
    public long EarliestAll(HbmCommand command) => _earliest[(int)command * _nodes];

    /// <summary>Takes note of a command at an edge; an ACT's edge is that of its first cycle.</summary>
    public void Issue(HbmCommand command, int bank, int row, long edge)
    {
        int group = 1 + (bank >> _bankBits), own = 1 + _groups + bank;
        foreach (ref readonly CompiledRule rule in _rules[(int)command].AsSpan())
        {
            long since = edge;
            if (rule.Window > 1)
            {
                _window[_windowAt] = edge;
                _windowAt = (_windowAt + 1) & 3;
                since = _window[_windowAt];
            }

            int node = rule.Level == HbmLevel.PseudoChannel ? 0 : rule.Level == HbmLevel.BankGroup ? group : own;
            ref long at = ref _earliest[rule.Before + node];
            at = Math.Max(at, since + rule.Wait);
        }

        switch (command)
        {
            case HbmCommand.Activate:
                _openRow[bank] = row;
                Open |= 1UL << bank;
                _refreshing &= ~(1UL << bank);
                break;
            case HbmCommand.Precharge:
                _openRow[bank] = Closed;
                Open &= ~(1UL << bank);
                break;
            case HbmCommand.RefreshBank:
                _refreshing |= 1UL << bank;
                break;
            case HbmCommand.PrechargeAll:
                _openRow.AsSpan().Fill(Closed);
                Open = 0;
                break;
        }
    }

    public void Walk(StateArchive archive)
    {
        ulong open = Open;
        archive.Array("openRow", _openRow);
        archive.Array("earliest", _earliest);
        archive.Array("window", _window);
        archive.Value("windowAt", ref _windowAt);
        archive.Value("refreshing", ref _refreshing);
        archive.Value("open", ref open);
        Open = open;
    }
}
