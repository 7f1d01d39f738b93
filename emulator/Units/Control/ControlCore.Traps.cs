using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Exception numbers of mcause (RISC-V privileged architecture, table of machine cause values).</summary>
internal static class TrapCause
{
    public const uint FetchMisaligned = 0;
    public const uint FetchAccess = 1;
    public const uint Illegal = 2;
    public const uint Breakpoint = 3;
    public const uint LoadMisaligned = 4;
    public const uint LoadAccess = 5;
    public const uint StoreMisaligned = 6;
    public const uint StoreAccess = 7;
    public const uint EnvironmentCall = 11;
}

/// <summary>Bits of mie and mip.</summary>
internal static class InterruptNumber
{
    public const int Software = 3;
    public const int Timer = 7;
    public const int Queue = 16;
    public const int Sensor = 17;
    public const uint Writable = (1u << Software) | (1u << Timer) | (1u << Queue) | (1u << Sensor);
}

/// <content>Traps, interrupts, and the end of a program that has no handler for them.</content>
public sealed partial class ControlCore
{
    private const int TrapCycles = 3;

    private int Trap(long edge, uint cause, uint value)
    {
        ref CoreState s = ref State;
        s.SplitPhase = 0;
        s.RangeSet = 0;
        if (s.Mtvec == 0 && !_config.Bare)
        {
            Halt();
            if (Log is not null)
                LogTrap(cause, value, s.Pc, halt: true);
            RaiseUnhandledTrap(edge, cause, value);
            return Stall(FlushTrap);
        }

        bool interrupt = cause >> 31 != 0;
        uint handler = s.Mtvec & ~3u;
        if (interrupt && (s.Mtvec & 1) != 0)
            handler += 4 * (cause & 0xFF);
        if (Log is not null)
            LogTrap(cause, value, handler, halt: false);
        s.Mepc = s.Pc;
        s.Mcause = cause;
        s.Mtval = value;
        s.PreviousInterruptEnable = s.InterruptEnable;
        s.InterruptEnable = 0;
        s.Pc = handler;
        if (interrupt)
            s.Interrupts++;
        else
            s.Traps++;
        s.ResumeAt = edge + TrapCycles;
        s.ResumeCause = FlushTrap;
        return Stall(FlushTrap, s.ResumeAt);
    }

    private int TakeInterrupt(long edge)
    {
        // Standard order MSI before MTI, then the local ones, lowest number first.
        int number = BitOperations.TrailingZeroCount(State.Pending & State.Mie);
        return Trap(edge, 0x8000_0000u | (uint)number, 0);
    }

    private void UpdatePending()
    {
        ref CoreState s = ref State;
        bool queue = s.DescriptorInterrupt != 0;
        for (int i = 0; i < 4; i++)
            queue |= s.QueueFaults[i].Cause != 0;
        bool sensor = s.Lines.Sensor != 0 || s.Lines.TemperatureQuarters >= (int)s.TemperatureHigh;
        s.Pending = (s.Lines.Software != 0 ? 1u << InterruptNumber.Software : 0)
            | (s.Lines.Timer != 0 ? 1u << InterruptNumber.Timer : 0)
            | (queue ? 1u << InterruptNumber.Queue : 0)
            | (sensor ? 1u << InterruptNumber.Sensor : 0);
    }

    private void Halt()
    {
        State.Halted = 1;
        State.Asleep = 1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RaiseUnhandledTrap(long edge, uint cause, uint value)
    {
        string what = cause switch
        {
            TrapCause.FetchMisaligned => "jump to a misaligned address",
            TrapCause.FetchAccess => "instruction fetch from an address that holds no code",
            TrapCause.Illegal => "illegal instruction",
            TrapCause.Breakpoint => "breakpoint",
            TrapCause.LoadMisaligned => "misaligned load",
            TrapCause.LoadAccess => "load from an address that scalar code may not read",
            TrapCause.StoreMisaligned => "misaligned store or atomic",
            TrapCause.StoreAccess => "store to an address that scalar code may not write",
            TrapCause.EnvironmentCall => "environment call",
            _ => cause >> 31 != 0 ? $"interrupt {cause & 0xFF}" : $"exception {cause}",
        };
        _faults.Raise(new Fault(
            FaultKind.UnhandledTrap,
            _name,
            $"pc 0x{State.Pc:x8}",
            edge,
            $"Trap without a handler: {what} (mcause 0x{cause:x}, mtval 0x{value:x8}); retired before it: {Trail()}.",
            "Set mtvec to a handler, or look at the instruction at this pc."));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RaiseQueueFault(long edge, in DispatchNotice notice)
    {
        if (State.Halted != 0)
            return;
        Halt();
        _faults.Raise(new Fault(
            FaultKind.QueueFault,
            _name,
            $"queue {QueueName(notice.Queue)}, descriptor 0x{notice.DescriptorAddress:x8}",
            edge,
            $"Queue {QueueName(notice.Queue)} froze: {(QueueFaultCause)notice.Cause} at 0x{notice.Address:x8}; core at pc 0x{State.Pc:x8}.",
            "Correct the descriptor, or enable interrupt 16 in mie and handle it through hxqfault."));
    }

    private static string QueueName(int queue) => queue switch
    {
        0 => "LD",
        1 => "ST",
        2 => "MX",
        3 => "VX",
        _ => $"{queue}",
    };

    /// <summary>Addresses of up to eight instructions that retired last, oldest first.</summary>
    public IEnumerable<uint> RecentPcs()
    {
        for (long i = Math.Max(0, State.Retired - 8); i < State.Retired; i++)
            yield return State.Trail[(int)(i & 7)];
    }

    private string Trail()
    {
        string text = string.Join(' ', RecentPcs().Select(pc => $"0x{pc:x8}"));
        return text.Length == 0 ? "nothing" : text;
    }
}
