using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// Makes random programs from the rows of the instruction table: every scalar row occurs, in the forms that a single
/// hart executes the same way whatever the timing, apart from where its interrupts are taken.
/// </summary>
internal sealed class ScalarGenerator
{
    private const int FirstFree = 1;
    private const int LastFree = 26;

    // Rows that need a partner (dispatch, other tiles) or that pieces of their own make.
    private static readonly InstructionRow[] s_rows =
    [
        .. InstructionTable.Rows.ToArray().Where(r => r.Op is not (Instruction.Illegal or Instruction.Wfi or Instruction.Mret
            or Instruction.HxIssue or Instruction.HxTryissue or Instruction.HxPoll or Instruction.HxDrain or Instruction.HxSeminit
            or Instruction.HxSempost or Instruction.HxSemwait or Instruction.HxSemtry or Instruction.HxBarrier)),
    ];

    private static readonly InstructionRow[] s_arithmetic =
    [
        .. s_rows.Where(r => r.Section is "RV32I base" && r.Format is InstructionFormat.R or InstructionFormat.Shift),
    ];

    private static readonly uint[] s_corners =
        [0, 1, 2, 3, 4, 31, 32, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0001, 0xFFFF_FFFE, 0xFFFF_FFFF];

    private readonly ulong _seed;
    private ulong _drawn;

    private ScalarGenerator(ulong seed) => _seed = seed;

    /// <summary>A program of up to <paramref name="size"/> pieces, the same for the same seed on every host.</summary>
    public static ScalarProgram Program(ulong seed, int size)
    {
        var random = new ScalarGenerator(seed);
        uint[] registers = [.. Enumerable.Range(0, LastFree).Select(_ => random.Value())];
        return new ScalarProgram(registers, random.Pieces(Math.Max(1, size), loops: true), seed);
    }

    private Piece[] Pieces(int count, bool loops) => [.. Enumerable.Range(0, count).Select(_ => loops && Below(12) == 0 ? Loop() : One())];

    private Piece Loop() => Piece.Loop(Pieces(1 + Below(8), loops: false), 1 + Below(6));

    private Piece One() => Below(26) switch
    {
        0 => Modify(),
        1 => ReturnFromTrap(),
        2 => JumpToNowhere(),
        3 => Of(new DecodedInstruction(Instruction.Illegal, 0, 0, 0, 0, Illegal())),
        4 => ReservedPair(),
        5 => SoftwareInterrupt(),
        6 => TimerInterrupt(),
        _ => FromRow(s_rows[Below(s_rows.Length)]),
    };

    private Piece FromRow(InstructionRow row)
    {
        switch (row.Format)
        {
            case InstructionFormat.B:
                return new Piece([Make(row.Op, 0, Any(), Any(), 0)], Skips: 1 + Below(5), Astray: Below(16) == 0 ? 2 : 0);
            case InstructionFormat.J:
                return new Piece([Make(row.Op, Free(), 0, 0, 0)], Skips: 1 + Below(5), Astray: Below(16) == 0 ? 2 : 0);
            case InstructionFormat.I when row.Op == Instruction.Jalr:
                int through = Written();
                return new Piece(
                    [Make(Instruction.Auipc, through, 0, 0, 0), Make(row.Op, Free(), through, 0, 0)], Skips: 1 + Below(5), Astray: Below(4));
            case InstructionFormat.I when row.Operands.Contains(OperandKind.Memory):
                return Access(row, load: true);
            case InstructionFormat.S:
                return Access(row, load: false);
            case InstructionFormat.Atomic:
                return Atomic(row);
            case InstructionFormat.Csr or InstructionFormat.CsrImmediate:
                return Of(Register(row));
            case InstructionFormat.R when row.Op is Instruction.HxClean or Instruction.HxInval:
                return Of(Make(row.Op, 0, Below(4) == 0 ? Any() : ScalarProgram.DataPointer, Any(), 0));
            default:
                (int minimum, int maximum, int multiple) = Encoder.ImmediateRange(row.Format);
                bool writes = row.Operands.Contains(OperandKind.Rd);
                bool first = row.Operands.Contains(OperandKind.Rs1), second = row.Operands.Contains(OperandKind.Rs2);
                int immediate = (int)(minimum + ((Bits() % (((long)maximum - minimum) / multiple + 1)) * multiple));
                return Of(Make(row.Op, writes ? Free() : 0, first ? Any() : 0, second ? Any() : 0, immediate));
        }
    }

    /// <summary>In the data window mostly, at any alignment; in the scratchpad; loads from anywhere too, which mostly trap.</summary>
    private Piece Access(InstructionRow row, bool load)
    {
        int place = Below(8);
        if (place == 0)
            return Of(Make(row.Op, load ? Free() : 0, load && Below(2) == 0 ? Any() : 0, load ? 0 : Any(), Offset()));
        if (place == 1)
            return Of(Make(row.Op, load ? Free() : 0, ScalarProgram.ScratchpadPointer, load ? 0 : Any(), Offset()));
        if (place < 5)
            return Of(Make(row.Op, load ? Free() : 0, ScalarProgram.DataPointer, load ? 0 : Any(), Below(2) == 0 ? Offset() : Below(64) - 32));
        (DecodedInstruction far, DecodedInstruction add, int pointer) = Far();
        return Of(far, add, Make(row.Op, load ? Free() : 0, pointer, load ? 0 : Any(), Offset()));
    }

    /// <summary>On aligned words of the data window, few of them so that they meet; now and then misaligned or elsewhere.</summary>
    private Piece Atomic(InstructionRow row)
    {
        int pointer = Free();
        int from = Below(12) == 0 ? ScalarProgram.ScratchpadPointer : ScalarProgram.DataPointer;
        int offset = Below(12) == 0 ? Offset() : 4 * (Below(64) - 32);
        int second = row.Op == Instruction.LrW ? 0 : Any();
        return Of(Make(Instruction.Addi, pointer, from, 0, offset), Make(row.Op, Free(), pointer, second, Below(4)));
    }

    /// <summary>lr.w, perhaps something between, sc.w to the same or another line.</summary>
    private Piece ReservedPair()
    {
        int pointer = Free(), got = Free();
        int offset = 4 * (Below(64) - 32);
        List<DecodedInstruction> all = [Make(Instruction.Addi, pointer, ScalarProgram.DataPointer, 0, offset), Make(Instruction.LrW, got, pointer, 0, 0)];
        if (got == pointer || Below(4) == 0)
            all.Add(Make(Instruction.Addi, pointer, ScalarProgram.DataPointer, 0, Below(2) == 0 ? offset : 4 * (Below(64) - 32)));
        if (Below(4) == 0)
            all.Add(Make(Instruction.Sw, 0, ScalarProgram.DataPointer, Any(), Offset()));
        all.Add(Make(Instruction.ScW, Free(), pointer, Any(), Below(4)));
        return Of([.. all]);
    }

    /// <summary>Reads of all CSRs and of numbers that are none; writes of those that change nothing but themselves.</summary>
    private DecodedInstruction Register(InstructionRow row)
    {
        bool constant = row.Format == InstructionFormat.CsrImmediate;
        int number = Below(8) == 0 ? Below(4096) : CsrTable.Rows[Below(CsrTable.Rows.Length)].Number;
        if (Below(3) == 0)
            number = Csr.Mscratch;
        int source = constant ? Below(32) : Any();

        // Without a handler, or with an interrupt that nobody takes back, or with another page behind the window, it is another program.
        if (number is not (Csr.Mtvec or Csr.Mie or Csr.Hxqfault or Csr.Hxwindow))
            return Make(row.Op, Free(), source, 0, number);
        return Make(constant ? Instruction.Csrrsi : Instruction.Csrrs, Free(), 0, 0, number);
    }

    /// <summary>Overwrites an instruction ahead by another one, makes it visible, executes it.</summary>
    private Piece Modify()
    {
        (int pointer, int value) = TwoWritten();
        DecodedInstruction before = Arithmetic();
        DecodedInstruction after = Arithmetic();
        uint word = Encoder.Encode(in after);
        int low = (int)(word << 20) >> 20;
        return Of(
            Make(Instruction.Auipc, pointer, 0, 0, 0),
            Make(Instruction.Lui, value, 0, 0, (int)(word - (uint)low)),
            Make(Instruction.Addi, value, value, 0, low),
            Make(Instruction.Sw, 0, pointer, value, 20),
            Make(Instruction.FenceI, 0, 0, 0, 0),
            before);
    }

    private DecodedInstruction Arithmetic()
    {
        InstructionRow row = s_arithmetic[Below(s_arithmetic.Length)];
        bool shift = row.Format == InstructionFormat.Shift;
        return Make(row.Op, Free(), Any(), shift ? 0 : Any(), shift ? Below(32) : 0);
    }

    private Piece ReturnFromTrap()
    {
        int pointer = Written();
        return Of(
            Make(Instruction.Csrrci, 0, ScalarProgram.InterruptEnable, 0, Csr.Mstatus), // an interrupt writes mepc
            Make(Instruction.Auipc, pointer, 0, 0, 0),
            Make(Instruction.Addi, pointer, pointer, 0, 16 + Below(4)), // mepc ignores bits 1:0
            Make(Instruction.Csrrw, 0, pointer, 0, Csr.Mepc),
            Make(Instruction.Mret, 0, 0, 0, 0));
    }

    private Piece SoftwareInterrupt()
    {
        (int pointer, int value) = TwoWritten();
        return Of(
            Make(Instruction.Lui, pointer, 0, 0, (int)AddressMap.Msip),
            Make(Instruction.Addi, value, 0, 0, 1),
            Make(Instruction.Sw, 0, pointer, value, 0),
            Make(Instruction.Csrrsi, 0, ScalarProgram.SoftwareEnable, 0, Csr.Mie),
            Make(Instruction.Csrrsi, 0, ScalarProgram.InterruptEnable, 0, Csr.Mstatus));
    }

    /// <summary>In a few cycles of the system clock.</summary>
    private Piece TimerInterrupt()
    {
        (int pointer, int value) = TwoWritten();
        return Of(
            Make(Instruction.Lui, pointer, 0, 0, (int)AddressMap.Mtimecmp),
            Make(Instruction.Csrrs, value, 0, 0, Csr.Time),
            Make(Instruction.Addi, value, value, 0, Below(16)),
            Make(Instruction.Sw, 0, pointer, 0, 4),
            Make(Instruction.Sw, 0, pointer, value, 0),
            Make(Instruction.Addi, value, 0, 0, ScalarProgram.TimerEnable),
            Make(Instruction.Csrrs, 0, value, 0, Csr.Mie),
            Make(Instruction.Csrrsi, 0, ScalarProgram.InterruptEnable, 0, Csr.Mstatus));
    }

    private Piece JumpToNowhere()
    {
        int link = Free();
        return Of(
            Make(Instruction.Auipc, ScalarProgram.ReturnPointer, 0, 0, 0),
            Make(Instruction.Addi, ScalarProgram.ReturnPointer, ScalarProgram.ReturnPointer, 0, 12),
            Make(Instruction.Jalr, link, Below(2) == 0 ? 0 : ScalarProgram.ScratchpadPointer, 0, 4 * Below(256)));
    }

    private (DecodedInstruction Far, DecodedInstruction Add, int Pointer) Far()
    {
        int pointer = Free();
        return (
            Make(Instruction.Lui, pointer, 0, 0, (Below(13) - 6) << 12),
            Make(Instruction.Add, pointer, pointer, ScalarProgram.DataPointer, 0),
            pointer);
    }

    private uint Illegal()
    {
        uint word;
        do
            word = Below(2) == 0 ? Bits() : s_rows[Below(s_rows.Length)].Match ^ (1u << Below(32));
        while (Decoder.Decode(word).Op != Instruction.Illegal);
        return word;
    }

    private uint Value() => Below(2) == 0 ? s_corners[Below(s_corners.Length)] : Bits();

    private int Offset() => Below(4096) - 2048;

    private int Free() => Below(8) == 0 ? 0 : FirstFree + Below(LastFree);

    private int Written() => FirstFree + Below(LastFree);

    private (int First, int Second) TwoWritten()
    {
        int first = Written(), second = Below(LastFree - 1) + FirstFree;
        return (first, second < first ? second : second + 1);
    }

    private int Any() => Below(8) == 0 ? 0 : FirstFree + Below(LastFree + 1);

    private int Below(int limit) => (int)(Bits() % (uint)limit);

    private uint Bits() => CounterRandom.Bits(_seed, _drawn++);

    private static Piece Of(params DecodedInstruction[] instructions) => new(instructions);

    private static DecodedInstruction Make(Instruction op, int rd, int rs1, int rs2, int immediate) =>
        new(op, (byte)rd, (byte)rs1, (byte)rs2, immediate, 0);
}
