using System.Buffers.Binary;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Chip;

/// <summary>
/// All layers of a network in one run of firmware/layers/stream.s: weights stream through a ring of four tiles of the array's
/// size, activations stay in the scratchpad. One batch, on tile 0.
/// </summary>
public sealed class NetworkRun
{
    private const int MostLayers = 168, Ring = 4, RingBase = 4096, ForwardPhase = 1;

    private static readonly Lazy<ElfImage> s_image = new(() => LayerFirmware.Assemble("stream.s"));

    private readonly ChipConfiguration _configuration;
    private readonly IReadOnlyList<Layer> _layers;
    private readonly ChipRun _run;
    private readonly MatrixWatch _watch;
    private readonly int _side, _rows, _elementBytes;
    private readonly ulong _output;

    /// <param name="configuration">A checked configuration of a whole chip, its array square.</param>
    /// <param name="layers">Products of the same M, each reading what the one before gave.</param>
    /// <param name="wide">Activations of 16 bits. Every layer then reads the network's input, as drains give 8 bits.</param>
    /// <param name="vectors">Elementwise operations, spread over the layers.</param>
    /// <param name="options">How the host runs it; null: as it does by itself.</param>
    /// <exception cref="DataException">The network is not of this form, or does not fit.</exception>
    public NetworkRun(ChipConfiguration configuration, IReadOnlyList<Layer> layers, bool wide, int vectors, RunOptions? options = null)
    {
        _configuration = configuration;
        _layers = layers;
        _side = configuration.Array.Columns;
        _rows = layers[0].M;
        _elementBytes = wide ? 2 : 1;
        Vectors = vectors;
        Wide = wide;
        Check(wide);
        long tileBytes = (long)_side * _side;
        var words = new List<long>();
        var weights = new List<byte[]>();
        ulong at = AddressMap.Hbm + (ulong)configuration.Fabric.StreamingBaseBytes, first = at;
        int tiles = 0, given = 0;
        for (int i = 0; i < layers.Count; i++)
        {
            int down = Blocks(layers[i].K), across = Blocks(layers[i].N);
            int until = (int)((long)vectors * (i + 1) / layers.Count);
            words.AddRange([down, across, until - given]);
            given = until;
            tiles += down * across;
            weights.Add(TilesOf(layers[i], i));
        }

        int inputBytes = Blocks(layers[0].K) * _rows * _side * _elementBytes;
        ulong input = at + (ulong)(tiles * tileBytes);
        _output = input + (ulong)inputBytes;
        long end = (long)(_output - AddressMap.Hbm) + ((long)Blocks(layers[^1].N) * _rows * _side);
        if (end > Math.Min(configuration.Hbm.CapacityBytes, 1L << 31))
            throw new DataException("network", $"weights and activations end at byte {end} of memory; {configuration.Name} has {Math.Min(configuration.Hbm.CapacityBytes, 1L << 31)} that 32-bit addresses reach (hbm.capacity)");
        float scale = LayerOperands.ScaleOfInt8(layers[0].K);
        words.InsertRange(0, [layers.Count, _rows, tiles, (long)first, (long)input, (long)_output, wide ? 1 : 0, BitConverter.SingleToUInt32Bits(scale)]);
        var data = new List<(ulong, byte[])> { (s_image.Value.FindSymbol("network")!.Value, Bytes(words)) };
        foreach (byte[] tilesOfLayer in weights)
        {
            data.Add((at, tilesOfLayer));
            at += (ulong)tilesOfLayer.Length;
        }

        data.Add((input, InputBlocks(inputBytes)));
        Tiles = tiles;
        Scale = scale;
        _run = new ChipRun(configuration, s_image.Value, data, options ?? new RunOptions());
        _watch = new MatrixWatch(_run.Chip.FirstTile);
    }

    /// <summary>Tiles of weights.</summary>
    public int Tiles { get; }

    public bool Wide { get; }

    public int Vectors { get; }

    /// <summary>fp32 scale of every sum on its way out.</summary>
    public float Scale { get; }

    public bool Finished => _run.Finished;

    public long Cycles => _run.Cycles;

    /// <summary>What ended the run, when it was not the firmware.</summary>
    public Fault? Fault => _run.Fault;

    /// <summary>Runs for up to that many core cycles, or to the end, and looks at every one of the network's own.</summary>
    public void Advance(long cycles)
    {
        for (; cycles > 0 && !_run.Finished; cycles--)
        {
            _run.Advance(1);
            if (_run.Chip.FirstTile.Control.State.Phase == ForwardPhase)
                _watch.Look();
        }
    }

    /// <summary>Runs to the end.</summary>
    public NetworkResult Finish()
    {
        while (!Finished)
            Advance(long.MaxValue);
        return Result();
    }

    /// <summary>What a finished run has to say.</summary>
    /// <exception cref="InvalidOperationException">The firmware did not finish its work.</exception>
    public NetworkResult Result() => _run.ExitCode == 0
        ? new NetworkResult(_configuration, _layers, Tiles, Wide, Vectors, _watch.Breakdown, _run.Statistics())
        : throw new InvalidOperationException($"the network: {_run.Fault?.ToString() ?? "the firmware gave up"}");

    /// <summary>Element of the network's output.</summary>
    public sbyte Output(int row, int column) =>
        (sbyte)_run.ReadMemory(_output + (ulong)(((((long)column / _side * _rows) + row) * _side) + (column % _side)), 1)[0];

    /// <summary>Weight of a layer, as drawn.</summary>
    public sbyte Weight(int layer, int k, int n) => (sbyte)CounterRandom.Bits((_configuration.Seed << 16) + (ulong)layer + 1, ((ulong)k << 20) + (ulong)n);

    /// <summary>The network's input, as drawn.</summary>
    public int Input(int row, int k)
    {
        uint bits = CounterRandom.Bits(_configuration.Seed << 16, ((ulong)row << 20) + (ulong)k);
        return Wide ? (short)bits : (sbyte)bits;
    }

    private int Blocks(int elements) => (elements + _side - 1) / _side;

    private void Check(bool wide)
    {
        if (_configuration.Array.Rows != _side)
            throw new DataException("network", $"the array of {_configuration.Name} is {_configuration.Array.Rows}x{_side}; weights stream in square tiles");
        if (_side % 16 != 0)
            throw new DataException("network", $"rows of {_side} weights are not whole 16 bytes; array.columns must be a multiple of 16");
        if (_layers.Count > MostLayers)
            throw new DataException("network", $"has {_layers.Count} layers; {MostLayers} is the most");
        for (int i = 0; i < _layers.Count; i++)
        {
            if (_layers[i].Image is not null || _layers[i].M != _rows)
                throw new DataException(_layers[i].Name, "weights stream for products of one batch: the same M in all layers, no convolutions");
            if (_layers[i].K != (wide || i == 0 ? _layers[0].K : _layers[i - 1].N))
                throw new DataException(_layers[i].Name, wide ? "with operands of 16 bits every layer has the K of the first" : "its K is not the N of the layer before");
        }

        int most = _configuration.Accumulators.Bytes / 16 / _side;
        if (_rows > most)
            throw new DataException("network", $"a batch of {_rows} rows does not fit a slot of the accumulators, which has {most} rows of the array");
        long widest = _layers.Max(l => Math.Max(Blocks(l.N) * (Vectors > 0 ? 3L : 1), Blocks(l.K) * _elementBytes)) * _rows * _side;
        long room = (_configuration.Scratchpad.Bytes / 2) - RingBase - ((long)Ring * _side * _side);
        if (widest > room)
            throw new DataException("network", $"activations of {widest} bytes do not fit half of the scratchpad beside the ring of weights, which leaves {room}");
    }

    /// <summary>Tile after tile, columns outer, padded with zeros.</summary>
    private byte[] TilesOf(Layer layer, int number)
    {
        int down = Blocks(layer.K), across = Blocks(layer.N);
        byte[] bytes = new byte[(long)down * across * _side * _side];
        for (int k = 0; k < layer.K; k++)
        {
            for (int n = 0; n < layer.N; n++)
            {
                long tile = ((long)(n / _side) * down) + (k / _side);
                bytes[(((tile * _side) + (k % _side)) * _side) + (n % _side)] = (byte)Weight(number, k, n);
            }
        }

        return bytes;
    }

    private byte[] InputBlocks(int length)
    {
        byte[] bytes = new byte[length];
        for (int row = 0; row < _rows; row++)
        {
            for (int k = 0; k < _layers[0].K; k++)
            {
                int at = (((((k / _side) * _rows) + row) * _side) + (k % _side)) * _elementBytes, value = Input(row, k);
                bytes[at] = (byte)value;
                if (_elementBytes == 2)
                    bytes[at + 1] = (byte)(value >> 8);
            }
        }

        return bytes;
    }

    private static byte[] Bytes(List<long> words)
    {
        byte[] bytes = new byte[words.Count * sizeof(uint)];
        for (int i = 0; i < words.Count; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), (uint)words[i]);
        return bytes;
    }
}

/// <summary>A network that ran, and what its array's cycles went into.</summary>
/// <param name="Tiles">Of weights.</param>
/// <param name="Wide">Activations of 16 bits.</param>
/// <param name="Breakdown">Cycles from the first descriptor to the last result in memory.</param>
/// <param name="Statistics">Of the whole run.</param>
public sealed record NetworkResult(
    ChipConfiguration Configuration, IReadOnlyList<Layer> Layers, int Tiles, bool Wide, int Vectors, MatrixBreakdown Breakdown, ChipStatistics Statistics)
{
    /// <summary>Multiply-accumulates of the layers as they are, without the zeros that tiles are padded with.</summary>
    public long Macs => Layers.Sum(l => l.Macs);

    /// <summary>Of all layers, without padding.</summary>
    public long Weights => Layers.Sum(l => (long)l.K * l.N);

    /// <summary>Rows of activations that every weight meets at once.</summary>
    public int Batch => Layers[0].M;

    /// <summary>10^12 operations a second, two a multiply-accumulate.</summary>
    public double TeraOperations => 2.0 * Macs * Configuration.Core.ClockMegahertz / Math.Max(1, Breakdown.Cycles) / 1e6;

    /// <summary>Multiply-accumulates for each byte of weights: the roofline's abscissa in the paper.</summary>
    public double Intensity => Macs / (double)Weights;

    /// <summary>The roof at that intensity: of the arithmetic, which 16-bit activations halve, or of the memory.</summary>
    public double RoofTeraOperations => Math.Min(
        2.0 * Configuration.Array.Rows * Configuration.Array.Columns * Configuration.Core.ClockMegahertz / (Wide ? 2e6 : 1e6),
        2.0 * Intensity * Configuration.PeakHbmBytesPerSecond / 1e12);

    /// <summary>Of the roof.</summary>
    public double AchievedPercent => 100 * TeraOperations / RoofTeraOperations;
}
