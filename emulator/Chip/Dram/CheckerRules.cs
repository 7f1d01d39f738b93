using HybridEmu.Checker;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>What a configuration's memory allows, in the checker's words. Values only: which rule they are for, each side knows by itself.</summary>
public static class CheckerRules
{
    public static DramRules Of(HbmConfig config)
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
            Refi = t.Refi / config.RefreshRate,
            RfcPerBank = t.RfcBank,
            RefiPerBank = t.RefiBank / config.RefreshRate,
            Rrefd = t.Rrefd,
            Xp = t.Xp,
            Cke = t.Cke,
            Xs = t.Xs,
            CkeSelfRefresh = t.Cke + 1,
            ActivateClocks = t.ActivateClocks,
            SharedBus = config.Buses == HbmBuses.OneEach,
            PseudoChannels = 2,
            SharedClockEnable = true,
            SelfRefreshPaysDebt = config.Buses != HbmBuses.OneEach,
            BankGroups = config.Map.BankGroups,
            BanksPerGroup = config.Map.Banks / config.Map.BankGroups,
            Rows = 1 << config.Map.Bits(HbmField.Row),
            Columns = 1 << config.Map.Bits(HbmField.Column),
            MaxPostponed = config.Postpone,
            Refresh = config.Refresh switch
            {
                HbmRefresh.Off => DramRefresh.Off,
                HbmRefresh.AllBank => DramRefresh.AllBank,
                _ => DramRefresh.PerBank,
            },
        };
    }
}
