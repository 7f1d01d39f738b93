using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// Bursts on their way over one pseudo-channel's data bus, and answers that wait for their port. Data leave or enter the
/// array when the burst ends. Room for the answer is taken before the column command issues.
/// </summary>
internal sealed class HbmBursts
{
    private struct Flight
    {
        public long EndsAt;
        public int Source;
        public HbmRequest Request;
    }

    /// <summary>Answers of one source that wait for their port, and room taken by these and by bursts in flight.</summary>
    private struct Answers
    {
        public int Head, Count, Taken;
    }

    private readonly HbmController _controller;
    private readonly SparseMemory _memory;
    private readonly int _index;
    private readonly int _responseEntries;
    private readonly Flight[] _flights;
    private readonly HbmResponse[] _ready; // one ring a source
    private readonly Answers[] _answers;

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

    /// <summary>Edge at which the next burst ends, or <see cref="Wake.Never"/>.</summary>
    public long NextEndAt => State.FlightCount == 0 ? Wake.Never : _flights[State.FlightHead].EndsAt;

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
        flight.Request = request;
        _answers[source].Taken++;
    }

    /// <summary>Moves the bytes of every burst that has ended, and makes its answer ready.</summary>
    public void Complete(long edge)
    {
        ref HbmPseudoChannelState s = ref State;
        while (s.FlightCount > 0 && _flights[s.FlightHead].EndsAt <= edge)
        {
            ref Flight flight = ref _flights[s.FlightHead];
            int source = flight.Source;
            int slot = _answers[source].Head + _answers[source].Count++;
            s.ReadyCount++;
            if (slot >= _responseEntries)
                slot -= _responseEntries;
            ref HbmResponse response = ref _ready[(source * _responseEntries) + slot];
            response.Address = flight.Request.Address;
            response.Write = flight.Request.Write;
            response.Tag = flight.Request.Tag;
            response.Data = default;
            if (flight.Request.Write == 0)
            {
                _memory.Read((long)flight.Request.Address, Burst32.Span(ref response.Data));
                if (_controller.Ecc is { Any: true } ecc)
                    Poison(flight.Request.Address, ecc.Read(flight.Request.Address, Burst32.Span(ref response.Data), ref s.EccCorrected));
            }
            else
            {
                Write(ref flight.Request);
            }

            s.FlightHead = Slot(s.FlightHead + 1);
            s.FlightCount--;
        }
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

    public void Walk(StateArchive archive)
    {
        archive.Array("flights", _flights);
        archive.Array("ready", _ready);
        archive.Array("answers", _answers);
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
