using HybridEmu.Checker;
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
            _ => throw new ArgumentOutOfRangeException(nameof(record)),
        },
        PseudoChannel = record.PseudoChannel,
        BankGroup = (byte)(record.Bank / rules.BanksPerGroup),
        Bank = (byte)(record.Bank % rules.BanksPerGroup),
        Row = record.Row,
        Column = record.Column,
    };

    /// <summary>What the data sheet of a controller's device allows; the controller refreshes all banks at once and puts nothing off.</summary>
    public static DramRules Rules(HbmConfig config)
    {
        HbmTiming t = config.Timing;
        return new DramRules
        {
            Cl = t.Cl,
            Cwl = t.Cwl,
            Burst = t.Burst,
            RcdRead = t.RcdRead,
            RcdWrite = t.RcdWrite,
            Rp = t.Rp,
            Ras = t.Ras,
            Rc = t.Rc,
            RrdShort = t.RrdShort,
            RrdLong = t.RrdLong,
            Faw = t.Faw,
            CcdShort = t.CcdShort,
            CcdLong = t.CcdLong,
            WtrShort = t.WtrShort,
            WtrLong = t.WtrLong,
            Rtp = t.Rtp,
            Wr = t.Wr,
            Rtw = t.Rtw,
            Rfc = t.Rfc,
            Refi = t.Refi,
            PseudoChannels = 2,
            BankGroups = config.Map.BankGroups,
            BanksPerGroup = config.Map.Banks / config.Map.BankGroups,
            Rows = 1 << config.Map.Bits(HbmField.Row),
            Columns = 1 << config.Map.Bits(HbmField.Column),
            Refresh = config.Refresh ? DramRefresh.AllBank : DramRefresh.Off,
            MaxPostponed = 0,
        };
    }
}
