using System.Numerics;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>The memory and its controllers.</summary>
/// <param name="Standard">HBM2, HBM2E, HBM3 or DDR3.</param>
/// <param name="Channels">Channels of two pseudo-channels each; of two halves of 32 bits in DDR3.</param>
/// <param name="Heat">When heat asks for more refreshes.</param>
/// <param name="Controller">What every channel's controller is built with.</param>
public sealed record HbmConfiguration(string Standard, int ClockMegahertz, int Channels, long CapacityBytes, RefreshHeat Heat, HbmConfig Controller)
{
    private const int PseudoChannels = 2;

    /// <summary>Peak bandwidth in bytes a second: each pseudo-channel moves a burst in the clocks that it takes.</summary>
    public double PeakBytesPerSecond =>
        (double)Channels * PseudoChannels * HbmAddressMap.BurstBytes / Controller.Timing.Burst * ClockMegahertz * 1e6;

    /// <summary>
    /// Whether the map is one that a chip's fabric knows: 512 bytes a pseudo-channel in turn. A memory alone takes any.
    /// </summary>
    public bool IsForChip
    {
        get
        {
            var homes = new HomeMap(Channels);
            for (int bit = 0; 1L << bit < CapacityBytes; bit++)
            {
                HbmLocation at = Controller.Map.Decode(1UL << bit);
                if ((at.Channel * PseudoChannels) + at.PseudoChannel != homes.Index(1UL << bit))
                    return false;
            }

            return true;
        }
    }

    internal static HbmConfiguration From(ConfigurationValues v)
    {
        string standard = v.Text("hbm.standard");
        int channels = v.Integer("hbm.channels");
        long capacity = v.Long("hbm.capacity");
        string map = v.Text("hbm.map");
        bool ddr = standard == "DDR3";
        bool xor = v.Integer("hbm.bank_xor") == 1;
        HbmAddressMap? fields = map == "chip" ? null : HbmMaps.Parse(map, xor, channels, capacity, out _);
        var heat = new RefreshHeat(v.Integer("hbm.refresh_follows_heat") == 1, v.Real("hbm.refresh_hot"), v.Real("hbm.refresh_very_hot"));
        return new HbmConfiguration(standard, v.Integer("hbm.clock"), channels, capacity, heat, new HbmConfig
        {
            Map = fields ?? HbmMaps.Chip(ddr, xor, channels, capacity), // a mistake in it is reported by ConfigurationRules
            Buses = ddr ? HbmBuses.OneEach : HbmBuses.RowAndColumn,
            Timing = TimingOf(v, ddr),
            Scheduler = (HbmScheduler)v.Integer("hbm.scheduler"),
            Queue = (HbmQueueKind)v.Integer("hbm.queue_of"),
            QueueEntries = v.Integer("hbm.queue"),
            WriteHigh = v.Integer("hbm.write_high"),
            WriteLow = v.Integer("hbm.write_low"),
            ResponseEntries = v.Integer("hbm.responses"),
            StarvationCycles = v.Integer("hbm.starvation"),
            Page = (HbmPage)v.Integer("hbm.page"),
            Refresh = (HbmRefresh)v.Integer("hbm.refresh"),
            Postpone = v.Integer("hbm.postpone"),
            RefreshRate = 1 << v.Integer("hbm.refresh_rate"),
            Secded = v.Integer("hbm.ecc") == 1,
            PowerDown = v.Integer("hbm.power_down"),
            SelfRefresh = v.Integer("hbm.self_refresh"),
        });
    }

    private static HbmTiming TimingOf(ConfigurationValues v, bool ddr)
    {
        int T(string name) => v.Integer("hbm.timing." + name);
        return new HbmTiming
        {
            ActivateClocks = ddr ? 1 : 2,
            Cl = T("cl"),
            Cwl = T("cwl"),
            Burst = T("bl"),
            RcdRead = T("rcdrd"),
            RcdWrite = T("rcdwr"),
            Rp = T("rp"),
            Ras = T("ras"),
            Rc = T("rc"),
            RrdShort = T("rrds"),
            RrdLong = T("rrdl"),
            Faw = T("faw"),
            CcdShort = T("ccds"),
            CcdLong = T("ccdl"),
            WtrShort = T("wtrs"),
            WtrLong = T("wtrl"),
            Rtp = T("rtp"),
            Wr = T("wr"),
            Rtw = T("rtw"),
            Rfc = T("rfc"),
            Refi = T("refi"),
            RfcBank = T("rfcpb"),
            RefiBank = T("refipb"),
            Rrefd = T("rrefd"),
            Xp = T("xp"),
            Cke = T("cke"),
            Xs = T("xs"),
        };
    }
}

/// <summary>Refresh that follows the stack's temperature, in degrees Celsius.</summary>
/// <param name="Follows">Off: the rate is the configured one at any temperature.</param>
/// <param name="Hot">From here on refreshes come twice as often.</param>
/// <param name="VeryHot">From here on they come four times as often.</param>
public sealed record RefreshHeat(bool Follows, double Hot, double VeryHot)
{
    private const double Hysteresis = 3; // as the core's throttle has it

    /// <summary>Intervals are 2^this times shorter.</summary>
    /// <param name="celsius">The stack now.</param>
    /// <param name="shift">What was in force.</param>
    public int Shift(double celsius, int shift)
    {
        if (!Follows)
            return 0;
        bool hot = celsius >= Hot || (shift >= 1 && celsius >= Hot - Hysteresis);
        bool veryHot = celsius >= VeryHot || (shift == 2 && celsius >= VeryHot - Hysteresis);
        return veryHot ? 2 : hot ? 1 : 0;
    }
}

/// <summary>Address maps: the chip's own, and those that a configuration writes as fields.</summary>
internal static class HbmMaps
{
    public const string Form = "chip, or fields from the lowest bit up such as 'offset:5 pc:1 group:2 bank:2 column:5 row'; the row comes last and takes the rest";

    private const int OffsetBits = 5, DdrColumnBits = 7, HbmBankBits = 15; // HBM: offset 5, group 2, bank 2, column 5, pseudo-channel 1

    private static readonly (string Name, HbmField Field)[] s_names =
    [
        ("offset", HbmField.Offset), ("column", HbmField.Column), ("pc", HbmField.PseudoChannel), ("channel", HbmField.Channel),
        ("group", HbmField.BankGroup), ("bank", HbmField.Bank), ("row", HbmField.Row),
    ];

    public static HbmAddressMap Chip(bool ddr, bool xor, int channels, long capacity)
    {
        int channelBits = BitOperations.Log2((uint)channels), bits = BitOperations.Log2((ulong)capacity);
        if (!ddr)
            return HbmAddressMap.Chip(channelBits, bits - HbmBankBits - channelBits, xor);
        return new HbmAddressMap(
            xor, (HbmField.Offset, OffsetBits), (HbmField.Column, 4), (HbmField.PseudoChannel, 1), (HbmField.Channel, channelBits),
            (HbmField.Bank, 3), (HbmField.Column, DdrColumnBits - 4), (HbmField.Row, bits - OffsetBits - DdrColumnBits - 4 - channelBits));
    }

    /// <returns>The map, or null and what is wrong with its text.</returns>
    public static HbmAddressMap? Parse(string text, bool xor, int channels, long capacity, out string? mistake)
    {
        var fields = new List<(HbmField Field, int Bits)>();
        int left = BitOperations.Log2((ulong)capacity);
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = word.Split(':');
            int known = Array.FindIndex(s_names, n => n.Name == parts[0]);
            int bits = 0;
            mistake = known < 0 ? $"'{parts[0]}' is not a field"
                : fields.Count > 0 && fields[^1].Field == HbmField.Row ? "the row is not last"
                : parts.Length == 2 && int.TryParse(parts[1], out bits) && bits is >= 0 and <= 40 ? null
                : parts.Length == 1 && s_names[known].Field == HbmField.Row ? null
                : $"'{word}' does not say how many bits";
            if (mistake is not null)
                return null;
            if (parts.Length == 1)
                bits = left;
            left -= bits;
            fields.Add((s_names[known].Field, bits));
        }

        int Bits(HbmField field) => fields.Where(f => f.Field == field).Sum(f => f.Bits);
        mistake = fields.Count == 0 || fields[0] != (HbmField.Offset, OffsetBits) ? "it does not begin with offset:5, the bytes of a burst"
            : fields[^1].Field != HbmField.Row || fields[^1].Bits is < 1 or > 30 ? "it does not end with a row of 1 to 30 bits"
            : left != 0 ? "its fields are not the address bits of hbm.capacity"
            : Bits(HbmField.PseudoChannel) != 1 ? "there are two pseudo-channels: pc:1"
            : Bits(HbmField.Channel) != BitOperations.Log2((uint)channels) ? "channel does not fit hbm.channels"
            : Bits(HbmField.BankGroup) + Bits(HbmField.Bank) is < 1 or > 6 ? "it needs 2 to 64 banks"
            : Bits(HbmField.Column) is < 1 or > 12 ? "it needs a column of 1 to 12 bits"
            : null;
        return mistake is null ? new HbmAddressMap(xor, [.. fields]) : null;
    }
}
