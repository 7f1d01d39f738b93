using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Checker;

namespace HybridEmu.Emulator.Tests;

public class DramPairTests
{
    // Short timings that differ from each other, so that random commands come near many of them at once.
    private static readonly DramRules Rules = new()
    {
        Cl = 7,
        Cwl = 3,
        RcdRead = 5,
        RcdWrite = 4,
        Rp = 6,
        Ras = 12,
        Rc = 20,
        RrdShort = 2,
        RrdLong = 4,
        Faw = 26,
        CcdShort = 2,
        CcdLong = 3,
        WtrShort = 2,
        WtrLong = 4,
        Rtp = 3,
        Wr = 5,
        Rtw = 7,
        Rfc = 24,
        RfcPerBank = 15,
        Rrefd = 4,
        BankGroups = 2,
        BanksPerGroup = 3,
        Rows = 2,
        Columns = 2,
        Refresh = DramRefresh.Off,
    };

    private const int Banks = 6;

    private static readonly DramCommandKind[] Kinds =
    [
        DramCommandKind.ACT, DramCommandKind.ACT, DramCommandKind.ACT, DramCommandKind.ACT, DramCommandKind.PRE, DramCommandKind.RD, DramCommandKind.RD, DramCommandKind.RD,
        DramCommandKind.WR, DramCommandKind.WR, DramCommandKind.PREA, DramCommandKind.REFab, DramCommandKind.REFpb, DramCommandKind.REFpb,
    ];

    private static ulong Next(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    // What the state of the banks allows: random commands alone would hardly ever open a row and use it.
    private static bool Fits(DramCommand command, int?[,] rows, ulong[] rounds) => command.Kind switch
    {
        DramCommandKind.ACT => rows[command.PseudoChannel, Bank(command)] is null,
        DramCommandKind.RD or DramCommandKind.WR => rows[command.PseudoChannel, Bank(command)] == command.Row,
        DramCommandKind.REFab => Enumerable.Range(0, Banks).All(b => rows[command.PseudoChannel, b] is null),
        DramCommandKind.REFpb => rows[command.PseudoChannel, Bank(command)] is null && (rounds[command.PseudoChannel] >> Bank(command) & 1) == 0,
        _ => true,
    };

    private static int Bank(DramCommand command) => (command.BankGroup * 3) + command.Bank;

    [Fact]
    public void Last_commands_decide_as_all_pairs_would()
    {
        Dictionary<string, int> seen = [];
        int legal = 0;
        Prop.ForAll(Arb.From(Gen.Choose(1, int.MaxValue)), seed =>
        {
            ulong random = (ulong)seed;
            DramChecker checker = new(Rules);
            List<DramCommand> taken = [];
            int?[,] rows = new int?[2, Banks];
            ulong[] rounds = [0, 0];
            long clock = 100;
            for (int i = 0; i < 400; i++)
            {
                ulong r = Next(ref random);
                clock += (r >> 32 & 3) == 0 ? (long)(r >> 40 & 15) : (long)(r >> 40 & 3);
                DramCommand now = new()
                {
                    Clock = clock,
                    Kind = Kinds[(r & 0xFF) % 14],
                    PseudoChannel = (byte)(r >> 8 & (r >> 9) & 1),
                    BankGroup = (byte)(r >> 10 & 1),
                    Bank = (byte)((r >> 16 & 0xFFFF) % 3),
                    Row = (int)(r >> 12 & 1),
                };
                if (now.Kind is DramCommandKind.PREA or DramCommandKind.REFab)
                    (now.BankGroup, now.Bank) = (0, 0);
                if (!Fits(now, rows, rounds))
                    continue;

                string[] expected = [.. DramPairs.Broken(taken, now, Rules)];
                bool rare = expected.Any(name => seen.GetValueOrDefault(name) < 3);
                if (expected.Length > 0 && (r >> 50 & (rare ? 3UL : 255UL)) != 0)
                    continue; // mostly legal: the first breach ends a stream, as later ones may hide behind it

                checker.Check(now);
                Assert.Equal(expected, checker.Violations.Select(v => v.Name).Distinct().Order(StringComparer.Ordinal));
                foreach (string name in expected)
                    seen[name] = seen.GetValueOrDefault(name) + 1;
                if (expected.Length > 0)
                    return;
                legal++;
                taken.Add(now);
                Track(now, rows, rounds);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithReplay(3, 9));
        Assert.True(legal > 5_000, $"{legal} legal commands are too few to mean something.");
        Assert.Equal(
            ["column bus", "data bus", "row bus", "tCCDL", "tCCDS", "tFAW", "tRAS", "tRC", "tRCDRD", "tRCDWR", "tRFC", "tRFCpb", "tRP", "tRRDL", "tRRDS", "tRREFD", "tRTP", "tRTW", "tWR", "tWTRL", "tWTRS"],
            seen.Keys.Order(StringComparer.Ordinal));
    }

    private static void Track(DramCommand now, int?[,] rows, ulong[] rounds)
    {
        int bank = Bank(now);
        ref ulong round = ref rounds[now.PseudoChannel];
        switch (now.Kind)
        {
            case DramCommandKind.ACT:
                rows[now.PseudoChannel, bank] = now.Row;
                break;
            case DramCommandKind.PRE:
                rows[now.PseudoChannel, bank] = null;
                break;
            case DramCommandKind.PREA:
                for (int b = 0; b < Banks; b++)
                    rows[now.PseudoChannel, b] = null;
                break;
            case DramCommandKind.REFab:
                round = 0;
                break;
            case DramCommandKind.REFpb:
                round |= 1UL << bank;
                if (round == (1UL << Banks) - 1)
                    round = 0;
                break;
        }
    }
}
