using System.Globalization;
using HybridEmu.Chip;
using HybridEmu.Isa;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// The public RISC-V programs, where somebody has built them. RISCV_ELFS names a folder:
///
///     RISCV_ELFS=/path/to/elfs dotnet test tests/Programs --filter RiscvTests
///
/// Every file in it that does not end in .signature must be an ELF32 image linked at 0x80000000 for rv32ima_zicsr_zifencei,
/// machine mode only. It runs alone on a chip of one tile. It must write 1 to the word at its symbol tohost; beside a file
/// that has one NAME.signature, the words from begin_signature to end_signature must equal that file, a hexadecimal word a
/// line. riscv-tests build that way as their -p images; riscv-arch-test with the model_test.h of its spike plugin, its
/// signatures written by a reference model of the same chip: misaligned loads and stores done in hardware, no C, one PMP
/// entry, no triggers.
/// </summary>
public sealed class RiscvTests(ITestOutputHelper output)
{
    private const long MaximumCycles = 20_000_000;

    [RiscvElf]
    [MemberData(nameof(RiscvElfAttribute.Files), MemberType = typeof(RiscvElfAttribute))]
    public void Public_riscv_program_passes(string name)
    {
        string file = Path.Combine(RiscvElfAttribute.Folder!, name);
        ElfReading reading = ElfImage.ReadFile(file);
        Assert.Empty(reading.Errors);
        ElfImage image = reading.Image!;
        ChipConfiguration configuration = ConfigurationLoader.Load("tiny");
        Assert.Empty(image.Check((ulong)configuration.Hbm.CapacityBytes, AddressMap.Hbm + (ulong)configuration.Fabric.StreamingBaseBytes));

        var run = new ChipRun(configuration, image, [], new RunOptions { MaximumCycles = MaximumCycles });
        run.Advance(MaximumCycles);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run.Chip.Control(0).State.Retired} instructions, {run.Cycles} cycles"));
        Assert.Null(run.Fault);
        Assert.True(run.ExitCode == 0, $"exit code {run.ExitCode}: the number of the test that failed");
        if (File.Exists(file + RiscvElfAttribute.SignatureSuffix))
            CompareSignature(run, image, file);
    }

    private void CompareSignature(ChipRun run, ElfImage image, string file)
    {
        string reference = file + RiscvElfAttribute.SignatureSuffix;
        byte[] expected = HexWords.Read(reference, File.ReadAllText(reference));
        byte[] found = Signature.Of(image, file).Read(run);
        Assert.True(found.Length >= expected.Length, $"{reference} has {expected.Length} bytes, the image's signature {found.Length}");
        int same = found.AsSpan().CommonPrefixLength(expected) & ~3;
        Assert.True(
            same == expected.Length,
            same == expected.Length ? "" : $"signature word {same / 4} is {BitConverter.ToUInt32(found, same):x8}, expected {BitConverter.ToUInt32(expected, same):x8}");
        output.WriteLine($"{expected.Length / 4} signature words");
    }
}
