using System.Buffers.Binary;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>How a DMA bench disturbs its engine.</summary>
internal sealed record DmaConditions
{
    public bool Store { get; init; }

    public int Outstanding { get; init; } = 8;

    public int LatencyCycles { get; init; } = 20;

    public int RandomCycles { get; init; }

    public uint StallPercent { get; init; }

    /// <summary>How often a requester of higher priority reads, in the lines that it goes round.</summary>
    public uint RivalPercent { get; init; }

    public ulong Seed { get; init; } = 1;

    public bool EveryCycle { get; init; }

    public bool Reversed { get; init; }
}

/// <summary>A load or store engine between a stub of memory and a real scratchpad with a rival on it.</summary>
internal sealed class DmaBench
{
    public const int ScratchpadBytes = 1 << 17;
    public const int Stream = 1 << 24;

    private readonly Queue<Descriptor> _script = [];
    private readonly Channel<StartDescriptor> _start;
    private readonly Channel<DescriptorDone> _done;
    private readonly Channel<WideFlit> _request, _response;
    private readonly ScratchpadPort _port, _rival;
    private readonly DmaConditions _conditions;
    private uint _sequence;
    private long _rivalReads;

    public DmaBench(DmaConditions c)
    {
        _conditions = c;
        Run = new FabricBench(c.EveryCycle, c.Reversed);
        ClockDomain core = Run.Core;
        int dispatch = core.Register("dispatch"), engine = core.Register("engine"), stream = core.Register("stream");
        int rival = core.Register("rival"), sram = core.Register("scratchpad");
        _start = new(core, dispatch, engine, 2);
        _done = new(core, engine, dispatch, 2);
        _request = new(core, engine, stream, 2);
        _response = new(core, stream, engine, 2);
        _port = new("dma", new(core, engine, sram, 2), new(core, sram, engine, 4));
        _rival = new("rival", new(core, rival, sram, 2), new(core, sram, rival, 4));
        var homes = new HomeMap(4);
        Stub = new StubStream(_request, _response, Memory, homes, c.LatencyCycles, c.RandomCycles, c.StallPercent, c.Seed);
        Scratchpad = new Scratchpad(new ScratchpadConfig(ScratchpadBytes, 16, 32, false), [_rival, _port]);
        var config = new DmaConfig(0, 3, c.Outstanding, homes);
        if (c.Store)
            Store = new StoreEngine(config, _start, _done, _request, _response, _port);
        else
            Load = new LoadEngine(config, _start, _done, _request, _response, _port);
        Run.Attach(core, Dispatch);
        Run.Attach(core, c.Store ? Store!.Evaluate : Load!.Evaluate);
        Run.Attach(core, Stub.Evaluate);
        Run.Attach(core, Rival);
        Run.Attach(core, Scratchpad.Evaluate);
        Span<byte> word = stackalloc byte[4];
        for (int i = 0; i < ScratchpadBytes; i += 4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(Scratchpad.Bytes[i..], CounterRandom.Bits(5, (ulong)i));
            BinaryPrimitives.WriteUInt32LittleEndian(word, CounterRandom.Bits(6, (ulong)i));
            Memory.Write(Stream + i, word);
        }
    }

    public FabricBench Run { get; }

    public StubStream Stub { get; }

    public Scratchpad Scratchpad { get; }

    public LoadEngine? Load { get; }

    public StoreEngine? Store { get; }

    public SparseMemory Memory { get; } = new(1 << 25);

    public ref DmaState State => ref _conditions.Store ? ref Store!.State : ref Load!.State;

    /// <summary>Edge and sequence of every report.</summary>
    public List<(long Edge, uint Sequence)> Done { get; } = [];

    /// <summary>Called at the edge that sees a report.</summary>
    public Action<uint>? OnDone { get; set; }

    /// <summary>Bytes of the rival's granted accesses.</summary>
    public long RivalBytes => (_rivalReads - _rival.Request.Count) * 64;

    public void Add(Descriptor d) => _script.Enqueue(d);

    /// <summary>Runs until the descriptors added so far are reported.</summary>
    public void Finish(int limit = 60_000, Action? after = null)
    {
        int wanted = (int)_sequence + _script.Count;
        Run.RunUntil(() => Done.Count >= wanted, limit, after);
    }

    public byte[] MemoryBytes()
    {
        byte[] bytes = new byte[ScratchpadBytes];
        Memory.Read(Stream, bytes);
        return bytes;
    }

    public ulong Hash()
    {
        StateArchive archive = StateArchive.ForHash();
        Load?.Walk(archive, Run.Core.Edge);
        Store?.Walk(archive, Run.Core.Edge);
        if (Run.Core.Edge % 64 == 0)
            Scratchpad.Walk(archive, Run.Core.Edge); // its bytes take most of the time
        _start.Walk(archive, "start");
        _done.Walk(archive, "done");
        _request.Walk(archive, "request");
        _response.Walk(archive, "response");
        _port.Request.Walk(archive, "port");
        _port.Response.Walk(archive, "port");
        return archive.Hash;
    }

    /// <summary>A copy; addresses are offsets in the stream and the scratchpad.</summary>
    public static Descriptor Copy(
        bool store, long hbm, long scratchpad, ElementType from, ElementType to, int[] counts, int[] sourceStrides, int[] destinationStrides)
    {
        Descriptor d = default;
        d.Opcode = store ? DescriptorOpcode.StCopy : DescriptorOpcode.LdCopy;
        d.Version = DescriptorTable.Version;
        d.Dimensions = counts.Length;
        d.TypeA = from;
        d.TypeOut = to;
        d.N0 = counts[0];
        d.N1 = counts.Length > 1 ? counts[1] : 0;
        d.N2 = counts.Length > 2 ? counts[2] : 0;
        ulong memory = AddressMap.Hbm + Stream + (ulong)hbm, local = AddressMap.Scratchpad + (ulong)scratchpad;
        (d.A, d.D) = store ? (local, memory) : (memory, local);
        byte[] bytes = new byte[Descriptor.SizeBytes];
        d.Write(bytes);
        for (int i = 0; i < counts.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(40 + (4 * i)), sourceStrides[i]);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(52 + (4 * i)), destinationStrides[i]);
        }

        d = Descriptor.Read(bytes);
        Assert.Equal(QueueFaultCause.None, DescriptorCheck.Check(d));
        return d;
    }

    /// <summary>A dense copy of bytes.</summary>
    public static Descriptor Dense(bool store, long hbm, long scratchpad, int bytes) =>
        Copy(store, hbm, scratchpad, ElementType.Int8, ElementType.Int8, [bytes], [1], [1]);

    /// <summary>What the ISA says, one element after the other. Spans begin at the stream and at the scratchpad.</summary>
    public static void Expect(in Descriptor d, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        bool store = d.Opcode == DescriptorOpcode.StCopy;
        ulong memory = AddressMap.Hbm + Stream;
        long from = (long)(d.A - (store ? AddressMap.Scratchpad : memory)), to = (long)(d.D - (store ? memory : AddressMap.Scratchpad));
        int wide = d.TypeA.SizeBytes();
        for (int k = 0; k < Math.Max(1, d.N2); k++)
        {
            for (int j = 0; j < Math.Max(1, d.N1); j++)
            {
                for (int i = 0; i < d.N0; i++)
                {
                    int at = (int)(from + ((long)i * d.SourceStride(0)) + ((long)j * d.SourceStride(1)) + ((long)k * d.SourceStride(2)));
                    int put = (int)(to + ((long)i * d.DestinationStride(0)) + ((long)j * d.DestinationStride(1)) + ((long)k * d.DestinationStride(2)));
                    if (d.TypeA == d.TypeOut)
                        source.Slice(at, wide).CopyTo(destination[put..]);
                    else if (d.TypeA == ElementType.Fp32)
                        BinaryPrimitives.WriteUInt16LittleEndian(destination[put..], Bf16.FromFloat(BinaryPrimitives.ReadSingleLittleEndian(source[at..])));
                    else
                        BinaryPrimitives.WriteUInt32LittleEndian(destination[put..], (uint)BinaryPrimitives.ReadUInt16LittleEndian(source[at..]) << 16);
                }
            }
        }
    }

    private long Dispatch(long edge)
    {
        if (_done.CanPop(edge))
        {
            DescriptorDone done = _done.Pop(edge);
            Done.Add((edge, done.Sequence));
            OnDone?.Invoke(done.Sequence);
        }

        if (_script.Count > 0 && _start.CanPush(edge))
            _start.Push(new StartDescriptor { Sequence = _sequence++, Descriptor = _script.Dequeue() }, edge);
        return edge + 1; // descriptors may be added at any time
    }

    private long Rival(long edge)
    {
        if (_conditions.RivalPercent == 0)
            return Wake.Never;
        if (_rival.Response.CanPop(edge))
            _rival.Response.Pop(edge);
        if (CounterRandom.Bits(_conditions.Seed + 9, (ulong)edge) % 100 < _conditions.RivalPercent && _rival.Request.CanPush(edge))
        {
            _rival.Request.Push(new ScratchpadRequest { Address = CounterRandom.Bits(_conditions.Seed + 8, (ulong)edge) % 8 * 64, Length = 64 }, edge);
            _rivalReads++;
        }

        return edge + 1;
    }
}
