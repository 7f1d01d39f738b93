using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <content>
/// Polling of tohost, the RISC-V test suites' way to end a run: the host port reads the word's line by ReadOnce, so it sees
/// what a dirty L1D holds. Low word 1: passed; else failed with code value >> 1.
/// </content>
public sealed partial class SystemUnit
{
    private const byte PollToSend = 1;
    private const byte PollWaiting = 2;
    private const byte PollToAcknowledge = 3;

    private long Poll(long edge)
    {
        ulong line = _config.ToHost!.Value & ~63UL;
        if (State.PollPhase == 0 && edge >= State.NextPoll && State.Exited == 0)
        {
            State.PollPhase = PollToSend;
            State.PollHome = (byte)(_config.HomeBase + _config.Homes.Index(line));
            State.NextPoll = edge + _config.ToHostPollCycles;
            State.Polls++;
        }

        if (_host!.Grant.CanPop(edge))
            ReceivePolled(_host.Grant.Pop(edge));
        if (State.PollPhase == PollToSend && _host.Request.CanPush(edge))
        {
            _host.Request.Push(Message(CoherenceType.ReadOnce, line), edge);
            State.PollPhase = PollWaiting;
        }
        else if (State.PollPhase == PollToAcknowledge && _host.Answer.CanPush(edge))
        {
            _host.Answer.Push(Message(CoherenceType.GrantAck, line), edge);
            State.PollPhase = 0;
        }

        if (State.PollPhase == 0 && State.Exited == 0)
            _domain.BackgroundAt(_unit, State.NextPoll);
        return _host.Grant.IsEmpty && (State.PollPhase & 1) == 0 ? Wake.Never : edge + 1;
    }

    private void ReceivePolled(in CoherenceFlit flit)
    {
        if (flit.Type != CoherenceType.GrantOnce || State.PollPhase != PollWaiting)
            throw new InvalidOperationException("The host port received a message that it did not ask for.");
        int at = (int)(_config.ToHost!.Value & 63);
        if (flit.Index == 1 + (at / 16))
            State.PolledWord = (at & 8) != 0 ? flit.Data1 : flit.Data0;
        if (flit.Last == 0)
            return;
        State.PollPhase = PollToAcknowledge;
        uint word = (uint)State.PolledWord;
        if (word != 0)
            Exit(word == 1 ? 0 : (int)(word >> 1));
    }

    private CoherenceFlit Message(CoherenceType type, ulong line) => new()
    {
        Type = type,
        Source = (byte)_config.Endpoint,
        Destination = State.PollHome,
        Last = 1,
        Line = line,
    };
}
