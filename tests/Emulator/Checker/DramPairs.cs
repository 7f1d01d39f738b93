using HybridEmu.Checker;

namespace HybridEmu.Emulator.Tests;

/// <summary>
/// The pair timings by brute force, for HBM without sleep: every command against every earlier one of its pseudo-channel.
/// Slow, and too plain to be wrong in the same way as something that keeps last commands only.
/// </summary>
internal static class DramPairs
{
    /// <summary>Rules that a command breaks with any of the earlier ones, in order of names.</summary>
    public static IEnumerable<string> Broken(IReadOnlyList<DramCommand> before, DramCommand now, DramRules r)
    {
        HashSet<string> broken = [];
        int activates = 0;
        for (int i = before.Count - 1; i >= 0; i--)
        {
            DramCommand then = before[i];
            if (IsColumn(then) == IsColumn(now) && now.Clock <= Point(then, r))
                broken.Add(IsColumn(now) ? "column bus" : "row bus");
            if (then.PseudoChannel != now.PseudoChannel)
                continue;
            foreach ((string rule, long least) in Waits(then, now, before.Skip(i + 1), r))
            {
                if (Point(now, r) - Point(then, r) < least)
                    broken.Add(rule);
            }

            if (then.Kind == DramCommandKind.ACT && now.Kind == DramCommandKind.ACT && ++activates == 4 && now.Clock - then.Clock < r.Faw)
                broken.Add("tFAW");
            if (IsColumn(then) && IsColumn(now) && Math.Abs(Data(then, r) - Data(now, r)) < r.Burst)
                broken.Add("data bus");
        }

        return broken.Order(StringComparer.Ordinal);
    }

    private static bool IsColumn(in DramCommand command) => command.Kind is DramCommandKind.RD or DramCommandKind.WR;

    private static long Point(in DramCommand command, DramRules r) => command.Clock + (command.Kind == DramCommandKind.ACT ? r.ActivateClocks - 1 : 0);

    private static long Data(in DramCommand command, DramRules r) => command.Clock + (command.Kind == DramCommandKind.RD ? r.Cl : r.Cwl);

    private static bool Touches(in DramCommand command, in DramCommand bank) =>
        command.Kind is DramCommandKind.PREA or DramCommandKind.REFab || (command.BankGroup == bank.BankGroup && command.Bank == bank.Bank);

    private static IEnumerable<(string Rule, long Least)> Waits(DramCommand then, DramCommand now, IEnumerable<DramCommand> between, DramRules r)
    {
        bool same = Touches(then, now) || Touches(now, then);
        bool group = then.BankGroup == now.BankGroup;
        int written = r.Cwl + r.Burst;
        bool precharge = now.Kind is DramCommandKind.PRE or DramCommandKind.PREA;

        // A bank that has been closed since owes its row nothing more.
        bool closedSince = between.Any(c => c.PseudoChannel == then.PseudoChannel && c.Kind is DramCommandKind.PRE or DramCommandKind.PREA && Touches(c, then));
        return (then.Kind, now.Kind) switch
        {
            (DramCommandKind.ACT, DramCommandKind.RD) when same => [("tRCDRD", r.RcdRead)],
            (DramCommandKind.ACT, DramCommandKind.WR) when same => [("tRCDWR", r.RcdWrite)],
            (DramCommandKind.ACT, DramCommandKind.ACT or DramCommandKind.REFab or DramCommandKind.REFpb) when same => [("tRC", r.Rc)],
            (DramCommandKind.ACT, DramCommandKind.ACT or DramCommandKind.REFpb) when !same => [group ? ("tRRDL", r.RrdLong) : ("tRRDS", r.RrdShort)],
            (DramCommandKind.ACT, _) when same && precharge && !closedSince => [("tRAS", r.Ras)],
            (DramCommandKind.RD, _) when same && precharge && !closedSince => [("tRTP", r.Rtp)],
            (DramCommandKind.WR, _) when same && precharge && !closedSince => [("tWR", written + r.Wr)],
            (DramCommandKind.PRE or DramCommandKind.PREA, DramCommandKind.ACT or DramCommandKind.REFab or DramCommandKind.REFpb) when same => [("tRP", r.Rp)],
            (DramCommandKind.RD, DramCommandKind.RD) or (DramCommandKind.WR, DramCommandKind.WR) => [group ? ("tCCDL", r.CcdLong) : ("tCCDS", r.CcdShort)],
            (DramCommandKind.RD, DramCommandKind.WR) => [("tRTW", r.Rtw)],
            (DramCommandKind.WR, DramCommandKind.RD) => [group ? ("tWTRL", written + r.WtrLong) : ("tWTRS", written + r.WtrShort)],
            (DramCommandKind.REFab, _) => [("tRFC", r.Rfc)],
            (DramCommandKind.REFpb, _) when same && !IsColumn(now) => [("tRFCpb", r.RfcPerBank)],
            (DramCommandKind.REFpb, DramCommandKind.ACT or DramCommandKind.REFpb) when !same => [("tRREFD", r.Rrefd)],
            _ => [],
        };
    }
}
