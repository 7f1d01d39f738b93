namespace HybridEmu.Lanes;

/// <summary>
/// Host threads that do the parts of one job together, many times a millisecond: the caller does part 0. Who has nothing to do
/// spins for a few microseconds, then sleeps. Only how fast a job is done depends on them.
/// </summary>
public sealed class HostTeam : IDisposable
{
    private readonly Hands _hands;

    /// <param name="threads">Parts of a job, the caller's among them; 2 or more.</param>
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

    /// <summary>Parts of a job.</summary>
    public int Threads => _hands.Count + 1;

    /// <summary>Does all parts, 0 to Threads - 1, and returns when they are done. Nothing in a part may throw.</summary>
    public void Run(Action<int> job)
    {
        _hands.Begin(job);
        job(0);
        _hands.Await();
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

        private readonly SemaphoreSlim[] _beds = [.. Enumerable.Range(0, count).Select(_ => new SemaphoreSlim(0))];
        private readonly int[] _asleep = new int[count];
        private Action<int>? _job;
        private int _number;
        private int _left;
        private volatile bool _stopped;

        public int Count => count;

        public void Begin(Action<int> job)
        {
            _job = job;
            Volatile.Write(ref _left, count);
            Interlocked.Increment(ref _number); // a full fence: after it, who is about to sleep sees the number, or we see it asleep
            for (int i = 0; i < count; i++)
            {
                if (Interlocked.Exchange(ref _asleep[i], 0) != 0)
                    _beds[i].Release();
            }
        }

        public void Await()
        {
            var spinner = default(SpinWait);
            while (Volatile.Read(ref _left) != 0)
            {
                // The others were handed their parts before ours was begun; they are late only when the host is busy.
                spinner.SpinOnce(sleep1Threshold: -1);
            }
        }

        public void Stop()
        {
            _stopped = true;
            Begin(static _ => { });
        }

        public void Serve(int index)
        {
            int seen = 0;
            while (true)
            {
                for (int spins = 0; Volatile.Read(ref _number) == seen; spins++)
                {
                    if (spins < SpinsBeforeSleep)
                    {
                        Thread.SpinWait(8);
                        continue;
                    }

                    Interlocked.Exchange(ref _asleep[index], 1);
                    bool called = Volatile.Read(ref _number) != seen;
                    if (!called || Interlocked.Exchange(ref _asleep[index], 0) == 0)
                        _beds[index].Wait(); // called too late to stay up means that somebody has released the bed
                    spins = 0;
                }

                seen++;
                if (_stopped)
                    return;
                _job!(index + 1);
                Interlocked.Decrement(ref _left);
            }
        }
    }
}
