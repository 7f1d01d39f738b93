namespace HybridEmu.Checker;

/// <summary>Refresh: who must be idle, who waits, and what is owed.</summary>
public sealed partial class DramChecker
{
    private void RefreshAll(DramPseudoChannel p, in DramCommand now)
    {
        Require(p.OpenBanks == 0, DramRule.RefreshOpen, p.Activate, now);
        Space(DramRule.Rc, p.Activate, now, _rules.Rc); // JESD79-3: "ACT to ACT or REF command period"
        Space(DramRule.Rp, p.Precharge, now, _rules.Rp);
        Space(DramRule.RfcPerBank, p.RefreshBank, now, _rules.RfcPerBank);
        p.RefreshAll = now;
        p.RefreshBank = default;
        p.Round = 0;
        Pay(p, now, _rules.Refi);
    }

    private void RefreshOne(DramPseudoChannel p, in DramCommand now)
    {
        int index = BankOf(now);
        ref DramBank bank = ref p.Banks[index];
        Require(!bank.IsOpen, DramRule.RefreshOpen, bank.Activate, now);
        Space(DramRule.Rc, bank.Activate, now, _rules.Rc);
        Space(DramRule.Rp, bank.Precharge, now, _rules.Rp);
        Require((p.Round >> index & 1) == 0, DramRule.RefreshRound, default, now);
        SpaceOnce(DramRule.RfcPerBank, ref bank.Refresh, now, _rules.RfcPerBank);
        SpaceActivates(p, now);
        SpaceRefreshes(p, now);
        if (_rules.FawCountsRefresh)
        {
            Space(DramRule.Faw, p.Window[p.WindowOldest], now, _rules.Faw);
            AddToWindow(p, now);
        }

        // A round ends when every bank has had its turn, in whatever order.
        p.Round |= 1UL << index;
        if (p.Round == ulong.MaxValue >> (64 - _rules.Banks))
            p.Round = 0;
        bank.Refresh = now;
        p.RefreshBank = now;
        Pay(p, now, _rules.RefiPerBank);
    }

    // tRREFD binds different banks; the bank itself waits tRFCpb.
    private void SpaceRefreshes(DramPseudoChannel p, in DramCommand now)
    {
        if (!p.RefreshBank.SharesBank(now))
            Space(DramRule.Rrefd, p.RefreshBank, now, _rules.Rrefd);
    }

    private void Pay(DramPseudoChannel p, in DramCommand now, int interval)
    {
        p.Unrefreshed = default;
        if (_rules.Refresh == DramRefresh.Off)
            return;
        CheckDebt(p, now);
        p.PaidUntil = Math.Min(p.PaidUntil + interval, now.Clock + ((long)_rules.MaxPulledIn * interval));
    }

    // tREFI is the only rule that says how late, not how early: its tightest is the longest debt.
    private void CheckDebt(DramPseudoChannel p, in DramCommand now)
    {
        if (_rules.Refresh == DramRefresh.Off)
            return;
        long owed = now.Clock - p.PaidUntil;
        ref Seen seen = ref _seen[(int)DramRule.Refi];
        seen.Times++;
        seen.Tightest = Math.Max(seen.Tightest, owed);
        if (owed > _rules.RefreshLimit)
            Add(DramRule.Refi, default, now, owed, _rules.RefreshLimit);
    }
}
