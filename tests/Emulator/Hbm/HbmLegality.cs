using HybridEmu.Checker;
using HybridEmu.Chip;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>Feeds a controller's command log to the checker, which knows the rules from the standards and not from the controller.</summary>
internal static class HbmLegality
{
    /// <summary>Asserts that a log breaks no rule of its configuration.</summary>
    public static void Check(HbmCommandLog log, HbmConfig config) => Check(log, Rules(config));

    public static DramChecker Check(HbmCommandLog log, DramRules rules)
    {
        DramChecker checker = Run(log, rules);
        Assert.True(checker.ViolationCount == 0, string.Join(Environment.NewLine, checker.Violations));
        Assert.Equal(0, checker.WastedPrecharges);
        return checker;
    }

    /// <summary>Checks a log from its first command to its last and asserts nothing but that none was lost.</summary>
    public static DramChecker Run(HbmCommandLog log, DramRules rules)
    {
        Assert.Equal(log.Written, log.Count);
        DramChecker checker = new(rules);
        long end = 0;
        for (int i = 0; i < log.Count; i++)
        {
            DramCommand command = Command(log[i], rules);
            checker.Check(command);
            end = command.Clock;
        }

        checker.Finish(end);
        return checker;
    }

    public static DramCommand Command(in HbmCommandRecord record, DramRules rules) => new()
    {
        Clock = record.Edge,
        Kind = record.Command switch
        {
            HbmCommand.Activate => DramCommandKind.ACT,
            HbmCommand.Precharge => DramCommandKind.PRE,
            HbmCommand.PrechargeAll => DramCommandKind.PREA,
            HbmCommand.Read => DramCommandKind.RD,
            HbmCommand.Write => DramCommandKind.WR,
            HbmCommand.RefreshAll => DramCommandKind.REFab,
            HbmCommand.RefreshBank => DramCommandKind.REFpb,
            HbmCommand.PowerDownEnter => DramCommandKind.PDE,
            HbmCommand.PowerDownExit => DramCommandKind.PDX,
            HbmCommand.SelfRefreshEnter => DramCommandKind.SRE,
            HbmCommand.SelfRefreshExit => DramCommandKind.SRX,
            _ => throw new ArgumentOutOfRangeException(nameof(record)),
        },
        PseudoChannel = record.PseudoChannel,
        BankGroup = (byte)(record.Bank / rules.BanksPerGroup),
        Bank = (byte)(record.Bank % rules.BanksPerGroup),
        Row = record.Row,
        Column = record.Column,
    };

    public static DramRules Rules(HbmConfig config) => CheckerRules.Of(config);
}
