namespace HybridEmu.Reference;

/// <summary>
/// Total store order as a machine (Owens, Sarkar, Sewell: A Better x86 Memory Model, 2009): memory, and before it a FIFO of
/// stores a thread, from which its own loads are served first. All interleavings of steps and drains are walked.
/// </summary>
public sealed class TsoMachine
{
    private readonly LitmusProgram _program;
    private readonly bool _buffers;
    private readonly HashSet<string> _seen = [];
    private readonly SortedSet<ulong> _outcomes = [];

    private TsoMachine(LitmusProgram program, bool buffers)
    {
        _program = program;
        _buffers = buffers;
    }

    /// <summary>All outcomes under total store order.</summary>
    public static IReadOnlySet<ulong> Outcomes(LitmusProgram program) => Walk(program, buffers: true);

    /// <summary>All outcomes of interleavings alone: sequential consistency.</summary>
    public static IReadOnlySet<ulong> Interleavings(LitmusProgram program) => Walk(program, buffers: false);

    private static SortedSet<ulong> Walk(LitmusProgram program, bool buffers)
    {
        var machine = new TsoMachine(program, buffers);
        machine.Visit(new int[program.Threads.Count], [.. program.Threads.Select(_ => Array.Empty<(int, uint)>())], 0);
        return machine._outcomes;
    }

    /// <param name="next">Number of each thread's next step.</param>
    /// <param name="waiting">Each thread's stores that memory does not have, oldest first.</param>
    /// <param name="values">Variables and registers, in the form of an outcome.</param>
    private void Visit(int[] next, (int Variable, uint Value)[][] waiting, ulong values)
    {
        string key = $"{string.Join(',', next)}/{string.Join('|', waiting.Select(w => string.Join(',', w)))}/{values:x}";
        if (!_seen.Add(key))
            return;
        bool ended = true;
        for (int t = 0; t < next.Length; t++)
        {
            if (waiting[t].Length > 0)
            {
                ended = false;
                Visit(next, With(waiting, t, waiting[t][1..]), Set(values, waiting[t][0].Variable, waiting[t][0].Value));
            }

            if (next[t] == _program.Threads[t].Count)
                continue;
            ended = false;
            LitmusStep step = _program.Threads[t][next[t]];
            bool drained = waiting[t].Length == 0;
            int[] after = With(next, t, next[t] + 1);
            int register = LitmusProgram.Place(t, step.Register);
            switch (step.Operation)
            {
                case LitmusOperation.Store when _buffers:
                    Visit(after, With(waiting, t, [.. waiting[t], (step.Variable, step.Value)]), values);
                    break;
                case LitmusOperation.Store:
                    Visit(after, waiting, Set(values, step.Variable, step.Value));
                    break;
                case LitmusOperation.Load:
                    uint own = Array.FindLast(waiting[t], w => w.Variable == step.Variable).Value;
                    bool forwarded = Array.Exists(waiting[t], w => w.Variable == step.Variable);
                    Visit(after, waiting, Set(values, register, forwarded ? own : Get(values, step.Variable)));
                    break;
                case LitmusOperation.FetchAdd when drained:
                    uint old = Get(values, step.Variable);
                    Visit(after, waiting, Set(Set(values, register, old), step.Variable, old + step.Value));
                    break;
                case LitmusOperation.Fence when drained:
                    Visit(after, waiting, values);
                    break;
            }
        }

        if (ended)
            _outcomes.Add(values);
    }

    private static uint Get(ulong values, int place) => (uint)(values >> (4 * place)) & 15;

    private static ulong Set(ulong values, int place, uint value) => (values & ~(15UL << (4 * place))) | ((ulong)(value & 15) << (4 * place));

    private static T[] With<T>(T[] array, int index, T value)
    {
        T[] copy = [.. array];
        copy[index] = value;
        return copy;
    }
}
