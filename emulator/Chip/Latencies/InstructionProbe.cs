using HybridEmu.Isa;

namespace HybridEmu.Chip;

/// <summary>How one instruction is timed: what a step of its chain is made of.</summary>
/// <param name="Mnemonic">As in the ISA's table.</param>
/// <param name="Step">Source of one step; {d} stands for the register that receives the result.</param>
/// <param name="Companion">Source of what a step has besides the instruction; its own time a step is taken off. Empty: nothing.</param>
/// <param name="Setup">Source that runs before each chain, outside the measured time.</param>
/// <param name="Steps">n: chains of n and of 2n steps are compared.</param>
/// <param name="Variant">What tells it from another probe of the same instruction.</param>
/// <param name="Reason">Why it is not measured; empty where it is.</param>
public sealed record InstructionProbe(
    string Mnemonic, string Step, string Companion = "", string Setup = "", int Steps = InstructionProbe.LongChain, string Variant = "", string Reason = "")
{
    /// <summary>Twice this is more than the store buffer and any queue of the core holds.</summary>
    public const int LongChain = 16;

    /// <summary>Twice this still fits a descriptor queue.</summary>
    private const int ChainOfIssues = 2;

    private const string ReturnAddress = "auipc t6,0\naddi t6,t6,16\ncsrw mepc,t6\n";
    private const string EmptyQueues = "hx.drain a7";

    /// <summary>It has a result that a dependent instruction can wait for.</summary>
    public bool HasResult => Step.Contains("{d}", StringComparison.Ordinal);

    /// <summary>One or more probes for each instruction, in the order of the ISA's table.</summary>
    public static IEnumerable<InstructionProbe> All()
    {
        foreach (InstructionRow row in InstructionTable.Rows.ToArray().Where(r => r.Op != Instruction.Illegal))
        {
            foreach (InstructionProbe probe in Of(row))
                yield return probe;
        }
    }

    // Registers that ProbeProgram sets: a2 = 5, a3 = 3, a4 a word of data, a5 a semaphore, a6 = 1, a7 all queues, s10 a line
    // that nobody touches, t5 a descriptor.
    private static InstructionProbe[] Of(InstructionRow row)
    {
        string name = row.Mnemonic;
        return name switch
        {
            "lui" or "auipc" => [new(name, $"{name} {{d}},1")],
            "jal" => [new(name, "jal {d},1f\n1:")],
            "jalr" => [new(name, "auipc t3,0\njalr {d},8(t3)", "auipc t3,0")],
            "beq" => Branch(name, "a2,zero", "a2,a2"),
            "bne" => Branch(name, "a2,a2", "a2,zero"),
            "blt" or "bltu" => Branch(name, "a2,zero", "zero,a2"),
            "bge" or "bgeu" => Branch(name, "zero,a2", "a2,zero"),
            "lb" or "lh" or "lw" or "lbu" or "lhu" => [new(name, $"{name} {{d}},0(a4)")],
            "sb" or "sh" or "sw" => [new(name, $"{name} a2,0(a4)")],
            "lr.w" => [new(name, "lr.w {d},(a4)")],
            "sc.w" => [new(name, "lr.w zero,(a4)\nsc.w {d},a2,(a4)", "lr.w zero,(a4)")],
            "fence" => [new(name, "fence")],
            "fence.i" => [new(name, "", Reason: "empties L1I, so that what follows is fetched from memory; C-4 gives 3 and the miss")],
            "ecall" or "ebreak" => [new(name, name, ReturnAddress + "mret")],
            "mret" => [new(name, ReturnAddress + "mret", ReturnAddress)],
            "wfi" => [new(name, "", Reason: "waits for an interrupt")],
            "csrrw" or "csrrs" or "csrrc" => [new(name, $"{name} {{d}},mscratch,a2")],
            "csrrwi" or "csrrsi" or "csrrci" => [new(name, $"{name} {{d}},mscratch,1")],
            "hx.issue" => [new(name, "hx.issue t5", Setup: EmptyQueues, Steps: ChainOfIssues)],
            "hx.tryissue" => [new(name, "hx.tryissue {d},t5", Setup: EmptyQueues, Steps: ChainOfIssues)],
            "hx.poll" => [new(name, "hx.poll {d},zero", Setup: EmptyQueues)],
            "hx.drain" => [new(name, EmptyQueues, Setup: EmptyQueues)],
            "hx.seminit" => [new(name, "hx.seminit a5,a2")],
            "hx.sempost" => [new(name, "hx.sempost a5,a6", Setup: "hx.seminit a5,zero")],
            "hx.semwait" => [new(name, "hx.semwait a5,a6", Setup: "li t3,255\nhx.seminit a5,t3")],
            "hx.semtry" => [new(name, "hx.semtry {d},a5,a6", Setup: "li t3,255\nhx.seminit a5,t3")],
            "hx.barrier" => [new(name, "", Reason: "waits for every other hart")],
            "hx.mark" => [new(name, "hx.mark zero")],
            "hx.traceon" or "hx.traceoff" => [new(name, name)],
            "hx.clean" or "hx.inval" => [new(name, $"{name} s10,a6", Steps: ChainOfIssues)],
            _ when name.StartsWith("amo", StringComparison.Ordinal) => [new(name, $"{name} {{d}},a2,(a4)")],
            _ when row.Format == InstructionFormat.R => [new(name, $"{name} {{d}},a2,a3")],
            _ when row.Format is InstructionFormat.I or InstructionFormat.Shift => [new(name, $"{name} {{d}},a2,1")],
            _ => throw new InvalidOperationException($"There is no probe for {name}."),
        };
    }

    private static InstructionProbe[] Branch(string name, string untaken, string taken) =>
    [
        new(name, $"{name} {untaken},1f\n1:", Variant: "not taken"),
        new(name, $"{name} {taken},1f\n1:", Variant: "taken"),
    ];
}
