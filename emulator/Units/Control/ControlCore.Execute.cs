using System.Runtime.CompilerServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <content>The instruction switch and retirement.</content>
public sealed partial class ControlCore
{
    private const int BranchCycles = 3;
    private const int LoadCycles = 2;
    private const int MultiplyCycles = 3;
    private const int DivideCycles = 34;

    // Cause to return when a part of an instruction says that it is not done. Not state.
    private int _stall;

    private int Execute(long edge, ref CoreState s, in DecodedInstruction i)
    {
        uint pc = s.Pc;
        uint a = s.Registers[i.Rs1];
        uint b = s.Registers[i.Rs2];
        uint immediate = (uint)i.Immediate;
        uint result;
        int latency = 1;
        switch (i.Op)
        {
            case Instruction.Addi: result = a + immediate; break;
            case Instruction.Lui: result = immediate; break;
            case Instruction.Auipc: result = pc + immediate; break;
            case Instruction.Add: result = a + b; break;
            case Instruction.Sub: result = a - b; break;
            case Instruction.Slti: result = (int)a < i.Immediate ? 1u : 0; break;
            case Instruction.Sltiu: result = a < immediate ? 1u : 0; break;
            case Instruction.Xori: result = a ^ immediate; break;
            case Instruction.Ori: result = a | immediate; break;
            case Instruction.Andi: result = a & immediate; break;
            case Instruction.Slli: result = a << i.Immediate; break;
            case Instruction.Srli: result = a >> i.Immediate; break;
            case Instruction.Srai: result = (uint)((int)a >> i.Immediate); break;
            case Instruction.Sll: result = a << (int)(b & 31); break;
            case Instruction.Slt: result = (int)a < (int)b ? 1u : 0; break;
            case Instruction.Sltu: result = a < b ? 1u : 0; break;
            case Instruction.Xor: result = a ^ b; break;
            case Instruction.Srl: result = a >> (int)(b & 31); break;
            case Instruction.Sra: result = (uint)((int)a >> (int)(b & 31)); break;
            case Instruction.Or: result = a | b; break;
            case Instruction.And: result = a & b; break;

            case Instruction.Beq: return a == b ? Jump(edge, pc + immediate, 0, 0) : Retire(edge, pc + 4);
            case Instruction.Bne: return a != b ? Jump(edge, pc + immediate, 0, 0) : Retire(edge, pc + 4);
            case Instruction.Blt: return (int)a < (int)b ? Jump(edge, pc + immediate, 0, 0) : Retire(edge, pc + 4);
            case Instruction.Bge: return (int)a >= (int)b ? Jump(edge, pc + immediate, 0, 0) : Retire(edge, pc + 4);
            case Instruction.Bltu: return a < b ? Jump(edge, pc + immediate, 0, 0) : Retire(edge, pc + 4);
            case Instruction.Bgeu: return a >= b ? Jump(edge, pc + immediate, 0, 0) : Retire(edge, pc + 4);
            case Instruction.Jal: return Jump(edge, pc + immediate, i.Rd, pc + 4);
            case Instruction.Jalr: return Jump(edge, (a + immediate) & ~1u, i.Rd, pc + 4);

            case Instruction.Lw:
                if (!Load(edge, ref s, a + immediate, 4, out result))
                    return _stall;
                latency = LoadCycles;
                break;
            case Instruction.Lb:
                if (!Load(edge, ref s, a + immediate, 1, out result))
                    return _stall;
                result = (uint)(sbyte)result;
                latency = LoadCycles;
                break;
            case Instruction.Lbu:
                if (!Load(edge, ref s, a + immediate, 1, out result))
                    return _stall;
                latency = LoadCycles;
                break;
            case Instruction.Lh:
                if (!Load(edge, ref s, a + immediate, 2, out result))
                    return _stall;
                result = (uint)(short)result;
                latency = LoadCycles;
                break;
            case Instruction.Lhu:
                if (!Load(edge, ref s, a + immediate, 2, out result))
                    return _stall;
                latency = LoadCycles;
                break;
            case Instruction.Sw:
                return Store(edge, ref s, a + immediate, 4, b) ? Retire(edge, pc + 4) : _stall;
            case Instruction.Sh:
                return Store(edge, ref s, a + immediate, 2, b) ? Retire(edge, pc + 4) : _stall;
            case Instruction.Sb:
                return Store(edge, ref s, a + immediate, 1, b) ? Retire(edge, pc + 4) : _stall;

            case Instruction.Mul: result = a * b; latency = MultiplyCycles; break;
            case Instruction.Mulh: result = (uint)(((long)(int)a * (int)b) >> 32); latency = MultiplyCycles; break;
            case Instruction.Mulhsu: result = (uint)(((long)(int)a * b) >> 32); latency = MultiplyCycles; break;
            case Instruction.Mulhu: result = (uint)(((ulong)a * b) >> 32); latency = MultiplyCycles; break;
            case Instruction.Div or Instruction.Divu or Instruction.Rem or Instruction.Remu:
                // One divider, not pipelined.
                if (edge < s.DividerFreeAt)
                    return Stall(StallOperand, s.DividerFreeAt);
                s.DividerFreeAt = edge + DivideCycles;
                latency = DivideCycles;
                result = Divide(i.Op, a, b);
                break;

            default:
                return ExecuteRare(edge, ref s, in i, a, b);
        }

        return RetireWith(edge, ref s, i.Rd, result, latency);
    }

    /// <summary>Instructions that are not part of a program's inner loops.</summary>
    private int ExecuteRare(long edge, ref CoreState s, in DecodedInstruction i, uint a, uint b)
    {
        uint pc = s.Pc;
        switch (i.Op)
        {
            case >= Instruction.LrW and <= Instruction.AmomaxuW:
                return Atomic(edge, ref s, i.Op, a, b, out uint old) ? RetireWith(edge, ref s, i.Rd, old, LoadCycles) : _stall;
            case Instruction.Fence:
                return s.StoreCount == 0 ? Retire(edge, pc + 4) : Stall(StallStoreBuffer);
            case Instruction.FenceI:
                if (s.StoreCount != 0)
                    return Stall(StallStoreBuffer);
                _code.Flush();
                int cause = Jump(edge, pc + 4, 0, 0);
                s.FetchLine = DataCache.NoLine;
                return cause;
            case Instruction.Csrrw or Instruction.Csrrs or Instruction.Csrrc or Instruction.Csrrwi or Instruction.Csrrsi or Instruction.Csrrci:
                return AccessCsr(edge, ref s, in i, a);
            case Instruction.Ecall:
                return Trap(edge, TrapCause.EnvironmentCall, 0);
            case Instruction.Ebreak:
                return Trap(edge, TrapCause.Breakpoint, pc);
            case Instruction.Mret:
                s.InterruptEnable = s.PreviousInterruptEnable;
                s.PreviousInterruptEnable = 1;
                return Jump(edge, s.Mepc, 0, 0);
            case Instruction.Wfi:
                if ((s.Pending & s.Mie) != 0 || _config.Bare)
                    return Retire(edge, pc + 4);
                s.Asleep = 1;
                return Stall(Ledger.Idle);
            case Instruction.Illegal:
                return Trap(edge, TrapCause.Illegal, i.Word);
            default:
                return ExecuteXhx(edge, ref s, in i, a, b);
        }
    }

    private static uint Divide(Instruction op, uint a, uint b)
    {
        bool overflow = a == 0x8000_0000 && b == uint.MaxValue;
        return op switch
        {
            Instruction.Div => b == 0 ? uint.MaxValue : overflow ? a : (uint)((int)a / (int)b),
            Instruction.Divu => b == 0 ? uint.MaxValue : a / b,
            Instruction.Rem => b == 0 ? a : overflow ? 0 : (uint)((int)a % (int)b),
            _ => b == 0 ? a : a % b,
        };
    }

    /// <summary>A taken branch or jump; rd 0 links nothing.</summary>
    private int Jump(long edge, uint target, int rd, uint link)
    {
        if ((target & 3) != 0)
            return Trap(edge, TrapCause.FetchMisaligned, target);
        ref CoreState s = ref State;
        if (Log is not null)
            LogRetirement(target, rd, link);
        s.Registers[rd] = link;
        s.Registers[0] = 0;
        s.TakenBranches++;
        int cause = Complete(edge, target);
        s.ResumeAt = edge + BranchCycles;
        s.ResumeCause = FlushBranch;
        _wake = s.ResumeAt;
        return cause;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int RetireWith(long edge, ref CoreState s, int rd, uint result, int latency)
    {
        // Logged first: the record has the sources as they were before the result replaced one of them.
        if (Log is not null)
            LogRetirement(s.Pc + 4, rd, result);
        s.Registers[rd] = result;
        s.Registers[0] = 0;
        if (latency > 1 && rd != 0)
        {
            s.ReadyAt[rd] = edge + latency;
            s.OperandsReadyAt = Math.Max(s.OperandsReadyAt, edge + latency);
        }

        return Complete(edge, s.Pc + 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Retire(long edge, uint next)
    {
        if (Log is not null)
            LogRetirement(next, 0, 0);
        return Complete(edge, next);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Complete(long edge, uint next)
    {
        ref CoreState s = ref State;
        s.Trail[(int)s.Retired & 7] = s.Pc;
        s.Retired++;
        s.Pc = next;
        _wake = edge + 1;
        return Ledger.Busy;
    }
}
