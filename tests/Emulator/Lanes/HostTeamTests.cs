using HybridEmu.Lanes;

namespace HybridEmu.Emulator.Tests;

public class HostTeamTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_part_of_every_job_is_done_once_before_it_returns(int threads)
    {
        using var team = new HostTeam(threads);
        Assert.Equal(threads, team.Threads);
        int[] done = new int[threads];
        void Job(int part) => done[part]++;
        Action<int> job = Job;
        for (int number = 1; number <= 600; number++)
        {
            if (number % 100 == 0)
                Thread.Sleep(5); // long enough for all to fall asleep
            team.Run(job);
            Assert.All(done, count => Assert.Equal(number, count));
        }
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
            team.Run(_ => { });
            return new WeakReference(team);
        }
    }
}
