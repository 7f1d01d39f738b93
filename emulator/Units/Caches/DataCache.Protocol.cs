using System.Runtime.InteropServices;

namespace HybridEmu.Units;

/// <summary>The L1D's side of the blocking-home MESI protocol.</summary>
public sealed partial class DataCache
{
    /// <summary>Sinks one flit of grants, answers one snoop, and sends one flit a channel.</summary>
    public void Step(long edge)
    {
        if (_port.Grant.CanPop(edge))
            ReceiveGrant(_port.Grant.Pop(edge));
        SendAnswer(edge);
        SendRequest(edge);
    }

    private void ReceiveGrant(in CoherenceFlit flit)
    {
        switch (flit.Type)
        {
            case CoherenceType.PutAck:
                if (State.WritebackPhase != DataCacheState.Waiting || State.WritebackLine != flit.Line)
                    throw new InvalidOperationException("PutAck for a line that is not being written back.");
                State.WritebackPhase = DataCacheState.Free;
                State.WritebackHolds = 0;
                State.WritebackData = default;
                break;
            case CoherenceType.GrantShared:
            case CoherenceType.GrantExclusive:
            case CoherenceType.GrantModified:
                if (State.MissPhase != DataCacheState.Waiting || State.MissLine != flit.Line)
                    throw new InvalidOperationException("Grant for a line that was not asked for.");
                State.GrantType = flit.Type;
                if (flit.Index > 0)
                {
                    Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(Line64.Span(ref State.MissData));
                    words[(flit.Index - 1) * 2] = flit.Data0;
                    words[((flit.Index - 1) * 2) + 1] = flit.Data1;
                }

                if (flit.Last != 0)
                    Fill();
                break;
            default:
                throw new InvalidOperationException("An L1D received a message that its protocol does not have.");
        }
    }

    private void Fill()
    {
        int frame = State.MissFrame;
        _tags[frame] = State.MissLine;
        _states[frame] = (byte)(State.GrantType switch
        {
            CoherenceType.GrantShared => LineState.Shared,
            CoherenceType.GrantExclusive => LineState.Exclusive,
            _ => LineState.Modified,
        });

        Line64.ReadSpan(in State.MissData).CopyTo(Bytes(frame));
        _lastUse[frame] = ++State.Uses;
        State.MissData = default;
        State.MissPhase = DataCacheState.ToAcknowledge;
    }

    private void SendAnswer(long edge)
    {
        if (State.AnswerPhase != DataCacheState.Free)
        {
            if (!_port.Answer.CanPush(edge))
                return;
            bool data = State.AnswerType == CoherenceType.SnoopData;
            bool last = !data || State.AnswerFlit == 4;
            _port.Answer.Push(Flit(State.AnswerType, State.AnswerHome, State.AnswerLine, State.AnswerFlit, last, in State.AnswerData), edge);
            State.AnswerFlit++;
            if (last)
            {
                State.AnswerPhase = DataCacheState.Free;
                State.AnswerData = default;
            }
        }
        else if (State.MissPhase == DataCacheState.ToAcknowledge)
        {
            if (!_port.Answer.CanPush(edge))
                return;
            _port.Answer.Push(Flit(CoherenceType.GrantAck, State.MissHome, State.MissLine, 0, true, default), edge);
            State.MissPhase = DataCacheState.Free;
        }
        else if (_snoop.CanPop(edge))
        {
            AnswerSnoop(_snoop.Pop(edge));
        }
    }

    private void AnswerSnoop(in CoherenceFlit snoop)
    {
        State.Snoops++;
        State.AnswerPhase = DataCacheState.ToSend;
        State.AnswerFlit = 0;
        State.AnswerHome = snoop.Source;
        State.AnswerLine = snoop.Line;
        State.AnswerType = CoherenceType.SnoopAck;
        int frame = Find(snoop.Line);
        if (frame >= 0)
        {
            if (_states[frame] == (byte)LineState.Modified)
            {
                State.AnswerType = CoherenceType.SnoopData;
                Bytes(frame).CopyTo(Line64.Span(ref State.AnswerData));
            }

            if (snoop.Type == CoherenceType.SnoopInvalidate)
                Drop(frame);
            else
                _states[frame] = (byte)LineState.Shared;
        }
        else if (State.WritebackPhase != DataCacheState.Free && State.WritebackLine == snoop.Line && State.WritebackHolds != 0)
        {
            // The home takes the bytes from here; it will acknowledge the PutModified and ignore its data.
            State.AnswerType = CoherenceType.SnoopData;
            State.AnswerData = State.WritebackData;
            State.WritebackHolds = 0;
        }

        if (State.AnswerType == CoherenceType.SnoopData)
            State.SnoopsDirty++;
    }

    private void SendRequest(long edge)
    {
        bool miss = State.MissPhase == DataCacheState.ToSend;
        bool put = State.WritebackPhase == DataCacheState.ToSend;
        if ((!miss && !put) || !_port.Request.CanPush(edge))
            return;
        if (miss && (!put || State.WritebackFlit == 0))
        {
            // The read goes before the victim's bytes: its latency is what the core waits for.
            _port.Request.Push(Flit(State.MissType, State.MissHome, State.MissLine, 0, true, default), edge);
            State.MissPhase = DataCacheState.Waiting;
            return;
        }

        bool last = State.WritebackFlit == 4;
        _port.Request.Push(
            Flit(CoherenceType.PutModified, HomeOf(State.WritebackLine), State.WritebackLine, State.WritebackFlit, last, in State.WritebackData), edge);
        State.WritebackFlit++;
        if (last)
            State.WritebackPhase = DataCacheState.Waiting;
    }

    private CoherenceFlit Flit(CoherenceType type, byte home, ulong line, byte index, bool last, in Line64 data)
    {
        CoherenceFlit flit = new()
        {
            Type = type,
            Source = _port.Endpoint,
            Destination = home,
            Index = index,
            Last = (byte)(last ? 1 : 0),
            Line = line,
        };
        if (index > 0)
        {
            ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(Line64.ReadSpan(in data));
            flit.Data0 = words[(index - 1) * 2];
            flit.Data1 = words[((index - 1) * 2) + 1];
        }

        return flit;
    }
}
