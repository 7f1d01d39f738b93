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
    private const int ForwardPhase = 1;

    private static readonly Lazy<ElfImage> s_onePass = new(() => LayerFirmware.Assemble("stream.s"));
    private static readonly Lazy<ElfImage> s_passes = new(() => LayerFirmware.Assemble("stream.s", "PASSES"));

    private readonly ChipConfiguration _configuration;
    private readonly IReadOnlyList<Layer> _layers;
    private readonly ChipRun _run;
    private readonly MatrixWatch _watch;
    private readonly NetworkShape _shape, _made;
    private readonly int _elementBytes;
    private readonly ulong _output;

    /// <param name="configuration">A checked configuration of a whole chip, its array square.</param>
    /// <param name="layers">Products of the same M, or convolutions of stride 1 over images of one size, then maybe filters of the whole image; each reads what the one before gave.</param>
    /// <param name="wide">Activations of 16 bits. Every layer then reads the network's input, as drains give 8 bits.</param>
    /// <param name="vectors">Elementwise operations, spread over the layers.</param>
    /// <param name="options">How the host runs it; null: as it does by itself.</param>
    /// <param name="batch">Images of a network of convolutions; a product's batch is its M.</param>
    /// <exception cref="DataException">The network is not of this form, or does not fit.</exception>
    public NetworkRun(ChipConfiguration configuration, IReadOnlyList<Layer> layers, bool wide, int vectors, RunOptions? options = null, int batch = 1)
    {
        NetworkRules.CheckForm(configuration, layers, wide, vectors, batch);
        _configuration = configuration;
        _layers = layers;
        _shape = NetworkShape.Of(configuration, layers, batch);
        IReadOnlyList<NetworkLayer> chain = NetworkLayer.Chain(layers, _shape, vectors);
        NetworkRules.CheckFit(configuration, chain, wide);
        _made = chain[^1].Made;
        ElfImage image = (chain.Any(l => l.IsWhole || l.Made.Passes > 1) ? s_passes : s_onePass).Value;
        _elementBytes = wide ? 2 : 1;
        Vectors = vectors;
        Wide = wide;
        long tileBytes = (long)_shape.Side * _shape.Side;
        var words = new List<long>();
        var weights = new List<byte[]>();
        ulong at = AddressMap.Hbm + (ulong)configuration.Fabric.StreamingBaseBytes, first = at;
        for (int i = 0; i < chain.Count; i++)
        {
            words.AddRange(chain[i].Words.Select(word => (long)word));
            weights.Add(TilesOf(chain[i], i));
        }

        Tiles = chain.Sum(l => l.Tiles);
        FetchedTiles = chain.Sum(l => l.Tiles * l.Made.Passes);
        long inputBytes = chain[0].Down * _shape.BlockPixels * _shape.Side * _elementBytes;
        bool hosted = configuration.Pcie.MemoryBytes > 0;
        ulong weightsEnd = at + (ulong)(Tiles * tileBytes), input = hosted ? AddressMap.HostMemory : weightsEnd;
        _output = input + (ulong)inputBytes;
        ulong outputEnd = _output + (ulong)((long)chain[^1].Across * _made.Pixels * _shape.Side);
        NetworkRules.CheckRoom(configuration, weightsEnd, input, outputEnd);
        float scale = ScaleOf(layers, wide);
        words.InsertRange(
            0,
            [
                layers.Count, _shape.Images, FetchedTiles, (long)first, (long)input, (long)_output, wide ? 1 : 0, BitConverter.SingleToUInt32Bits(scale),
                _shape.Height, _shape.Width, _shape.Pad, _shape.GroupImages, (long)(input >> 32),
            ]);
        var data = new List<(ulong, byte[])> { (image.FindSymbol("network")!.Value, Bytes(words)) };
        foreach (byte[] tilesOfLayer in weights)
        {
            data.Add((at, tilesOfLayer));
            at += (ulong)tilesOfLayer.Length;
        }

        data.Add((input, InputBlocks((int)inputBytes)));
        Scale = scale;
        _run = new ChipRun(configuration, image, data, options ?? new RunOptions());
        _watch = new MatrixWatch(_run.Chip.FirstTile);
    }

    /// <summary>Tiles of weights.</summary>
    public int Tiles { get; }

    /// <summary>Those that are fetched: one again for each pass over the slots.</summary>
    public int FetchedTiles { get; }

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
        ? new NetworkResult(_configuration, _layers, _shape.Images, Tiles, FetchedTiles, Wide, Vectors, _watch.Breakdown, _run.Statistics())
        : throw new InvalidOperationException($"the network: {_run.Fault?.ToString() ?? "the firmware gave up"}");

    /// <summary>Element of the network's output.</summary>
    /// <param name="row">Of a product, or a pixel among those of all images; behind a filter of the whole image, an image.</param>
    public sbyte Output(int row, int column) =>
        (sbyte)_run.ReadMemory(_output + (ulong)(((((long)column / _shape.Side * _made.Pixels) + row) * _shape.Side) + (column % _shape.Side)), 1)[0];

    /// <summary>Weight of a layer, as drawn.</summary>
    /// <param name="k">A convolution's filter row by row, channels innermost.</param>
    public sbyte Weight(int layer, int k, int n) => (sbyte)CounterRandom.Bits((_configuration.Seed << 16) + (ulong)layer + 1, ((ulong)k << 20) + (ulong)n);

    /// <summary>The network's input, as drawn; around images there are zeros.</summary>
    /// <param name="row">Of a product, or a pixel among those of all images.</param>
    /// <param name="k">Of a convolution, a channel.</param>
    public int Input(int row, int k)
    {
        uint bits = CounterRandom.Bits(_configuration.Seed << 16, ((ulong)row << 20) + (ulong)k);
        return Wide ? (short)bits : (sbyte)bits;
    }

    /// <summary>
    /// A power of two at which results neither die out nor all saturate from layer to layer: sums of k products of weights, which have
    /// a deviation of 74, with values of which half are 0 are at least as large as those. Inputs of 16 bits are 256 times as large.
    /// </summary>
    private static float ScaleOf(IReadOnlyList<Layer> layers, bool wide)
    {
        const double WeightSquared = 74.0 * 74.0;
        double scale = 1, growth = WeightSquared * layers.Min(l => l.K) / 2;
        while (scale * scale / 4 * growth >= 1)
            scale /= 2;
        return (float)(wide ? scale / 256 : scale);
    }

    /// <summary>Tile after tile: columns, then pixels of the filter, then channels; padded with zeros.</summary>
    private byte[] TilesOf(NetworkLayer of, int number)
    {
        Layer layer = of.Layer;
        int side = _shape.Side, channels = NetworkShape.Channels(layer), taps = layer.K / channels;
        byte[] bytes = new byte[(long)of.Tiles * side * side];
        for (int k = 0; k < layer.K; k++)
        {
            int tap = k / channels, channel = k % channels;
            for (int n = 0; n < layer.N; n++)
            {
                long tile = ((((long)(n / side) * taps) + tap) * of.Down) + (channel / side);
                bytes[(((tile * side) + (channel % side)) * side) + (n % side)] = (byte)Weight(number, k, n);
            }
        }

        return bytes;
    }

    private byte[] InputBlocks(int length)
    {
        byte[] bytes = new byte[length];
        for (int row = 0; row < _shape.Pixels; row++)
        {
            long place = _shape.Place(row);
            for (int k = 0; k < NetworkShape.Channels(_layers[0]); k++)
            {
                long at = ((((k / _shape.Side * _shape.BlockPixels) + place) * _shape.Side) + (k % _shape.Side)) * _elementBytes;
                int value = Input(row, k);
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
