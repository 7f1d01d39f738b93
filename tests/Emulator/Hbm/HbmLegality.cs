using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>
/// Checks a command log against the data sheet's rules, pair by pair, without the controller's rule table: every command
/// is held against every earlier one that is near enough to matter.
/// </summary>
internal static class HbmLegality
{
    // An ACT lies a cycle later than its first; a pair without a rule may even look reversed by one.
    private const int NoRule = -1;

    public static void Check(HbmCommandLog log, HbmConfig config)
    {
        HbmTiming t = config.Timing;
        int horizon = Math.Max(t.Rc, t.Cwl + t.Burst + t.Wr + t.Rp) + t.Faw + 2;
        Dictionary<(int, int), int> open = [];
        int start = 0;
        long[] refreshed = [-t.Rfc, -t.Rfc];
        Assert.Equal(log.Written, log.Count);
        for (int i = 0; i < log.Count; i++)
        {
            HbmCommandRecord now = log[i];
            CheckState(now, open);
            while (log[start].Edge < now.Edge - horizon)
                start++;
            int activates = 0;
            if (now.Command is HbmCommand.Activate or HbmCommand.RefreshAll)
                Assert.True(Point(now) - refreshed[now.PseudoChannel] >= t.Rfc, $"{now.Command} within tRFC at {now.Edge}");
            if (now.Command == HbmCommand.RefreshAll)
                refreshed[now.PseudoChannel] = now.Edge;
            for (int j = i - 1; j >= start; j--)
            {
                HbmCommandRecord then = log[j];
                long gap = Point(now) - Point(then);
                CheckBuses(then, now);
                if (then.PseudoChannel != now.PseudoChannel)
                    continue;
                int least = Least(then, now, t);
                Assert.True(gap >= least, $"{then.Command} bank {then.Bank} at {then.Edge}, {now.Command} bank {now.Bank} at {now.Edge}: {gap} < {least}");
                if (now.Command == HbmCommand.Activate && then.Command == HbmCommand.Activate && ++activates == 4)
                    Assert.True(gap >= t.Faw, $"Five ACT within tFAW at {now.Edge}");
            }
        }
    }

    // An ACT is two cycles long and counted by its second.
    private static long Point(in HbmCommandRecord record) => record.Edge + (record.Command == HbmCommand.Activate ? 1 : 0);

    private static bool IsColumn(HbmCommand command) => command is HbmCommand.Read or HbmCommand.Write;

    private static void CheckState(in HbmCommandRecord now, Dictionary<(int, int), int> open)
    {
        int p = now.PseudoChannel;
        (int, int) bank = (p, now.Bank);
        switch (now.Command)
        {
            case HbmCommand.Activate:
                Assert.False(open.ContainsKey(bank), $"ACT of an open bank at {now.Edge}");
                open[bank] = now.Row;
                break;
            case HbmCommand.Precharge:
                Assert.True(open.Remove(bank), $"PRE of a closed bank at {now.Edge}");
                break;
            case HbmCommand.PrechargeAll:
                foreach ((int, int) key in open.Keys.Where(key => key.Item1 == p).ToList())
                    open.Remove(key);
                break;
            case HbmCommand.RefreshAll:
                Assert.DoesNotContain(open.Keys, key => key.Item1 == p);
                break;
            default:
                Assert.True(open.TryGetValue(bank, out int row) && row == now.Row, $"{now.Command} of a row that is not open at {now.Edge}");
                break;
        }
    }

    private static void CheckBuses(in HbmCommandRecord then, in HbmCommandRecord now)
    {
        if (IsColumn(then.Command) != IsColumn(now.Command))
            return;
        int length = then.Command == HbmCommand.Activate ? 2 : 1;
        Assert.True(now.Edge >= then.Edge + length, $"Two commands on one bus at {now.Edge}");
    }

    private static int Least(in HbmCommandRecord then, in HbmCommandRecord now, HbmTiming t)
    {
        bool allThen = then.Command is HbmCommand.PrechargeAll or HbmCommand.RefreshAll;
        bool allNow = now.Command is HbmCommand.PrechargeAll or HbmCommand.RefreshAll;
        bool sameBank = allThen || allNow || then.Bank == now.Bank;
        bool sameGroup = then.Bank / 4 == now.Bank / 4;
        int written = t.Cwl + t.Burst;
        return (then.Command, now.Command) switch
        {
            (HbmCommand.Activate, HbmCommand.Activate) => sameBank ? t.Rc : sameGroup ? t.RrdLong : t.RrdShort,
            (HbmCommand.Activate, HbmCommand.Read) => sameBank ? t.RcdRead : NoRule,
            (HbmCommand.Activate, HbmCommand.Write) => sameBank ? t.RcdWrite : NoRule,
            (HbmCommand.Activate, HbmCommand.Precharge or HbmCommand.PrechargeAll) => sameBank ? t.Ras : NoRule,
            (HbmCommand.Read, HbmCommand.Precharge or HbmCommand.PrechargeAll) => sameBank ? t.Rtp : NoRule,
            (HbmCommand.Write, HbmCommand.Precharge or HbmCommand.PrechargeAll) => sameBank ? written + t.Wr : NoRule,
            (HbmCommand.Precharge or HbmCommand.PrechargeAll, HbmCommand.Activate or HbmCommand.RefreshAll) => sameBank ? t.Rp : NoRule,
            (HbmCommand.Read, HbmCommand.Read) or (HbmCommand.Write, HbmCommand.Write) => sameGroup ? t.CcdLong : t.CcdShort,
            (HbmCommand.Read, HbmCommand.Write) => t.Rtw,
            (HbmCommand.Write, HbmCommand.Read) => written + (sameGroup ? t.WtrLong : t.WtrShort),
            _ => NoRule,
        };
    }
}
