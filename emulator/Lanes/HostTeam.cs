namespace HybridEmu.Lanes;

/// <summary>
/// Host threads that take pieces of work off one caller's hands, many a millisecond: it offers them, goes on, and helps when it
/// needs them done. Each piece is meant for one of them, whose cache has what the piece works on; another takes it only when it has nothing of its
/// own to do. Pieces meant for one begin in the order in which they were offered. Who has nothing to do spins for a few microseconds,
/// then sleeps. Only how fast the work is done depends on them.
/// </summary>
public sealed class HostTeam : IDisposable
{
    private const int Caller = 0;

    private readonly Hands _hands;

    /// <param name="threads">The caller and those that help it; 2 or more.</param>
    public HostTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 2);
        _hands = new Hands(threads);
        for (int i = Caller + 1; i < threads; i++)
        {
            // The thread must not keep the team alive, or nothing would ever end it.
            Hands hands = _hands;
            int index = i;
            new Thread(() => hands.Serve(index)) { IsBackground = true, Name = "host team" }.Start();
        }
    }

    /// <summary>The team's threads end when nobody has it any more.</summary>
    ~HostTeam()
    {
        _hands.Stop();
    }

    /// <summary>The caller's and the others.</summary>
    public int Threads => _hands.Count;

    /// <summary>Somebody is to run <paramref name="job"/>(<paramref name="piece"/>), which tells the caller in its own way that it is done. It may not throw.</summary>
    /// <param name="job">The work.</param>
    /// <param name="piece">Its argument.</param>
    /// <param name="hand">Whom it is meant for, modulo their number: the same for pieces that work on the same data. 0 is the caller.</param>
    public void Offer(Action<int> job, int piece, int hand) => _hands.Offer(job, piece, hand % Threads);

    /// <summary>Runs a piece that nobody has begun: the oldest that is meant for the caller, or for another if there is none.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Help()
    {
        if (_hands.TryRun(Caller))
            return true;
        _hands.Forget();
        return false;
    }

    public void Dispose()
    {
        _hands.Stop();
        GC.SuppressFinalize(this);
    }

    /// <summary>What the threads share.</summary>
    private sealed class Hands(int count)
    {
        private const int SpinsBeforeSleep = 500;

        private readonly Hand[] _hands = [.. Enumerable.Range(0, count).Select(_ => new Hand())];
        private readonly SemaphoreSlim[] _beds = [.. Enumerable.Range(0, count).Select(_ => new SemaphoreSlim(0))]; // the caller never sleeps
        private volatile bool _stopped;

        public int Count => count;

        public void Offer(Action<int> job, int piece, int hand)
        {
            while (!_hands[hand].TryOffer(new Piece(job, piece)))
                TryRun(Caller);
            for (int i = 0; i < count; i++)
            {
                if (Wake((hand + i) % count))
                    return;
            }
        }

        /// <summary>Runs a piece, one's own before others'.</summary>
        public bool TryRun(int self)
        {
            for (int i = 0; i < count; i++)
            {
                if (_hands[(self + i) % count].TryRun())
                    return true;
            }

            return false;
        }

        /// <summary>The caller has seen all pieces begun: the places need not keep its objects alive, and through them the team.</summary>
        public void Forget()
        {
            foreach (Hand hand in _hands)
                hand.Forget();
        }

        public void Stop()
        {
            _stopped = true;
            Interlocked.MemoryBarrier();
            for (int i = 0; i < count; i++)
                Wake(i);
        }

        public void Serve(int self)
        {
            Hand hand = _hands[self];
            for (int spins = 0; !_stopped; spins++)
            {
                if (TryRun(self))
                {
                    spins = 0;
                }
                else if (spins < SpinsBeforeSleep)
                {
                    Thread.SpinWait(8);
                }
                else
                {
                    Interlocked.Exchange(ref hand.Asleep, 1);
                    bool called = _stopped || Array.Exists(_hands, other => other.HasPieces);
                    if (!called || Interlocked.Exchange(ref hand.Asleep, 0) == 0)
                        _beds[self].Wait(); // called too late to stay up means that somebody has released the bed
                    spins = 0;
                }
            }
        }

        private bool Wake(int index)
        {
            Hand hand = _hands[index];
            bool slept = Volatile.Read(ref hand.Asleep) != 0 && Interlocked.Exchange(ref hand.Asleep, 0) != 0;
            if (slept)
                _beds[index].Release();
            return slept;
        }
    }

    /// <summary>One of the threads: what is meant for it.</summary>
    private sealed class Hand
    {
        private const int Places = 64;

        public int Asleep;

        private readonly Piece[] _pieces = new Piece[Places]; // ring
        private long _offered;
        private long _begun;
        private long _forgotten;

        public bool HasPieces => Volatile.Read(ref _begun) != Volatile.Read(ref _offered);

        /// <summary>For the caller alone.</summary>
        public bool TryOffer(Piece piece)
        {
            if (_offered - Volatile.Read(ref _begun) == Places)
                return false;
            _forgotten = Math.Max(_forgotten, _offered - Places);
            _pieces[_offered % Places] = piece;
            Interlocked.Increment(ref _offered); // a full fence: after it, who is about to sleep sees the piece, or we see it asleep
            return true;
        }

        public bool TryRun()
        {
            while (true)
            {
                long next = Volatile.Read(ref _begun);
                if (next == Volatile.Read(ref _offered))
                    return false;

                // The place may be written anew once somebody else has begun its piece; then we do not get it.
                Piece piece = _pieces[next % Places];
                if (Interlocked.CompareExchange(ref _begun, next + 1, next) != next)
                    continue;
                piece.Job(piece.Number);
                return true;
            }
        }

        /// <summary>For the caller alone.</summary>
        public void Forget()
        {
            for (; _forgotten < _offered; _forgotten++)
                _pieces[_forgotten % Places] = default;
        }
    }

    private readonly record struct Piece(Action<int> Job, int Number);
}
