using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// A tile's descriptor queues and semaphores. Descriptors of a queue start in order, when their waits are met and, if
/// chained, when all before them are performed; they are reported performed in order, and only then post. Everything
/// that can be wrong with a descriptor is found before its first effect and freezes its queue.
/// </summary>
public sealed partial class Dispatch
{
    public static readonly string[] Causes = ["Idle", "Busy", "WaitSemaphore", "WaitChain", "WaitEngine", "Frozen"];
    public static readonly string[] QueueNames = ["LD", "ST", "MX", "VX"];

    private const int Queues = 4;
    private const int WaitSemaphore = 2, WaitChain = 3, WaitEngine = 4, Frozen = 5;

    public DispatchState State;

    private readonly DispatchConfig _config;
    private readonly QueuedDescriptor[] _entries;
    private readonly Channel<DispatchCommand> _commands;
    private readonly Channel<DispatchReply> _replies;
    private readonly Channel<DispatchNotice> _notices;
    private readonly Channel<StartDescriptor>[] _starts;
    private readonly Channel<DescriptorDone>[] _dones;
    private readonly RaceChecker? _races;

    /// <param name="config">Sizes.</param>
    /// <param name="commands">From the control core.</param>
    /// <param name="replies">To the control core, one a command.</param>
    /// <param name="notices">To the control core: faults and interrupts.</param>
    /// <param name="starts">To the engines of LD, ST, MX and VX.</param>
    /// <param name="dones">From the same engines.</param>
    /// <param name="races">The happens-before checker, or null when it is off.</param>
    public Dispatch(
        DispatchConfig config,
        Channel<DispatchCommand> commands,
        Channel<DispatchReply> replies,
        Channel<DispatchNotice> notices,
        Channel<StartDescriptor>[] starts,
        Channel<DescriptorDone>[] dones,
        RaceChecker? races)
    {
        _config = config;
        _entries = new QueuedDescriptor[Queues * config.QueueDepth];
        _commands = commands;
        _replies = replies;
        _notices = notices;
        _starts = starts;
        _dones = dones;
        _races = races;
    }

    /// <summary>Observer of the timeline; null when off.</summary>
    public DescriptorLog? Log { get; set; }

    /// <summary>Whether the next descriptor of a queue is of that operation and waits for a semaphore.</summary>
    public bool HeadWaits(DescriptorQueue queue, DescriptorOpcode opcode)
    {
        ref readonly DispatchQueue q = ref State.Queues[(int)queue];
        if (q.Issued == q.Started)
            return false;
        ref readonly Descriptor head = ref Entry((int)queue, q.Started).Descriptor;
        return head.Opcode == opcode && !CanWait(head.Wait0, head.Wait1);
    }

    public long Evaluate(long edge)
    {
        bool moved = SendNotice(edge);
        moved |= Complete(edge);
        moved |= Command(edge);
        int cause = Ledger.Idle;
        for (int queue = 0; queue < Queues; queue++)
            moved |= StartHead(queue, edge, ref cause);
        moved |= Resume(edge);
        State.Ledger.Charge(edge, moved ? Ledger.Busy : cause, cause);
        return moved ? edge + 1 : Wake.Never;
    }

    public void Walk(StateArchive archive, long edge)
    {
        State.Ledger.Settle(edge);
        archive.Value("dispatch", ref State);
        archive.Array("dispatch.entries", _entries);
    }

    public void Describe(SignalMap map)
    {
        for (int queue = 0; queue < Queues; queue++)
        {
            int q = queue;
            map.Scope(QueueNames[q].ToLowerInvariant(), scope =>
            {
                scope.Add("queued", 8, () => State.Queues[q].Issued - State.Queues[q].Started);
                scope.Add("running", 8, () => State.Queues[q].Started - State.Queues[q].Performed);
                scope.Add("frozen", 2, () => (ulong)State.Queues[q].Frozen);
            });
        }
    }

    // Rule D-1: a completion takes effect, and its posts fire, at the edge that sees it; one a queue and edge.
    private bool Complete(long edge)
    {
        bool moved = false;
        for (int queue = 0; queue < Queues; queue++)
        {
            ref DispatchQueue q = ref State.Queues[queue];
            if (q.Frozen == QueueFreeze.Posts || !_dones[queue].CanPop(edge))
                continue;
            DescriptorDone done = _dones[queue].Pop(edge);
            if (done.Sequence != q.Performed || q.Performed == q.Started)
                throw new InvalidOperationException($"{QueueNames[queue]} reported #{done.Sequence} where #{q.Performed} was due.");
            moved = true;
            Log?.End(_config.Tile, queue, done.Sequence, Entry(queue, done.Sequence).Descriptor);
            Perform(queue);
        }

        return moved;
    }

    // Rule D-10: posts of one descriptor fire together or, if one would overflow, not at all.
    private void Perform(int queue)
    {
        ref readonly Descriptor d = ref Entry(queue, State.Queues[queue].Performed).Descriptor;
        if (CanPost(d.Post0, d.Post1, out byte overflowing))
            Finish(queue, posts: true);
        else
            Freeze(queue, QueueFreeze.Posts, QueueFaultCause.SemaphoreOverflow, overflowing);
    }

    private void Finish(int queue, bool posts)
    {
        ref DispatchQueue q = ref State.Queues[queue];
        ref QueuedDescriptor entry = ref Entry(queue, q.Performed);
        if (!posts)
        {
            entry.Descriptor.Post0 = default;
            entry.Descriptor.Post1 = default;
        }

        _races?.Performed(_config.Tile, queue, q.Performed, entry.Descriptor);
        Post(entry.Descriptor.Post0);
        Post(entry.Descriptor.Post1);
        if (entry.Descriptor.Interrupt)
            Notify(InterruptNotice + queue, new DispatchNotice { Queue = (byte)queue, DescriptorAddress = entry.Address });
        q.Performed++;
    }

    // Rule D-2: the head of each queue may start from the edge after it was queued; one a queue and edge.
    private bool StartHead(int queue, long edge, ref int cause)
    {
        ref DispatchQueue q = ref State.Queues[queue];
        if (q.Issued == q.Started)
            return false;
        if (q.Frozen != QueueFreeze.None)
        {
            cause = Frozen;
            return false;
        }

        if (q.Skip != 0)
            return PassOver(queue, ref cause);
        ref readonly Descriptor d = ref Entry(queue, q.Started).Descriptor;
        if (d.Chain && q.Performed != q.Started) // rule D-5
        {
            cause = WaitChain;
            return false;
        }

        if (q.Checked != HeadCheck.Passed) // rule D-9: before its waits
        {
            uint address = q.Address;
            QueueFaultCause fault = q.Checked == HeadCheck.Raced ? QueueFaultCause.Race : Check(d, out address);
            if (fault != QueueFaultCause.None)
            {
                Freeze(queue, QueueFreeze.Head, fault, address);
                return true;
            }

            q.Checked = HeadCheck.Passed;
        }

        if (!CanWait(d.Wait0, d.Wait1))
        {
            cause = WaitSemaphore;
            return false;
        }

        if (!_starts[queue].CanPush(edge))
        {
            cause = WaitEngine;
            return false;
        }

        if (_races is not null && FindRace(queue, q.Started, d))
        {
            q.Checked = HeadCheck.Raced;
            Freeze(queue, QueueFreeze.Head, QueueFaultCause.Race, (uint)q.Conflict.Address);
            return true;
        }

        q.Checked = HeadCheck.None;
        if (queue == (int)DescriptorQueue.Mx)
            TakeArray(d);
        Subtract(d.Wait0);
        Subtract(d.Wait1);
        _starts[queue].Push(new StartDescriptor { Sequence = q.Started, Descriptor = d }, edge);
        Log?.Start(_config.Tile, queue, q.Started);
        q.Started++;
        State.Descriptors++;
        return true;
    }

    // Rule D-12: a skipped descriptor keeps its place: it waits as it would have, for all before it too, and then posts.
    private bool PassOver(int queue, ref int cause)
    {
        ref DispatchQueue q = ref State.Queues[queue];
        ref readonly Descriptor d = ref Entry(queue, q.Started).Descriptor;
        if (q.Performed != q.Started)
        {
            cause = WaitChain;
            return false;
        }

        if (!CanWait(d.Wait0, d.Wait1))
        {
            cause = WaitSemaphore;
            return false;
        }

        if (q.Checked != HeadCheck.Raced)
            _races?.Start(_config.Tile, queue, q.Started, d);
        Subtract(d.Wait0);
        Subtract(d.Wait1);
        q.Skip = 0;
        q.Checked = HeadCheck.None;
        q.Started++;
        Perform(queue);
        return true;
    }

    private ref QueuedDescriptor Entry(int queue, uint sequence) =>
        ref _entries[(queue * _config.QueueDepth) + (int)(sequence % (uint)_config.QueueDepth)];

    private bool CanPost(SemaphoreCount first, SemaphoreCount second, out byte overflowing)
    {
        bool shared = first.Count != 0 && first.Semaphore == second.Semaphore;
        overflowing = first.Semaphore;
        if (State.Semaphores[first.Semaphore] + first.Count > byte.MaxValue)
            return false;
        overflowing = second.Semaphore;
        return State.Semaphores[second.Semaphore] + second.Count + (shared ? first.Count : 0) <= byte.MaxValue;
    }

    private void Post(SemaphoreCount post)
    {
        if (post.Count == 0)
            return;
        State.Semaphores[post.Semaphore] += post.Count;
        State.Posts++;
    }

    // Rule D-6: both counts must be met at once; two waits on one semaphore add up.
    private bool CanWait(SemaphoreCount first, SemaphoreCount second)
    {
        if (first.Count != 0 && second.Count != 0 && first.Semaphore == second.Semaphore)
            return State.Semaphores[first.Semaphore] >= first.Count + second.Count;
        return State.Semaphores[first.Semaphore] >= first.Count && State.Semaphores[second.Semaphore] >= second.Count;
    }

    private void Subtract(SemaphoreCount wait)
    {
        if (wait.Count == 0)
            return;
        State.Semaphores[wait.Semaphore] -= wait.Count;
        State.Waits++;
    }
}
