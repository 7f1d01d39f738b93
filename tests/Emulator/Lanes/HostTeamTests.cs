using HybridEmu.Lanes;

namespace HybridEmu.Emulator.Tests;

public class HostTeamTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_piece_is_run_once_by_the_caller_or_another_however_long_they_slept(int threads)
    {
        using var team = new HostTeam(threads);
        Assert.Equal(threads, team.Threads);
        const int Pieces = 200; // more than there are places for
        int[] done = new int[Pieces];
        int left = 0;
        void Job(int piece)
        {
            done[piece]++;
            Interlocked.Decrement(ref left);
        }

        Action<int> job = Job;
        for (int number = 1; number <= 300; number++)
        {
            if (number % 50 == 0)
                Thread.Sleep(5); // long enough for all to fall asleep
            Volatile.Write(ref left, Pieces);
            for (int i = 0; i < Pieces; i++)
                team.Offer(job, i, i % 7);
            while (Volatile.Read(ref left) != 0)
                team.Help();
            Assert.All(done, count => Assert.Equal(number, count));
        }
    }

    [Theory]
    [InlineData(0)] // meant for the caller, who does nothing
    [InlineData(1)]
    public void Sleepers_run_what_is_offered_without_the_caller_s_help(int hand)
    {
        using var team = new HostTeam(2);
        using var ran = new ManualResetEventSlim();
        int runner = 0;
        Thread.Sleep(20);
        team.Offer(
            _ =>
            {
                runner = Environment.CurrentManagedThreadId;
                ran.Set();
            },
            0, hand);
        Assert.True(ran.Wait(TimeSpan.FromSeconds(30)));
        Assert.NotEqual(Environment.CurrentManagedThreadId, runner);
    }

    [Fact]
    public void A_team_that_nobody_has_is_let_go_by_its_threads()
    {
        WeakReference dropped = Drop();
        for (int i = 0; i < 50 && dropped.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(dropped.IsAlive);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static WeakReference Drop()
        {
            var team = new HostTeam(2);
            using var ran = new ManualResetEventSlim();
            team.Offer(_ => team.ToString().AsSpan(), 0, 0); // a piece that has the team
            team.Offer(_ => ran.Set(), 0, 1);
            ran.Wait();
            while (team.Help())
            {
            }

            return new WeakReference(team);
        }
    }
}
