using System.Buffers.Binary;
using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// mx.drain: parameters, then for each block of C columns its bias and its rows. A row is read from the banks and converted at
/// one edge and leaves through the write port from the next edge on, one request an edge.
/// </summary>
public sealed partial class MatrixUnit
{
    private const int LineBytes = 64;

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

    private int BlockColumns() => Math.Min(_config.Columns, State.Current.Descriptor.N2 - (State.Block * _config.Columns));

    /// <summary>Reads a range through the weight port. True at the edge at which its last byte arrives.</summary>
    private bool Read(long edge, uint address, Span<byte> destination, ref bool moved)
    {
        bool whole = false;
        if (_readWeights.Response.CanPop(edge))
        {
            ScratchpadResponse response = _readWeights.Response.Pop(edge);
            Line64.ReadSpan(in response.Data)[..response.Length].CopyTo(destination[State.ArrivedBytes..]);
            State.ArrivedBytes += response.Length;
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
            ScratchpadRequest request = default;
            request.Address = address + (uint)State.AskedBytes;
            request.Length = (byte)Math.Min(destination.Length - State.AskedBytes, LineBytes - (int)(request.Address & 63));
            State.AskedBytes += request.Length;
            _readWeights.Request.Push(in request, edge);
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

        ConvertRow();
        moved = true;
        return Ledger.Busy;
    }

    private void SendPart(long edge)
    {
        ScratchpadRequest request = default;
        request.Write = 1;
        request.Address = State.OutAddress + (uint)State.OutSent;
        request.Length = (byte)Math.Min(State.OutBytes - State.OutSent, LineBytes - (int)(request.Address & 63));
        _out.AsSpan(State.OutSent, request.Length).CopyTo(Line64.Span(ref request.Data));
        State.OutSent += request.Length;
        State.WrittenBytes += request.Length;
        State.Unacknowledged++;
        _write.Request.Push(in request, edge);
    }

    private void ConvertRow()
    {
        ref readonly Descriptor descriptor = ref State.Current.Descriptor;
        int columns = BlockColumns();
        int row = State.Row++;
        int firstColumn = State.Block * _config.Columns;
        Span<int> words = _drainWords.AsSpan(0, columns);
        _accumulators.ReadRow(_accumulators.BlockLine(descriptor.Slot, descriptor.N0, State.Block), descriptor.N0, row, words);

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

        for (int c = 0; c < columns; c++)
            Store(in descriptor, Activate(in descriptor, words[c], c), row, firstColumn + c, c * elementBytes);
    }

    /// <summary>act(scale * float(acc) + bias), each operation rounded by itself.</summary>
    private float Activate(in Descriptor descriptor, int word, int column)
    {
        float value = descriptor.TypeAccumulator == ElementType.Int32
            ? Fp32.FromInt32(word)
            : BitConverter.Int32BitsToSingle(word);
        if (descriptor.MatrixParameters != 0)
            value *= BitConverter.UInt32BitsToSingle(State.Parameters[0]);
        if (descriptor.B != 0)
            value += BinaryPrimitives.ReadSingleLittleEndian(_bias.AsSpan(column * 4));
        if (descriptor.Activation == Activation.Relu && value <= 0f)
            value = 0f;
        return value;
    }

    private void Store(in Descriptor descriptor, float value, int row, int column, int offset)
    {
        switch (descriptor.TypeOut)
        {
            case ElementType.Bf16:
                ulong seed = State.Parameters[8] | ((ulong)State.Parameters[9] << 32);
                ulong origin = State.Parameters[10] | ((ulong)State.Parameters[11] << 32);
                ulong index = origin + ((ulong)row * State.Parameters[12]) + (ulong)column;
                BinaryPrimitives.WriteUInt16LittleEndian(_out.AsSpan(offset), Bf16.FromFloat(value, descriptor.Rounding, seed, index));
                break;
            case ElementType.Int8:
                _out[offset] = (byte)Fp32.ToInt8(value);
                break;
            case ElementType.Int32:
                BinaryPrimitives.WriteInt32LittleEndian(_out.AsSpan(offset), Fp32.ToInt32(value));
                break;
            default:
                BinaryPrimitives.WriteUInt32LittleEndian(_out.AsSpan(offset), CanonicalNaN.BitsOf(value));
                break;
        }
    }
}
