using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Reference;
using HybridEmu.Units;

namespace HybridEmu.Programs.Tests;

/// <summary>What a run, or many, went through.</summary>
internal sealed class LockstepCounts
{
    /// <summary>Records compared: retirements and traps.</summary>
    public long Records { get; set; }

    /// <summary>Traps by cause, interrupts from 32 on.</summary>
    public long[] Causes { get; } = new long[64];

    /// <summary>Retirements by instruction.</summary>
    public long[] Instructions { get; } = new long[InstructionTable.Rows.Length];

    /// <summary>sc.w that the reservation allowed, and that stored.</summary>
    public long StoresAllowed { get; set; }

    public long StoresDone { get; set; }

    public long Interrupts => Causes.AsSpan(32).ToArray().Sum();

    public void Add(LockstepCounts other)
    {
        Records += other.Records;
        StoresAllowed += other.StoresAllowed;
        StoresDone += other.StoresDone;
        for (int i = 0; i < Causes.Length; i++)
            Causes[i] += other.Causes[i];
        for (int i = 0; i < Instructions.Length; i++)
            Instructions[i] += other.Instructions[i];
    }
}

/// <summary>
/// One program on the emulated chip, with the reference hart in lockstep on its retirements. What depends on time is
/// checked for being possible and then given to the reference.
/// </summary>
internal sealed class LockstepRun
{
    private const int CyclesBetweenComparisons = 2000, CyclesBetweenPlants = 20;
    private const long MaximumCycles = 2_000_000;

    private readonly ChipRun _run;
    private readonly RetirementLog _log;
    private readonly ReferenceHart _reference;
    private readonly TimeWatch _time;
    private readonly PlantedBug? _bug;
    private readonly int _imageBytes;
    private readonly LockstepCounts _counts = new();

    private LockstepRun(ChipConfiguration configuration, ScalarProgram program, PlantedBug? bug)
    {
        byte[] data = program.InitialData();
        ElfImage image = program.Image();
        _bug = bug;
        _run = new ChipRun(configuration, image, [(ScalarProgram.Data, data)], new RunOptions { MaximumCycles = MaximumCycles });
        _log = _run.Chip.AttachRetirementLogs(2 * CyclesBetweenComparisons)[0];

        // What the configuration decides is read from the chip; tests of the control core hold it to the configuration.
        Dictionary<int, uint> constants = [];
        foreach (CsrRow row in CsrTable.Rows)
        {
            if (row.Reset is null)
                constants[row.Number] = _run.Chip.Control(0).ReadCsr(row.Number);
        }

        var hbm = new ReferenceMemory((ulong)configuration.Hbm.CapacityBytes);
        var scratchpad = new ReferenceMemory((ulong)configuration.Scratchpad.Bytes);
        var accumulators = new ReferenceMemory((ulong)configuration.Accumulators.Bytes);
        ElfSegment text = image.Segments[0];
        _imageBytes = text.Bytes.Length;
        hbm.Load(text.Address - AddressMap.Hbm, text.Bytes.Span);
        hbm.Load(ScalarProgram.Data - AddressMap.Hbm, data);
        _reference = new ReferenceHart(
            new ReferenceHartConfig
            {
                StreamOffset = (ulong)configuration.Fabric.StreamingBaseBytes,
                ScratchpadBytes = (uint)configuration.Scratchpad.Bytes,
                AccumulatorBytes = (uint)configuration.Accumulators.Bytes,
                Constants = constants,
            },
            hbm, scratchpad, accumulators, image.Entry)
        {
            Misread = bug?.Misread,
        };
        _time = new TimeWatch(_run.Chip, _reference, configuration.System.ClockMegahertz, configuration.Core.ClockMegahertz);
    }

    /// <summary>Runs and compares.</summary>
    /// <param name="configuration">The chip.</param>
    /// <param name="program">The program.</param>
    /// <param name="counts">What it went through, up to the difference.</param>
    /// <param name="bug">One that is planted in the reference.</param>
    /// <returns>The first difference, field by field, or null.</returns>
    public static string? Difference(ChipConfiguration configuration, ScalarProgram program, out LockstepCounts counts, PlantedBug? bug = null)
    {
        var run = new LockstepRun(configuration, program, bug);
        counts = run._counts;
        return run.Difference();
    }

    private string? Difference()
    {
        RunResult result;
        do
        {
            result = _run.Advance(_bug?.OnChip is null ? CyclesBetweenComparisons : CyclesBetweenPlants);
            _bug?.OnChip?.Invoke(_run.Chip.Control(0));
            while (_log.TryRead(out Retirement record))
            {
                if (Compare(in record) is { } difference)
                    return RetirementComparison.Heading(in record) + difference;
                Count(in record);
            }

            if (_log.Dropped > 0)
                return "the retirement log dropped entries";
        }
        while (result == RunResult.Running);
        if (_run.Fault is { } fault)
            return $"the chip ended by {fault.Kind} at {fault.Where}: {fault.Message}";
        return FinalState();
    }

    private string? Compare(in Retirement r)
    {
        if (_time.Impossible(in r) is { } impossible)
            return impossible;
        if (Decoder.Decode(r.Word).Op == Instruction.ScW && r.Trap == 0 && _reference.Reserves(r.Rs1Value))
        {
            _counts.StoresAllowed++;
            _counts.StoresDone += r.IsWrite;
        }

        try
        {
            Injection given = Given(in r);
            ReferenceRetirement expected = _reference.Step(_bug?.Given?.Invoke(r, given) ?? given);
            _bug?.After?.Invoke(_reference, expected);
            if (RetirementComparison.Difference(in r, expected, _counts.Records) is { } difference)
                return difference;
        }
        catch (InvalidOperationException refused)
        {
            return $"    {refused.Message}\n";
        }

        _time.Note(in r);
        return null;
    }

    private void Count(in Retirement r)
    {
        _counts.Records++;
        if (r.Trap != 0)
            _counts.Causes[(r.TrapCause & 31) + (RetirementComparison.IsInterrupt(in r) ? 32 : 0)]++;
        else
            _counts.Instructions[(int)Decoder.Decode(r.Word).Op]++;
    }

    /// <summary>What the reference takes from the chip's record.</summary>
    private static Injection Given(in Retirement r)
    {
        if (RetirementComparison.IsInterrupt(in r))
            return new Injection(Interrupt: (int)(r.TrapCause & 0xFF));
        if (Decoder.Decode(r.Word).Op == Instruction.ScW)
            return new Injection(Value: r.IsWrite != 0 ? 0u : 1);
        bool device = r.IsRead != 0 && r.MemoryAddress < AddressMap.Scratchpad;
        bool fault = r.Trap != 0 && r.TrapCause is 5 or 7;
        return new Injection(Value: device ? r.ReadData : r.RdValue, Fault: fault);
    }

    private string? FinalState()
    {
        for (int register = 1; register < 32; register++)
        {
            if (RetirementComparison.Difference($"final x{register}", _run.Chip.Control(0).State.Registers[register], _reference.Register(register)) is { } difference)
                return difference;
        }

        return Differs(ScalarProgram.Text, _imageBytes) ?? Differs(ScalarProgram.Data, ScalarProgram.DataBytes) ?? ScratchpadDiffers();
    }

    private string? ScratchpadDiffers()
    {
        byte[] found = _run.Chip.ScratchpadBytes(0)[..ScalarProgram.ScratchpadBytes].ToArray();
        return Differs(ScalarProgram.ScratchpadStart, found, _reference.Scratchpad.Bytes(0, found.Length));
    }

    private string? Differs(uint address, int length) =>
        Differs(address, _run.ReadMemory(address, length), _reference.Hbm.Bytes(address - AddressMap.Hbm, length));

    private static string? Differs(uint address, byte[] found, byte[] expected)
    {
        int at = found.AsSpan().CommonPrefixLength(expected);
        return at == found.Length ? null : $"    final byte at {address + (uint)at:x8}: chip {found[at]:x2}, reference {expected[at]:x2}\n";
    }
}
