using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>A dispatch unit between a scripted core, which waits for each reply, and four stub engines.</summary>
internal sealed class DispatchBench
{
    public const long Stream = 1 << 24;

    private readonly Channel<DispatchCommand> _commands;
    private readonly Channel<DispatchReply> _replies;
    private readonly Channel<DispatchNotice> _notices;
    private readonly Channel<StartDescriptor>[] _starts = new Channel<StartDescriptor>[4];
    private readonly Channel<DescriptorDone>[] _dones = new Channel<DescriptorDone>[4];
    private readonly Queue<(uint Sequence, long Due)>[] _running = [new(), new(), new(), new()];
    private readonly Queue<DispatchCommand> _script = [];
    private readonly Func<int, uint, int> _latency;
    private bool _waiting;

    /// <param name="latency">Cycles from the engine's acceptance to its report, by queue and sequence.</param>
    /// <param name="races">With the race checker on.</param>
    /// <param name="depth">Descriptors a queue holds.</param>
    public DispatchBench(Func<int, uint, int>? latency = null, bool races = false, int depth = 8, bool everyCycle = false, bool reversed = false)
    {
        Run = new FabricBench(everyCycle, reversed);
        _latency = latency ?? ((_, _) => 10);
        ClockDomain clock = Run.Core;
        int core = clock.Register("core"), dispatch = clock.Register("dispatch");
        int[] engines = [.. Enumerable.Range(0, 4).Select(q => clock.Register($"engine{q}"))];
        _commands = new(clock, core, dispatch, 2);
        _replies = new(clock, dispatch, core, 2);
        _notices = new(clock, dispatch, core, 2);
        for (int q = 0; q < 4; q++)
        {
            _starts[q] = new(clock, dispatch, engines[q], 2);
            _dones[q] = new(clock, engines[q], dispatch, 2);
        }

        Races = races ? new RaceChecker(1, 65536, 65536, 1 << 26) : null;
        Unit = new Dispatch(new DispatchConfig(0, depth, 65536, 1 << 26, Stream, 8, 16, 4, 8, 65536), _commands, _replies, _notices, _starts, _dones, Races);
        Run.Attach(clock, Core);
        Run.Attach(clock, edge =>
        {
            UnitEvaluations++;
            return Unit.Evaluate(edge);
        });
        for (int q = 0; q < 4; q++)
        {
            int queue = q;
            Run.Attach(clock, edge => Engine(queue, edge));
        }
    }

    public FabricBench Run { get; }

    public Dispatch Unit { get; }

    public RaceChecker? Races { get; }

    public long UnitEvaluations { get; private set; }

    /// <summary>Descriptors that an engine holds at once.</summary>
    public int EngineSlots { get; init; } = 4;

    public bool TakesNotices { get; set; } = true;

    /// <summary>Edges at which commands were pushed and their replies taken.</summary>
    public List<(long Pushed, long Replied, uint Value)> Replies { get; } = [];

    public List<(long Edge, int Queue, uint Sequence, ushort DebugId)> Starts { get; } = [];

    /// <summary>Edges at which engines reported.</summary>
    public List<(long Edge, int Queue, uint Sequence)> Reports { get; } = [];

    public List<(long Edge, DispatchNotice Notice)> Notices { get; } = [];

    public byte Semaphore(int number) => Unit.State.Semaphores[number];

    public void Send(DispatchOperation operation, uint argument = 0, uint count = 0) =>
        _script.Enqueue(new DispatchCommand { Operation = operation, Argument = argument, Count = count, Pc = 0x8000_1000 });

    public void Issue(Descriptor d, DispatchOperation operation = DispatchOperation.Issue) =>
        _script.Enqueue(new DispatchCommand { Operation = operation, Descriptor = d, DescriptorAddress = 0x8000_2000 + (64ul * d.DebugId) });

    /// <summary>Sends one command and runs until its reply.</summary>
    public uint Ask(DispatchOperation operation, uint argument = 0, uint count = 0)
    {
        int wanted = Replies.Count + _script.Count + 1;
        Send(operation, argument, count);
        Run.RunUntil(() => Replies.Count >= wanted && Replies[wanted - 1].Replied >= 0, 2000);
        return Replies[^1].Value;
    }

    /// <summary>Edge at which an engine took the descriptor with this debug id; -1 when none did.</summary>
    public long StartOf(int debugId)
    {
        int index = Starts.FindIndex(s => s.DebugId == debugId);
        return index < 0 ? -1 : Starts[index].Edge;
    }

    public ulong Hash()
    {
        StateArchive archive = StateArchive.ForHash();
        Unit.Walk(archive, Run.Core.Edge);
        _commands.Walk(archive, "commands");
        _replies.Walk(archive, "replies");
        _notices.Walk(archive, "notices");
        for (int q = 0; q < 4; q++)
        {
            _starts[q].Walk(archive, "start");
            _dones[q].Walk(archive, "done");
        }

        return archive.Hash;
    }

    /// <summary>A legal descriptor of a queue that touches 64 bytes at 64 * place, or slot place.</summary>
    public static Descriptor Of(int queue, int id, int place = 0)
    {
        Descriptor d = default;
        d.Version = DescriptorTable.Version;
        d.DebugId = (ushort)id;
        ulong local = AddressMap.Scratchpad + (64ul * (ulong)place), memory = AddressMap.Hbm + (ulong)Stream + (64ul * (ulong)place);
        switch (queue)
        {
            case 0:
            case 1:
                d.Opcode = queue == 0 ? DescriptorOpcode.LdCopy : DescriptorOpcode.StCopy;
                d.Dimensions = 1;
                d.TypeA = ElementType.Int8;
                d.TypeOut = ElementType.Int8;
                d.N0 = 64;
                (d.A, d.D) = queue == 0 ? (memory, local) : (local, memory);
                d.PitchA = 1;
                d.MatrixParameters = 1; // byte 52: destination stride 0
                break;
            case 2:
                d.Opcode = DescriptorOpcode.MxZero;
                d.TypeAccumulator = ElementType.Fp32;
                d.N0 = 4;
                d.N2 = 16;
                d.Slot = (byte)place;
                break;
            default:
                d.Opcode = DescriptorOpcode.VxConvert;
                d.TypeA = ElementType.Fp32;
                d.TypeOut = ElementType.Fp32;
                d.N0 = 1;
                d.N2 = 16;
                d.A = local;
                d.D = local + 32_768;
                d.PitchA = 64;
                d.PitchD = 64;
                break;
        }

        Assert.Equal(QueueFaultCause.None, DescriptorCheck.Check(d));
        return d;
    }

    private long Core(long edge)
    {
        if (TakesNotices && _notices.CanPop(edge))
            Notices.Add((edge, _notices.Pop(edge)));
        if (_waiting && _replies.CanPop(edge))
        {
            Replies[^1] = (Replies[^1].Pushed, edge, _replies.Pop(edge).Value);
            _waiting = false;
        }

        if (!_waiting && _script.Count > 0 && _commands.CanPush(edge))
        {
            _commands.Push(_script.Dequeue(), edge);
            Replies.Add((edge, -1, 0));
            _waiting = true;
        }

        return edge + 1;
    }

    private long Engine(int queue, long edge)
    {
        Queue<(uint Sequence, long Due)> running = _running[queue];
        if (running.TryPeek(out (uint Sequence, long Due) head) && head.Due <= edge && _dones[queue].CanPush(edge))
        {
            running.Dequeue();
            _dones[queue].Push(new DescriptorDone { Sequence = head.Sequence }, edge);
            Reports.Add((edge, queue, head.Sequence));
        }

        if (running.Count < EngineSlots && _starts[queue].CanPop(edge))
        {
            StartDescriptor start = _starts[queue].Pop(edge);
            running.Enqueue((start.Sequence, edge + _latency(queue, start.Sequence)));
            Starts.Add((edge, queue, start.Sequence, start.Descriptor.DebugId));
        }

        return running.Count > 0 || !_starts[queue].IsEmpty ? edge + 1 : Wake.Never;
    }
}
