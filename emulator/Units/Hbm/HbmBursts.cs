using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// Bursts on their way over one pseudo-channel's data bus, and answers that wait for their port. Data leave or enter the
/// array when the burst ends. Room for the answer is taken before the column command issues.
/// </summary>
/// <remarks>
/// When its command issues it is known when a burst ends and what it brings, as nothing that is commanded later overtakes it
/// (<see cref="HbmConfig.BurstsKeepOrder"/>). So a port that takes each answer at once can be given it then, as of the end, by
/// <see cref="SendAhead"/>; the burst stays here until then and keeps its room.
/// </remarks>
internal sealed class HbmBursts
{
    private struct Flight
    {
        public long EndsAt;
        public int Source;

        /// <summary>1 when the answer went ahead.</summary>
        public byte Sent;
        public HbmRequest Request;
    }

    /// <summary>Answers of one source that wait for their port, room taken by these and by bursts in flight, and bursts that did not go ahead.</summary>
    private struct Answers
    {
        public int Head, Count, Taken, Unsent;
    }

    private readonly HbmController _controller;
    private readonly SparseMemory _memory;
    private readonly int _index;
    private readonly int _responseEntries;
    private readonly Flight[] _flights;
    private readonly HbmResponse[] _ready; // one ring a source
    private readonly Answers[] _answers;
    private int _unsent; // bursts in flight whose answers did not go ahead

    public HbmBursts(HbmController controller, HbmConfig config, int index, int sources)
    {
        _controller = controller;
        _memory = controller.Memory;
        _index = index;
        _responseEntries = config.ResponseEntries;
        _flights = new Flight[sources * config.ResponseEntries];
        _ready = new HbmResponse[sources * config.ResponseEntries];
        _answers = new Answers[sources];
    }

    private ref HbmPseudoChannelState State => ref _controller.State.PseudoChannels[_index];

    public bool HasRoom(int source) => _answers[source].Taken < _responseEntries;

    public bool HasResponse(int source) => _answers[source].Count > 0;

    /// <summary>
    /// Edge at which the next burst ends for which something is to be done, or <see cref="Wake.Never"/>: after one whose answer went
    /// ahead, only the last one's, when the bus falls idle, and any when a request waits for its room.
    /// </summary>
    /// <param name="waits">Requests wait in the channel.</param>
    public long NextEndAt(bool waits)
    {
        ref HbmPseudoChannelState s = ref State;
        if (s.FlightCount == 0)
            return Wake.Never;
        if (_unsent > 0 || s.NoRoom != 0)
            return _flights[s.FlightHead].EndsAt;
        return waits ? Wake.Never : _flights[Slot(s.FlightHead + s.FlightCount - 1)].EndsAt;
    }

    /// <summary>Bursts that end after an edge.</summary>
    public int InFlight(long edge)
    {
        int ended = 0;
        while (ended < State.FlightCount && _flights[Slot(State.FlightHead + ended)].EndsAt <= edge)
            ended++;
        return State.FlightCount - ended;
    }

    public void Start(in HbmRequest request, int source, long endsAt)
    {
        ref HbmPseudoChannelState s = ref State;
        int at = s.FlightCount++;

        // A write's burst may end before that of a read that was issued earlier.
        for (; at > 0 && _flights[Slot(s.FlightHead + at - 1)].EndsAt > endsAt; at--)
            _flights[Slot(s.FlightHead + at)] = _flights[Slot(s.FlightHead + at - 1)];
        ref Flight flight = ref _flights[Slot(s.FlightHead + at)];
        flight.EndsAt = endsAt;
        flight.Source = source;
        flight.Sent = 0;
        flight.Request = request;
        if (at == 0)
            s.FlightEndsAt = endsAt;
        _answers[source].Taken++;
        _answers[source].Unsent++;
        _unsent++;
    }

    /// <summary>Gives answers of bursts in flight to their ports, in order, as far as these take them.</summary>
    public void SendAhead(Crossing<HbmResponse>[] ports)
    {
        if (_unsent == 0)
            return;
        ref HbmPseudoChannelState s = ref State;
        ref Flight last = ref _flights[Slot(s.FlightHead + s.FlightCount - 1)];
        int source = last.Source;
        if (last.Sent != 0 || _answers[source].Count != 0)
            return;
        for (int i = _answers[source].Unsent == 1 ? s.FlightCount - 1 : 0; i < s.FlightCount; i++)
        {
            ref Flight flight = ref _flights[Slot(s.FlightHead + i)];
            if (flight.Source != source || flight.Sent != 0)
                continue;
            if (!ports[source].CanPushAhead)
                return;
            Answer(in flight.Request, ref ports[source].PushAhead(flight.EndsAt));
            flight.Sent = 1;
            _answers[source].Unsent--;
            _unsent--;
        }
    }

    /// <summary>Whether answers of bursts in flight did not go ahead.</summary>
    public bool HasUnsent => _unsent != 0;

    /// <summary>Gives the answer of a burst whose command is to come to its port, if that takes it. All before it went ahead.</summary>
    public bool AnswerAhead(in HbmRequest request, Crossing<HbmResponse> port, long endsAt)
    {
        if (!port.CanPushAhead)
            return false;
        Answer(in request, ref port.PushAhead(endsAt));
        return true;
    }

    /// <summary>Starts a burst whose answer went ahead, as of an edge that may be over; if its end is too, nothing older is in flight.</summary>
    /// <param name="request">As the port gave it.</param>
    /// <param name="source">Its port.</param>
    /// <param name="endsAt">When the burst ends.</param>
    /// <param name="edge">The present.</param>
    public void StartAnswered(ref HbmRequest request, int source, long endsAt, long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        if (endsAt > edge)
        {
            Start(in request, source, endsAt);
            WasAnswered();
            return;
        }

        if (request.Write != 0)
            Write(ref request);
        s.FlightHead = Slot(s.FlightHead + 1);
    }

    /// <summary>The answer of the burst that was started last had gone ahead.</summary>
    public void WasAnswered()
    {
        ref Flight flight = ref _flights[Slot(State.FlightHead + State.FlightCount - 1)];
        flight.Sent = 1;
        _answers[flight.Source].Unsent--;
        _unsent--;
    }

    /// <summary>The answers of the last so many bursts of a source did not go ahead after all.</summary>
    public void TakeBack(int source, int count)
    {
        ref HbmPseudoChannelState s = ref State;
        for (int i = s.FlightCount - 1; count > 0; i--)
        {
            ref Flight flight = ref _flights[Slot(s.FlightHead + i)];
            if (flight.Source != source)
                continue;
            flight.Sent = 0;
            _answers[source].Unsent++;
            _unsent++;
            count--;
        }
    }

    /// <summary>Moves the bytes of every burst that has ended, and makes its answer ready if it did not go ahead.</summary>
    /// <returns>Whether answers that went ahead gave their room back.</returns>
    public bool Complete(long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        bool room = false;
        while (s.FlightCount > 0 && _flights[s.FlightHead].EndsAt <= edge)
        {
            ref Flight flight = ref _flights[s.FlightHead];
            int source = flight.Source;
            ref Answers answers = ref _answers[source];
            if (flight.Request.Write != 0)
                Write(ref flight.Request);
            if (flight.Sent != 0)
            {
                flight.Sent = 0;
                answers.Taken--;
                room = true;
            }
            else
            {
                int slot = answers.Head + answers.Count++;
                if (slot >= _responseEntries)
                    slot -= _responseEntries;
                Answer(in flight.Request, ref _ready[(source * _responseEntries) + slot]);
                answers.Unsent--;
                _unsent--;
                s.ReadyCount++;
            }

            s.FlightHead = Slot(s.FlightHead + 1);
            s.FlightCount--;
        }

        s.FlightEndsAt = s.FlightCount > 0 ? _flights[s.FlightHead].EndsAt : 0;

        return room;
    }

    public ref readonly HbmResponse Response(int source) => ref _ready[(source * _responseEntries) + _answers[source].Head];

    /// <summary>Gives the room of the head answer back.</summary>
    public void Release(int source)
    {
        ref Answers answers = ref _answers[source];
        answers.Head = answers.Head + 1 == _responseEntries ? 0 : answers.Head + 1;
        answers.Count--;
        answers.Taken--;
        State.ReadyCount--;
    }

    /// <summary>A hash sees the bursts in flight and the answers that wait.</summary>
    public void Walk(StateArchive archive)
    {
        if (!archive.IsHash)
        {
            archive.Array("flights", _flights);
            archive.Array("ready", _ready);
            archive.Array("answers", _answers);
            archive.Value("unsent", ref _unsent);
            return;
        }

        archive.Variable = true;
        for (int i = 0; i < State.FlightCount; i++)
            archive.Value("flight", ref _flights[Slot(State.FlightHead + i)]);
        for (int source = 0; source < _answers.Length; source++)
        {
            ref Answers answers = ref _answers[source];
            archive.Value("taken", ref answers.Taken);
            archive.Value("waiting", ref answers.Count);
            for (int i = 0; i < answers.Count; i++)
                archive.Value("ready", ref _ready[(source * _responseEntries) + ((answers.Head + i) % _responseEntries)]);
        }

        archive.Variable = false;
    }

    private void Answer(in HbmRequest request, ref HbmResponse response)
    {
        response.Address = request.Address;
        response.Write = request.Write;
        response.Tag = request.Tag;
        if (request.Write != 0)
        {
            response.Data = default;
            return;
        }

        Span<byte> data = Burst32.Span(ref response.Data);
        _memory.Read((long)request.Address, data);
        if (_controller.Ecc is { Any: true } ecc)
            Poison(request.Address, ecc.Read(request.Address, data, ref State.EccCorrected));
    }

    private int Slot(int index) => index >= _flights.Length ? index - _flights.Length : index;

    private void Poison(ulong address, int words)
    {
        if (words == 0)
            return;
        State.EccDetected += words;
        _controller.State.Poisoned = 1;
        _controller.State.PoisonedAddress = address;
    }

    private void Write(ref HbmRequest request)
    {
        if (_controller.Ecc is { Any: true } ecc)
            Poison(request.Address, ecc.Write(request.Address, request.ByteEnable, ref State.EccCorrected));
        Span<byte> data = Burst32.Span(ref request.Data);
        if (request.ByteEnable != uint.MaxValue)
        {
            Burst32 old = default;
            Span<byte> before = Burst32.Span(ref old);
            _memory.Read((long)request.Address, before);
            for (int i = 0; i < data.Length; i++)
            {
                if ((request.ByteEnable >> i & 1) == 0)
                    data[i] = before[i];
            }
        }

        _memory.Write((long)request.Address, data);
    }
}
