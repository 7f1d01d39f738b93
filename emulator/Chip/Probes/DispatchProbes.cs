using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>Queues, semaphores and the answers of dispatch.</summary>
internal static class DispatchProbes
{
    private const string Unit = "dispatch";
    private const int Answer = 3; // rule D-3: pushed at N, answered at N + 2, the next instruction at N + 3
    private const int Semaphore = 9;

    public static void Add(ProbeBench bench)
    {
        var poll = new RuleProbe(Unit, "D-3", "n polls: 3 n");
        var post = new RuleProbe(Unit, "D-3, D-6", "n posts and n waits that are met: 6 n");
        foreach (int n in (int[])[1, 2, 5])
        {
            bench.Hold(poll, At("n", n), bench.Time("", string.Concat(Enumerable.Repeat("hx.poll t3, zero\n", n))), Answer * n);
            bench.Hold(post, At("n", n), bench.Time("hx.seminit a5, zero", string.Concat(Enumerable.Repeat("hx.sempost a5, a6\nhx.semwait a5, a6\n", n))), 2 * Answer * n);
        }

        Depth(bench);
        Waits(bench);
    }

    private static void Depth(ProbeBench bench)
    {
        int depth = bench.Configuration.Dispatch.QueueDepth;
        var room = new RuleProbe(Unit, "D-8", "n issues to a queue that is busy, n up to its depth: 3 n");
        var full = new RuleProbe(Unit, "D-4, D-8", "one issue too many waits for the first: one more edge a line that this one zeroes");
        int Issues(int n, int m)
        {
            string zero = string.Create(CultureInfo.InvariantCulture, $"mx.zero slot=0, m={m}, n=1, acc=fp32");
            (string setup, string issue) = bench.Issue(zero);
            return bench.Time(setup, string.Concat(Enumerable.Repeat(issue, n)));
        }

        const int Long = 64; // edges of one, more than all issues up to the depth take
        foreach (int n in (int[])[1, depth - 1, depth])
            bench.Hold(room, At("n", n), Issues(n, Long), Answer * n);
        int first = Issues(depth + 1, Long);
        foreach (int m in (int[])[Long + 1, Long + 16, Long + 100])
            bench.HoldFrom(full, At("m", m), Issues(depth + 1, m), first, m - Long);
    }

    private static void Waits(ProbeBench bench)
    {
        var probe = new RuleProbe(Unit, "D-1, D-4", "a wait for the post of a descriptor ends when a drain of its queue would");
        foreach (int m in (int[])[1, 2, 33])
        {
            string zero = string.Create(CultureInfo.InvariantCulture, $"mx.zero slot=0, m={m}, n=1, acc=fp32, post={Semaphore}:1");
            (string setup, string issue) = bench.Issue(zero);
            setup += $"li t3, {Semaphore}\n";
            bench.HoldFrom(probe, At("m", m), bench.Time(setup + "hx.seminit t3, zero", issue + "hx.semwait t3, a6"), bench.Time(setup, issue + "hx.drain a7"), 0);
        }
    }

    private static string At(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"{name} = {value}");
}
