using System.Buffers.Binary;
using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>
/// mx.drain: parameters, then for each block of C columns its bias and its rows. A row is read from the banks and converted at
/// one edge and leaves through the write port from the next edge on, one request an edge.
/// </summary>
public sealed partial class MatrixUnit
{
    private void StartDrain(in Descriptor descriptor)
    {
        State.Phase = descriptor.MatrixParameters != 0 ? MatrixPhase.DrainParameters : PhaseOfBlock(in descriptor);
    }

    private static MatrixPhase PhaseOfBlock(in Descriptor descriptor) =>
        descriptor.B != 0 ? MatrixPhase.DrainBias : MatrixPhase.DrainRows;

    private int ReadParameters(long edge, ref bool moved)
    {
        uint address = State.Current.Descriptor.MatrixParameters - (uint)AddressMap.Scratchpad;
        Span<byte> parameters = MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref State.Parameters, 1));
        if (Read(edge, address, parameters, ref moved))
            State.Phase = PhaseOfBlock(in State.Current.Descriptor);
        return CauseDrainRead;
    }

    private int ReadBias(long edge, ref bool moved)
    {
        ref readonly Descriptor descriptor = ref State.Current.Descriptor;
        uint address = (uint)(descriptor.B - AddressMap.Scratchpad) + (uint)(State.Block * _config.Columns * 4);
        if (Read(edge, address, _bias.AsSpan(0, BlockColumns() * 4), ref moved))
            State.Phase = MatrixPhase.DrainRows;
        return CauseDrainRead;
    }

    /// <summary>Whether an activation needs the function pipeline, which a block's rows fill and then follow each other in.</summary>
    private static bool IsFunction(Activation activation) => activation is Activation.Gelu or Activation.Sigmoid or Activation.Tanh;

    private int BlockColumns() => Math.Min(_config.Columns, State.Current.Descriptor.N2 - (State.Block * _config.Columns));

    /// <summary>Reads a range through the weight port. True at the edge at which its last byte arrives.</summary>
    private bool Read(long edge, uint address, Span<byte> destination, ref bool moved)
    {
        bool whole = false;
        if (_readWeights.Response.CanPop(edge))
        {
            ReadOnlySpan<byte> bytes = _readWeights.BytesOf(in _readWeights.Response.Peek(edge));
            bytes.CopyTo(destination[State.ArrivedBytes..]);
            State.ArrivedBytes += bytes.Length;
            _readWeights.DiscardRead(edge);
            whole = State.ArrivedBytes == destination.Length;
            moved = true;
        }

        if (whole)
        {
            State.AskedBytes = 0;
            State.ArrivedBytes = 0;
        }
        else if (State.AskedBytes < destination.Length && _readWeights.Request.CanPush(edge))
        {
            uint at = address + (uint)State.AskedBytes;
            int length = Math.Min(destination.Length - State.AskedBytes, _readWeights.RestOfLine(at));
            State.AskedBytes += length;
            ScratchpadRequest.PushRead(_readWeights.Request, at, length, 0, edge);
            moved = true;
        }

        return whole;
    }

    private int DrainRows(long edge, ref bool moved)
    {
        if (State.OutSent < State.OutBytes)
        {
            if (!_write.Request.CanPush(edge))
                return CauseDrainWrite;
            SendPart(edge);
            moved = true;
            if (State.OutSent < State.OutBytes)
                return CauseDrainWrite; // a row of several requests
        }

        // The buffer is free at this edge: the next row, block or end.
        if (State.Row == State.Current.Descriptor.N0)
        {
            State.Row = 0;
            State.FunctionEdges = 0;
            State.Block++;
            moved = true;
            if (State.Block * _config.Columns >= State.Current.Descriptor.N2)
            {
                State.Phase = MatrixPhase.Acknowledge;
                return CauseAcknowledge;
            }

            State.Phase = PhaseOfBlock(in State.Current.Descriptor);
            if (State.Phase == MatrixPhase.DrainBias)
                return CauseDrainRead;
        }

        moved = true;
        if (State.Row == 0 && IsFunction(State.Current.Descriptor.Activation) && State.FunctionEdges < _config.FunctionCycles)
        {
            State.FunctionEdges++;
            return CauseFillDrain;
        }

        ConvertRow();
        return Ledger.Busy;
    }

    private void SendPart(long edge)
    {
        ReadOnlySpan<byte> part = TakePart(out uint address);
        _write.PushWrite(address, part, edge);
        State.Unacknowledged++;
    }

    /// <summary>The next of the converted row that goes into one request.</summary>
    private ReadOnlySpan<byte> TakePart(out uint address)
    {
        address = State.OutAddress + (uint)State.OutSent;
        int length = Math.Min(State.OutBytes - State.OutSent, _write.RestOfLine(address));
        ReadOnlySpan<byte> part = _out.AsSpan(State.OutSent, length);
        State.OutSent += length;
        State.WrittenBytes += length;
        return part;
    }

    private void ConvertRow()
    {
        ref readonly Descriptor descriptor = ref State.Current.Descriptor;
        int columns = BlockColumns();
        int row = State.Row++;
        int firstColumn = State.Block * _config.Columns;
        ReadOnlySpan<int> words = _accumulators.ReadLine(_accumulators.BlockLine(descriptor.Slot, descriptor.N0, State.Block) + row, columns);

        int elementBytes = descriptor.TypeOut switch
        {
            ElementType.Bf16 => 2,
            ElementType.Int8 => 1,
            _ => 4,
        };
        State.OutAddress = (uint)((ulong)(uint)(descriptor.D - AddressMap.Scratchpad) + (ulong)((long)row * descriptor.PitchD) + (ulong)(firstColumn * elementBytes));
        State.OutBytes = columns * elementBytes;
        State.OutSent = 0;
        State.DrainedRows++;

        bool raw = descriptor.TypeAccumulator == ElementType.Int32
            && descriptor.TypeOut == ElementType.Int32
            && descriptor.MatrixParameters == 0
            && descriptor.B == 0
            && descriptor.Activation == Activation.None;
        if (raw)
        {
            MemoryMarshal.AsBytes(words).CopyTo(_out);
            return;
        }

        Span<float> values = _drainValues.AsSpan(0, columns);
        Activate(in descriptor, words, values);
        Store(in descriptor, values, row, firstColumn);
    }

    /// <summary>act(scale * float(acc) + bias), each operation rounded by itself.</summary>
    private void Activate(in Descriptor descriptor, ReadOnlySpan<int> words, Span<float> values)
    {
        if (descriptor.TypeAccumulator == ElementType.Int32)
        {
            for (int c = 0; c < words.Length; c++)
                values[c] = Fp32.FromInt32(words[c]);
        }
        else
        {
            MemoryMarshal.Cast<int, float>(words).CopyTo(values);
        }

        if (descriptor.MatrixParameters != 0)
        {
            float scale = BitConverter.UInt32BitsToSingle(State.Parameters[0]);
            foreach (ref float value in values)
                value *= scale;
        }

        if (descriptor.B != 0)
        {
            for (int c = 0; c < values.Length; c++)
                values[c] += BinaryPrimitives.ReadSingleLittleEndian(_bias.AsSpan(c * 4));
        }

        switch (descriptor.Activation)
        {
            case Activation.Relu:
                foreach (ref float value in values)
                    value = value <= 0f ? 0f : value;
                break;
            case Activation.Gelu:
                foreach (ref float value in values)
                    value = Functions.Gelu(value);
                break;
            case Activation.Sigmoid:
                foreach (ref float value in values)
                    value = Functions.Sigmoid(value);
                break;
            case Activation.Tanh:
                foreach (ref float value in values)
                    value = Functions.Tanh(value);
                break;
        }

        if (IsFunction(descriptor.Activation))
            State.Functions += values.Length;
    }

    private void Store(in Descriptor descriptor, ReadOnlySpan<float> values, int row, int firstColumn)
    {
        // Used where the rounding is stochastic, which needs a parameter block.
        ulong seed = State.Parameters[8] | ((ulong)State.Parameters[9] << 32);
        ulong origin = State.Parameters[10] | ((ulong)State.Parameters[11] << 32);
        ulong index = origin + ((ulong)row * State.Parameters[12]) + (ulong)firstColumn;
        switch (descriptor.TypeOut)
        {
            case ElementType.Bf16 when descriptor.Rounding == Rounding.NearestEven:
                NarrowBf16.Run(values, MemoryMarshal.Cast<byte, ushort>(_out.AsSpan())[..values.Length]);
                break;
            case ElementType.Bf16:
                for (int c = 0; c < values.Length; c++)
                    BinaryPrimitives.WriteUInt16LittleEndian(_out.AsSpan(2 * c), Bf16.FromFloat(values[c], descriptor.Rounding, seed, index + (ulong)c));
                break;
            case ElementType.Int8:
                for (int c = 0; c < values.Length; c++)
                    _out[c] = (byte)IntegerRounding.Round(values[c], ElementType.Int8, descriptor.Rounding, seed, index + (ulong)c);
                break;
            case ElementType.Int32:
                for (int c = 0; c < values.Length; c++)
                    BinaryPrimitives.WriteInt32LittleEndian(_out.AsSpan(4 * c), Fp32.ToInt32(values[c]));
                break;
            default:
                for (int c = 0; c < values.Length; c++)
                    BinaryPrimitives.WriteUInt32LittleEndian(_out.AsSpan(4 * c), CanonicalNaN.BitsOf(values[c]));
                break;
        }
    }
}
