using System.Runtime.InteropServices;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <content>Carrying out what the protocol decided: one message flit and one memory burst a cycle.</content>
public sealed partial class HomeSlice
{
    /// <summary>Does what can be done at this edge. Returns whether anything was.</summary>
    private bool Act(long edge)
    {
        bool moved = false;
        if ((State.Pending & HomeActions.SendSnoop) != 0 && _snoops.CanPush(edge))
        {
            _snoops.Push(Message(State.Transaction.Snoop, State.Transaction.SnoopTarget), edge);
            State.Snoops++;
            State.Pending &= ~HomeActions.SendSnoop;
            moved = true;
        }

        if (_replies.CanPush(edge))
        {
            if ((State.Pending & HomeActions.SendGrant) != 0)
            {
                SendGrantFlit(edge);
                moved = true;
            }
            else if ((State.Pending & HomeActions.SendPutAck) != 0)
            {
                _replies.Push(Message(CoherenceType.PutAck, State.Transaction.Requester), edge);
                State.Pending &= ~HomeActions.SendPutAck;
                moved = true;
            }
        }

        if (WantsMemory() && _memory.CanPush(edge))
        {
            AskMemory(edge);
            moved = true;
        }

        CloseWhenDone();
        return moved;
    }

    private void SendGrantFlit(long edge)
    {
        CoherenceFlit flit = Message(State.Transaction.Grant, State.Transaction.Requester);
        flit.Index = State.GrantFlits;
        flit.Last = (byte)(flit.Index == DataFlits ? 1 : 0);
        if (flit.Index > 0)
        {
            Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(Line64.Span(ref State.Data));
            flit.Data0 = words[(flit.Index - 1) * 2];
            flit.Data1 = words[((flit.Index - 1) * 2) + 1];
        }

        _replies.Push(in flit, edge);
        State.GrantFlits++;
        if (flit.Last != 0)
            State.Pending &= ~HomeActions.SendGrant;
    }

    private void AskMemory(long edge)
    {
        var request = new HbmRequest { ByteEnable = uint.MaxValue };
        if ((State.Pending & HomeActions.ReadMemory) != 0)
        {
            request.Tag = State.ReadsAsked++;
            State.MemoryReads++;
        }
        else
        {
            request.Tag = State.WritesAsked++;
            request.Write = 1;
            Line64.ReadSpan(in State.Data).Slice(request.Tag * BurstBytes, BurstBytes).CopyTo(Burst32.Span(ref request.Data));
            State.MemoryWrites++;
        }

        request.Address = State.Line + (ulong)(request.Tag * BurstBytes);
        _memory.Push(in request, edge);
    }

    private CoherenceFlit Message(CoherenceType type, int destination) => new()
    {
        Type = type,
        Source = (byte)_config.Endpoint,
        Destination = (byte)destination,
        Line = State.Line,
        Last = 1,
    };

    private void CloseWhenDone()
    {
        if (State.Pending != HomeActions.End)
            return;
        State.Pending = HomeActions.None;
        State.Open = 0;
        State.GrantFlits = 0;
        State.ReadsAsked = State.ReadsAnswered = State.WritesAsked = State.WritesAnswered = 0;
    }
}
