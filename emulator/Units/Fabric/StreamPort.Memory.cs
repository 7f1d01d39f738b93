using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <content>The memory side, one burst a cycle each way, and the way back to the tile.</content>
public sealed partial class StreamPort
{
    /// <summary>Sends the next burst, in order of acceptance; and those behind it in the transaction, each as of an edge of its own, if nothing can stop them.</summary>
    private bool AskMemory(long edge, ref int blocked)
    {
        if (edge <= _askedTo)
            return true;
        if (State.Issued == State.Count)
            return false;
        int slot = _order[State.Issued];
        ref StreamTransaction transaction = ref _transactions[slot];
        if (!HasData(in transaction))
        {
            blocked = blocked == Ledger.Idle || blocked == StallMemory ? StallWriteData : blocked;
            return false;
        }

        if (!_memory.CanPush(edge))
        {
            blocked = StallMemoryFull;
            return false;
        }

        int room = _memory.MayGoAhead ? _memory.Room(edge) : 1;
        _askedTo = edge;
        Ask(slot, ref _memory.PushAhead(edge));
        while (--room > 0 && transaction.Asked < transaction.Bursts && HasData(in transaction))
            Ask(slot, ref _memory.PushAhead(++_askedTo));
        if (transaction.Asked == transaction.Bursts)
            State.Issued++;
        return true;
    }

    /// <summary>First byte of a transaction's next burst that it wants, and the byte behind the last one, from the begin of the granule.</summary>
    private static (int From, int To) NextBurst(in StreamTransaction transaction)
    {
        int start = transaction.Wide.First, burst = transaction.FirstBurst + transaction.Asked;
        return (Math.Max(start, burst * BurstBytes), Math.Min(start + transaction.Wide.Length, (burst + 1) * BurstBytes));
    }

    /// <summary>Whether the bytes of the next burst are there, if it is a write's.</summary>
    private static bool HasData(in StreamTransaction transaction) =>
        transaction.Wide.Kind != WideKind.WriteNoSnoop
        || transaction.Wide.First + transaction.Wide.Moved >= NextBurst(in transaction).To;

    private void Ask(int slot, ref HbmRequest request)
    {
        ref StreamTransaction transaction = ref _transactions[slot];
        (int from, int to) = NextBurst(in transaction);
        int burst = transaction.FirstBurst + transaction.Asked++;
        request.Address = (transaction.Wide.Address & ~(ulong)(HomeMap.GranuleBytes - 1)) + (ulong)(burst * BurstBytes);
        request.Tag = (ushort)((slot * BurstsPerGranule) + burst);
        State.Bursts++;
        if (transaction.Wide.Kind != WideKind.WriteNoSnoop)
        {
            request.Write = 0;
            request.ByteEnable = 0;
            request.Data = default;
            return;
        }

        request.Write = 1;
        request.ByteEnable = (uint)((1UL << (to - from)) - 1) << (from % BurstBytes);
        Bytes(slot).Slice(burst * BurstBytes, BurstBytes).CopyTo(Burst32.Span(ref request.Data));
        State.PartialBursts += to - from < BurstBytes ? 1 : 0;
    }

    /// <summary>The last so many bursts were not sent after all.</summary>
    private void TakeBack(int bursts)
    {
        if (bursts == 0)
            return;
        for (int i = 0; i < bursts; i++)
        {
            ref readonly HbmRequest request = ref _memory.TakenBack(i);
            _transactions[request.Tag / BurstsPerGranule].Asked--;
            State.Bursts--;
            State.PartialBursts -= request.Write != 0 && request.ByteEnable != uint.MaxValue ? 1 : 0;
        }

        // They were of one transaction, the last one that was asked for.
        int slot = _memory.TakenBack(0).Tag / BurstsPerGranule;
        State.Issued = (byte)Math.Min(State.Issued, Array.IndexOf(_order, (byte)slot, 0, State.Count));
        _askedTo -= bursts;
        if (State.Ledger.Total > _askedTo)
            State.Ledger.Sleep(WaitsFor());
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

    /// <summary>
    /// Accounts for the edges up to one that the port slept through although a burst went to memory as of it, or an answer came. No other stage
    /// could do anything then, or the port would have been awake; so whatever it was waiting for, it waited for again from the next edge on.
    /// </summary>
    private void CatchUp(long edge)
    {
        if (State.Ledger.Total <= _askedTo)
        {
            long asked = Math.Min(edge, _askedTo);
            while (_memoryAnswers.IsAhead && _memoryAnswers.ShownAt <= asked)
                TakeMemoryAnswer(asked);
            State.Ledger.Settle(asked);
            if (asked == _askedTo)
                State.Ledger.Sleep(WaitsFor());
        }

        while (_memoryAnswers.IsAhead && _memoryAnswers.ShownAt is var at && at <= edge)
        {
            TakeMemoryAnswer(at);
            State.Ledger.Charge(at, Ledger.Busy, State.Ledger.Waiting);
        }
    }

    /// <summary>Answers before which no transaction that is with memory can be over: 0 when one is.</summary>
    private int FewestMissing()
    {
        int fewest = int.MaxValue;
        for (int place = 0; place < State.Issued; place++)
        {
            ref StreamTransaction transaction = ref _transactions[_order[place]];
            fewest = Math.Min(fewest, transaction.Bursts - transaction.Answered);
        }

        return fewest;
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

        WideFlit flit = _transactions[State.Responder].Wide.Answer(_config.Home, Bytes(State.Responder));
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
        _transactions[slot].Wide.Kind = WideKind.None;
        int place = Array.IndexOf(_order, (byte)slot, 0, State.Count);
        State.Count--;
        State.Issued--;
        for (int i = place; i < State.Count; i++)
            _order[i] = _order[i + 1];
    }
}
