using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>Results of 8 and 4 bits. Two int4 share a byte; the spare half of a row's last byte is written 0.</summary>
public sealed partial class VectorUnit
{
    private void EncodeNarrow(ReadOnlySpan<float> values, Span<byte> bytes, int row, int column)
    {
        ElementType type = State.Plan.TypeOut;
        (int low, int high) = IntegerRounding.Range(type);
        bool stochastic = State.Plan.Rounding == Rounding.Stochastic;
        bytes.Clear();
        for (int i = 0; i < values.Length; i++)
        {
            int rounded = stochastic
                ? IntegerRounding.Stochastic(values[i], CounterRandom.Bits(Seed, ElementIndex(row, column + i)), low, high)
                : IntegerRounding.Nearest(values[i], low, high);
            if (type == ElementType.Int4)
                bytes[i >> 1] |= (byte)((rounded & 15) << (4 * (i & 1)));
            else
                bytes[i] = (byte)rounded;
        }
    }
}
