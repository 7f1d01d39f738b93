using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>The parameter block, read through port A before any operand, and the record, through port B.</summary>
public sealed partial class VectorUnit
{
    private const int ParameterBytes = 64;

    /// <summary>Bytes 64-71 of the record: two words.</summary>
    private const int RecordTailBytes = 8;

    private float Constant(int word) => BitConverter.UInt32BitsToSingle(State.Parameters[word]);

    private ulong Seed => State.Parameters[8] | ((ulong)State.Parameters[9] << 32);

    private ulong Origin => State.Parameters[10] | ((ulong)State.Parameters[11] << 32);

    /// <summary>Number of an element in its whole tensor: origin + row * pitch + column.</summary>
    private ulong ElementIndex(int row, int column) => Origin + ((ulong)row * State.Parameters[12]) + (ulong)column;

    private bool IssueParameters(long edge)
    {
        bool moved = false;
        ScratchpadRequest request = default;
        if (State.ParametersToIssue != 0 && _readA.Request.CanPush(edge))
        {
            request.Address = State.Plan.Parameters;
            request.Length = ParameterBytes;
            _readA.Request.Push(request, edge);
            State.ReadBytes += request.Length;
            State.ParametersToIssue = 0;
            moved = true;
        }

        if (State.RecordToIssue != 0 && _readB.Request.CanPush(edge))
        {
            bool tail = IsRecordTail(State.RecordToIssue);
            request.Address = State.Plan.Record + (tail ? ParameterBytes : 0u);
            request.Length = (ushort)(tail ? RecordTailBytes : ParameterBytes);
            _readB.Request.Push(request, edge);
            State.ReadBytes += request.Length;
            State.RecordToIssue--;
            moved = true;
        }

        return moved;
    }

    private int TakeParameters(long edge)
    {
        bool moved = false;
        if (State.ParametersToTake != 0 && _readA.Response.CanPop(edge))
        {
            _readA.BytesOf(in _readA.Response.Peek(edge)).CopyTo(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref State.Parameters[0], 16)));
            _readA.DiscardRead(edge);
            State.ParametersToTake = 0;
            moved = true;
        }

        if (State.RecordToTake != 0 && _readB.Response.CanPop(edge))
        {
            ReadOnlySpan<byte> bytes = _readB.BytesOf(in _readB.Response.Peek(edge));
            if (!IsRecordTail(State.RecordToTake))
            {
                bytes.CopyTo(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref State.RecordPartials[0], Reduction.Count)));
            }
            else
            {
                State.RecordCorrect = MemoryMarshal.Read<uint>(bytes);
                State.RecordSeen = MemoryMarshal.Read<uint>(bytes[4..]);
            }

            _readB.DiscardRead(edge);
            State.RecordToTake--;
            moved = true;
        }

        if (moved)
        {
            if (State.Plan.Behaviour == VectorBehaviour.Clip && (State.ParametersToTake | State.RecordToTake) == 0)
                MakeFactor(edge);
            return Ledger.Busy;
        }

        return State.ParametersToTake != 0 ? StallReadA : StallReadB;
    }

    /// <summary>Whether the next of so many accesses of the record is its second.</summary>
    private bool IsRecordTail(byte left) => left == 1 && State.Plan.RecordUse == RecordUse.ReadWrite;

    /// <summary>Writes the record back: sixteen partials, then two words. The rest of it is not touched.</summary>
    private int WriteRecord(long edge)
    {
        if (edge < State.RecordReadyAt)
            return StallStatistic;
        if (ResultSlots - State.ResultCount < 2)
            return StallWrite;
        Span<byte> partials = Emit(State.Plan.Record, ParameterBytes, edge + 1);
        MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref State.RecordPartials[0], Reduction.Count)).CopyTo(partials);
        Span<byte> tail = Emit(State.Plan.Record + ParameterBytes, RecordTailBytes, edge + 1);
        MemoryMarshal.Write(tail, in State.RecordCorrect);
        MemoryMarshal.Write(tail[4..], in State.RecordSeen);
        State.RecordToWrite = 0;
        return Ledger.Busy;
    }
}
