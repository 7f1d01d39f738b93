namespace HybridEmu.Checker;

/// <summary>Power-down and self-refresh: what a CKE that goes low asks before, meanwhile and after.</summary>
public sealed partial class DramChecker
{
    private void CheckAwake(ref DramPower power, in DramCommand now)
    {
        DramCommandKind exit = power.Sleep.Kind switch
        {
            DramCommandKind.PDE => DramCommandKind.PDX,
            DramCommandKind.SRE => DramCommandKind.SRX,
            _ => DramCommandKind.None,
        };
        bool isExit = now.Kind is DramCommandKind.PDX or DramCommandKind.SRX;
        Require(isExit ? now.Kind == exit : exit == DramCommandKind.None, DramRule.PowerState, power.Sleep, now);
        if (isExit)
            return;
        SpaceOnce(DramRule.Xs, ref power.Leaving, now, _rules.Xs);
        if (now.Kind != DramCommandKind.PDE)
            SpaceOnce(DramRule.Xp, ref power.Waking, now, _rules.Xp);
    }

    // Open rows may sleep through a power-down, and a refresh may run on in one (tREFPDEN of JESD79-3 is one clock).
    private void FallAsleep(DramChannel channel, ref DramPower power, in DramCommand now)
    {
        bool self = now.Kind == DramCommandKind.SRE;
        Space(DramRule.Cke, power.PowerDownExit, now, _rules.Cke);
        for (int i = 0; i < channel.PseudoChannels.Length; i++)
        {
            if (!_rules.SharedClockEnable && i != now.PseudoChannel)
                continue;
            DramPseudoChannel p = channel.PseudoChannels[i];
            Space(DramRule.ReadToPowerDown, p.Read, now, _rules.ReadToPowerDown);
            SpaceFromBurst(DramRule.WriteToPowerDown, p.Write, now, _rules.Wr);
            if (!self)
                continue;
            Require(p.OpenBanks == 0, DramRule.SelfRefreshOpen, p.Activate, now);
            Require(_rules.Refresh == DramRefresh.Off || p.Unrefreshed.Kind == DramCommandKind.None, DramRule.SelfRefreshAgain, p.Unrefreshed, now);
            Space(DramRule.Rp, p.Precharge, now, _rules.Rp);
            SpaceOnce(DramRule.Rfc, ref p.RefreshAll, now, _rules.Rfc);
            Space(DramRule.RfcPerBank, p.RefreshBank, now, _rules.RfcPerBank);
            DramCommand owing = now;
            owing.PseudoChannel = (byte)i;
            CheckDebt(p, owing);
        }

        power.Sleep = now;
    }

    private void WakeUp(DramChannel channel, ref DramPower power, in DramCommand now)
    {
        if (now.Kind == DramCommandKind.PDX)
        {
            if (power.Sleep.Kind == DramCommandKind.PDE)
                Space(DramRule.Cke, power.Sleep, now, _rules.Cke);
            power.PowerDownExit = now;
            power.Waking = now;
        }
        else
        {
            if (power.Sleep.Kind == DramCommandKind.SRE)
                EndSelfRefresh(channel, power.Sleep, now);
            power.Leaving = now;
        }

        power.Sleep = default;
    }

    private void EndSelfRefresh(DramChannel channel, in DramCommand entry, in DramCommand now)
    {
        Space(DramRule.CkeSelfRefresh, entry, now, _rules.CkeSelfRefresh);
        for (int i = 0; i < channel.PseudoChannels.Length; i++)
        {
            if (!_rules.SharedClockEnable && i != now.PseudoChannel)
                continue;
            DramPseudoChannel p = channel.PseudoChannels[i];
            p.PaidUntil = _rules.SelfRefreshPaysDebt ? now.Clock : p.PaidUntil + (now.Clock - entry.Clock);
            p.Round = 0;
            p.RefreshBank = default;

            // JESD79-3: at least one refresh between two self-refreshes, as CKE may come amid an internal one.
            p.Unrefreshed = now;
        }
    }
}
