namespace HybridEmu.Checker;

/// <summary>
/// Holds a stream of DRAM commands against the rules of the standards. It shares nothing with any controller: a second
/// reading of the same rules. Per command it looks at the last commands of bank, group, pseudo-channel and bus only.
/// </summary>
public sealed partial class DramChecker
{
    private readonly DramRules _rules;
    private readonly long _startClock;
    private readonly int _maxKept;
    private readonly int _activateTail; // from the first clock of an ACT to the one its timings count from
    private readonly List<DramViolation> _violations = [];
    private readonly Seen[] _seen = new Seen[DramRuleTable.Count];
    private DramChannel?[] _channels;

    private struct Seen
    {
        public long Tightest, Times, Violations;
    }

    /// <param name="rules">What the device allows. Throws <see cref="ArgumentException"/> for rules that no device has.</param>
    /// <param name="channels">Channels that are owed refreshes even if no command ever comes to them; others count from their first command on.</param>
    /// <param name="startClock">Clock at which all banks are closed and no refresh is owed.</param>
    /// <param name="maxKept">Violations that are kept; all are counted.</param>
    public DramChecker(DramRules rules, int channels = 1, long startClock = 0, int maxKept = 100)
    {
        ArgumentNullException.ThrowIfNull(rules);
        rules.Validate();
        _rules = rules;
        _startClock = startClock;
        _maxKept = maxKept;
        _activateTail = rules.ActivateClocks - 1;
        _channels = new DramChannel?[channels];
        for (int i = 0; i < channels; i++)
            _channels[i] = new DramChannel(rules, startClock);
        foreach (ref Seen seen in _seen.AsSpan())
            seen.Tightest = long.MaxValue;
        _seen[(int)DramRule.Refi].Tightest = long.MinValue;
    }

    /// <summary>Commands checked.</summary>
    public long Commands { get; private set; }

    /// <summary>All violations, kept or not.</summary>
    public long ViolationCount { get; private set; }

    /// <summary>The first violations.</summary>
    public IReadOnlyList<DramViolation> Violations => _violations;

    /// <summary>PRE of closed banks, and PREA with no bank open: legal, a NOP, and a command slot lost.</summary>
    public long WastedPrecharges { get; private set; }

    /// <summary>
    /// Checks the next command. Those of one channel come in order of their clocks, commands of one clock in any order.
    /// Throws <see cref="ArgumentException"/> when the clock goes backwards in a channel or the command lies outside the
    /// geometry.
    /// </summary>
    public void Check(in DramCommand command)
    {
        if (_rules.Outside(command) is { } outside)
            throw new ArgumentException($"{command} is outside the geometry: {outside}.", nameof(command));
        DramChannel channel = ChannelOf(command.Channel);
        if (command.Clock < channel.Clock)
            throw new ArgumentException($"{command} comes after a command at {channel.Clock}.", nameof(command));
        channel.Clock = command.Clock;
        Commands++;

        DramPseudoChannel p = channel.PseudoChannels[command.PseudoChannel];
        ref DramPower power = ref channel.Power[_rules.SharedClockEnable ? 0 : command.PseudoChannel];
        CheckBus(channel, p, command);
        CheckAwake(ref power, command);
        if (command.Kind is not (DramCommandKind.PDE or DramCommandKind.PDX or DramCommandKind.SRE or DramCommandKind.SRX))
            SpaceOnce(DramRule.Rfc, ref p.RefreshAll, command, _rules.Rfc);
        switch (command.Kind)
        {
            case DramCommandKind.ACT:
                Activate(p, command);
                break;
            case DramCommandKind.PRE:
                PrechargeOne(p, command);
                break;
            case DramCommandKind.PREA:
                PrechargeAll(p, command);
                break;
            case DramCommandKind.RD:
                Read(p, command);
                break;
            case DramCommandKind.WR:
                Write(p, command);
                break;
            case DramCommandKind.REFab:
                RefreshAll(p, command);
                break;
            case DramCommandKind.REFpb:
                RefreshOne(p, command);
                break;
            case DramCommandKind.PDE or DramCommandKind.SRE:
                FallAsleep(channel, ref power, command);
                break;
            case DramCommandKind.PDX or DramCommandKind.SRX:
                WakeUp(channel, ref power, command);
                break;
            default:
                throw new ArgumentException("No command.", nameof(command));
        }
    }

    /// <summary>Ends the run: refreshes still owed at a clock are held against it. More commands may follow.</summary>
    public void Finish(long endClock)
    {
        for (int i = 0; i < _channels.Length; i++)
        {
            if (_channels[i] is not { } channel || _rules.Refresh == DramRefresh.Off)
                continue;
            for (int p = 0; p < channel.PseudoChannels.Length; p++)
            {
                ref readonly DramCommand sleep = ref channel.Power[_rules.SharedClockEnable ? 0 : p].Sleep;
                if (sleep.Kind == DramCommandKind.SRE)
                    continue; // looked at when it began
                DramCommand end = new() { Clock = endClock, Channel = (ushort)i, PseudoChannel = (byte)p };
                CheckDebt(channel.PseudoChannels[p], end);
            }
        }
    }

    /// <summary>A row for every rule, in the order of <see cref="DramRule"/>.</summary>
    public IReadOnlyList<DramRuleRow> Report()
    {
        var rows = new DramRuleRow[DramRuleTable.Count];
        for (int i = 0; i < rows.Length; i++)
        {
            DramRule rule = (DramRule)i;
            Seen seen = _seen[i];
            long? tightest = seen.Times == 0 || rule >= DramRuleTable.FirstState ? null : seen.Tightest;
            rows[i] = new DramRuleRow(rule, DramRuleTable.Name(rule), DramRuleTable.Allowed(rule, _rules), tightest, seen.Times, seen.Violations);
        }

        return rows;
    }

    private DramChannel ChannelOf(int index)
    {
        if (index >= _channels.Length)
            Array.Resize(ref _channels, index + 1);
        return _channels[index] ??= new DramChannel(_rules, _startClock);
    }

    private int BankOf(in DramCommand command) => (command.BankGroup * _rules.BanksPerGroup) + command.Bank;

    // The clock that timings to and from a command count with. JESD235: an ACT's is its second.
    private long Point(in DramCommand command) => command.Clock + (command.Kind == DramCommandKind.ACT ? _activateTail : 0);

    private void Apply(DramRule rule, in DramCommand then, in DramCommand now, long gap, long least)
    {
        ref Seen seen = ref _seen[(int)rule];
        seen.Times++;
        if (gap < seen.Tightest)
            seen.Tightest = gap;
        if (gap < least)
            Add(rule, then, now, gap, least);
    }

    private void Space(DramRule rule, in DramCommand then, in DramCommand now, int least)
    {
        if (then.Kind != DramCommandKind.None)
            Apply(rule, then, now, Point(now) - Point(then), least);
    }

    // As Space, until a command has waited long enough: later ones then have too.
    private void SpaceOnce(DramRule rule, ref DramCommand then, in DramCommand now, int least)
    {
        if (then.Kind == DramCommandKind.None)
            return;
        long gap = Point(now) - Point(then);
        Apply(rule, then, now, gap, least);
        if (gap >= least)
            then = default;
    }

    private void SpaceFromBurst(DramRule rule, in DramCommand write, in DramCommand now, int least)
    {
        if (write.Kind != DramCommandKind.None)
            Apply(rule, write, now, now.Clock - write.Clock - _rules.Cwl - _rules.Burst, least);
    }

    private void Require(bool holds, DramRule rule, in DramCommand then, in DramCommand now)
    {
        _seen[(int)rule].Times++;
        if (!holds)
            Add(rule, then, now, 0, 0);
    }

    private void Add(DramRule rule, in DramCommand then, in DramCommand now, long gap, long allowed)
    {
        ViolationCount++;
        _seen[(int)rule].Violations++;
        if (_violations.Count < _maxKept)
            _violations.Add(new DramViolation(rule, then, now, gap, allowed, _rules.ActivateClocks));
    }
}
