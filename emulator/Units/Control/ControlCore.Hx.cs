using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <content>Xhx: descriptors, semaphores, barrier, markers, cache ranges.</content>
public sealed partial class ControlCore
{
    private const uint ResolveRetry = 1;
    private const uint ResolveSkip = 2;

    private int ExecuteXhx(long edge, ref CoreState s, in DecodedInstruction i, uint a, uint b)
    {
        switch (i.Op)
        {
            case Instruction.HxIssue:
                return Issue(edge, ref s, DispatchOperation.Issue, a, 0);
            case Instruction.HxTryissue:
                return Issue(edge, ref s, DispatchOperation.TryIssue, a, i.Rd);
            case Instruction.HxPoll:
                return Ask(edge, ref s, DispatchOperation.Poll, a, 0, StallDispatch, i.Rd);
            case Instruction.HxDrain:
                return Ask(edge, ref s, DispatchOperation.Drain, a, 0, WaitDrain, 0);
            case Instruction.HxSeminit:
                return Ask(edge, ref s, DispatchOperation.SemaphoreInitialize, a, b, StallDispatch, 0);
            case Instruction.HxSempost:
                // A release: everything stored before is visible before the count rises.
                return s.StoreCount != 0
                    ? Stall(StallStoreBuffer)
                    : Ask(edge, ref s, DispatchOperation.SemaphorePost, a, b, StallDispatch, 0);
            case Instruction.HxSemwait:
                return Ask(edge, ref s, DispatchOperation.SemaphoreWait, a, b, WaitSemaphore, 0);
            case Instruction.HxSemtry:
                return Ask(edge, ref s, DispatchOperation.SemaphoreTry, a, b, StallDispatch, i.Rd);
            case Instruction.HxBarrier:
                return Barrier(edge, ref s);
            case Instruction.HxMark:
                Mark(ref s, (byte)(a & 7));
                return Retire(edge, s.Pc + 4);
            case Instruction.HxTraceon:
            case Instruction.HxTraceoff:
                s.TraceOn = (byte)(i.Op == Instruction.HxTraceon ? 1 : 0);
                Trace?.Switch();
                return Retire(edge, s.Pc + 4);
            case Instruction.HxClean:
                return WalkRange(edge, ref s, a, b, false);
            case Instruction.HxInval:
                return WalkRange(edge, ref s, a, b, true);
            default:
                throw new InvalidOperationException($"The table has an instruction that the core does not execute: {i.Op}.");
        }
    }

    /// <summary>Reads the descriptor's line through the L1D and hands it to dispatch.</summary>
    private int Issue(long edge, ref CoreState s, DispatchOperation operation, uint address, int rd)
    {
        if (s.Outstanding != 0)
            return AwaitReply(edge, ref s, StallDispatch, rd);
        if ((address & 63) != 0)
            return Trap(edge, TrapCause.LoadMisaligned, address);
        if (Locate(address, out ulong line) != MemorySpace.Cacheable)
            return Trap(edge, TrapCause.LoadAccess, address);
        if (s.StoreCount != 0)
            return Stall(StallStoreBuffer);
        int frame = _data.Find(line);
        if (frame < 0)
        {
            _data.StartMiss(line, CoherenceType.GetShared);
            return Stall(StallLoadMiss);
        }

        if (!_ports.Command.CanPush(edge))
            return Stall(StallDispatch);
        DispatchCommand command = new()
        {
            Operation = operation,
            Argument = address,
            DescriptorAddress = AddressMap.Hbm + line,
            Pc = s.Pc,
            Descriptor = Descriptor.Read(_data.ReadLine(frame)),
        };
        _ports.Command.Push(in command, edge);
        s.Outstanding = 1;
        s.DispatchCommands++;
        return Stall(StallDispatch);
    }

    /// <summary>Sends a command without a descriptor, then waits for its reply.</summary>
    private int Ask(long edge, ref CoreState s, DispatchOperation operation, uint argument, uint count, int cause, int rd)
    {
        if (s.Outstanding != 0)
            return AwaitReply(edge, ref s, cause, rd);
        if (!_ports.Command.CanPush(edge))
            return Stall(StallDispatch);
        DispatchCommand command = new() { Operation = operation, Argument = argument, Count = count, Pc = s.Pc };
        _ports.Command.Push(in command, edge);
        s.Outstanding = 1;
        s.DispatchCommands++;
        return Stall(cause);
    }

    private int AwaitReply(long edge, ref CoreState s, int cause, int rd)
    {
        if (!_ports.Reply.CanPop(edge))
            return Stall(cause);
        DispatchReply reply = _ports.Reply.Pop(edge);
        s.Outstanding = 0;
        return RetireWith(edge, ref s, rd, reply.Value, 1);
    }

    /// <summary>Write of 1 or 2 to hxqfault: resolves the lowest frozen queue, else clears the descriptor interrupt.</summary>
    private int ResolveQueueFault(long edge, ref CoreState s, bool skip, int rd)
    {
        if (s.Outstanding != 0)
        {
            if (!_ports.Reply.CanPop(edge))
                return Stall(StallDispatch);
            _ports.Reply.Pop(edge);
            s.Outstanding = 0;
            if (Log is not null)
                LogCsr(Csr.Hxqfault, ReadCsr(Csr.Hxqfault));
            return RetireWith(edge, ref s, rd, s.SplitValue, 1);
        }

        uint old = ReadCsr(Csr.Hxqfault);
        if (!FaultedQueue(ref s, out int queue))
        {
            s.DescriptorInterrupt = 0;
            s.DescriptorInterruptQueue = 0;
            UpdatePending();
            if (Log is not null)
                LogCsr(Csr.Hxqfault, ReadCsr(Csr.Hxqfault));
            return RetireWith(edge, ref s, rd, old, 1);
        }

        if (_ports.Command.CanPush(edge))
        {
            DispatchCommand command = new()
            {
                Operation = DispatchOperation.ResolveFault,
                Argument = (uint)queue,
                Count = skip ? 1u : 0,
                Pc = s.Pc,
            };
            _ports.Command.Push(in command, edge);
            s.Outstanding = 1;
            s.SplitValue = old;
            s.DispatchCommands++;

            // Cleared with the command: the queue may fault again before the reply.
            s.QueueFaults[queue] = default;
            UpdatePending();
        }

        return Stall(StallDispatch);
    }

    /// <summary>From here on cycles belong to another phase; this one is the new phase's first.</summary>
    private void Mark(ref CoreState s, byte phase)
    {
        s.PhaseCycles[s.Phase] += _domain.Cycle - s.PhaseSince;
        s.PhaseSince = _domain.Cycle;
        s.Phase = phase;
    }

    /// <summary>
    /// Clean: Modified lines of the range are written back (and leave the cache). Inval: every line of the range leaves
    /// it, Modified ones written back: nothing is ever lost. One set a cycle over the whole cache, then the last PutAck.
    /// </summary>
    private int WalkRange(long edge, ref CoreState s, uint address, uint length, bool invalidate)
    {
        if (s.StoreCount != 0)
            return Stall(StallStoreBuffer);
        bool cacheable = Locate(address, out ulong first) == MemorySpace.Cacheable;
        ulong end = first + length;
        for (int way = 0; cacheable && s.RangeSet < _data.Sets && way < _data.Ways; way++)
        {
            int frame = (s.RangeSet * _data.Ways) + way;
            ulong line = _data.LineOf(frame);
            LineState state = _data.StateOf(frame);
            bool wanted = state == LineState.Modified || (invalidate && state != LineState.Invalid);
            if (wanted && line + DataCache.LineBytes > first && line < end && !_data.TryEvict(frame))
                return Stall(StallRange);
        }

        if (s.RangeSet < _data.Sets)
        {
            s.RangeSet++;
            return Stall(StallRange, edge + 1);
        }

        if (_data.State.WritebackPhase != DataCacheState.Free)
            return Stall(StallRange);
        s.RangeSet = 0;
        return Retire(edge, s.Pc + 4);
    }

    private int Barrier(long edge, ref CoreState s)
    {
        SystemRequest barrier = new() { Operation = SystemOperation.Barrier };
        bool asked = s.Outstanding != 0;
        bool released = AskSystem(edge, ref s, in barrier, WaitBarrier, out _);
        if (!asked && s.Outstanding != 0)
            Races?.BarrierArrive(_config.Tile);
        if (!released)
            return _stall;
        Races?.BarrierLeave(_config.Tile);
        return Retire(edge, s.Pc + 4);
    }
}
