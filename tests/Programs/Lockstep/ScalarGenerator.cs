using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// Makes random programs from the rows of the instruction table: every scalar row occurs, in the forms that a single
/// hart executes the same way whatever the timing, apart from where its interrupts are taken.
/// </summary>
internal sealed partial class ScalarGenerator
{
    private const int FirstFree = 1;
    private const int LastFree = ScalarProgram.LastFree;

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

    private static readonly InstructionRow[] s_csrForms =
    [
        .. s_rows.Where(r => r.Format is InstructionFormat.Csr or InstructionFormat.CsrImmediate),
    ];

    private static readonly uint[] s_corners =
        [0, 1, 2, 3, 4, 31, 32, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0001, 0xFFFF_FFFE, 0xFFFF_FFFF];

    private readonly ulong _seed;
    private ulong _drawn;

    private ScalarGenerator(ulong seed) => _seed = seed;

    /// <summary>Up to this many pieces, by the seed.</summary>
    public const int LargestSize = 150;

    /// <summary>The program of a seed, the same on every host.</summary>
    public static ScalarProgram Program(ulong seed)
    {
        var random = new ScalarGenerator(seed);
        int size = 1 + random.Below(LargestSize);
        uint[] registers = [.. Enumerable.Range(0, LastFree).Select(_ => random.Value())];
        return new ScalarProgram(seed, registers, random.Pieces(size, Nesting.Loops), Vectored: random.Below(2) == 0);
    }

    /// <summary>What may be nested in a list of pieces: there is one loop counter and one link register.</summary>
    private enum Nesting
    {
        Nothing,
        Calls,
        Loops,
    }

    private Piece[] Pieces(int count, Nesting nesting) => [.. Enumerable.Range(0, count).Select(_ => Any(nesting))];

    private Piece Any(Nesting nesting) => Below(24) switch
    {
        0 or 1 when nesting == Nesting.Loops => Piece.Loop(Pieces(1 + Below(8), Nesting.Calls), 1 + Below(6)),
        2 when nesting != Nesting.Nothing => Piece.Call(Pieces(1 + Below(6), Nesting.Nothing)),
        _ => One(),
    };

    private Piece One() => Below(36) switch
    {
        0 => Modify(),
        1 => ReturnFromTrap(),
        2 => JumpToNowhere(),
        3 => Of(new DecodedInstruction(Instruction.Illegal, 0, 0, 0, 0, Illegal())),
        4 => ReservedPair(),
        5 => SoftwareInterrupt(),
        6 => TimerInterrupt(),
        7 => WaitForTimer(),
        8 => WaitForSoftware(),
        9 => TrapVector(),
        10 => InterruptEnables(),
        11 => Window(),
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

    /// <summary>Reads of all CSRs and of numbers that are none; writes of those that change nothing but themselves.</summary>
    private DecodedInstruction Register(InstructionRow row)
    {
        bool constant = row.Format == InstructionFormat.CsrImmediate;
        int number = Below(8) == 0 ? Below(4096) : CsrTable.Rows[Below(CsrTable.Rows.Length)].Number;
        if (Below(3) == 0)
            number = Csr.Mscratch;
        int source = constant ? Below(32) : Any();

        // Pieces of their own write these three, so that there is a handler, and nothing that it cannot take back.
        if (number is not (Csr.Mtvec or Csr.Mie or Csr.Hxwindow))
            return Make(row.Op, Free(), source, 0, number);
        return Make(constant ? Instruction.Csrrsi : Instruction.Csrrs, Free(), 0, 0, number);
    }

    private DecodedInstruction Arithmetic()
    {
        InstructionRow row = s_arithmetic[Below(s_arithmetic.Length)];
        bool shift = row.Format == InstructionFormat.Shift;
        return Make(row.Op, Free(), Any(), shift ? 0 : Any(), shift ? Below(32) : 0);
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

    private int Any()
    {
        int register = Below(8) == 0 ? 0 : FirstFree + Below(LastFree + 1);
        return register > LastFree ? ScalarProgram.DataPointer : register;
    }

    private int Below(int limit) => (int)(Bits() % (uint)limit);

    private uint Bits() => CounterRandom.Bits(_seed, _drawn++);

    private static Piece Whole(params DecodedInstruction[] instructions) => new(instructions, Whole: true);

    private static Piece Of(params DecodedInstruction[] instructions) => new(instructions);

    private static DecodedInstruction Make(Instruction op, int rd, int rs1, int rs2, int immediate) =>
        new(op, (byte)rd, (byte)rs1, (byte)rs2, immediate, 0);
}
