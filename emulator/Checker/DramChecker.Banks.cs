namespace HybridEmu.Checker;

/// <summary>Rows and columns: what JESD235 and JESD79-3 ask of ACT, PRE, RD and WR.</summary>
public sealed partial class DramChecker
{
    private void Activate(DramPseudoChannel p, in DramCommand now)
    {
        ref DramBank bank = ref p.Banks[BankOf(now)];
        Require(!bank.IsOpen, DramRule.ActivateOpen, bank.Activate, now);
        Space(DramRule.Rc, bank.Activate, now, _rules.Rc);
        Space(DramRule.Rp, bank.Precharge, now, _rules.Rp);
        SpaceOnce(DramRule.RfcPerBank, ref bank.Refresh, now, _rules.RfcPerBank);
        SpaceActivates(p, now);
        SpaceRefreshes(p, now);
        Space(DramRule.Faw, p.Window[p.WindowOldest], now, _rules.Faw);
        AddToWindow(p, now);

        if (!bank.IsOpen)
            p.OpenBanks++;
        bank.IsOpen = true;
        bank.Row = now.Row;
        bank.Activate = now;
        bank.Read = default;
        bank.Write = default;
        p.Groups[now.BankGroup].Activate = now;
        p.Activate = now;
    }

    // tRRD binds different banks; within one, tRC does. Of legal commands the last is the binding one, as short <= long.
    private void SpaceActivates(DramPseudoChannel p, in DramCommand now)
    {
        ref readonly DramCommand inGroup = ref p.Groups[now.BankGroup].Activate;
        if (!inGroup.SharesBank(now))
            Space(DramRule.RrdLong, inGroup, now, _rules.RrdLong);
        if (p.Activate.BankGroup != now.BankGroup)
            Space(DramRule.RrdShort, p.Activate, now, _rules.RrdShort);
    }

    private static void AddToWindow(DramPseudoChannel p, in DramCommand now)
    {
        p.Window[p.WindowOldest] = now;
        p.WindowOldest = (p.WindowOldest + 1) & 3;
    }

    private void PrechargeOne(DramPseudoChannel p, in DramCommand now)
    {
        ref DramBank bank = ref p.Banks[BankOf(now)];
        if (!bank.IsOpen)
            WastedPrecharges++;
        Precharge(p, ref bank, now);
    }

    private void PrechargeAll(DramPseudoChannel p, in DramCommand now)
    {
        if (p.OpenBanks == 0)
            WastedPrecharges++;
        foreach (ref DramBank bank in p.Banks.AsSpan())
            Precharge(p, ref bank, now);
    }

    private void Precharge(DramPseudoChannel p, ref DramBank bank, in DramCommand now)
    {
        SpaceOnce(DramRule.RfcPerBank, ref bank.Refresh, now, _rules.RfcPerBank);
        if (bank.IsOpen)
        {
            Space(DramRule.Ras, bank.Activate, now, _rules.Ras);
            Space(DramRule.Rtp, bank.Read, now, _rules.Rtp);
            SpaceFromBurst(DramRule.Wr, bank.Write, now, _rules.Wr);
            bank.IsOpen = false;
            p.OpenBanks--;
        }

        // JESD79-3: "the precharge period will be determined by the last PRECHARGE command issued to the bank", of an idle
        // one too.
        bank.Precharge = now;
        p.Precharge = now;
    }

    private void Read(DramPseudoChannel p, in DramCommand now)
    {
        ref DramBank bank = ref p.Banks[BankOf(now)];
        ref DramGroup group = ref p.Groups[now.BankGroup];
        CheckOpen(bank, now);
        if (bank.IsOpen)
            Space(DramRule.RcdRead, bank.Activate, now, _rules.RcdRead);
        Space(DramRule.CcdLong, group.Read, now, _rules.CcdLong);
        if (p.Read.BankGroup != now.BankGroup)
            Space(DramRule.CcdShort, p.Read, now, _rules.CcdShort);
        SpaceFromBurst(DramRule.WtrLong, group.Write, now, _rules.WtrLong);
        if (p.Write.BankGroup != now.BankGroup)
            SpaceFromBurst(DramRule.WtrShort, p.Write, now, _rules.WtrShort);
        CheckDataBus(p, now, now.Clock + _rules.Cl);
        p.Reads.Add(now);
        bank.Read = now;
        group.Read = now;
        p.Read = now;
    }

    private void Write(DramPseudoChannel p, in DramCommand now)
    {
        ref DramBank bank = ref p.Banks[BankOf(now)];
        ref DramGroup group = ref p.Groups[now.BankGroup];
        CheckOpen(bank, now);
        if (bank.IsOpen)
            Space(DramRule.RcdWrite, bank.Activate, now, _rules.RcdWrite);
        Space(DramRule.CcdLong, group.Write, now, _rules.CcdLong);
        if (p.Write.BankGroup != now.BankGroup)
            Space(DramRule.CcdShort, p.Write, now, _rules.CcdShort);
        Space(DramRule.Rtw, p.Read, now, _rules.Rtw);
        CheckDataBus(p, now, now.Clock + _rules.Cwl);
        p.Writes.Add(now);
        bank.Write = now;
        group.Write = now;
        p.Write = now;
    }

    private void CheckOpen(in DramBank bank, in DramCommand now)
    {
        Require(bank.IsOpen, DramRule.ColumnClosed, bank.Precharge, now);
        if (bank.IsOpen)
            Require(bank.Row == now.Row, DramRule.ColumnRow, bank.Activate, now);
    }

    private void CheckDataBus(DramPseudoChannel p, in DramCommand now, long start)
    {
        CheckBursts(p.Reads, now, start, _rules.Cl);
        CheckBursts(p.Writes, now, start, _rules.Cwl);
    }

    // Bursts of one direction lie in the order of their commands: back to the first that ends before this one starts.
    private void CheckBursts(DramBursts bursts, in DramCommand now, long start, int latency)
    {
        for (int back = 0; back < bursts.Count; back++)
        {
            ref readonly DramCommand then = ref bursts.Newest(back);
            long other = then.Clock + latency;
            Apply(DramRule.DataBus, then, now, Math.Abs(start - other) - _rules.Burst, 0);
            if (other + _rules.Burst <= start)
                return;
        }
    }

    private void CheckBus(DramChannel channel, DramPseudoChannel p, in DramCommand now)
    {
        if (_rules.SharedBus)
            TakeBus(DramRule.CommandBus, ref p.OnBus, now);
        else if (now.IsColumn)
            TakeBus(DramRule.ColumnBus, ref channel.OnColumnBus, now);
        else
            TakeBus(DramRule.RowBus, ref channel.OnRowBus, now);
    }

    private void TakeBus(DramRule bus, ref DramCommand then, in DramCommand now)
    {
        if (then.Kind != DramCommandKind.None)
            Apply(bus, then, now, now.Clock - Point(then) - 1, 0);
        then = now;
    }
}
