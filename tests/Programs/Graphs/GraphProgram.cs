using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Reference;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// A list of descriptors with the orders between them, as a program: it fills the scratchpad, issues the descriptors one
/// after the other, brings slots and scratchpad to HBM, and ends.
/// </summary>
internal sealed class GraphProgram
{
    public const long StreamAddress = (long)AddressMap.Hbm + 0x0100_0000;

    private const int DelayTurns = 60;

    private readonly Descriptor[] _graph;
    private readonly GraphSync[] _syncs;
    private readonly ulong _seed;
    private readonly Descriptor[] _dumps;

    private GraphProgram(Descriptor[] graph, GraphSync[] syncs, Descriptor[] dumps, ulong seed)
    {
        _graph = graph;
        _syncs = syncs;
        _dumps = dumps;
        _seed = seed;
    }

    /// <summary>The tile that a graph must be legal on; then it is legal on every chip.</summary>
    public static ReferenceTensorConfig Tile { get; } =
        new() { AccumulatorBytes = 1 << 20, Rows = GraphMemory.ArrayRows, Columns = GraphMemory.ArrayColumns };

    /// <summary>Brings the initial values to the scratchpad.</summary>
    public static Descriptor Fill { get; } =
        Copy(DescriptorOpcode.LdCopy, StreamAddress + GraphMemory.InitialAt, (long)AddressMap.Scratchpad, GraphMemory.SlotDumpAt);

    /// <summary>Brings the scratchpad to HBM.</summary>
    public static Descriptor Empty { get; } =
        Copy(DescriptorOpcode.StCopy, (long)AddressMap.Scratchpad, StreamAddress + GraphMemory.FinalAt, GraphMemory.ScratchpadBytes);

    /// <summary>HBM from the stream's beginning as the reference leaves it.</summary>
    public byte[] Expected { get; private init; } = [];

    /// <summary>Orders that dropping would turn into a race: waits by place and number (0, 1), chains by place and -1.</summary>
    public IEnumerable<(int Place, int Wait)> Orders => _syncs.SelectMany((s, i) =>
        s.Waits.Select((_, w) => (i, w)).Concat(s.Chained ? [(i, -1)] : []));

    /// <summary>Runs the descriptors on the reference and makes the program; null where one of them faults there.</summary>
    /// <param name="graph">Descriptors without waits and posts.</param>
    /// <param name="seed">Memory at first, and the choice of orders.</param>
    /// <param name="reference">Makes the reference of the memories; null: the plain one.</param>
    /// <param name="drainPercent">How often the core drains a queue where a post and a wait would do.</param>
    public static GraphProgram? Of(
        IReadOnlyList<Descriptor> graph, ulong seed, Func<ReferenceMemory, ReferenceMemory, ReferenceTensor>? reference = null, int drainPercent = 15)
    {
        var hbm = new ReferenceMemory(64 << 20);
        var scratchpad = new ReferenceMemory(1 << 20);
        hbm.Load(StreamAddress - AddressMap.Hbm, GraphMemory.Initial(seed));
        ReferenceTensor tensor = reference?.Invoke(hbm, scratchpad) ?? new ReferenceTensor(Tile, hbm, scratchpad);
        var program = new GraphProgram([.. graph], GraphOrder.Of(graph, seed, drainPercent), Dumps(graph), seed);
        foreach (Descriptor d in (Descriptor[])[Fill, .. graph, .. program._dumps, Empty])
        {
            if (tensor.Execute(in d) != QueueFaultCause.None)
                return null;
        }

        return new GraphProgram(program._graph, program._syncs, program._dumps, seed) { Expected = hbm.Bytes(StreamAddress - AddressMap.Hbm, GraphMemory.HbmBytes) };
    }

    /// <summary>The program on a chip: the bytes that it leaves, the fault that ended it, if one did, and how long it took.</summary>
    /// <param name="dropped">An order to leave out.</param>
    /// <param name="delays">Seeds waiting loops between the core's steps; null: none.</param>
    /// <param name="warm">The core reads every descriptor once before it issues the first, so that no issue waits for memory.</param>
    public (byte[] Bytes, Fault? Fault, long Cycles) Run(string config, RunOptions? options = null, (int Place, int Wait)? dropped = null, ulong? delays = null, bool warm = false)
    {
        ChipRun run = Firmware.Boot(config, Image(dropped, delays, warm), options);
        run.Chip.Memory.Write(StreamAddress - (long)AddressMap.Hbm, GraphMemory.Initial(_seed));
        while (run.Advance(1 << 20) == RunResult.Running)
        {
        }

        if (run.Fault is null)
            Assert.Equal(0u, run.ExitCode);
        return (run.ReadMemory((ulong)StreamAddress, GraphMemory.HbmBytes), run.Fault, run.Cycles);
    }

    /// <summary>The descriptors and their orders, for a reader.</summary>
    public string Listing()
    {
        var text = new StringBuilder();
        for (int i = 0; i < _graph.Length; i++)
        {
            GraphSync sync = _syncs[i];
            text.Append(CultureInfo.InvariantCulture, $"  {i}: {Disassembler.Text(in _graph[i])}");
            if (sync.Chained)
                text.Append(" | chained");
            if (sync.Waits.Length > 0)
                text.Append(CultureInfo.InvariantCulture, $" | after {string.Join(", ", sync.Waits)}");
            if (sync.Drained != 0)
                text.Append(CultureInfo.InvariantCulture, $" | queues {sync.Drained:x} drained");
            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Where two results differ first.</summary>
    public static string? Difference(byte[] expected, byte[] found)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (expected[i] == found[i])
                continue;
            int at = i & ~3;
            string place = i < GraphMemory.StreamBytes ? $"HBM stream + 0x{at:x}"
                : i < GraphMemory.FinalAt ? $"initial values + 0x{at - GraphMemory.InitialAt:x}, which nothing writes"
                : i < GraphMemory.FinalAt + GraphMemory.SlotDumpAt ? $"scratchpad + 0x{at - GraphMemory.FinalAt:x}"
                : $"slot {(at - GraphMemory.FinalAt - GraphMemory.SlotDumpAt) / GraphMemory.SlotDumpBytes}, byte 0x{(at - GraphMemory.FinalAt - GraphMemory.SlotDumpAt) % GraphMemory.SlotDumpBytes:x}";
            return $"{place}: 0x{BitConverter.ToUInt32(found, at):x8} instead of 0x{BitConverter.ToUInt32(expected, at):x8}";
        }

        return null;
    }

    private ElfImage Image((int Place, int Wait)? dropped, ulong? delays, bool warm)
    {
        Descriptor[] graph = WithSemaphores(dropped);
        var random = delays is { } seed ? new GraphRandom(seed) : null;
        var code = new StringBuilder();
        var data = new StringBuilder();
        int next = 0;
        void Issue(in Descriptor d)
        {
            if (random is not null && random.Chance(50))
                code.Append(CultureInfo.InvariantCulture, $"    li t5, {random.From(1, DelayTurns)}\n1:  addi t5, t5, -1\n    bnez t5, 1b\n");
            code.Append(CultureInfo.InvariantCulture, $"    issue d{next}\n");
            byte[] bytes = new byte[Descriptor.SizeBytes];
            d.Write(bytes);
            data.Append(CultureInfo.InvariantCulture, $"    .balign 64\nd{next++}: .byte {string.Join(",", bytes)}\n");
        }

        if (warm)
            code.Append(CultureInfo.InvariantCulture, $"    la t0, d0\n    li t1, {graph.Length + _dumps.Length + 2}\n1:  lw t2, 0(t0)\n    addi t0, t0, 64\n    addi t1, t1, -1\n    bnez t1, 1b\n");
        Issue(Fill);
        code.Append("    wait_for ALL_QUEUES\n");
        for (int i = 0; i < graph.Length; i++)
        {
            if (_syncs[i].Drained != 0)
                code.Append(CultureInfo.InvariantCulture, $"    wait_for {_syncs[i].Drained}\n");
            Issue(graph[i]);
        }

        foreach (Descriptor d in (Descriptor[])[.. _dumps, Empty])
        {
            code.Append("    wait_for ALL_QUEUES\n");
            Issue(d);
        }

        return Assemble($"""
            main:
                csrr    t0, mhartid
                bnez    t0, done
            {code}    wait_for ALL_QUEUES
            done:
                li      a0, 0
                ret
                .data
            {data}
            """);
    }

    /// <summary>An image of assembly text that may use the library's names.</summary>
    public static ElfImage Assemble(string program)
    {
        var options = new AssemblerOptions { IncludeResolver = AssemblerOptions.ResolveFrom(Path.Combine(Firmware.Root, "firmware", "lib")) };
        AssemblyResult result = Assembler.Assemble("graph.s", ".include \"hx.inc\"\n" + program, options);
        Assert.Empty(result.Diagnostics);
        return result.Image!;
    }

    // Every wait has a semaphore of its own.
    private Descriptor[] WithSemaphores((int Place, int Wait)? dropped)
    {
        Descriptor[] graph = [.. _graph];
        byte semaphore = 0;
        for (int i = 0; i < graph.Length; i++)
        {
            graph[i].Chain = _syncs[i].Chained && dropped != (i, -1);
            for (int w = 0; w < _syncs[i].Waits.Length; w++)
            {
                var pair = new SemaphoreCount(semaphore++, 1);
                ref Descriptor poster = ref graph[_syncs[i].Waits[w]];
                if (poster.Post0.Count == 0)
                    poster.Post0 = pair;
                else
                    poster.Post1 = pair;
                if (dropped == (i, w))
                    continue;
                if (w == 0)
                    graph[i].Wait0 = pair;
                else
                    graph[i].Wait1 = pair;
            }
        }

        return graph;
    }

    // What the slots hold in the end; drains keep no bits of a NaN, nor do slots.
    private static Descriptor[] Dumps(IReadOnlyList<Descriptor> graph)
    {
        var last = new Descriptor?[GraphMemory.Slots];
        foreach (Descriptor d in graph)
        {
            if (DescriptorTable.Find((byte)d.Opcode)!.Slot == SlotUse.Write)
                last[d.Slot] = d;
        }

        var dumps = new List<Descriptor>();
        foreach (Descriptor? writer in last)
        {
            if (writer is not { } d)
                continue;
            dumps.Add(new Descriptor
            {
                Opcode = DescriptorOpcode.MxDrain,
                Version = DescriptorTable.Version,
                TypeAccumulator = d.TypeAccumulator,
                TypeOut = d.TypeAccumulator,
                N0 = d.N0,
                N2 = d.N2,
                PitchD = ((d.N2 * sizeof(float)) + 15) & -16,
                Slot = d.Slot,
                D = AddressMap.Scratchpad + (ulong)(GraphMemory.SlotDumpAt + (d.Slot * GraphMemory.SlotDumpBytes)),
            });
        }

        return [.. dumps];
    }

    private static Descriptor Copy(DescriptorOpcode opcode, long from, long to, int bytes)
    {
        Descriptor d = new() { Opcode = opcode, Version = DescriptorTable.Version, Dimensions = 1, A = (ulong)from, D = (ulong)to, N0 = bytes };
        (d.TypeA, d.TypeOut) = (ElementType.Int8, ElementType.Int8);
        Span<uint> words = MemoryMarshal.Cast<Descriptor, uint>(MemoryMarshal.CreateSpan(ref d, 1));
        (words[10], words[13]) = (1, 1); // strides
        return d;
    }
}
