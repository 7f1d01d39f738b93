using System.Globalization;
using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>One instruction that must trap, and what it needs in registers to do so.</summary>
/// <param name="Word">The instruction.</param>
/// <param name="Registers">Values of x0 to x31 before it.</param>
/// <param name="Cause">mcause.</param>
/// <param name="Value">mtval.</param>
internal sealed record TrapCase(uint Word, uint[] Registers, uint Cause, uint Value)
{
    public override string ToString()
    {
        DecodedInstruction i = Decoder.Decode(Word);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Word:x8}  {Disassembler.Text(Word, 0)}  (x{i.Rs1} = 0x{Registers[i.Rs1]:x}, x{i.Rs2} = 0x{Registers[i.Rs2]:x}), cause {Cause}, mtval 0x{Value:x}");
    }
}

/// <summary>Makes instructions that must trap, of every sort there is, from the instruction and CSR tables.</summary>
/// <param name="seed">Which.</param>
/// <param name="pc">Where it will lie.</param>
/// <param name="data">First address of a window of cacheable memory.</param>
/// <param name="dataBytes">Bytes of it.</param>
/// <param name="stream">First address that scalar code may not reach.</param>
internal sealed class TrapCases(ulong seed, uint pc, uint data, int dataBytes, uint stream)
{
    private const uint FetchMisaligned = 0, Illegal = 2, Breakpoint = 3, LoadMisaligned = 4, LoadAccess = 5, StoreMisaligned = 6, StoreAccess = 7, EnvironmentCall = 11;

    private static readonly InstructionRow[] s_all = InstructionTable.Rows[1..].ToArray();
    private static readonly InstructionRow[] s_csr = [.. s_all.Where(r => r.Operands.Contains(OperandKind.Csr))];
    private static readonly InstructionRow[] s_atomics = [.. s_all.Where(r => r.Format == InstructionFormat.Atomic)];
    private static readonly InstructionRow[] s_branches = [.. s_all.Where(r => r.Format == InstructionFormat.B)];
    private static readonly InstructionRow[] s_accesses = [.. s_all.Where(r => r.Operands.Contains(OperandKind.Memory) && r.Op != Instruction.Jalr)];
    private static readonly CsrRow[] s_readOnly = [.. CsrTable.Rows.ToArray().Where(r => r.Access == CsrAccess.ReadOnly)];

    private readonly uint[] _registers = new uint[32];
    private ulong _drawn;

    /// <summary>The case of the seed.</summary>
    public TrapCase Make()
    {
        for (int r = 1; r < 32; r++)
            _registers[r] = Bits();
        return Below(12) switch
        {
            0 or 1 or 2 => IllegalWord(),
            3 => AbsentCsr(),
            4 => ReadOnlyCsr(),
            5 => MisalignedAtomic(),
            6 => AtomicElsewhere(),
            7 => MisalignedJump(),
            8 => MisalignedBranch(),
            9 => AccessNowhere(),
            10 => AccessPastTheEnd(),
            _ => Others(),
        };
    }

    private TrapCase IllegalWord()
    {
        uint word;
        do
        {
            uint row = s_all[Below(s_all.Length)].Match;
            word = Below(4) switch
            {
                0 => Bits(),
                1 => row ^ (1u << Below(32)),
                2 => (Bits() & ~0x7Fu) | (row & 0x7F),
                _ => (Bits() & ~0x7Fu) | (uint)(0x0B | (Below(4) switch { 0 => 0, 1 => 0x20, 2 => 0x50, _ => 0x70 })), // custom-0 to -3
            };
        }
        while (Decoder.Decode(word).Op != Instruction.Illegal);
        return new(word, _registers, Illegal, word);
    }

    private TrapCase AbsentCsr()
    {
        int number;
        do
            number = Below(4096);
        while (CsrTable.Find(number) is not null);
        return Trapped(s_csr[Below(s_csr.Length)].Op, Register(), Below(32), 0, number, Illegal, null);
    }

    private TrapCase ReadOnlyCsr()
    {
        Instruction op = s_csr[Below(s_csr.Length)].Op;
        bool always = op is Instruction.Csrrw or Instruction.Csrrwi;
        return Trapped(op, Register(), always ? Below(32) : 1 + Below(31), 0, s_readOnly[Below(s_readOnly.Length)].Number, Illegal, null);
    }

    private TrapCase MisalignedAtomic()
    {
        uint address = (InData() & ~3u) + 1 + (uint)Below(3);
        return Atomic(Below(4) == 0 ? Elsewhere() | 1 : address, LoadMisaligned, StoreMisaligned);
    }

    private TrapCase AtomicElsewhere() => Atomic(Elsewhere() & ~3u, LoadAccess, StoreAccess);

    private TrapCase Atomic(uint address, uint load, uint store)
    {
        Instruction op = s_atomics[Below(s_atomics.Length)].Op;
        bool loads = op == Instruction.LrW;
        int pointer = Holding(address);
        return Trapped(op, Register(), pointer, loads ? 0 : Register(), Below(4), loads ? load : store, address);
    }

    private TrapCase MisalignedJump()
    {
        if (Below(2) == 0)
        {
            int distance = (Below(1 << 19) * 4) - (1 << 20) + 2;
            return Trapped(Instruction.Jal, Register(), 0, 0, distance, FetchMisaligned, pc + (uint)distance);
        }

        int offset = Below(4096) - 2048;
        uint target = (Bits() & ~3u) | 2;
        int pointer = Holding(target + (uint)Below(2) - (uint)offset); // bit 0 is cleared
        return Trapped(Instruction.Jalr, Register(), pointer, 0, offset, FetchMisaligned, target);
    }

    private TrapCase MisalignedBranch()
    {
        int distance = (Below(1 << 11) * 4) - (1 << 12) + 2;
        while (true)
        {
            Instruction op = s_branches[Below(s_branches.Length)].Op;
            int first = Register(), second = Below(2) == 0 ? Register() : first;
            uint a = _registers[first], b = _registers[second];
            bool taken = op switch
            {
                Instruction.Beq => a == b,
                Instruction.Bne => a != b,
                Instruction.Blt => (int)a < (int)b,
                Instruction.Bge => (int)a >= (int)b,
                Instruction.Bltu => a < b,
                _ => a >= b,
            };
            if (taken)
                return Trapped(op, 0, first, second, distance, FetchMisaligned, pc + (uint)distance);
        }
    }

    /// <summary>Where nothing is; or misaligned in the scratchpad, the accumulators and the devices.</summary>
    private TrapCase AccessNowhere()
    {
        uint address = Elsewhere();
        InstructionRow row = s_accesses[Below(s_accesses.Length)];
        bool mapped = address is >= (uint)AddressMap.Clint and < 0x2000_0000 or >= (uint)AddressMap.Scratchpad and < (uint)AddressMap.Hbm;
        if (mapped && Size(row) == 1)
            return AccessNowhere();
        address |= mapped ? 1u : 0;
        bool load = row.Operands[0] == OperandKind.Rd;
        return Access(row, address, mapped ? (load ? LoadMisaligned : StoreMisaligned) : load ? LoadAccess : StoreAccess, address);
    }

    /// <summary>Begins in the last word of cacheable memory and goes on beyond it.</summary>
    private TrapCase AccessPastTheEnd()
    {
        InstructionRow row;
        do
            row = s_accesses[Below(s_accesses.Length)];
        while (Size(row) == 1);
        uint address = stream - 1 - (uint)Below(Size(row) - 1);
        return Access(row, address, row.Operands[0] == OperandKind.Rd ? LoadAccess : StoreAccess, stream);
    }

    private TrapCase Others()
    {
        switch (Below(4))
        {
            case 0:
                return Trapped(Instruction.Ecall, 0, 0, 0, 0, EnvironmentCall, 0);
            case 1:
                return Trapped(Instruction.Ebreak, 0, 0, 0, 0, Breakpoint, pc);
            default:
                bool tries = Below(2) == 0, aligned = Below(2) == 0;
                uint address = aligned ? Elsewhere() & ~63u : (InData() & ~63u) + 1 + (uint)Below(63);
                int pointer = Holding(address);
                return Trapped(tries ? Instruction.HxTryissue : Instruction.HxIssue, tries ? Register() : 0, pointer, 0, 0, aligned ? LoadAccess : LoadMisaligned, address);
        }
    }

    private TrapCase Access(InstructionRow row, uint address, uint cause, uint value)
    {
        int offset = Below(4096) - 2048;
        bool load = row.Operands[0] == OperandKind.Rd;
        int pointer = Holding(address - (uint)offset);
        return Trapped(row.Op, load ? Register() : 0, pointer, load ? 0 : Register(), offset, cause, value);
    }

    private TrapCase Trapped(Instruction op, int rd, int rs1, int rs2, int immediate, uint cause, uint? value)
    {
        uint word = Encoder.Encode(op, rd, rs1, rs2, immediate);
        return new(word, _registers, cause, value ?? word);
    }

    /// <summary>Unmapped, streaming, scratchpad, accumulators, devices: where no atomic and no descriptor may be.</summary>
    private uint Elsewhere() => Below(6) switch
    {
        0 => (uint)Below(0x0100_0000),
        1 => 0x2000_0000 + (uint)Below(0x1000_0000),
        2 => stream + (Bits() % (0xF000_0000 - stream)),
        3 => (uint)AddressMap.Scratchpad + (uint)Below(0x1000),
        4 => (uint)AddressMap.Accumulators + (uint)Below(0x1000),
        _ => (Below(2) == 0 ? (uint)AddressMap.HostPort : (uint)AddressMap.Clint) + (uint)Below(0x1000),
    };

    private uint InData() => data + (uint)Below(dataBytes - 64);

    private int Holding(uint value)
    {
        int register = 1 + Below(31);
        _registers[register] = value;
        return register;
    }

    private static int Size(InstructionRow row) => row.Op switch
    {
        Instruction.Lb or Instruction.Lbu or Instruction.Sb => 1,
        Instruction.Lh or Instruction.Lhu or Instruction.Sh => 2,
        _ => 4,
    };

    private int Register() => Below(32);

    private int Below(int limit) => (int)(Bits() % (uint)limit);

    private uint Bits() => CounterRandom.Bits(seed, _drawn++);
}
