using System.Text;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>Words for what ended a run: what, where, who waits for whom.</summary>
internal static class FaultReport
{
    /// <summary>Adds to a queue fault what only its dispatch unit knows: the descriptor, and the other side of a race.</summary>
    public static Fault Explain(Chip chip, Fault fault)
    {
        if (fault.Kind != FaultKind.QueueFault)
            return fault;
        var text = new StringBuilder(fault.Message);
        FaultKind kind = fault.Kind;
        string hint = fault.Hint;
        for (int t = 0; t < chip.TileCount; t++)
        {
            Dispatch dispatch = chip.Dispatch(t);
            for (int queue = 0; queue < Dispatch.QueueNames.Length; queue++)
            {
                DispatchQueue q = dispatch.State.Queues[queue];
                if (q.Frozen == QueueFreeze.None)
                    continue;
                uint sequence = q.Frozen == QueueFreeze.Posts ? q.Performed : q.Started;
                Descriptor head = dispatch.Head(queue);
                text.Append($"\n  tile{t} {Dispatch.QueueNames[queue]} #{sequence}: {Disassembler.Text(head)}");
                if (DescriptorCheck.Check(head) == QueueFaultCause.None && q.Cause is QueueFaultCause.UnknownOpcode or QueueFaultCause.ReservedBits)
                    hint = "The operation, or its flag, is one that this chip was built without (training: off); firmware finds out by hxfeatures.";
                if (q.Cause != QueueFaultCause.Race)
                    continue;
                kind = FaultKind.Race;
                text.Append($"\n  is not ordered against {RaceChecker.AgentName(q.Conflict.Agent)} #{q.Conflict.Index - 1}, which uses 0x{q.Conflict.Address:x}");
                hint = "Order the two by a semaphore, a chain, or hx.drain; checks.races=off turns the checker off.";
            }
        }

        return fault with { Kind = kind, Message = text.ToString(), Hint = hint };
    }

    /// <summary>Nothing can happen any more: every unit's reason to wait.</summary>
    public static Fault Deadlock(Chip chip)
    {
        var text = new StringBuilder("Every unit waits and nothing is on its way.");
        for (int t = 0; t < chip.TileCount; t++)
        {
            ControlCore core = chip.Control(t);
            text.Append($"\n  tile{t}.control at pc 0x{core.State.Pc:x8}: {ControlCore.Causes[core.State.Ledger.Waiting]}");
            Dispatch dispatch = chip.Dispatch(t);
            ref DispatchState state = ref dispatch.State;
            if (state.HeldValid != 0)
                text.Append($"\n    its {state.Held.Operation} waits{Subject(state.Held, state)}");
            for (int queue = 0; queue < Dispatch.QueueNames.Length; queue++)
            {
                DispatchQueue q = state.Queues[queue];
                if (q.Issued == q.Performed)
                    continue;
                text.Append($"\n  tile{t} {Dispatch.QueueNames[queue]}: {q.Issued - q.Started} queued, {q.Started - q.Performed} running");
                if (q.Issued == q.Started)
                    continue;
                Descriptor head = dispatch.Head(queue);
                text.Append($"; head {Disassembler.Text(head)}");
                foreach (SemaphoreCount wait in (SemaphoreCount[])[head.Wait0, head.Wait1])
                    text.Append(wait.Count == 0 ? "" : $"\n    waits{Wanted(wait, state)}");
            }
        }

        return new Fault(
            FaultKind.Deadlock, "chip", $"cycle {chip.Cycles}", chip.Core.Edge, text.ToString(),
            "Look for the post that each semaphore waits for; hx.drain waits for all its queues.");
    }

    /// <summary>The cycle limit was reached.</summary>
    public static Fault Watchdog(Chip chip, long cycles)
    {
        var text = new StringBuilder($"The program did not end within {cycles} cycles.");
        Span<byte> word = stackalloc byte[4];
        for (int t = 0; t < chip.TileCount; t++)
        {
            ControlCore core = chip.Control(t);
            text.Append($"\n  tile{t}.control at pc 0x{core.State.Pc:x8} ({ControlCore.Causes[core.State.Ledger.Waiting]}); last instructions:");
            foreach (uint pc in core.RecentPcs())
            {
                chip.ReadCoherent(pc - AddressMap.Hbm, word);
                text.Append($"\n    0x{pc:x8}  {Disassembler.Text(BitConverter.ToUInt32(word), pc)}");
            }
        }

        return new Fault(FaultKind.Watchdog, "chip", $"cycle {chip.Cycles}", chip.Core.Edge, text.ToString(), "Raise --max-cycles if the program needs longer.");
    }

    private static string Subject(in DispatchCommand held, in DispatchState state) => held.Operation switch
    {
        DispatchOperation.SemaphoreWait => Wanted(new SemaphoreCount((byte)held.Argument, (byte)held.Count), state),
        DispatchOperation.Drain => $" for queues {string.Join(", ", Queues(held.Argument, state))}",
        _ => "",
    };

    // Those of the mask that are not empty.
    private static IEnumerable<string> Queues(uint mask, DispatchState state) =>
        Dispatch.QueueNames.Where((_, i) => (mask >> i & 1) != 0 && state.Queues[i].Issued != state.Queues[i].Performed);

    private static string Wanted(SemaphoreCount wait, DispatchState state) =>
        wait.Count == 0 ? "" : $" for semaphore {wait.Semaphore}, which has {state.Semaphores[wait.Semaphore]} of {wait.Count}";
}
