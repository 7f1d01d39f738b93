using HybridEmu.Isa;

namespace HybridEmu.Reference;

/// <summary>Sizes of a tile that decide whether a descriptor faults. No result depends on them otherwise.</summary>
public sealed record ReferenceTensorConfig
{
    /// <summary>First HBM byte offset that descriptors may move.</summary>
    public ulong StreamOffset { get; init; } = 16 << 20;

    public uint ScratchpadBytes { get; init; } = 1 << 20;

    public int AccumulatorBytes { get; init; } = 256 << 10;

    /// <summary>Columns of the array, which a slot's rows are padded to.</summary>
    public int Columns { get; init; } = 32;

    /// <summary>Rows of the array; with columns and packing the largest tile of loaded weights.</summary>
    public int Rows { get; init; } = 32;

    public int Int8Packing { get; init; } = 1;

    public int Int4Packing { get; init; } = 1;

    /// <summary>hxfeatures: which operations are there.</summary>
    public uint Features { get; init; } = DescriptorTable.AllFeatures;
}

/// <summary>
/// The golden model of the tensor ISA: one descriptor after the other, element by element in plain loops over bytes.
/// Chips that overlap descriptors must leave the same bytes, if the program orders what it must. What is virtual here is
/// where tests plant bugs.
/// </summary>
public partial class ReferenceTensor
{
    private const int Slots = 4;

    private readonly ReferenceTensorConfig _config;
    private readonly Slot?[] _slots = new Slot?[Slots];
    private Weights? _weights;

    /// <param name="config">Sizes of the tile.</param>
    /// <param name="hbm">HBM bytes.</param>
    /// <param name="scratchpad">The tile's scratchpad.</param>
    public ReferenceTensor(ReferenceTensorConfig config, ReferenceMemory hbm, ReferenceMemory scratchpad)
    {
        _config = config;
        Hbm = hbm;
        Scratchpad = scratchpad;
    }

    public ReferenceMemory Hbm { get; }

    public ReferenceMemory Scratchpad { get; }

    /// <summary>The bits of a slot's element, for comparison; throws when the slot does not hold it.</summary>
    public uint SlotBits(int slot, int row, int column) =>
        _slots[slot]?.Bits[row, column] ?? throw new InvalidOperationException("The slot was never written.");

    /// <summary>Executes a descriptor. Anything but None: nothing happened.</summary>
    public virtual QueueFaultCause Execute(in Descriptor d)
    {
        QueueFaultCause fault = DescriptorCheck.Check(in d, _config.Features);
        if (fault == QueueFaultCause.None)
            fault = CheckPlaces(in d);
        if (fault == QueueFaultCause.None)
            fault = CheckArray(in d);
        if (fault != QueueFaultCause.None)
            return fault;
        switch (d.Opcode)
        {
            case DescriptorOpcode.LdCopy: Copy(in d, Hbm, AddressMap.Hbm, Scratchpad, AddressMap.Scratchpad); break;
            case DescriptorOpcode.StCopy: Copy(in d, Scratchpad, AddressMap.Scratchpad, Hbm, AddressMap.Hbm); break;
            case DescriptorOpcode.LdIm2col: Im2col(in d); break;
            case DescriptorOpcode.StAccumulate: Accumulate(in d); break;
            case DescriptorOpcode.MxMatmul: Multiply(in d, ReadWeights(in d)); _weights = null; break;
            case DescriptorOpcode.MxLoad: _weights = ReadWeights(in d); break;
            case DescriptorOpcode.MxStream: Multiply(in d, _weights!); break;
            case DescriptorOpcode.MxZero: _slots[d.Slot] = new Slot(d.N0, d.N2, d.TypeAccumulator); break;
            case DescriptorOpcode.MxDrain: Drain(in d); break;
            case DescriptorOpcode.VxSumRows: SumRows(in d); break;
            case DescriptorOpcode.VxSum: SumColumns(in d); break;
            case DescriptorOpcode.VxMaxColumns: MaximumOfColumns(in d); break;
            case DescriptorOpcode.VxArgmax: PlaceOfMaximum(in d); break;
            case DescriptorOpcode.VxConvert: Convert(in d); break;
            case DescriptorOpcode.VxDropout: DropOut(in d); break;
            case DescriptorOpcode.LossXent or DescriptorOpcode.LossXentGrad: Loss(in d); break;
            case DescriptorOpcode.TrTranspose: Transpose(in d); break;
            case DescriptorOpcode.LossMse or DescriptorOpcode.LossMseGrad: SquaredError(in d); break;
            case DescriptorOpcode.VxSoftmax: Softmax(in d); break;
            case DescriptorOpcode.VxSoftmaxGrad: SoftmaxGradient(in d); break;
            case DescriptorOpcode.VxNormRows: NormRows(in d); break;
            case DescriptorOpcode.VxNormRowsGrad: NormRowsGradient(in d); break;
            case DescriptorOpcode.VxNorm: Norm(in d); break;
            case DescriptorOpcode.VxClip: Clip(in d); break;
            case DescriptorOpcode.PoolMax: PoolMaximum(in d); break;
            case DescriptorOpcode.PoolAverage: PoolAverage(in d); break;
            case DescriptorOpcode.PoolMaxGrad or DescriptorOpcode.PoolAverageGrad: PoolGradient(in d); break;
            case DescriptorOpcode.OptSgd or DescriptorOpcode.OptMomentum or DescriptorOpcode.OptAdamw: Optimize(in d); break;
            default: Elementwise(in d); break;
        }

        return QueueFaultCause.None;
    }

    private QueueFaultCause CheckPlaces(in Descriptor d)
    {
        Span<Region> regions = stackalloc Region[DescriptorFootprint.MaximumRegions];
        int count = DescriptorFootprint.Enumerate(in d, regions);
        for (int i = 0; i < count; i++)
        {
            bool hbm = regions[i].Space == RegionSpace.Hbm;
            long first = (long)(hbm ? AddressMap.Hbm : AddressMap.Scratchpad);
            long end = first + (long)(hbm ? Hbm.SizeBytes : _config.ScratchpadBytes);
            if (regions[i].Lowest < first || regions[i].End > end)
                return QueueFaultCause.UnmappedAddress;
            if (hbm && regions[i].Lowest - first < (long)_config.StreamOffset)
                return QueueFaultCause.Aliasing;
        }

        return QueueFaultCause.None;
    }

    private QueueFaultCause CheckArray(in Descriptor d)
    {
        bool load = d.Opcode == DescriptorOpcode.MxLoad, stream = d.Opcode == DescriptorOpcode.MxStream;
        if (load)
            return Fits(in d) ? QueueFaultCause.None : QueueFaultCause.TileTooLarge;
        if (!stream && d.Opcode is not (DescriptorOpcode.MxMatmul or DescriptorOpcode.MxDrain or DescriptorOpcode.MxZero))
            return QueueFaultCause.None;
        long padded = (d.N2 + _config.Columns - 1) / _config.Columns * _config.Columns;
        if (padded * 4 * d.N0 > _config.AccumulatorBytes / Slots)
            return QueueFaultCause.SlotTooSmall;
        if (stream && !Fits(in d))
            return QueueFaultCause.TileTooLarge;
        bool continues = d.Opcode == DescriptorOpcode.MxDrain || (d.Opcode is DescriptorOpcode.MxMatmul or DescriptorOpcode.MxStream && d.Accumulate);
        Slot? slot = _slots[d.Slot];
        bool same = slot is not null && slot.Rows == d.N0 && slot.Columns == d.N2 && slot.Type == d.TypeAccumulator;
        if (continues && !same)
            return QueueFaultCause.SlotShape;
        bool loaded = _weights is not null && (_weights.K, _weights.N, _weights.TypeA, _weights.TypeB) == (d.N1, d.N2, d.TypeA, d.TypeB);
        return stream && !loaded ? QueueFaultCause.WeightShape : QueueFaultCause.None;
    }

    private bool Fits(in Descriptor d)
    {
        int deep = 1;
        if (d.TypeA == ElementType.Int8 && d.TypeB == ElementType.Int8)
            deep = _config.Int8Packing;
        if (d.TypeA == ElementType.Int4)
            deep = _config.Int4Packing;
        return d.N1 <= deep * _config.Rows && d.N2 <= _config.Columns;
    }

    /// <summary>Scratchpad offset of an element of a matrix.</summary>
    private static ulong Place(ulong address, int row, int pitch, int column, ElementType type) =>
        address - AddressMap.Scratchpad + (ulong)(((long)row * pitch) + ((long)column * type.SizeBytes()));

    /// <summary>An element as fp32.</summary>
    private float Value(ulong place, ElementType type) => type switch
    {
        ElementType.Int8 => (sbyte)Scratchpad[place],
        ElementType.Uint8 => Scratchpad[place],
        ElementType.Int32 => (float)(int)Scratchpad.Read(place, 4),
        ElementType.Bf16 => Bf16.ToFloat((ushort)Scratchpad.Read(place, 2)),
        ElementType.Fp32 => Scratchpad.Float(place),
        _ => throw new NotSupportedException($"{type} is no operand of a computation."),
    };

    /// <summary>Converts and stores a result; a NaN is the canonical one.</summary>
    private void Write(ulong place, ElementType type, float value, in Descriptor d, Parameters parameters, int row, int column)
    {
        switch (type)
        {
            case ElementType.Fp32: Scratchpad.Float(place, CanonicalNaN.Of(value)); break;
            case ElementType.Int8 or ElementType.Uint8:
                Scratchpad[place] = (byte)IntegerRounding.Round(value, type, d.Rounding, parameters.Seed, parameters.Element(row, column));
                break;
            case ElementType.Int32: Scratchpad.Write(place, (uint)Fp32.ToInt32(value), 4); break;
            case ElementType.Bf16:
                Scratchpad.Write(place, Narrow(value, d.Rounding, parameters.Seed, parameters.Element(row, column)), 2);
                break;
            default: throw new NotSupportedException($"{type} is no result of a computation.");
        }
    }

    protected virtual ushort Narrow(float value, Rounding rounding, ulong seed, ulong element) => Bf16.FromFloat(value, rounding, seed, element);

    protected virtual Parameters ReadParameters(uint address)
    {
        if (address == 0)
            return new Parameters(false, new float[16], 0, 0, 0);
        ulong place = address - AddressMap.Scratchpad;
        var words = new float[16];
        for (int i = 0; i < words.Length; i++)
            words[i] = Scratchpad.Float(place + (4 * (ulong)i));
        return new Parameters(true, words, Scratchpad.Long(place + 32), Scratchpad.Long(place + 40), Scratchpad.Read(place + 48, 4));
    }

    /// <summary>The parts of a parameter block that operations use.</summary>
    protected sealed record Parameters(bool Given, float[] Words, ulong Seed, ulong Origin, uint Pitch)
    {
        public float Word0 => Words[0];

        /// <summary>Number of an element in its logical tensor.</summary>
        public ulong Element(int row, int column) => Origin + ((ulong)row * Pitch) + (ulong)column;
    }

    /// <summary>A matrix of weights, taken out of memory: integers, or the bits of fp32.</summary>
    private sealed record Weights(int K, int N, ElementType TypeA, ElementType TypeB, int[,] Words);

    /// <summary>An accumulator slot: fp32 or int32 bits, +0 at first.</summary>
    private sealed class Slot(int rows, int columns, ElementType type)
    {
        public int Rows { get; } = rows;

        public int Columns { get; } = columns;

        public ElementType Type { get; } = type;

        public uint[,] Bits { get; } = new uint[rows, columns];
    }
}
