using System.Globalization;
using HybridEmu.Isa;

namespace HybridEmu.Chip;

/// <summary>
/// A descriptor operation at the size at which all are timed: its example of the ISA's table with m = n = k = 32 (images:
/// windows of 2 x 2 over 8 x 8 pixels of 8 channels; im2col as its example has it), rows 128 bytes apart, waiting for nothing.
/// </summary>
internal sealed class DescriptorProbe(DescriptorRow row, ChipConfiguration configuration)
{
    private const int Size = 32;
    private const int Channels = 8;
    private const int ElementsOfPlainCopy = Size * Size;
    private const int Pitch = 128;
    private const int PitchOfPixels = Channels * 4;

    // Two descriptors in a row touch nothing in common. Operands start in different banks, so that the ports of an engine do not meet.
    private const int SetBytes = 0x8000;
    private const int OperandBytes = 0x1040;
    private const int SetBytesOfHbm = 0x10000;

    public DescriptorRow Row => row;

    private bool Images => row.Mnemonic.StartsWith("pool.", StringComparison.Ordinal);

    /// <summary>Its source, with one of two sets of operands.</summary>
    public string Text(int set, int id)
    {
        var keys = new List<string>();
        foreach (string part in row.Example[(row.Mnemonic.Length + 1)..].Split(", "))
        {
            string key = part.Split('=')[0];
            if (key is not ("wait" or "post" or "accumulate"))
                keys.Add(part.Contains('=', StringComparison.Ordinal) ? key + "=" + Value(key, part[(key.Length + 1)..], set) : part);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{row.Mnemonic} {string.Join(", ", keys)}, id={id}");
    }

    /// <summary>What must be performed before it, with the same set; empty for nothing.</summary>
    public string Preparation(int set) => row switch
    {
        { Slot: SlotUse.Read } => string.Create(CultureInfo.InvariantCulture, $"mx.zero slot={set}, m={Size}, n={Size}, acc=fp32"),
        { Opcode: DescriptorOpcode.MxStream } => new DescriptorProbe(DescriptorTable.Find("mx.load")!, configuration).Text(0, 0),
        _ => "",
    };

    private string Value(string key, string value, int set)
    {
        int operand = Array.FindIndex(row.Operands, o => o.Key == key);
        if (operand >= 0)
        {
            bool hbm = row.Operands[operand].Space == RegionSpace.Hbm;
            return Hex(hbm
                ? AddressMap.Hbm + (ulong)(configuration.Fabric.StreamingBaseBytes + (set * SetBytesOfHbm))
                : AddressMap.Scratchpad + (ulong)((set * SetBytes) + (operand * OperandBytes)));
        }

        bool pinned = row.Opcode is DescriptorOpcode.MxLoad or DescriptorOpcode.MxStream;
        return key switch
        {
            "slot" => Decimal(set),
            _ when row.Opcode == DescriptorOpcode.LdIm2col => value,
            "m" when Images => value,
            "n" when Images => Decimal(Channels),
            "k" when pinned => Decimal(Math.Min(Size, configuration.Array.Rows)),
            "n" when pinned => Decimal(Math.Min(Size, configuration.Array.Columns)),
            "m" or "n" or "k" or "n1" => Decimal(Size),
            "n0" => Decimal(row.Example.Contains("dims=1", StringComparison.Ordinal) ? ElementsOfPlainCopy : Size),
            "pitcha" or "pitchb" or "pitchw" or "pitchd" or "pitchm" => Decimal(Images ? PitchOfPixels : Pitch),
            _ => value,
        };
    }

    private static string Decimal(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Hex(ulong value) => "0x" + value.ToString("X", CultureInfo.InvariantCulture);
}

/// <summary>What a tile does with one descriptor, in core cycles.</summary>
/// <param name="Source">The descriptor that was measured.</param>
/// <param name="Alone">From the edge at which the core issues it, everything idle, to that at which it is performed.</param>
/// <param name="Interval">From one's being performed to the next one's, of two that are issued one after the other.</param>
public sealed record DescriptorTiming(DescriptorRow Row, string Source, long Alone, long Interval);
