using System.Buffers.Binary;

namespace HybridEmu.Isa;

/// <summary>Bytes to be filled in when addresses are known.</summary>
internal abstract class Fixup(Location place, Statement source)
{
    public Location Place { get; } = place;

    public Statement Source { get; } = source;

    public long Address => Place.Fragment.Section.Address + Place.Fragment.Offset + Place.Offset;

    /// <exception cref="SourceException">A symbol is missing or the value does not fit.</exception>
    public abstract void Apply(Evaluator evaluator, PcrelTargets targets);

    protected void Write(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
            Place.Fragment.Bytes[(int)Place.Offset + i] = bytes[i];
    }

    protected void WriteWord(uint word)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, word);
        Write(bytes);
    }
}

/// <summary>Where each auipc with %pcrel_hi points, by its address, for the %pcrel_lo that belongs to it.</summary>
internal sealed class PcrelTargets
{
    private readonly Dictionary<long, InstructionFixup> _byAddress = [];

    public PcrelTargets(IEnumerable<Fixup> fixups)
    {
        foreach (Fixup fixup in fixups)
        {
            if (fixup is InstructionFixup { Relocation: Relocation.PcrelHigh } high)
                _byAddress[high.Address] = high;
        }
    }

    public InstructionFixup? At(long address) => _byAddress.GetValueOrDefault(address);
}

/// <summary>.byte to .dword.</summary>
internal sealed class DataFixup(Location place, Statement source, int bytes, Expression value) : Fixup(place, source)
{
    public override void Apply(Evaluator evaluator, PcrelTargets targets)
    {
        long number = evaluator.Number(value);
        if (bytes < 8)
        {
            long minimum = -1L << (8 * bytes - 1), maximum = (1L << (8 * bytes)) - 1;
            if (number < minimum || number > maximum)
                throw new SourceException(value.Position, $"{number} does not fit in {bytes} byte{(bytes == 1 ? "" : "s")}", $"{minimum} to {maximum} do");
        }

        Span<byte> content = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(content, number);
        Write(content[..bytes]);
    }
}

/// <summary>%hi and kin.</summary>
internal enum Relocation
{
    None,
    High,
    Low,
    PcrelHigh,
    PcrelLow,
}

/// <summary>An instruction with the value of its one constant still to come.</summary>
internal sealed class InstructionFixup(
    Location place, Statement source, InstructionRow row, int rd, int rs1, int rs2, OperandKind kind, Relocation relocation, Expression value)
    : Fixup(place, source)
{
    public Relocation Relocation { get; } = relocation;

    /// <summary>What %pcrel_hi and %pcrel_lo split: target minus the address of the auipc, as 32 bits.</summary>
    public int Distance(Evaluator evaluator) => (int)(evaluator.Number(value) - Address);

    public override void Apply(Evaluator evaluator, PcrelTargets targets)
    {
        int zimmOrRs1 = rs1;
        int immediate = Relocation switch
        {
            Relocation.High => High((int)Address32(evaluator.Number(value))),
            Relocation.Low => Low((int)Address32(evaluator.Number(value))),
            Relocation.PcrelHigh => High(Distance(evaluator)),
            Relocation.PcrelLow => Low(PairOf(evaluator, targets).Distance(evaluator)),
            _ => Plain(evaluator.Number(value), ref zimmOrRs1),
        };
        WriteWord(Encoder.Encode(row.Op, rd, zimmOrRs1, rs2, immediate));
    }

    private InstructionFixup PairOf(Evaluator evaluator, PcrelTargets targets) =>
        targets.At(evaluator.Number(value)) ?? throw new SourceException(value.Position, "%pcrel_lo must name the label of an auipc with %pcrel_hi", "1: auipc a0, %pcrel_hi(x); addi a0, a0, %pcrel_lo(1b)");

    private int Plain(long number, ref int rs1)
    {
        switch (kind)
        {
            case OperandKind.Immediate20:
                Demand(number, 0, 0xFFFFF, "lui and auipc take bits 31:12; %hi(x) makes them from an address");
                return (int)(number << 12);
            case OperandKind.Zimm:
                Demand(number, 0, 31, "the register form takes any value");
                rs1 = (int)number;
                return 0;
            case OperandKind.Target:
                return Jump(number - Address);
            default:
                if (number is > 0x7FFF_FFFF and <= 0xFFFF_FFFF) number -= 0x1_0000_0000;
                (int minimum, int maximum, _) = Encoder.ImmediateRange(row.Format);
                Demand(number, minimum, maximum, kind is OperandKind.Immediate or OperandKind.Memory ? "load it into a register with li first" : "");
                return (int)number;
        }
    }

    private int Jump(long distance)
    {
        (int minimum, int maximum, int multiple) = Encoder.ImmediateRange(row.Format);
        if (distance < minimum || distance > maximum)
            throw new SourceException(value.Position, $"the target is {distance} bytes away; {row.Mnemonic} reaches {minimum} to {maximum}", "use call, tail, or la and jr");
        if (distance % multiple != 0)
            throw new SourceException(value.Position, $"the target is not a multiple of {multiple} bytes away");
        return (int)distance;
    }

    private void Demand(long number, long minimum, long maximum, string hint)
    {
        if (number < minimum || number > maximum)
            throw new SourceException(value.Position, $"{number} is out of range for {row.Mnemonic}: {minimum} to {maximum}", hint);
    }

    private long Address32(long number) => number is >= int.MinValue and <= uint.MaxValue
        ? number
        : throw new SourceException(value.Position, $"0x{number:x} does not fit in 32 bits");

    /// <summary>Upper 20 bits, rounded so that the signed lower 12 add up.</summary>
    private static int High(int number) => (number + 0x800) & ~0xFFF;

    private static int Low(int number) => number << 20 >> 20;
}
