using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <content>Pieces of several instructions that work only together.</content>
internal sealed partial class ScalarGenerator
{
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

    /// <summary>Overwrites an instruction ahead by another one, makes it visible, executes it.</summary>
    private Piece Modify()
    {
        (int pointer, int value) = TwoWritten();
        DecodedInstruction before = Arithmetic();
        DecodedInstruction after = Arithmetic();
        uint word = Encoder.Encode(in after);
        int low = (int)(word << 20) >> 20;
        return Whole(
            Make(Instruction.Auipc, pointer, 0, 0, 0),
            Make(Instruction.Lui, value, 0, 0, (int)(word - (uint)low)),
            Make(Instruction.Addi, value, value, 0, low),
            Make(Instruction.Sw, 0, pointer, value, 20),
            Make(Instruction.FenceI, 0, 0, 0, 0),
            before);
    }

    private Piece ReturnFromTrap()
    {
        int pointer = Written();
        return Whole(
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
            Make(Instruction.Addi, value, value, 0, Below(64)),
            Make(Instruction.Sw, 0, pointer, 0, 4),
            Make(Instruction.Sw, 0, pointer, value, 0),
            Make(Instruction.Addi, value, 0, 0, ScalarProgram.TimerEnable),
            Make(Instruction.Csrrs, 0, value, 0, Csr.Mie),
            Make(Instruction.Csrrsi, 0, ScalarProgram.InterruptEnable, 0, Csr.Mstatus));
    }

    private Piece JumpToNowhere()
    {
        int link = Free();
        return Whole(
            Make(Instruction.Auipc, ScalarProgram.ReturnPointer, 0, 0, 0),
            Make(Instruction.Addi, ScalarProgram.ReturnPointer, ScalarProgram.ReturnPointer, 0, 12),
            Make(Instruction.Jalr, link, Below(2) == 0 ? 0 : ScalarProgram.ScratchpadPointer, 0, 4 * Below(256)));
    }

    /// <summary>Sleeps until the timer is due, with interrupts taken or not. The handler sets the timer anew, so that it always is.</summary>
    private Piece WaitForTimer()
    {
        (int pointer, int value) = TwoWritten();
        return Whole(
            Make(Instruction.Csrrci, 0, ScalarProgram.InterruptEnable, 0, Csr.Mstatus),
            Make(Instruction.Lui, pointer, 0, 0, (int)AddressMap.Mtimecmp),
            Make(Instruction.Csrrs, value, 0, 0, Csr.Time),
            Make(Instruction.Addi, value, value, 0, Below(200)),
            Make(Instruction.Sw, 0, pointer, 0, 4),
            Make(Instruction.Sw, 0, pointer, value, 0),
            Make(Instruction.Addi, value, 0, 0, ScalarProgram.TimerEnable),
            Make(Instruction.Csrrs, 0, value, 0, Csr.Mie),
            Make(Instruction.Csrrsi, 0, Below(2) * ScalarProgram.InterruptEnable, 0, Csr.Mstatus),
            Make(Instruction.Wfi, 0, 0, 0, 0),
            Make(Instruction.Csrrsi, 0, ScalarProgram.InterruptEnable, 0, Csr.Mstatus));
    }

    private Piece WaitForSoftware()
    {
        (int pointer, int value) = TwoWritten();
        return Whole(
            Make(Instruction.Csrrci, 0, ScalarProgram.InterruptEnable, 0, Csr.Mstatus),
            Make(Instruction.Lui, pointer, 0, 0, (int)AddressMap.Msip),
            Make(Instruction.Addi, value, 0, 0, 1),
            Make(Instruction.Sw, 0, pointer, value, 0),
            Make(Instruction.Csrrsi, 0, ScalarProgram.SoftwareEnable, 0, Csr.Mie),
            Make(Instruction.Wfi, 0, 0, 0, 0),
            Make(Instruction.Csrrsi, 0, ScalarProgram.InterruptEnable, 0, Csr.Mstatus));
    }

    /// <summary>Any form of write to mtvec, with interrupts off, and the handler's address again in either mode.</summary>
    private Piece TrapVector()
    {
        (int pointer, int value) = TwoWritten();
        return Whole(
            Make(Instruction.Csrrci, 0, ScalarProgram.InterruptEnable, 0, Csr.Mstatus),
            Make(Instruction.Lui, pointer, 0, 0, unchecked((int)ScalarProgram.Text)),
            Make(Instruction.Addi, pointer, pointer, 0, Below(4)), // bit 1 is not kept
            Make(s_csrForms[Below(s_csrForms.Length)].Op, value, Any(), 0, Csr.Mtvec),
            Make(Instruction.Csrrw, Free(), pointer, 0, Csr.Mtvec));
    }

    /// <summary>Any form of write to mie, with interrupts off; then none is enabled, or the software's.</summary>
    private Piece InterruptEnables() => Whole(
        Make(Instruction.Csrrci, 0, ScalarProgram.InterruptEnable, 0, Csr.Mstatus),
        Make(s_csrForms[Below(s_csrForms.Length)].Op, Free(), Any(), 0, Csr.Mie),
        Make(Instruction.Csrrs, Free(), 0, 0, Csr.Mie),
        Make(Instruction.Csrrwi, Free(), Below(2) * ScalarProgram.SoftwareEnable, 0, Csr.Mie));

    /// <summary>An access to the data window by its other name, or through a page where nothing is.</summary>
    private Piece Window()
    {
        (int pointer, int value) = TwoWritten();
        InstructionRow[] accesses = [.. s_rows.Where(r => r.Operands.Contains(OperandKind.Address) || (r.Operands.Contains(OperandKind.Memory) && r.Op != Instruction.Jalr))];
        InstructionRow row = accesses[Below(accesses.Length)];
        bool offset = row.Operands.Contains(OperandKind.Memory);
        int second = row.Operands.Contains(OperandKind.Rs2) ? Any() : 0;
        int written = row.Operands.Contains(OperandKind.Rd) ? Free() : 0;
        bool there = Below(4) != 0;
        return Whole(
            Make(Instruction.Addi, value, 0, 0, there ? 0 : 1 + Below(32)),
            Make(s_csrForms[0].Op, 0, value, 0, Csr.Hxwindow),
            Make(Instruction.Lui, pointer, 0, 0, unchecked((int)((uint)AddressMap.Window + ScalarProgram.DataMiddle - ScalarProgram.Text))),
            Make(row.Op, written, pointer, second, offset ? Below(64) - 32 : Below(4)),
            Make(Instruction.Csrrwi, 0, 7, 0, Csr.Hxwindow));
    }
}
