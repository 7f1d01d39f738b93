using System.Buffers.Binary;
using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>
/// Runs a scene on the emulator's matrix unit and writes down, edge by edge, what channels showed it and what it did. The RTL
/// is shown the same.
/// </summary>
internal sealed class MatrixEmulation
{
    private const int MostEdges = 200_000;
    private const int EdgesAfter = 8;
    private const int ReportTurn = 5;

    private readonly ClockDomain _core = new("core", 1000);
    private readonly Channel<StartDescriptor> _start;
    private readonly Channel<DescriptorDone> _done;
    private readonly MatrixPort _a, _w, _d;
    private readonly MatrixUnit _unit;
    private readonly Queue<MatrixEdge> _reports = new();
    private readonly int[] _words;
    private readonly Random _random;
    private readonly MatrixScene _scene;
    private readonly MatrixSize _size;
    private readonly bool _seesSums;

    private MatrixEmulation(MatrixScene scene, ArrayEngine engine)
    {
        _scene = scene;
        _size = MatrixSizes.All[scene.Size];
        _seesSums = engine == ArrayEngine.Step;
        _random = new Random(scene.Seed + 1);
        int unit = _core.Register("mx"), driver = _core.Register("driver");
        _start = new(_core, driver, unit, 2);
        _done = new(_core, unit, driver, 2);
        byte[] scratchpad = scene.Scratchpad();
        (int a, int w, int d) = _size.PortBytes;
        _a = new MatrixPort("mx.a", a, _core, unit, driver, scratchpad);
        _w = new MatrixPort("mx.w", w, _core, unit, driver, scratchpad);
        _d = new MatrixPort("mx.d", d, _core, unit, driver, scratchpad);
        var core = new ScratchpadPort("core", new(_core, driver, unit, 2), new(_core, unit, driver, 2));
        _unit = new MatrixUnit(_size.Config with { Engine = engine }, _start, _done, _a.Port, _w.Port, _d.Port, core);
        _words = new int[_size.Config.AccumulatorBytes / 4];
    }

    /// <summary>What went on at each edge.</summary>
    public List<MatrixEdge> Edges { get; } = [];

    /// <summary>One record an edge, as matrix_top takes it.</summary>
    public MemoryStream Stimulus { get; } = new();

    /// <summary>Whether the words of the accumulators were looked at, which the fast engine would rather not have.</summary>
    public bool SeesSums => _seesSums;

    /// <summary>Runs a scene to its end.</summary>
    public static MatrixEmulation Of(MatrixScene scene, ArrayEngine engine = ArrayEngine.Step)
    {
        var emulation = new MatrixEmulation(scene, engine);
        emulation.Run();
        return emulation;
    }

    /// <summary>Bytes of a record of the stimulus.</summary>
    public static int StimulusBytes(MatrixSize size) => 4 + 68 + (3 * 8) + size.PortBytes.A + size.PortBytes.W;

    private void Run()
    {
        WriteReset();
        var program = new Queue<Descriptor>(_scene.Descriptors());
        int expected = program.Count, reported = 0, after = EdgesAfter;
        uint sequence = (uint)_random.Next();
        bool takesReports = false;
        for (int i = 0; reported < expected || after-- > 0; i++)
        {
            if (i == MostEdges)
                throw new InvalidOperationException($"The emulator hangs in phase {_unit.State.Phase}.");
            _core.AdvanceTo(_core.NextPs);
            long edge = _core.Edge;
            _core.TakeReady(false);
            ShowChannels(edge);
            Edges.Add(Evaluate(edge));

            if (i % ReportTurn == 0)
                takesReports = _random.Next(100) >= _scene.ReportStallPercent;
            if (_done.CanPop(edge) && takesReports && Goes())
            {
                _reports.Dequeue().Sequence = _done.Pop(edge).Sequence;
                reported++;
            }

            if (program.Count > 0 && _start.CanPush(edge) && Goes())
                _start.Push(new StartDescriptor { Sequence = sequence++, Descriptor = program.Dequeue() }, edge);
            foreach (MatrixPort port in (ReadOnlySpan<MatrixPort>)[_a, _w, _d])
                port.Answer(edge, Goes(), _scene.LatencyEdges);
        }
    }

    private bool Goes() => _random.Next(100) >= _scene.StallPercent;

    private MatrixEdge Evaluate(long edge)
    {
        int starts = _start.Count, reports = _done.Count;
        var requests = (_a.Port.Request.Count, _w.Port.Request.Count, _d.Port.Request.Count);
        var answers = (_a.Port.Response.Count, _w.Port.Response.Count, _d.Port.Response.Count);
        long reads = _unit.AccumulatorReads, writes = _unit.AccumulatorWrites;
        _unit.Evaluate(edge);
        var record = new MatrixEdge
        {
            Moves = (_start.Count < starts ? MatrixMoves.StartPop : 0)
                | (_done.Count > reports ? MatrixMoves.DonePush : 0)
                | (_a.Port.Request.Count > requests.Item1 ? MatrixMoves.APush : 0)
                | (_w.Port.Request.Count > requests.Item2 ? MatrixMoves.WPush : 0)
                | (_d.Port.Request.Count > requests.Item3 ? MatrixMoves.DPush : 0)
                | (_a.Port.Response.Count < answers.Item1 ? MatrixMoves.APop : 0)
                | (_w.Port.Response.Count < answers.Item2 ? MatrixMoves.WPop : 0)
                | (_d.Port.Response.Count < answers.Item3 ? MatrixMoves.DPop : 0),
            Reads = (int)(_unit.AccumulatorReads - reads),
            Writes = (int)(_unit.AccumulatorWrites - writes),
        };
        record.A = (record.Moves & MatrixMoves.APush) != 0 ? _a.Pushed() : null;
        record.W = (record.Moves & MatrixMoves.WPush) != 0 ? _w.Pushed() : null;
        record.D = (record.Moves & MatrixMoves.DPush) != 0 ? _d.Pushed() : null;
        if ((record.Moves & MatrixMoves.DonePush) != 0)
            _reports.Enqueue(record); // whose it is is known when it is taken out
        if (_seesSums)
            record.Changed = ChangedWords(edge);
        return record;
    }

    private List<(int Word, int Value)>? ChangedWords(long edge)
    {
        ReadOnlySpan<int> now = MemoryMarshal.Cast<byte, int>(_unit.AccumulatorBytes(edge));
        List<(int, int)>? changed = null;
        int from = 0;
        while (true)
        {
            int same = now[from..].CommonPrefixLength(_words.AsSpan(from));
            from += same;
            if (from == now.Length)
                return changed;
            (changed ??= []).Add((from, now[from]));
            _words[from] = now[from];
        }
    }

    private void WriteReset()
    {
        var record = new byte[StimulusBytes(_size)];
        record[0] = 1;
        Stimulus.Write(record);
    }

    private void ShowChannels(long edge)
    {
        var record = new byte[StimulusBytes(_size)];
        int flags = (_start.CanPop(edge) ? 2 : 0) | (_done.CanPush(edge) ? 4 : 0)
            | (_a.Port.Request.CanPush(edge) ? 8 : 0) | (_w.Port.Request.CanPush(edge) ? 16 : 0) | (_d.Port.Request.CanPush(edge) ? 32 : 0)
            | (_a.Port.Response.CanPop(edge) ? 64 : 0) | (_w.Port.Response.CanPop(edge) ? 128 : 0) | (_d.Port.Response.CanPop(edge) ? 256 : 0);
        BinaryPrimitives.WriteUInt16LittleEndian(record, (ushort)flags);
        if (_start.CanPop(edge))
        {
            ref readonly StartDescriptor start = ref _start.Peek(edge);
            BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), start.Sequence);
            start.Descriptor.Write(record.AsSpan(8));
        }

        int dataAt = 4 + 68 + (3 * 8);
        _a.Show(edge, record.AsSpan(72), record.AsSpan(dataAt));
        _w.Show(edge, record.AsSpan(80), record.AsSpan(dataAt + _size.PortBytes.A));
        _d.Show(edge, record.AsSpan(88), []);
        Stimulus.Write(record);
    }
}

/// <summary>What the unit takes and gives at an edge; bits as in a record of matrix_top.</summary>
[Flags]
internal enum MatrixMoves
{
    None = 0,
    StartPop = 1,
    DonePush = 2,
    APush = 4,
    WPush = 8,
    DPush = 16,
    APop = 32,
    WPop = 64,
    DPop = 128,
}

/// <summary>What the emulator's unit did at an edge.</summary>
internal sealed class MatrixEdge
{
    public MatrixMoves Moves { get; init; }

    /// <summary>Of the report, if one is made.</summary>
    public uint Sequence { get; set; }

    /// <summary>Words of the accumulators read and written.</summary>
    public int Reads { get; init; }

    public int Writes { get; init; }

    public MatrixRequest? A { get; set; }

    public MatrixRequest? W { get; set; }

    public MatrixRequest? D { get; set; }

    /// <summary>Words of the accumulators that have another value than before.</summary>
    public List<(int Word, int Value)>? Changed { get; set; }
}
