using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>The home's transition function, so that a test can plant a bug around it.</summary>
internal delegate HomeActions HomeStep(ref DirectoryEntry entry, ref HomeTransaction transaction, HomeEvent happened, int source);

/// <summary>
/// Every state that one line, its home and a few caches can reach, with messages in flight in any order. Messages of a class
/// between two ends are at most one for one line, which is asserted. Values count stores modulo 2: a copy is stale first by one store.
/// </summary>
internal sealed class HomeExplorer(int caches, HomeStep step)
{
    private const int Values = 2;
    private const int Invalid = 0, Shared = 1, Exclusive = 2, Modified = 3;

    private readonly HashSet<byte[]> _seen = new(new BytesComparer());
    private readonly Queue<byte[]> _open = new();

    public int States => _seen.Count;

    /// <summary>Visits all states. Returns null, or what is wrong with one.</summary>
    public string? Explore()
    {
        try
        {
            Reach(new Line(caches));
            while (_open.TryDequeue(out byte[]? bytes))
            {
                bool busy = new Line(bytes, caches).IsBusy;
                bool progress = Expand(bytes);
                if (busy && !progress)
                    return "stuck";
            }

            return null;
        }
        catch (InvalidOperationException wrong)
        {
            return wrong.Message;
        }
    }

    private void Reach(Line line)
    {
        line.Check();
        byte[] bytes = line.ToBytes();
        if (_seen.Add(bytes))
            _open.Enqueue(bytes);
    }

    /// <summary>All successors. Returns whether one of them is a step of something already under way.</summary>
    private bool Expand(byte[] bytes)
    {
        int count = 0;
        void Try(bool may, Action<Line> change)
        {
            if (!may)
                return;
            var line = new Line(bytes, caches);
            change(line);
            Reach(line);
            count++;
        }

        var now = new Line(bytes, caches);
        for (int c = 0; c < caches; c++)
        {
            int cache = c;
            Cache at = now.Caches[c];
            Try(at.Snoop != 0, l => TakeSnoop(l, l.Caches[cache]));
            Try(at.Reply != 0, l => TakeReply(l, l.Caches[cache]));
            Try(at.Answer != 0, l => TakeAnswer(l, cache));
            Try(at.Request != 0 && now.Transaction.Phase == HomePhase.Idle, l => TakeRequest(l, cache));
        }

        Try(now.Reading, l => Apply(l, HomeEvent.MemoryRead, 0, () => (l.Reading, l.Data) = (false, l.Memory)));
        Try(now.Writing, l => Apply(l, HomeEvent.MemoryWritten, 0, () => (l.Writing, l.Memory) = (false, l.WriteValue)));
        bool progress = count > 0;
        for (int c = 0; c < caches; c++)
        {
            int cache = c;
            Cache at = now.Caches[c];
            bool mayAsk = !at.Waiting && at.Put == 0;
            Try(mayAsk && at.State == Invalid, l => Ask(l.Caches[cache], HomeEvent.GetShared));
            Try(mayAsk && at.State == Invalid, l => Ask(l.Caches[cache], HomeEvent.ReadOnce));
            Try(mayAsk && at.State is (Invalid or Shared), l => Ask(l.Caches[cache], HomeEvent.GetModified));
            Try(at.State is Exclusive or Modified, l => Store(l, l.Caches[cache]));
            Try(at.State != Invalid && !at.Waiting && at.Put == 0, l => Evict(l.Caches[cache]));
        }

        return progress;
    }

    private static void Ask(Cache cache, HomeEvent request)
    {
        cache.Waiting = true;
        cache.Request = (byte)(1 + request);
    }

    private static void Store(Line line, Cache cache)
    {
        cache.State = Modified;
        cache.Value = line.Latest = (byte)((line.Latest + 1) % Values);
    }

    private static void Evict(Cache cache)
    {
        if (cache.State == Modified)
        {
            (cache.Put, cache.PutValue) = (1, cache.Value);
            cache.Request = 1 + (byte)HomeEvent.PutModified;
        }

        cache.State = Invalid;
    }

    private static void TakeSnoop(Line line, Cache cache)
    {
        bool fromPut = cache.Put == 1;
        bool dirty = fromPut || cache.State == Modified;
        byte value = fromPut ? cache.PutValue : cache.Value;
        if (fromPut)
            cache.Put = 2;
        else if (cache.Snoop == (byte)CoherenceType.SnoopInvalidate)
            cache.State = Invalid;
        else if (cache.State != Invalid)
            cache.State = Shared;
        cache.Snoop = 0;
        line.Send(ref cache.Answer, dirty ? CoherenceType.SnoopData : CoherenceType.SnoopAck, ref cache.AnswerValue, dirty ? value : (byte)0);
    }

    private static void TakeReply(Line line, Cache cache)
    {
        var reply = (CoherenceType)cache.Reply;
        cache.Reply = 0;
        if (reply == CoherenceType.PutAck)
        {
            cache.Put = 0;
            return;
        }

        if (cache.ReplyValue != line.Latest)
            throw new InvalidOperationException("stale grant");
        cache.Waiting = false;
        if (reply != CoherenceType.GrantOnce)
        {
            cache.Value = cache.ReplyValue;
            cache.State = (byte)(reply == CoherenceType.GrantShared ? Shared : reply == CoherenceType.GrantExclusive ? Exclusive : Modified);
        }

        line.Send(ref cache.Answer, CoherenceType.GrantAck, ref cache.AnswerValue, 0);
    }

    private void TakeRequest(Line line, int source)
    {
        Cache cache = line.Caches[source];
        var request = (HomeEvent)(cache.Request - 1);
        cache.Request = 0;
        Apply(line, request, source, () => line.Data = request == HomeEvent.PutModified ? cache.PutValue : line.Data);
    }

    private void TakeAnswer(Line line, int source)
    {
        Cache cache = line.Caches[source];
        var answer = (CoherenceType)cache.Answer;
        cache.Answer = 0;
        HomeEvent happened = answer switch
        {
            CoherenceType.SnoopAck => HomeEvent.SnoopAck,
            CoherenceType.SnoopData => HomeEvent.SnoopData,
            _ => HomeEvent.GrantAck,
        };
        Apply(line, happened, source, () => line.Data = answer == CoherenceType.SnoopData ? cache.AnswerValue : line.Data);
    }

    private void Apply(Line line, HomeEvent happened, int source, Action first)
    {
        first();
        HomeActions actions = step(ref line.Entry, ref line.Transaction, happened, source);
        if ((actions & HomeActions.SendSnoop) != 0)
        {
            byte none = 0;
            line.Send(ref line.Caches[line.Transaction.SnoopTarget].Snoop, line.Transaction.Snoop, ref none, 0);
        }

        if ((actions & (HomeActions.SendGrant | HomeActions.SendPutAck)) != 0)
        {
            Cache cache = line.Caches[line.Transaction.Requester];
            bool grant = (actions & HomeActions.SendGrant) != 0;
            line.Send(ref cache.Reply, grant ? line.Transaction.Grant : CoherenceType.PutAck, ref cache.ReplyValue, grant ? line.Data : (byte)0);
        }

        line.Reading |= (actions & HomeActions.ReadMemory) != 0;
        if ((actions & HomeActions.WriteMemory) != 0)
            (line.Writing, line.WriteValue) = (true, line.Data);
    }

    private sealed class Cache
    {
        public byte State, Value, Put, PutValue, Request, Snoop, Answer, AnswerValue, Reply, ReplyValue;
        public bool Waiting;
    }

    private sealed class Line
    {
        public DirectoryEntry Entry;
        public HomeTransaction Transaction;
        public byte Data, Memory, Latest, WriteValue;
        public bool Reading, Writing;

        public Line(int caches) => Caches = [.. Enumerable.Range(0, caches).Select(_ => new Cache())];

        public Line(byte[] bytes, int caches)
            : this(caches)
        {
            Entry = new DirectoryEntry { State = (DirectoryState)bytes[0], Owner = bytes[1], Sharers = bytes[2] };
            Transaction = new HomeTransaction
            {
                Phase = (HomePhase)bytes[3],
                Request = (HomeEvent)bytes[4],
                Requester = bytes[5],
                SnoopTarget = bytes[6],
                Snoop = (CoherenceType)bytes[7],
                Grant = (CoherenceType)bytes[8],
                Dirty = bytes[9],
                WritePending = bytes[10],
                Acknowledged = bytes[11],
            };
            (Data, Memory, Latest, WriteValue, Reading, Writing) = (bytes[12], bytes[13], bytes[14], bytes[15], bytes[16] != 0, bytes[17] != 0);
            for (int i = 0; i < caches; i++)
            {
                ReadOnlySpan<byte> b = bytes.AsSpan(18 + (11 * i), 11);
                Caches[i] = new Cache { State = b[0], Value = b[1], Put = b[2], PutValue = b[3], Request = b[4], Snoop = b[5], Answer = b[6], AnswerValue = b[7], Reply = b[8], ReplyValue = b[9], Waiting = b[10] != 0 };
            }
        }

        public Cache[] Caches { get; }

        public bool IsBusy => Transaction.Phase != HomePhase.Idle || Caches.Any(c => c.Waiting || c.Put != 0);

        public void Send(ref byte slot, CoherenceType type, ref byte valueSlot, byte value)
        {
            if (slot != 0)
                throw new InvalidOperationException("two messages of one class in flight for a line");
            slot = (byte)type;
            valueSlot = value;
        }

        public void Check()
        {
            int writers = Caches.Count(c => c.State is Exclusive or Modified);
            if (writers > 1 || (writers == 1 && Caches.Any(c => c.State == Shared)))
                throw new InvalidOperationException("two writers, or a writer and a reader");
            if (Caches.Any(c => c.State != Invalid && c.Value != Latest))
                throw new InvalidOperationException("stale copy");
            if (!IsBusy && Entry.State != DirectoryState.Owned && Memory != Latest)
                throw new InvalidOperationException("memory is not current");
        }

        public byte[] ToBytes()
        {
            // What no longer matters is set to 0, so that equal states are equal bytes.
            HomeTransaction t = Transaction.Phase == HomePhase.Idle ? default : Transaction;
            bool data = t.Phase != HomePhase.Idle;
            var bytes = new List<byte>
            {
                (byte)Entry.State, Entry.Owner, (byte)Entry.Sharers, (byte)t.Phase, (byte)t.Request, t.Requester, t.SnoopTarget, (byte)t.Snoop,
                (byte)t.Grant, t.Dirty, t.WritePending, t.Acknowledged, data ? Data : (byte)0, Memory, Latest, Writing ? WriteValue : (byte)0,
                (byte)(Reading ? 1 : 0), (byte)(Writing ? 1 : 0),
            };
            foreach (Cache c in Caches)
            {
                byte value = c.State == Invalid ? (byte)0 : c.Value;
                byte reply = c.Reply == 0 ? (byte)0 : c.ReplyValue;
                byte answer = c.Answer == 0 ? (byte)0 : c.AnswerValue;
                bytes.AddRange([c.State, value, c.Put, c.Put == 0 ? (byte)0 : c.PutValue, c.Request, c.Snoop, c.Answer, answer, c.Reply, reply, (byte)(c.Waiting ? 1 : 0)]);
            }

            return [.. bytes];
        }
    }

    private sealed class BytesComparer : IEqualityComparer<byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj)
        {
            uint hash = 2166136261;
            foreach (byte b in obj)
                hash = (hash ^ b) * 16777619;
            return (int)hash;
        }
    }
}
