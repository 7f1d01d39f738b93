using HybridEmu.Isa;
using HybridEmu.Reference;
using HybridEmu.Units;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// A bug put into a lockstep run, to prove that the programs reach it and that the comparison sees it: into the reference's
/// side where that can tell the difference, else into the core's state.
/// </summary>
/// <param name="Misread">What an instruction at a pc is taken for.</param>
/// <param name="Given">What the reference is told of time.</param>
/// <param name="After">What is changed after a step.</param>
/// <param name="OnChip">What is changed in the core now and then.</param>
internal sealed record PlantedBug(
    Func<uint, DecodedInstruction, DecodedInstruction>? Misread = null,
    Func<Retirement, Injection, Injection>? Given = null,
    Action<ReferenceHart, ReferenceRetirement>? After = null,
    Action<ControlCore>? OnChip = null)
{
    /// <summary>Their names, and how each is made for one run.</summary>
    public static IReadOnlyDictionary<string, Func<PlantedBug>> All { get; } = new Dictionary<string, Func<PlantedBug>>
    {
        ["sra shifts in zeros"] = () => Taken(Instruction.Sra, Instruction.Srl),
        ["srai shifts in zeros"] = () => Taken(Instruction.Srai, Instruction.Srli),
        ["sltiu compares signed"] = () => Taken(Instruction.Sltiu, Instruction.Slti),
        ["lh is zero-extended"] = () => Taken(Instruction.Lh, Instruction.Lhu),
        ["lbu is sign-extended"] = () => Taken(Instruction.Lbu, Instruction.Lb),
        ["sb stores a halfword"] = () => Taken(Instruction.Sb, Instruction.Sh),
        ["mulhsu takes rs1 as unsigned"] = () => Taken(Instruction.Mulhsu, Instruction.Mulhu),
        ["rem is unsigned"] = () => Taken(Instruction.Rem, Instruction.Remu),
        ["bltu compares signed"] = () => Taken(Instruction.Bltu, Instruction.Blt),
        ["bge does not branch on equal"] = () => new(Misread: (_, i) =>
            i.Op == Instruction.Bge ? i with { Op = Instruction.Blt, Rs1 = i.Rs2, Rs2 = i.Rs1 } : i),
        ["auipc counts from the next instruction"] = () => new(Misread: (_, i) =>
            i.Op == Instruction.Auipc ? i with { Immediate = i.Immediate + 4 } : i),
        ["amomaxu compares signed"] = () => Taken(Instruction.AmomaxuW, Instruction.AmomaxW),
        ["amomin compares unsigned"] = () => Taken(Instruction.AmominW, Instruction.AmominuW),
        ["csrrc sets"] = () => Taken(Instruction.Csrrc, Instruction.Csrrs),
        ["div by zero gives 0"] = () => new(After: (hart, r) => Replace(hart, r, Instruction.Div, r.Rs2Value == 0, 0)),
        ["a load across two lines loses its last byte"] = () => new(After: (hart, r) =>
            Replace(hart, r, Instruction.Lw, (r.MemoryAddress & 63) > 60, r.RdValue & 0xFF_FFFF)),
        ["sc.w always succeeds"] = () => new(Given: (r, given) =>
            Decoder.Decode(r.Word).Op == Instruction.ScW ? given with { Value = 0 } : given),
        ["an interrupt is lost"] = () => new(Given: (_, given) => given with { Interrupt = null }),
        ["a vectored interrupt goes to the base"] = () => new(After: (hart, r) =>
        {
            if (r.Trap && r.TrapCause >> 31 != 0)
                hart.Pc = r.NextPc &= ~0xFFu;
        }),
        ["fence.i is ignored"] = NeverFetchedAgain,
    };

    /// <summary>In the core itself: a timer interrupt that is pending when the run looks is never taken.</summary>
    public static PlantedBug LosesTimerInterrupts { get; } = new(OnChip: core =>
    {
        if (core.State.Asleep != 0)
            return;
        core.State.Pending &= ~(uint)ScalarProgram.TimerEnable;
        core.State.Lines.Timer = 0;
    });

    private static PlantedBug Taken(Instruction op, Instruction instead) => new(Misread: (_, i) => i.Op == op ? i with { Op = instead } : i);

    private static void Replace(ReferenceHart hart, ReferenceRetirement r, Instruction op, bool when, uint value)
    {
        if (!when || r.Trap || r.Rd == 0 || Decoder.Decode(r.Word).Op != op)
            return;
        hart.Register(r.Rd, value);
        r.RdValue = value;
    }

    /// <summary>A line is what it was when it was first reached.</summary>
    private static PlantedBug NeverFetchedAgain()
    {
        Dictionary<uint, uint> words = [];
        return new(
            Misread: (pc, i) => words.TryGetValue(pc, out uint word) ? Decoder.Decode(word) : i,
            After: (hart, r) =>
            {
                uint line = r.NextPc & ~63u;
                for (uint pc = line; pc < line + 64 && line >= (uint)AddressMap.Hbm; pc += 4)
                    words.TryAdd(pc, hart.Hbm.Read(pc - AddressMap.Hbm, 4));
            });
    }
}
