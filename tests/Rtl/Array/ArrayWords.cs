using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>Random words for an array of one form, from a seed: small values that cancel, and the awkward ones.</summary>
internal sealed class ArrayWords(ArrayForm form, ulong seed)
{
    private static readonly ushort[] Awkward =
        [0x0000, 0x8000, 0x7F80, 0xFF80, 0x7FC1, 0xFFC1, 0x0001, 0x8001, 0x007F, 0x0080, 0x7F7F, 0xFF7F, 0x3F80, 0xBF80, 0x1F80, 0x2000];

    private ulong _drawn;

    public int Next(int below) => (int)(Bits() % (uint)below);

    public bool Percent(int percent) => Next(100) < percent;

    /// <summary>An operand as memory holds it; the upper bits are 0.</summary>
    public int Operand()
    {
        if (form.Kind != MacKind.Bf16)
            return (int)(Bits() & (uint.MaxValue >> (32 - form.WordBits)));
        return Next(10) switch
        {
            0 => Awkward[Next(Awkward.Length)],
            1 => Next(65536),
            < 5 => 0x3F00 + Next(256) + (Next(2) << 15), // all significands near 1
            _ => Bf16.FromFloat((Next(9) - 4) / 2f),
        };
    }

    /// <summary>A sum that enters at the top.</summary>
    public int Addend()
    {
        if (form.Kind != MacKind.Bf16)
            return (int)Bits();
        return Next(6) switch
        {
            0 => Awkward[Next(Awkward.Length)] << 16,
            1 => (int)Bits(),
            2 => (Next(2) << 31) | ((100 + Next(40)) << 23) | Next(1 << 23),
            _ => BitConverter.SingleToInt32Bits((Next(9) - 4) / 2f),
        };
    }

    /// <summary>A row of operands as bytes.</summary>
    public byte[] Row(int words)
    {
        int bytes = RowFormats.BytesOf(form.Format);
        var row = new byte[words * bytes];
        for (int i = 0; i < row.Length; i += bytes)
            BitConverter.GetBytes(Operand()).AsSpan(0, bytes).CopyTo(row.AsSpan(i));
        return row;
    }

    private uint Bits() => CounterRandom.Bits(seed, _drawn++);
}
