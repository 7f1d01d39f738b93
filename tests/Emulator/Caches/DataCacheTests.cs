using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>The L1D alone, with the test as its home.</summary>
public class DataCacheTests
{
    private const ulong Line = 0x1000;
    private readonly Channel<CoherenceFlit> _request;
    private readonly Channel<CoherenceFlit> _answer;
    private readonly Channel<CoherenceFlit> _snoop;
    private readonly Channel<CoherenceFlit> _grant;
    private readonly DataCache _cache;
    private long _edge;

    public DataCacheTests()
    {
        var domain = new ClockDomain("core", 1000);
        int unit = domain.Register("cache");
        _request = new Channel<CoherenceFlit>(domain, unit, unit, 8);
        _answer = new Channel<CoherenceFlit>(domain, unit, unit, 8);
        _snoop = new Channel<CoherenceFlit>(domain, unit, unit, 8);
        _grant = new Channel<CoherenceFlit>(domain, unit, unit, 16);

        // One set of two ways, so that three lines evict.
        _cache = new DataCache(128, 2, new CoherencePort(0, _request, _answer, _snoop, _grant), new HomeMap(1), 3);
    }

    private void Step(int edges = 1)
    {
        for (int i = 0; i < edges; i++)
            _cache.Step(++_edge);
    }

    private void Grant(ulong line, CoherenceType type, byte fill)
    {
        for (byte i = 0; i < 5; i++)
            _grant.Push(new CoherenceFlit { Type = type, Index = i, Last = (byte)(i == 4 ? 1 : 0), Line = line, Data0 = fill, Data1 = fill }, _edge);
    }

    private List<CoherenceFlit> Taken(Channel<CoherenceFlit> channel)
    {
        List<CoherenceFlit> flits = [];
        while (channel.CanPop(_edge + 1))
            flits.Add(channel.Pop(_edge + 1));
        return flits;
    }

    private int Fetch(ulong line, CoherenceType ask, CoherenceType grant, byte fill = 0)
    {
        _cache.StartMiss(line, ask);
        Step();
        Grant(line, grant, fill);
        Step(8);
        Taken(_request);
        Taken(_answer);
        return _cache.Find(line);
    }

    private void Snoop(ulong line, CoherenceType type) => _snoop.Push(new CoherenceFlit { Type = type, Source = 3, Line = line, Last = 1 }, _edge);

    [Fact]
    public void Miss_is_asked_for_on_the_next_edge_and_fills_with_the_last_flit()
    {
        _cache.StartMiss(Line, CoherenceType.GetShared);
        Assert.True(_request.IsEmpty);
        Step();
        CoherenceFlit asked = Assert.Single(Taken(_request));
        Assert.Equal((CoherenceType.GetShared, Line, (byte)3), (asked.Type, asked.Line, asked.Destination));
        Grant(Line, CoherenceType.GrantExclusive, 7);
        Step(4);
        Assert.Equal(-1, _cache.Find(Line));
        Step();
        Assert.Equal(LineState.Exclusive, _cache.StateOf(_cache.Find(Line)));
        Assert.Equal(7u, _cache.Read(_cache.Find(Line), 48, 4));
        Assert.Equal(CoherenceType.GrantAck, Assert.Single(Taken(_answer)).Type);
    }

    [Fact]
    public void Answer_starts_one_edge_after_the_snoop_and_brings_dirty_bytes()
    {
        _cache.Write(Fetch(Line, CoherenceType.GetModified, CoherenceType.GrantModified), 20, 4, 99);
        Snoop(Line, CoherenceType.SnoopShare);
        Step();
        Assert.True(_answer.IsEmpty);
        Step();
        Assert.Equal(1, _answer.Count);
        Step(4);
        List<CoherenceFlit> flits = Taken(_answer);
        Assert.Equal([0, 1, 2, 3, 4], flits.Select(f => (int)f.Index));
        Assert.All(flits, f => Assert.Equal(CoherenceType.SnoopData, f.Type));
        Assert.Equal(99ul << 32, flits[2].Data0);
        Assert.Equal(LineState.Shared, _cache.StateOf(_cache.Find(Line)));
    }

    [Theory]
    [InlineData(CoherenceType.GrantExclusive)]
    [InlineData(CoherenceType.GrantShared)]
    public void Clean_or_absent_line_is_given_up_without_bytes(CoherenceType grant)
    {
        Fetch(Line, CoherenceType.GetShared, grant);
        for (int round = 0; round < 2; round++)
        {
            Snoop(Line, CoherenceType.SnoopInvalidate);
            Step(3);
            Assert.Equal(CoherenceType.SnoopAck, Assert.Single(Taken(_answer)).Type);
            Assert.Equal(-1, _cache.Find(Line));
        }
    }

    [Fact]
    public void Line_on_its_way_out_is_still_snooped_once_and_not_asked_for_again()
    {
        int frame = Fetch(Line, CoherenceType.GetModified, CoherenceType.GrantModified);
        _cache.Write(frame, 0, 4, 5);
        Assert.True(_cache.TryEvict(frame));
        _cache.StartMiss(Line, CoherenceType.GetShared);
        Assert.Equal(DataCacheState.Free, _cache.State.MissPhase);
        Snoop(Line, CoherenceType.SnoopInvalidate);
        Step(8);
        List<CoherenceFlit> put = Taken(_request);
        Assert.Equal(5, put.Count);
        Assert.All(put, f => Assert.Equal(CoherenceType.PutModified, f.Type));
        List<CoherenceFlit> answer = Taken(_answer);
        Assert.Equal(CoherenceType.SnoopData, answer[0].Type);
        Assert.Equal(5ul, answer[1].Data0);
        Snoop(Line, CoherenceType.SnoopInvalidate);
        Step(3);
        Assert.Equal(CoherenceType.SnoopAck, Assert.Single(Taken(_answer)).Type);
        _grant.Push(new CoherenceFlit { Type = CoherenceType.PutAck, Line = Line, Last = 1 }, _edge);
        Step();
        _cache.StartMiss(Line, CoherenceType.GetShared);
        Assert.Equal(DataCacheState.ToSend, _cache.State.MissPhase);
    }

    [Fact]
    public void Second_dirty_victim_waits_for_the_first_to_be_acknowledged()
    {
        _cache.Write(Fetch(Line, CoherenceType.GetModified, CoherenceType.GrantModified), 0, 4, 1);
        _cache.Write(Fetch(Line + 64, CoherenceType.GetModified, CoherenceType.GrantModified), 0, 4, 2);
        Fetch(Line + 128, CoherenceType.GetShared, CoherenceType.GrantExclusive);
        Assert.Equal(-1, _cache.Find(Line)); // the least recently used of the two
        _cache.Write(_cache.Find(Line + 128), 0, 4, 3);
        _cache.StartMiss(Line + 192, CoherenceType.GetShared);
        Assert.Equal(DataCacheState.Free, _cache.State.MissPhase);
        Assert.True(_cache.Find(Line + 64) >= 0);
        _grant.Push(new CoherenceFlit { Type = CoherenceType.PutAck, Line = Line, Last = 1 }, _edge);
        Step();
        _cache.StartMiss(Line + 192, CoherenceType.GetShared);
        Assert.Equal(DataCacheState.ToSend, _cache.State.MissPhase);
        Assert.Equal(-1, _cache.Find(Line + 64));
    }

    [Fact]
    public void Miss_goes_out_before_the_bytes_of_its_victim()
    {
        _cache.Write(Fetch(Line, CoherenceType.GetModified, CoherenceType.GrantModified), 0, 4, 1);
        Fetch(Line + 64, CoherenceType.GetShared, CoherenceType.GrantShared);
        _cache.StartMiss(Line + 128, CoherenceType.GetShared);
        Step(7);
        Assert.Equal(
            [CoherenceType.GetShared, .. Enumerable.Repeat(CoherenceType.PutModified, 5)],
            Taken(_request).Select(f => f.Type));
    }

    [Fact]
    public void Reservation_ends_with_the_line()
    {
        Fetch(Line, CoherenceType.GetModified, CoherenceType.GrantModified);
        _cache.State.ReservationLine = Line;
        Snoop(Line, CoherenceType.SnoopShare);
        Step(8);
        Assert.Equal(Line, _cache.State.ReservationLine);
        Snoop(Line, CoherenceType.SnoopInvalidate);
        Step(2);
        Assert.Equal(DataCache.NoLine, _cache.State.ReservationLine);
    }

    [Fact]
    public void Message_that_was_not_asked_for_is_a_defect()
    {
        Grant(Line, CoherenceType.GrantShared, 0);
        Assert.Throws<InvalidOperationException>(() => Step());
    }
}
