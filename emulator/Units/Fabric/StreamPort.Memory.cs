using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <content>The memory side, one burst a cycle each way, and the way back to the tile.</content>
public sealed partial class StreamPort
{
    /// <summary>Sends the next burst, in order of acceptance.</summary>
    private bool AskMemory(long edge, ref int blocked)
    {
        if (State.Issued == State.Count)
            return false;
        int slot = _order[State.Issued];
        ref StreamTransaction transaction = ref _transactions[slot];
        int burst = transaction.FirstBurst + transaction.Asked;
        ulong granule = transaction.Address & ~(ulong)(HomeMap.GranuleBytes - 1);
        int start = (int)(transaction.Address - granule);
        int from = Math.Max(start, burst * BurstBytes);
        int to = Math.Min(start + transaction.Length, (burst + 1) * BurstBytes);
        bool write = transaction.Kind == WideKind.WriteNoSnoop;
        if (write && start + transaction.Moved < to)
        {
            blocked = blocked == Ledger.Idle || blocked == StallMemory ? StallWriteData : blocked;
            return false;
        }

        if (!_memory.CanPush(edge))
        {
            blocked = StallMemoryFull;
            return false;
        }

        var request = new HbmRequest
        {
            Address = granule + (ulong)(burst * BurstBytes),
            Tag = (ushort)((slot * BurstsPerGranule) + burst),
        };
        if (write)
        {
            request.Write = 1;
            request.ByteEnable = (uint)((1UL << (to - from)) - 1) << (from % BurstBytes);
            Bytes(slot).Slice(burst * BurstBytes, BurstBytes).CopyTo(Burst32.Span(ref request.Data));
            State.PartialBursts += to - from < BurstBytes ? 1 : 0;
        }

        _memory.Push(in request, edge);
        State.Bursts++;
        if (++transaction.Asked == transaction.Bursts)
            State.Issued++;
        return true;
    }

    private bool TakeMemoryAnswer(long edge)
    {
        if (!_memoryAnswers.CanPop(edge))
            return false;
        ref readonly HbmResponse answer = ref _memoryAnswers.Peek(edge);
        int slot = answer.Tag / BurstsPerGranule;
        ref StreamTransaction transaction = ref _transactions[slot];
        if (++transaction.Answered > transaction.Asked)
            throw new InvalidOperationException("Memory answered a burst that was not asked for.");
        if (answer.Write == 0)
            Burst32.ReadSpan(in answer.Data).CopyTo(Bytes(slot)[(answer.Tag % BurstsPerGranule * BurstBytes)..]);
        _memoryAnswers.Discard(edge);
        return true;
    }

    /// <summary>Sends one flit of the oldest transaction that memory is done with.</summary>
    private bool Respond(long edge, ref int blocked)
    {
        if (State.Responding == 0 && !ChooseResponder())
        {
            blocked = State.Count == 0 ? Ledger.Idle : StallMemory;
            return false;
        }

        if (!_responses.CanPush(edge))
        {
            blocked = StallResponse;
            return false;
        }

        ref StreamTransaction transaction = ref _transactions[State.Responder];
        var flit = new WideFlit
        {
            Port = transaction.Port,
            Home = (byte)_config.Home,
            Tag = transaction.Tag,
            Address = transaction.Address,
            Length = transaction.Length,
            Kind = WideKind.WriteAck,
            Last = 1,
        };
        if (transaction.Kind == WideKind.ReadNoSnoop)
        {
            flit.Kind = WideKind.ReadData;
            flit.Address += transaction.Moved;
            int offset = (int)(flit.Address % FlitBytes);
            flit.Length = (ushort)Math.Min(FlitBytes - offset, transaction.Length - transaction.Moved);
            Bytes(State.Responder).Slice((int)(flit.Address % HomeMap.GranuleBytes), flit.Length).CopyTo(Line64.Span(ref flit.Data));
            transaction.Moved += flit.Length;
            flit.Last = (byte)(transaction.Moved == transaction.Length ? 1 : 0);
        }

        _responses.Push(in flit, edge);
        State.Responding = (byte)(1 - flit.Last);
        if (flit.Last != 0)
            Release(State.Responder);
        return true;
    }

    private bool ChooseResponder()
    {
        int first = FirstAnswered();
        if (first == State.Issued)
            return false;
        State.Responder = _order[first];
        State.Responding = 1;
        return true;
    }

    /// <summary>Place of the oldest transaction that memory is done with, or as many as are with memory.</summary>
    private int FirstAnswered()
    {
        int place = 0;
        while (place < State.Issued && _transactions[_order[place]].Answered < _transactions[_order[place]].Bursts)
            place++;
        return place;
    }

    private void Release(int slot)
    {
        _transactions[slot].Kind = WideKind.None;
        int place = Array.IndexOf(_order, (byte)slot, 0, State.Count);
        State.Count--;
        State.Issued--;
        for (int i = place; i < State.Count; i++)
            _order[i] = _order[i + 1];
    }
}
