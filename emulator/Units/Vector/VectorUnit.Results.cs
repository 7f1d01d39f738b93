using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>The way out: typed results, the ring that is the pipeline, the write port and its acknowledgements.</summary>
public sealed partial class VectorUnit
{
    /// <summary>Appends a result to the pipeline and returns where its bytes go.</summary>
    private Span<byte> Emit(uint address, int lengthBytes, long readyAt)
    {
        Span<byte> bytes = Place(State.ResultCount, address, lengthBytes, readyAt);
        State.ResultCount++;
        return bytes;
    }

    /// <summary>Says what is in a slot of the ring, and returns where its bytes go.</summary>
    private Span<byte> Place(long fromHead, uint address, int lengthBytes, long readyAt)
    {
        int slot = ResultSlot(fromHead);
        _results[slot] = new VectorResult { ReadyAt = readyAt, Address = address, Length = lengthBytes };
        return _resultBytes.AsSpan(slot * _widthBytes, lengthBytes);
    }

    private int ResultSlot(long fromHead) => (int)((State.ResultHead + fromHead) & (ResultSlots - 1));

    private bool SendResult(long edge)
    {
        if (State.ResultCount == 0 || _results[State.ResultHead].ReadyAt > edge || !_write.Request.CanPush(edge))
            return false;
        ref VectorResult result = ref _results[State.ResultHead];
        _write.PushWrite(result.Address, _resultBytes.AsSpan(State.ResultHead * _widthBytes, result.Length), edge);
        State.WriteBytes += result.Length;
        State.ResultHead = (State.ResultHead + 1) & (ResultSlots - 1);
        State.ResultCount--;
        State.WritesInFlight++;
        return true;
    }

    private bool TakeAcknowledge(long edge)
    {
        if (!_write.Response.CanPop(edge))
            return false;
        _write.Response.Discard(edge);
        State.WritesInFlight--;
        return true;
    }

    /// <summary>Writes fp32 values as elements of the destination type, rounded as the descriptor says.</summary>
    /// <param name="values">Results of one beat.</param>
    /// <param name="bytes">Where they go.</param>
    /// <param name="row">Row of the first, for stochastic rounding.</param>
    /// <param name="column">Column of the first.</param>
    private void Encode(ReadOnlySpan<float> values, Span<byte> bytes, int row, int column)
    {
        switch (State.Plan.TypeOut)
        {
            case ElementType.Fp32:
                Span<float> wide = MemoryMarshal.Cast<byte, float>(bytes);
                for (int i = 0; i < values.Length; i++)
                    wide[i] = CanonicalNaN.Of(values[i]);
                break;
            case ElementType.Bf16 when State.Plan.Rounding == Rounding.Stochastic:
                Span<ushort> random = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (int i = 0; i < values.Length; i++)
                    random[i] = Bf16.FromFloatStochastic(values[i], CounterRandom.Bits(Seed, ElementIndex(row, column + i)));
                break;
            case ElementType.Bf16:
                NarrowBf16.Run(values, MemoryMarshal.Cast<byte, ushort>(bytes));
                break;
            case ElementType.Int8 or ElementType.Uint8 or ElementType.Int4:
                EncodeNarrow(values, bytes, row, column);
                break;
            case ElementType.Int32:
                Span<int> integers = MemoryMarshal.Cast<byte, int>(bytes);
                for (int i = 0; i < values.Length; i++)
                    integers[i] = Fp32.ToInt32(values[i]);
                break;
            default:
                throw new InvalidOperationException("The destination type should have been refused by dispatch.");
        }
    }
}
