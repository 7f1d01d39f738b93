using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>A request of a trace, and when it was taken and answered.</summary>
internal sealed class HbmTraceItem(long stamp, bool write, ulong address)
{
    public long Stamp { get; } = stamp;

    public bool Write { get; } = write;

    public ulong Address { get; } = address;

    public long AcceptedAt { get; set; } = -1;

    public long DoneAt { get; set; } = -1;

    public long Latency => DoneAt - AcceptedAt;
}

/// <summary>
/// Offers a trace straight to a controller by the oracle's issue policy: after the commands of a cycle, offer requests in
/// trace order, at most <c>perCycle</c>, each only from its stamp on, up to the first refusal; their commands may go from the
/// next cycle on.
/// </summary>
internal sealed class HbmBench
{
    public static HbmAddressMap MapM1 => new(
        (HbmField.Offset, 5), (HbmField.Column, 5), (HbmField.PseudoChannel, 1), (HbmField.BankGroup, 2), (HbmField.Bank, 2), (HbmField.Row, 15));

    public static HbmAddressMap MapM2 => new(
        (HbmField.Offset, 5), (HbmField.PseudoChannel, 1), (HbmField.BankGroup, 2), (HbmField.Bank, 2), (HbmField.Column, 5), (HbmField.Row, 15));

    public HbmBench(HbmConfig config, int logEntries = 1 << 16)
    {
        Config = config;
        Controller = new HbmController(config, 0, new SparseMemory(1L << 30), 1) { Log = new HbmCommandLog(logEntries) };
    }

    public HbmConfig Config { get; }

    public HbmController Controller { get; }

    public HbmCommandLog Log => Controller.Log!;

    /// <summary>Cycles run so far.</summary>
    public long Cycle { get; private set; }

    /// <summary>Edge at which the last burst ended.</summary>
    public long LastEnd { get; private set; }

    /// <param name="early">Offers before the commands of a cycle, as the ports of a channel do.</param>
    public void Run(IReadOnlyList<HbmTraceItem> trace, int perCycle = 8, long limit = 4_000_000, bool early = false)
    {
        int offered = 0, done = 0;
        while (done < trace.Count)
        {
            Assert.True(Cycle < limit, "The trace did not end.");
            if (early)
                Offer(trace, ref offered, perCycle);
            Controller.Complete(Cycle);
            for (int p = 0; p < 2; p++)
            {
                while (Controller.HasResponse(p, 0))
                {
                    int low = Controller.Response(p, 0).Tag;
                    Controller.ReleaseResponse(p, 0, Cycle);
                    int index = offered - 1 - (((offered - 1) - low) & 0xFFFF);
                    Assert.Equal(-1, trace[index].DoneAt);
                    trace[index].DoneAt = Cycle;
                    LastEnd = Cycle;
                    done++;
                }
            }

            Controller.Tick(Cycle);
            if (!early)
                Offer(trace, ref offered, perCycle);
            Cycle++;
        }
    }

    private void Offer(IReadOnlyList<HbmTraceItem> trace, ref int offered, int perCycle)
    {
        for (int i = 0; i < perCycle && offered < trace.Count && trace[offered].Stamp <= Cycle; i++, offered++)
        {
            HbmTraceItem item = trace[offered];
            HbmRequest request = new() { Address = item.Address, Write = (byte)(item.Write ? 1 : 0), ByteEnable = uint.MaxValue, Tag = (ushort)offered };
            if (!Controller.TryAccept(request, 0, Cycle))
                break;
            item.AcceptedAt = Cycle;
        }
    }

    /// <summary>Commands as "ACT@1 RD@16", from one edge to another, relative to the first.</summary>
    public string Commands(long from, long to, bool column = true, bool row = true)
    {
        List<string> words = [];
        for (int i = 0; i < Log.Count; i++)
        {
            HbmCommandRecord record = Log[i];
            bool isColumn = record.Command is HbmCommand.Read or HbmCommand.Write;
            if (record.Edge >= from && record.Edge < to && (isColumn ? column : row))
                words.Add($"{Short(record.Command)}@{record.Edge - from}");
        }

        return string.Join(' ', words);
    }

    private static string Short(HbmCommand command) => command switch
    {
        HbmCommand.Activate => "ACT",
        HbmCommand.Precharge => "PRE",
        HbmCommand.PrechargeAll => "PREA",
        HbmCommand.Read => "RD",
        HbmCommand.Write => "WR",
        HbmCommand.PowerDownEnter => "PDE",
        HbmCommand.PowerDownExit => "PDX",
        HbmCommand.SelfRefreshEnter => "SRE",
        HbmCommand.SelfRefreshExit => "SRX",
        _ => "REF",
    };
}
