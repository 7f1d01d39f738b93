using HybridEmu.Isa;

namespace HybridEmu.Reference;

/// <summary>
/// The golden model of the scalar ISA: RV32IMA, Zicsr, traps and the scalar side of Xhx, one instruction a step, written
/// for reading. What depends on time comes in through <see cref="Injection"/>.
/// </summary>
public sealed partial class ReferenceHart
{
    private readonly ReferenceHartConfig _config;
    private readonly uint[] _registers = new uint[32];

    private Injection _injection = Injection.None;
    private ReferenceRetirement _record = new() { Pc = 0 };
    private ulong? _reservedLine;
    private bool _trapped;

    /// <param name="config">What the hart sees of its chip.</param>
    /// <param name="hbm">HBM bytes; shared between harts.</param>
    /// <param name="scratchpad">Scratchpad of the tile.</param>
    /// <param name="accumulators">Accumulators of the tile, as scalar code sees them.</param>
    /// <param name="entry">First pc.</param>
    public ReferenceHart(ReferenceHartConfig config, ReferenceMemory hbm, ReferenceMemory scratchpad, ReferenceMemory accumulators, uint entry)
    {
        _config = config;
        Hbm = hbm;
        Scratchpad = scratchpad;
        Accumulators = accumulators;
        Pc = entry;
    }

    public ReferenceMemory Hbm { get; }

    public ReferenceMemory Scratchpad { get; }

    public ReferenceMemory Accumulators { get; }

    public uint Pc { get; set; }

    /// <summary>Instructions retired.</summary>
    public ulong Retired { get; private set; }

    /// <summary>What mie enables, as bits of mip; and whether mstatus lets it be taken now.</summary>
    public uint InterruptMask => _mie;

    public bool TakesInterrupts => _enabled;

    /// <summary>Whether the line of an address is reserved.</summary>
    public bool Reserves(uint address) => _reservedLine is { } line && IsCacheable(address, out ulong place) && line == place / LineBytes;

    /// <summary>
    /// A bug that a test plants: what the instruction at a pc is taken for. The record still tells the true one.
    /// </summary>
    public Func<uint, DecodedInstruction, DecodedInstruction>? Misread { get; init; }

    public uint Register(int number) => _registers[number];

    public void Register(int number, uint value)
    {
        if (number != 0)
            _registers[number] = value;
    }

    /// <summary>Runs one instruction, or takes the interrupt that the injection names.</summary>
    public ReferenceRetirement Step(Injection? injection = null)
    {
        _injection = injection ?? Injection.None;
        _record = new ReferenceRetirement { Pc = Pc, Intr = _trapped };
        _trapped = false;
        try
        {
            if (_injection.Interrupt is int number)
                Interrupt(number);
            StepInstruction();
        }
        catch (TrapTaken trap)
        {
            TakeTrap(trap.Cause, trap.Value);
        }

        return _record;
    }

    private void StepInstruction()
    {
        ulong place = 0;
        if (_injection.Word is null && !IsCacheable(Pc, out place))
            throw new TrapTaken(Cause.FetchAccess, Pc);
        _record.Word = _injection.Word ?? Hbm.Read(place, 4);
        DecodedInstruction i = Decoder.Decode(_record.Word);
        uint next = Pc + 4;
        uint a = _registers[i.Rs1], b = _registers[i.Rs2];
        bool constant = i.Op is Instruction.Csrrwi or Instruction.Csrrsi or Instruction.Csrrci;
        _record.Rs1 = constant ? (byte)0 : i.Rs1;
        _record.Rs2 = i.Rs2;
        _record.Rs1Value = constant ? 0 : a;
        _record.Rs2Value = b;
        if (Misread is not null)
        {
            i = Misread(Pc, i);
            (a, b) = (_registers[i.Rs1], _registers[i.Rs2]);
        }

        uint c = (uint)i.Immediate;
        uint? result = null;
        switch (i.Op)
        {
            case Instruction.Lui: result = c; break;
            case Instruction.Auipc: result = Pc + c; break;
            case Instruction.Jal: result = next; next = Target(Pc + c); break;
            case Instruction.Jalr: result = next; next = Target((a + c) & ~1u); break;
            case Instruction.Beq: next = a == b ? Target(Pc + c) : next; break;
            case Instruction.Bne: next = a != b ? Target(Pc + c) : next; break;
            case Instruction.Blt: next = (int)a < (int)b ? Target(Pc + c) : next; break;
            case Instruction.Bge: next = (int)a >= (int)b ? Target(Pc + c) : next; break;
            case Instruction.Bltu: next = a < b ? Target(Pc + c) : next; break;
            case Instruction.Bgeu: next = a >= b ? Target(Pc + c) : next; break;
            case Instruction.Lb: result = (uint)(sbyte)Load(a + c, 1); break;
            case Instruction.Lh: result = (uint)(short)Load(a + c, 2); break;
            case Instruction.Lw: result = Load(a + c, 4); break;
            case Instruction.Lbu: result = Load(a + c, 1); break;
            case Instruction.Lhu: result = Load(a + c, 2); break;
            case Instruction.Sb: Store(a + c, b & 0xFF, 1); break;
            case Instruction.Sh: Store(a + c, b & 0xFFFF, 2); break;
            case Instruction.Sw: Store(a + c, b, 4); break;
            case Instruction.LrW: result = LoadReserved(a); break;
            case Instruction.ScW: result = StoreConditional(a, b); break;
            case >= Instruction.AmoswapW and <= Instruction.AmomaxuW: result = Atomic(i.Op, a, b); break;
            case Instruction.Fence or Instruction.FenceI or Instruction.Wfi: break;
            case Instruction.Ecall: throw new TrapTaken(Cause.EnvironmentCall, 0);
            case Instruction.Ebreak: throw new TrapTaken(Cause.Breakpoint, Pc);
            case Instruction.Mret: next = ReturnFromTrap(); break;
            case Instruction.Csrrw or Instruction.Csrrwi or Instruction.Csrrs or Instruction.Csrrsi or Instruction.Csrrc or Instruction.Csrrci:
                result = AccessCsr(i, a);
                break;
            case Instruction.HxIssue: Issue(a); break;
            case Instruction.HxTryissue: result = TryIssue(a); break;
            case Instruction.HxPoll or Instruction.HxSemtry: result = Timed(); break;
            case Instruction.HxDrain or Instruction.HxSeminit or Instruction.HxSempost or Instruction.HxSemwait
                or Instruction.HxBarrier or Instruction.HxMark or Instruction.HxTraceon or Instruction.HxTraceoff
                or Instruction.HxClean or Instruction.HxInval:
                break;
            case Instruction.Illegal: throw new TrapTaken(Cause.Illegal, i.Word);
            default: result = Compute(i.Op, a, b, c); break;
        }

        if (result is uint value && i.Rd != 0)
        {
            _registers[i.Rd] = value;
            _record.Rd = i.Rd;
            _record.RdValue = value;
        }

        _record.NextPc = Pc = next;
        Retired++;
        CountRetired();
    }

    private static uint Compute(Instruction op, uint a, uint b, uint c) => op switch
    {
        Instruction.Addi => a + c,
        Instruction.Slti => (int)a < (int)c ? 1u : 0,
        Instruction.Sltiu => a < c ? 1u : 0,
        Instruction.Xori => a ^ c,
        Instruction.Ori => a | c,
        Instruction.Andi => a & c,
        Instruction.Slli => a << (int)(c & 31),
        Instruction.Srli => a >> (int)(c & 31),
        Instruction.Srai => (uint)((int)a >> (int)(c & 31)),
        Instruction.Add => a + b,
        Instruction.Sub => a - b,
        Instruction.Sll => a << (int)(b & 31),
        Instruction.Slt => (int)a < (int)b ? 1u : 0,
        Instruction.Sltu => a < b ? 1u : 0,
        Instruction.Xor => a ^ b,
        Instruction.Srl => a >> (int)(b & 31),
        Instruction.Sra => (uint)((int)a >> (int)(b & 31)),
        Instruction.Or => a | b,
        Instruction.And => a & b,
        Instruction.Mul => a * b,
        Instruction.Mulh => (uint)(((long)(int)a * (int)b) >> 32),
        Instruction.Mulhsu => (uint)(((long)(int)a * b) >> 32),
        Instruction.Mulhu => (uint)(((ulong)a * b) >> 32),
        Instruction.Div => b == 0 ? uint.MaxValue : a == 0x8000_0000 && b == uint.MaxValue ? a : (uint)((int)a / (int)b),
        Instruction.Divu => b == 0 ? uint.MaxValue : a / b,
        Instruction.Rem => b == 0 ? a : a == 0x8000_0000 && b == uint.MaxValue ? 0 : (uint)((int)a % (int)b),
        Instruction.Remu => b == 0 ? a : a % b,
        _ => throw new NotSupportedException($"The reference does not know {op}."),
    };

    /// <summary>A jump's target; one that is not a multiple of 4 traps at the jump.</summary>
    private static uint Target(uint target) => (target & 3) == 0 ? target : throw new TrapTaken(Cause.FetchMisaligned, target);

    /// <summary>The result that depends on time.</summary>
    private uint Timed()
    {
        _record.TimeDependent = true;
        return _injection.Value ?? 0;
    }

    private uint TryIssue(uint address)
    {
        byte[] bytes = DescriptorBytes(address);
        uint taken = Timed();
        _record.Issued = taken != 0 ? bytes : null;
        return taken;
    }

    private void Issue(uint address) => _record.Issued = DescriptorBytes(address);

    private byte[] DescriptorBytes(uint address)
    {
        if ((address & 63) != 0)
            throw new TrapTaken(Cause.LoadMisaligned, address);
        return IsCacheable(address, out ulong place) ? Hbm.Bytes(place, Descriptor.SizeBytes) : throw new TrapTaken(Cause.LoadAccess, address);
    }
}
