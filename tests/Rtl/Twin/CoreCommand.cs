using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>What a core asks of dispatch, so many cycles after what it asked before.</summary>
internal readonly record struct CoreCommand(int Gap, DispatchCommand Command)
{
    public override string ToString()
    {
        DispatchCommand c = Command;
        string what = c.Operation is DispatchOperation.Issue or DispatchOperation.TryIssue ? Text(c.Descriptor) : $"{c.Argument}, {c.Count}";
        return $"+{Gap} {c.Operation} {what}";
    }

    public static string Text(Descriptor d)
    {
        var text = new System.Text.StringBuilder($"{d.Opcode} {d.N0}x{d.N1}x{d.N2} {d.TypeA}>{d.TypeOut} a 0x{d.A:x} b 0x{d.B:x} d 0x{d.D:x} words");
        for (int i = 10; i < 16; i++)
            text.Append($" {(int)d.Word(i)}");
        text.Append(d.Chain ? " chain" : "").Append(d.Interrupt ? " interrupt" : "").Append(d.Accumulate ? " accumulate" : "");
        foreach ((string name, SemaphoreCount s) in new[] { ("wait", d.Wait0), ("wait", d.Wait1), ("post", d.Post0), ("post", d.Post1) })
            text.Append(s.Count == 0 ? "" : $" {name} {s.Semaphore}:{s.Count}");
        return $"[{text}]";
    }
}

/// <summary>
/// Draws what a core asks around descriptors: waits that posts before them can meet, so that most programs end; posts that never pass
/// 255; and commands in between.
/// </summary>
/// <param name="random">What everything is drawn from.</param>
/// <param name="semaphores">Numbers that are used.</param>
/// <param name="mostGap">Cycles between commands.</param>
/// <param name="mayHang">Whether one wait in thirty has nothing to wait for: emulator and twin hang alike.</param>
internal sealed class CoreProgram(Seeded random, int semaphores, int mostGap, bool mayHang)
{
    private Seeded _random = random;
    private readonly int[] _balance = new int[semaphores]; // of a semaphore: posted and not waited for, by all that came before
    private readonly int[] _posted = new int[semaphores];

    public List<CoreCommand> Commands { get; } = [];

    /// <param name="d">To be given flags, waits and posts.</param>
    /// <param name="maySkip">Whether it may be left out where its queue is full.</param>
    public void Issue(Descriptor d, bool maySkip = true)
    {
        d.Chain = _random.OneIn(5);
        d.Interrupt = _random.OneIn(4);
        d.DebugId = (ushort)Commands.Count;
        d.Wait0 = Wait(3);
        d.Wait1 = Wait(6);
        d.Post0 = Post(2);
        d.Post1 = Post(5);
        DispatchOperation operation = maySkip && _random.OneIn(8) ? DispatchOperation.TryIssue : DispatchOperation.Issue;
        Add(new DispatchCommand { Operation = operation, DescriptorAddress = 64u * (uint)Commands.Count, Descriptor = d });
    }

    /// <summary>A command that issues nothing.</summary>
    public void Interlude()
    {
        SemaphoreCount post = Post(1), wait = Wait(1);
        DispatchCommand command = _random.Next(12) switch
        {
            0 => new() { Operation = DispatchOperation.Drain, Argument = (uint)_random.Next(16) },
            1 or 2 or 3 => new() { Operation = DispatchOperation.Poll, Argument = (uint)_random.Next(4) },
            4 or 5 => new() { Operation = DispatchOperation.SemaphoreWait, Argument = wait.Semaphore, Count = wait.Count },
            6 or 7 => new() { Operation = DispatchOperation.SemaphoreTry, Argument = (uint)_random.Next(semaphores), Count = (uint)_random.Next(4) },
            8 when _posted[post.Semaphore] < 200 => Initialize(post.Semaphore, _random.Next(5)),
            _ => new() { Operation = DispatchOperation.SemaphorePost, Argument = post.Semaphore, Count = post.Count },
        };
        Add(command);
    }

    private DispatchCommand Initialize(byte semaphore, int count)
    {
        _posted[semaphore] += count;
        _balance[semaphore] = 0; // nobody knows what it is when the core comes to it
        return new() { Operation = DispatchOperation.SemaphoreInitialize, Argument = semaphore, Count = (uint)count };
    }

    private void Add(DispatchCommand command) => Commands.Add(new(_random.OneIn(3) ? 0 : _random.Next(mostGap), command));

    private SemaphoreCount Wait(int oneIn)
    {
        int semaphore = _random.Next(semaphores), count = _random.Between(1, 3);
        if (!_random.OneIn(oneIn) || (_balance[semaphore] < count && !(mayHang && _random.OneIn(30))))
            return default;
        _balance[semaphore] -= count;
        return new((byte)semaphore, (byte)count);
    }

    private SemaphoreCount Post(int oneIn)
    {
        int semaphore = _random.Next(semaphores), count = _random.Between(1, 3);
        if (!_random.OneIn(oneIn) || _posted[semaphore] + count > byte.MaxValue)
            return default;
        _posted[semaphore] += count;
        _balance[semaphore] += count;
        return new((byte)semaphore, (byte)count);
    }
}
