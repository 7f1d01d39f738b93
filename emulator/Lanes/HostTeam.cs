namespace HybridEmu.Lanes;

/// <summary>
/// Host threads that take pieces of work off one caller's hands, many a millisecond: it offers them, goes on, and helps when it
/// needs them done. Pieces begin in the order in which they were offered. Who has nothing to do spins for a few microseconds,
/// then sleeps. Only how fast the work is done depends on them.
/// </summary>
public sealed class HostTeam : IDisposable
{
    private readonly Hands _hands;

    /// <param name="threads">The caller and those that help it; 2 or more.</param>
    public HostTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 2);
        _hands = new Hands(threads - 1);
        for (int i = 0; i < threads - 1; i++)
        {
            // The thread must not keep the team alive, or nothing would ever end it.
            Hands hands = _hands;
            int index = i;
            new Thread(() => hands.Serve(index)) { IsBackground = true, Name = "array sums" }.Start();
        }
    }

    /// <summary>The team's threads end when nobody has it any more.</summary>
    ~HostTeam()
    {
        _hands.Stop();
    }

    /// <summary>The caller's and the others.</summary>
    public int Threads => _hands.Count + 1;

    /// <summary>Somebody is to run <paramref name="job"/>(<paramref name="piece"/>), which tells the caller in its own way that it is done. It may not throw.</summary>
    public void Offer(Action<int> job, int piece) => _hands.Offer(job, piece);

    /// <summary>Runs the oldest piece that nobody has begun.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Help()
    {
        if (_hands.TryRun())
            return true;
        _hands.Forget();
        return false;
    }

    public void Dispose()
    {
        _hands.Stop();
        GC.SuppressFinalize(this);
    }

    /// <summary>What the threads share with the caller.</summary>
    private sealed class Hands(int count)
    {
        private const int SpinsBeforeSleep = 500;
        private const int Places = 64;

        private readonly SemaphoreSlim[] _beds = [.. Enumerable.Range(0, count).Select(_ => new SemaphoreSlim(0))];
        private readonly int[] _asleep = new int[count];
        private readonly Piece[] _pieces = new Piece[Places]; // ring
        private long _offered;
        private long _begun;
        private long _forgotten;
        private volatile bool _stopped;

        public int Count => count;

        public void Offer(Action<int> job, int piece)
        {
            while (_offered - Volatile.Read(ref _begun) == Places)
                TryRun();
            _forgotten = Math.Max(_forgotten, _offered - Places);
            _pieces[_offered % Places] = new Piece(job, piece);
            Interlocked.Increment(ref _offered); // a full fence: after it, who is about to sleep sees the piece, or we see it asleep
            WakeOne();
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

        /// <summary>The caller has seen all pieces begun: the places need not keep its objects alive, and through them the team.</summary>
        public void Forget()
        {
            for (; _forgotten < _offered; _forgotten++)
                _pieces[_forgotten % Places] = default;
        }

        public void Stop()
        {
            _stopped = true;
            Interlocked.MemoryBarrier();
            for (int i = 0; i < count; i++)
                Wake(i);
        }

        public void Serve(int index)
        {
            for (int spins = 0; !_stopped; spins++)
            {
                if (TryRun())
                {
                    spins = 0;
                }
                else if (spins < SpinsBeforeSleep)
                {
                    Thread.SpinWait(8);
                }
                else
                {
                    Interlocked.Exchange(ref _asleep[index], 1);
                    bool called = _stopped || Volatile.Read(ref _begun) != Volatile.Read(ref _offered);
                    if (!called || Interlocked.Exchange(ref _asleep[index], 0) == 0)
                        _beds[index].Wait(); // called too late to stay up means that somebody has released the bed
                    spins = 0;
                }
            }
        }

        private void WakeOne()
        {
            for (int i = 0; i < count; i++)
            {
                if (Wake(i))
                    return;
            }
        }

        private bool Wake(int index)
        {
            bool slept = Volatile.Read(ref _asleep[index]) != 0 && Interlocked.Exchange(ref _asleep[index], 0) != 0;
            if (slept)
                _beds[index].Release();
            return slept;
        }

        private readonly record struct Piece(Action<int> Job, int Number);
    }
}
