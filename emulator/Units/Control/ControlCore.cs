using System.Runtime.CompilerServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>The channels of a control core, by neighbour.</summary>
/// <param name="Data">L1D to the coherent plane.</param>
/// <param name="Code">L1I to the coherent plane.</param>
/// <param name="Scratchpad">Uncached scalar accesses to the own scratchpad.</param>
/// <param name="Accumulators">Uncached scalar accesses to the own accumulators.</param>
/// <param name="SystemRequest">Out: host port, CLINT, barrier.</param>
/// <param name="SystemReply">In: one reply a request.</param>
/// <param name="Lines">In: interrupt lines and sensor.</param>
/// <param name="Command">Out: to the dispatch unit.</param>
/// <param name="Reply">In: one reply a command.</param>
/// <param name="Notice">In: queue faults and descriptor interrupts.</param>
public sealed record ControlPorts(
    CoherencePort Data,
    CoherencePort Code,
    ScratchpadPort Scratchpad,
    ScratchpadPort Accumulators,
    Crossing<SystemRequest> SystemRequest,
    Crossing<SystemReply> SystemReply,
    Crossing<InterruptLines> Lines,
    Channel<DispatchCommand> Command,
    Channel<DispatchReply> Reply,
    Channel<DispatchNotice> Notice);

/// <summary>
/// The scalar control core of a tile: RV32IMA_Zicsr_Zifencei_Zicntr and Xhx, machine mode, in order, one instruction a
/// cycle. Latencies are in README.md and TIMING.md beside this file.
/// </summary>
public sealed partial class ControlCore
{
    private const int FlushBranch = 2;
    private const int FlushTrap = 3;
    private const int StallFetch = 4;
    private const int StallOperand = 5;
    private const int StallLoadMiss = 6;
    private const int StallAtomicMiss = 7;
    private const int StallStoreBuffer = 8;
    private const int StallUncached = 9;
    private const int StallSplit = 10;
    private const int StallDispatch = 11;
    private const int WaitSemaphore = 12;
    private const int WaitDrain = 13;
    private const int WaitBarrier = 14;
    private const int StallRange = 15;

    /// <summary>Names of the ledger's causes. A core that a fault has halted is Idle.</summary>
    public static readonly string[] Causes =
    [
        "Idle", "Busy", "FlushBranch", "FlushTrap", "StallFetch", "StallOperand", "StallLoadMiss", "StallAtomicMiss",
        "StallStoreBuffer", "StallUncached", "StallSplit", "StallDispatch", "WaitSemaphore", "WaitDrain", "WaitBarrier", "StallRange",
    ];

    public CoreState State;

    private readonly string _name;
    private readonly ControlConfig _config;
    private readonly ControlPorts _ports;
    private readonly ClockDomain _domain;
    private readonly FaultLatch _faults;
    private readonly DataCache _data;
    private readonly InstructionCache _code;
    private readonly DecodedInstruction[] _decoded;
    private readonly ulong _cacheableBytes;

    // Set by every step: the edge it next wants. Not state: it is returned at the end of the same evaluation.
    private long _wake;

    /// <param name="name">Name in reports: tile0.control.</param>
    /// <param name="config">Sizes and identity.</param>
    /// <param name="ports">Channels.</param>
    /// <param name="domain">The core clock, for mcycle and phase counts.</param>
    /// <param name="faults">Where traps without a handler end the run.</param>
    public ControlCore(string name, ControlConfig config, ControlPorts ports, ClockDomain domain, FaultLatch faults)
    {
        _name = name;
        _config = config;
        _ports = ports;
        _domain = domain;
        _faults = faults;
        _data = new DataCache(config.DataCacheBytes, config.DataCacheWays, ports.Data, config.Homes, config.HomeBase);
        _code = new InstructionCache(config.InstructionCacheBytes, config.InstructionCacheWays, ports.Code, config.Homes, config.HomeBase);
        _decoded = _code.Decoded;
        _cacheableBytes = Math.Min(config.StreamBase, config.MemoryBytes);
        State.FetchLine = DataCache.NoLine;
        State.Window = 7;
        State.TemperatureHigh = int.MaxValue;
    }

    public string Name => _name;

    public DataCache DataCache => _data;

    public InstructionCache InstructionCache => _code;

    /// <summary>Attached: every retirement and trap is appended.</summary>
    public RetirementLog? Log { get; set; }

    /// <summary>Attached: hears of each hx.traceon and hx.traceoff.</summary>
    public TraceLatch? Trace { get; set; }

    /// <summary>Where the first instruction is fetched; set before cycle 0.</summary>
    public void SetEntry(uint pc) => State.Pc = pc;

    /// <summary>Core cycles (grid, unthrottled) spent in a firmware phase so far; the sum over phases is all cycles.</summary>
    public long CyclesInPhase(int phase) =>
        State.PhaseCycles[phase] + (phase == State.Phase ? _domain.Cycle + 1 - State.PhaseSince : 0);

    public long Evaluate(long edge)
    {
        ref CoreState s = ref State;
        if (!_ports.Lines.IsEmpty)
            ReceiveLines(edge);
        if (!_ports.Notice.IsEmpty)
            ReceiveNotice(edge);
        if (_data.NeedsStep)
            _data.Step(edge);
        if (_code.NeedsStep)
            _code.Step(edge);
        return Proceed(edge, ref s);
    }

    /// <summary>The rest of an evaluation, when what came in has been taken.</summary>
    private long Proceed(long edge, ref CoreState s)
    {
        bool drains = s.StoreCount != 0 && DrainStores(edge, ref s);
        int cause;
        if (edge < s.ResumeAt)
        {
            cause = s.ResumeCause;
            _wake = s.ResumeAt;
        }
        else
        {
            cause = Step(edge, ref s);
        }

        s.Ledger.Charge(edge, cause, s.ResumeAt > edge + 1 ? s.ResumeCause : cause);
        if (_wake <= edge + 1 || drains || _data.NeedsStep || _code.NeedsStep || !_ports.Notice.IsEmpty)
            return edge + 1;

        // A crossing's wake can be folded into an earlier one: look again while something is in it.
        return _ports.Lines.IsEmpty && _ports.SystemReply.IsEmpty ? _wake : edge + 1;
    }

    public void Walk(StateArchive archive, long edge)
    {
        State.Ledger.Settle(edge);
        State.PhaseCycles[State.Phase] += _domain.Cycle + 1 - State.PhaseSince;
        State.PhaseSince = _domain.Cycle + 1;
        archive.Value("core", ref State);
        _data.Walk(archive);
        _code.Walk(archive);
    }

    public void Describe(SignalMap map)
    {
        map.Add("pc", 32, () => State.Pc);
        map.Add("retired", 64, () => (ulong)State.Retired);
        map.Add("cause", 4, () => (ulong)State.Ledger.Waiting, Causes);
        map.Add("phase", 3, () => State.Phase);
        map.Add("trace_on", 1, () => State.TraceOn);
        map.Add("mip", 32, () => State.Pending);
        map.Add("mie", 32, () => State.Mie);
        map.Add("mcause", 32, () => State.Mcause);
        map.Add("mepc", 32, () => State.Mepc);
        map.Add("store_count", 4, () => (ulong)State.StoreCount);
        map.Add("l1d_miss", 2, () => _data.State.MissPhase);
        map.Add("l1d_writeback", 2, () => _data.State.WritebackPhase);
        map.Add("l1i_miss", 2, () => _code.State.MissPhase);
        for (int i = 1; i < 32; i++)
        {
            int register = i;
            map.Add($"x{i}", 32, () => State.Registers[register]);
        }
    }

    /// <summary>
    /// Puts the bytes that this core's cache has (writeback buffer, lines) over a copy of memory: the coherent view for
    /// signatures and checks after a run. Its stores that are not performed yet come behind all cores' lines.
    /// </summary>
    /// <param name="hbmOffset">HBM byte offset of the first byte.</param>
    /// <param name="bytes">What memory holds there.</param>
    public void OverlayLines(ulong hbmOffset, Span<byte> bytes) => _data.Overlay(hbmOffset, bytes);

    /// <summary>Puts this core's store buffer over a copy of memory that has all caches' lines.</summary>
    public void OverlayStores(ulong hbmOffset, Span<byte> bytes)
    {
        for (int i = 0; i < State.StoreCount; i++)
        {
            ref readonly StoreEntry store = ref State.Stores[(State.StoreHead + i) % CoreState.StoreSlots];
            for (int b = 0; store.Space == MemorySpace.Cacheable && b < store.Size; b++)
            {
                ulong at = store.Target + (ulong)b - hbmOffset;
                if (at < (ulong)bytes.Length)
                    bytes[(int)at] = (byte)(store.Data >> (8 * b));
            }
        }
    }

    /// <summary>One instruction, or the reason why not.</summary>
    private int Step(long edge, ref CoreState s)
    {
        if ((s.Pending & s.Mie) != 0 && s.InterruptEnable != 0 && (s.Outstanding | s.SplitPhase | s.RangeSet) == 0 && s.Asleep == 0)
            return TakeInterrupt(edge);
        if (s.Asleep != 0)
            return WaitForInterrupt(edge);
        uint pc = s.Pc;
        if ((pc & ~63u) != s.FetchLine)
        {
            int miss = Fetch(edge, pc);
            if (miss >= 0)
                return miss;
        }

        ref readonly DecodedInstruction instruction = ref _decoded[(s.FetchFrame * InstructionCache.InstructionsPerLine) + (int)((pc >> 2) & 15)];
        if (edge < s.OperandsReadyAt)
        {
            int first = instruction.Op is Instruction.Csrrwi or Instruction.Csrrsi or Instruction.Csrrci ? 0 : instruction.Rs1;
            long ready = Math.Max(s.ReadyAt[first], Math.Max(s.ReadyAt[instruction.Rs2], s.ReadyAt[instruction.Rd]));
            if (ready > edge)
                return Stall(StallOperand, ready);
        }

        return Execute(edge, ref s, in instruction);
    }

    /// <summary>Brings pc's line to the fetch register. -1: it is there; else the cause of the stall or trap.</summary>
    private int Fetch(long edge, uint pc)
    {
        State.FetchLine = DataCache.NoLine;
        if (Injected is not null)
            return TakeInjected(Injected, pc);
        MemorySpace space = Locate(pc, out ulong target);
        if (space != MemorySpace.Cacheable)
            return Trap(edge, TrapCause.FetchAccess, pc);
        ulong line = target & ~63UL;
        int frame = _code.Lookup(line);
        if (frame < 0)
        {
            _code.StartMiss(line);
            return Stall(StallFetch);
        }

        State.FetchLine = pc & ~63u;
        State.FetchFrame = frame;
        return -1;
    }

    /// <summary>Names a stall and when to look again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Stall(int cause, long until = Wake.Never)
    {
        _wake = until;
        return cause;
    }

    private int WaitForInterrupt(long edge)
    {
        if (State.Halted != 0 || (State.Pending & State.Mie) == 0)
            return Stall(Ledger.Idle);
        State.Asleep = 0;
        return Retire(edge, State.Pc + 4);
    }

    private void ReceiveLines(long edge)
    {
        while (_ports.Lines.CanPop(edge))
            State.Lines = _ports.Lines.Pop(edge);
        UpdatePending();
    }

    private void ReceiveNotice(long edge)
    {
        if (!_ports.Notice.CanPop(edge))
            return;
        DispatchNotice notice = _ports.Notice.Pop(edge);
        if (notice.Cause == 0)
        {
            State.DescriptorInterrupt = 1;
            State.DescriptorInterruptQueue = notice.Queue;
        }
        else
        {
            State.QueueFaults[notice.Queue] = new QueueFaultRecord
            {
                Cause = notice.Cause,
                Address = notice.Address,
                DescriptorAddress = notice.DescriptorAddress,
            };
            if ((State.Mie >> InterruptNumber.Queue & 1) == 0)
                RaiseQueueFault(edge, in notice);
        }

        UpdatePending();
    }
}
