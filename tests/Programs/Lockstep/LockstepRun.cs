using System.Globalization;
using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Reference;
using HybridEmu.Units;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// One program on the emulated chip, with the reference hart in lockstep on its retirements. What depends on time is
/// checked for being possible and then given to the reference.
/// </summary>
internal sealed class LockstepRun
{
    private const int CyclesBetweenComparisons = 2000;
    private const long MaximumCycles = 2_000_000;

    private readonly ChipRun _run;
    private readonly RetirementLog _log;
    private readonly ReferenceHart _reference;
    private readonly int _imageBytes;
    private readonly int _systemMegahertz;
    private bool _counterSet, _softwareAsked;
    private long _lastTime = -1, _earliestTimer = long.MaxValue;

    private LockstepRun(ChipConfiguration configuration, ScalarProgram program, RunOptions options)
    {
        byte[] data = program.InitialData();
        ElfImage image = program.Image();
        _run = new ChipRun(configuration, image, [(ScalarProgram.Data, data)], options);
        _systemMegahertz = configuration.System.ClockMegahertz;
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
            hbm, scratchpad, accumulators, image.Entry);
    }

    /// <summary>Retirements and traps compared.</summary>
    public long Compared { get; private set; }

    /// <summary>Interrupts among them.</summary>
    public long Interrupts { get; private set; }

    /// <summary>Runs and compares.</summary>
    /// <param name="configuration">The chip.</param>
    /// <param name="program">The program.</param>
    /// <param name="compared">Retirements and traps that were compared, and the interrupts among them.</param>
    /// <param name="options">How to run the chip.</param>
    /// <returns>The first difference, or null.</returns>
    public static string? Difference(ChipConfiguration configuration, ScalarProgram program, out (long Retirements, long Interrupts) compared, RunOptions? options = null)
    {
        var run = new LockstepRun(configuration, program, options ?? new RunOptions { MaximumCycles = MaximumCycles });
        string? difference = run.Difference();
        compared = (run.Compared, run.Interrupts);
        return difference;
    }

    private string? Difference()
    {
        RunResult result;
        do
        {
            result = _run.Advance(CyclesBetweenComparisons);
            while (_log.TryRead(out Retirement record))
            {
                Compared++;
                if (Compare(in record) is { } difference)
                    return $"retirement {record.Order} at pc {record.Pc:x8}, {Disassembler.Text(record.Word, record.Pc)}, cycle {record.Cycle}: {difference}";
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
        ReferenceRetirement expected;
        try
        {
            expected = _reference.Step(Given(in r));
        }
        catch (InvalidOperationException impossible)
        {
            return impossible.Message;
        }

        string? difference = Differs("pc", r.Pc, expected.Pc)
            ?? Differs("word", r.Word, expected.Word)
            ?? Differs("trap", r.Trap, expected.Trap ? 1u : 0)
            ?? Differs("cause", r.TrapCause, expected.TrapCause)
            ?? Differs("mtval", r.TrapValue, expected.TrapValue)
            ?? Differs("next pc", r.NextPc, expected.NextPc)
            ?? Differs("rd", r.Rd, expected.Rd)
            ?? Differs("value", r.RdValue, expected.RdValue)
            ?? Differs("bytes of memory", r.MemorySize, expected.MemorySize)
            ?? Differs("address", r.MemoryAddress, expected.MemoryAddress)
            ?? Differs("is a write", r.IsWrite, expected.IsWrite ? 1u : 0)
            ?? Differs("data", r.MemoryData, expected.MemoryData)
            ?? Differs("CSR written", r.CsrWritten != 0 ? r.CsrNumber : uint.MaxValue, (uint)expected.CsrNumber);
        if (difference is null && r.CsrWritten != 0 && !expected.TimeDependent)
            difference = Differs("CSR", r.CsrValue, expected.CsrValue);
        difference ??= expected.TimeDependent ? Implausible(in r) : null;
        difference ??= IsInterrupt(in r) ? Unasked(in r) : null;
        if (r.IsWrite != 0 && r.MemoryAddress == (uint)AddressMap.Msip)
            _softwareAsked |= (r.MemoryData & 1) != 0;
        if (r.IsWrite != 0 && r.MemoryAddress == (uint)AddressMap.Mtimecmp)
            _earliestTimer = Math.Min(_earliestTimer, r.MemoryData);
        _counterSet |= r.CsrWritten != 0 && r.CsrNumber is Csr.Mcycle or Csr.Mcycleh or Csr.Mcountinhibit;
        return difference;
    }

    /// <summary>What the reference takes from the chip's record.</summary>
    private static Injection Given(in Retirement r)
    {
        if (IsInterrupt(in r))
            return new Injection(Interrupt: (int)(r.TrapCause & 0xFF));
        DecodedInstruction i = Decoder.Decode(r.Word);
        if (i.Op == Instruction.ScW)
            return new Injection(Value: r.MemorySize != 0 ? 0u : 1);
        bool device = r.MemorySize != 0 && r.MemoryAddress < AddressMap.Scratchpad;
        bool fault = r.Trap != 0 && r.TrapCause is 5 or 7;
        return new Injection(Value: device ? r.MemoryData : r.RdValue, Fault: fault);
    }

    /// <summary>Whether a time-dependent result cannot be, by what is known about time.</summary>
    private string? Implausible(in Retirement r)
    {
        DecodedInstruction i = Decoder.Decode(r.Word);
        if (i.Op is < Instruction.Csrrw or > Instruction.Csrrci)
            return null;
        if (i.Rd == 0)
            return null;
        if (i.Immediate is Csr.Cycle or Csr.Mcycle && !_counterSet)
            return Differs("cycle", r.RdValue, (uint)r.Cycle);
        if (i.Immediate != Csr.Time)
            return null;
        bool back = r.RdValue < _lastTime;
        _lastTime = r.RdValue;
        return back ? $"time went back to {r.RdValue}" : null;
    }

    private static bool IsInterrupt(in Retirement r) => r.Trap != 0 && r.TrapCause >> 31 != 0;

    /// <summary>An interrupt before its cause; that it was enabled the reference has checked.</summary>
    private string? Unasked(in Retirement r)
    {
        Interrupts++;
        long systemEdge = (long)((Int128)_run.Chip.TimeOfCycle(r.Cycle) * _systemMegahertz / 1_000_000);
        return (r.TrapCause & 0xFF) switch
        {
            3 when _softwareAsked => null,
            7 when systemEdge >= _earliestTimer => null,
            _ => $"interrupt {r.TrapCause & 0xFF} at system edge {systemEdge} has no cause",
        };
    }

    private string? FinalState()
    {
        for (int register = 1; register < 32; register++)
        {
            if (Differs($"final x{register}", _run.Chip.Control(0).State.Registers[register], _reference.Register(register)) is { } difference)
                return difference;
        }

        return Differs(ScalarProgram.Text, _imageBytes) ?? Differs(ScalarProgram.Data, ScalarProgram.DataBytes);
    }

    private string? Differs(uint address, int length)
    {
        byte[] found = _run.ReadMemory(address, length);
        byte[] expected = _reference.Hbm.Bytes(address - AddressMap.Hbm, length);
        int at = found.AsSpan().CommonPrefixLength(expected);
        return at == length ? null : $"final byte at {address + (uint)at:x8} is {found[at]:x2}, the reference has {expected[at]:x2}";
    }

    private static string? Differs(string what, uint found, uint expected) =>
        found == expected ? null : string.Create(CultureInfo.InvariantCulture, $"{what} is 0x{found:x}, the reference has 0x{expected:x}");
}
