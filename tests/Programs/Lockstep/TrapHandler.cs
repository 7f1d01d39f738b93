using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// The handler of random programs, for both modes of mtvec. An exception: the next instruction follows; after a jump to
/// nowhere the return pointer does. An environment call nests: the handler saves its state, lets interrupts in, and traps
/// itself. A software interrupt is taken back; a timer interrupt sets the timer anew, so that a wfi always ends.
/// </summary>
internal static class TrapHandler
{
    /// <summary>System clock cycles between timer interrupts once a program has armed the timer.</summary>
    public const int TimerPeriod = 1000;

    private const int T = ScalarProgram.HandlerTemporary;
    private const int U = ScalarProgram.HandlerSecond;
    private const int Stack = ScalarProgram.HandlerStack;
    private const int InterruptEnable = ScalarProgram.InterruptEnable;

    // Vectors of the software and the timer interrupt, in words from the base.
    private const int SoftwareVector = 3, TimerVector = 7, VectorWords = 8;

    private static readonly DecodedInstruction[] s_interrupt =
    [
        Of(Instruction.Csrrs, T, 0, 0, Csr.Mcause),
        Of(Instruction.Andi, T, T, 0, 4), // 3 software, 7 timer
        Of(Instruction.Bne, 0, T, 0, 16),
        Of(Instruction.Lui, T, 0, 0, (int)AddressMap.Msip),
        Of(Instruction.Sw, 0, T, 0, 0),
        Of(Instruction.Mret, 0, 0, 0, 0),
        Of(Instruction.Csrrs, U, 0, 0, Csr.Time),
        Of(Instruction.Addi, U, U, 0, TimerPeriod),
        Of(Instruction.Lui, T, 0, 0, (int)AddressMap.Mtimecmp),
        Of(Instruction.Sw, 0, T, U, 0),
        Of(Instruction.Mret, 0, 0, 0, 0),
    ];

    private static readonly DecodedInstruction[] s_nested =
    [
        Of(Instruction.Addi, Stack, Stack, 0, -8),
        Of(Instruction.Csrrs, T, 0, 0, Csr.Mepc),
        Of(Instruction.Sw, 0, Stack, T, 0),
        Of(Instruction.Csrrs, T, 0, 0, Csr.Mstatus),
        Of(Instruction.Sw, 0, Stack, T, 4),
        Of(Instruction.Csrrsi, 0, InterruptEnable, 0, Csr.Mstatus),
        Of(Instruction.Ebreak, 0, 0, 0, 0),
        Of(Instruction.Csrrci, 0, InterruptEnable, 0, Csr.Mstatus),
        Of(Instruction.Lw, T, Stack, 0, 4),
        Of(Instruction.Csrrw, 0, T, 0, Csr.Mstatus),
        Of(Instruction.Lw, T, Stack, 0, 0),
        Of(Instruction.Addi, T, T, 0, 4),
        Of(Instruction.Csrrw, 0, T, 0, Csr.Mepc),
        Of(Instruction.Addi, Stack, Stack, 0, 8),
        Of(Instruction.Mret, 0, 0, 0, 0),
    ];

    private static readonly DecodedInstruction[] s_skip =
    [
        Of(Instruction.Csrrs, T, 0, 0, Csr.Mepc),
        Of(Instruction.Addi, T, T, 0, 4),
        Of(Instruction.Csrrw, 0, T, 0, Csr.Mepc),
        Of(Instruction.Mret, 0, 0, 0, 0),
    ];

    private static readonly DecodedInstruction[] s_nowhere =
    [
        Of(Instruction.Csrrw, 0, ScalarProgram.ReturnPointer, 0, Csr.Mepc),
        Of(Instruction.Mret, 0, 0, 0, 0),
    ];

    /// <summary>The words from the vector base on.</summary>
    public static uint[] Words()
    {
        const int dispatchWords = 6;
        int skip = VectorWords + dispatchWords, nowhere = skip + s_skip.Length, nested = nowhere + s_nowhere.Length, interrupt = nested + s_nested.Length;
        List<DecodedInstruction> all = [];
        int Distance(int target) => 4 * (target - all.Count);
        while (all.Count < VectorWords)
        {
            all.Add(all.Count switch
            {
                0 => Of(Instruction.Jal, 0, 0, 0, Distance(VectorWords)),
                SoftwareVector or TimerVector => Of(Instruction.Jal, 0, 0, 0, Distance(interrupt)),
                _ => Of(Instruction.Addi, 0, 0, 0, 0),
            });
        }

        all.Add(Of(Instruction.Csrrs, T, 0, 0, Csr.Mcause));
        all.Add(Of(Instruction.Blt, 0, T, 0, Distance(interrupt)));
        all.Add(Of(Instruction.Addi, T, T, 0, -1)); // 1: instruction access fault
        all.Add(Of(Instruction.Beq, 0, T, 0, Distance(nowhere)));
        all.Add(Of(Instruction.Addi, T, T, 0, -10)); // 11: environment call
        all.Add(Of(Instruction.Beq, 0, T, 0, Distance(nested)));
        all.AddRange([.. s_skip, .. s_nowhere, .. s_nested, .. s_interrupt]);
        return [.. all.Select(i => Encoder.Encode(in i))];
    }

    private static DecodedInstruction Of(Instruction op, int rd, int rs1, int rs2, int immediate) =>
        new(op, (byte)rd, (byte)rs1, (byte)rs2, immediate, 0);
}
