using System.Buffers.Binary;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Chip;

/// <summary>
/// One layer on a chip: firmware/layers runs it, with operands drawn from the configuration's seed in memory. Printing is
/// <see cref="LayerReport"/>'s business.
/// </summary>
public sealed class LayerRun
{
    private const long MaximumCycles = 1_000_000_000_000;

    private static readonly Lazy<ElfImage> s_image = new(() => LayerFirmware.Assemble("layers.s"));

    private readonly ChipConfiguration _configuration;
    private readonly ChipRun _run;
    private readonly bool _separate;

    /// <param name="configuration">A checked configuration of a whole chip.</param>
    /// <param name="layer">What to run.</param>
    /// <param name="type">Of operands and results.</param>
    /// <param name="separate">Folds one after another, on one tile, with nothing beside them: SCALE-Sim's convention.</param>
    /// <param name="options">How the host runs it; null: as it does by itself.</param>
    /// <exception cref="DataException">The layer or the firmware does not fit the chip's memory.</exception>
    public LayerRun(ChipConfiguration configuration, Layer layer, LayerType type, bool separate = false, RunOptions? options = null)
    {
        _configuration = configuration;
        _separate = separate;
        Operands = new LayerOperands(layer, type, configuration.Seed, AddressMap.Hbm + (ulong)configuration.Fabric.StreamingBaseBytes);
        CheckMemory();
        _run = new ChipRun(
            configuration, s_image.Value,
            [(s_image.Value.FindSymbol("layer")!.Value, Words()), (Operands.A, Operands.BytesOfA()), (Operands.B, Operands.BytesOfB())],
            (options ?? new RunOptions()) with { MaximumCycles = MaximumCycles });
    }

    public LayerOperands Operands { get; }

    public bool Finished => _run.Finished;

    public long Cycles => _run.Cycles;

    /// <summary>What ended the run, when it was not the firmware.</summary>
    public Fault? Fault => _run.Fault;

    /// <summary>Runs for up to that many core cycles, or to the end.</summary>
    public void Advance(long cycles) => _run.Advance(cycles);

    /// <summary>Runs to the end.</summary>
    /// <exception cref="InvalidOperationException">The firmware did not finish its work.</exception>
    public LayerResult Finish()
    {
        const long Slice = 1_000_000;
        while (!Finished)
            Advance(Slice);
        return Result();
    }

    /// <summary>What a finished run has to say.</summary>
    /// <exception cref="InvalidOperationException">The firmware did not finish its work.</exception>
    public LayerResult Result() => _run.ExitCode == 0
        ? new LayerResult(Operands.Layer, _configuration, _separate, _run.Statistics())
        : throw new InvalidOperationException($"{Operands.Layer.Name}: {_run.Fault?.ToString() ?? "the firmware gave up"}");

    /// <summary>Row of C as it lies in memory, int8 or bf16.</summary>
    public byte[] ResultRow(int row) => _run.ReadMemory(Operands.C + (ulong)(Operands.PitchC * row), Operands.Layer.N * Operands.ElementBytes);

    private void CheckMemory()
    {
        ulong end = Operands.End, memory = Math.Min(AddressMap.Hbm + (ulong)_configuration.Hbm.CapacityBytes, 1UL << 32);
        if (end > memory)
            throw new DataException(Operands.Layer.Name, $"its operands take {end - Operands.Base} bytes; {_configuration.Name} has {memory - Operands.Base} of streaming memory that 32-bit addresses reach (hbm.capacity, fabric.streaming_base)");
        IReadOnlyList<ElfError> mistakes = s_image.Value.Check((ulong)_configuration.Hbm.CapacityBytes, Operands.Base);
        if (mistakes.Count > 0)
            throw new DataException("firmware/layers", mistakes[0].ToString());
    }

    /// <summary>The words at the firmware's symbol layer, in the order of firmware/layers/sizes.inc.</summary>
    private byte[] Words()
    {
        Layer layer = Operands.Layer;
        Convolution? image = layer.Image;
        long[] words =
        [
            image is null ? 0 : 1, layer.M, layer.K, layer.N, Operands.Type == LayerType.Int8 ? 0 : 1,
            (long)Operands.A, Operands.PitchA, (long)Operands.B, Operands.PitchB, (long)Operands.C, Operands.PitchC,
            image?.Height ?? 0, image?.Width ?? 0, image?.Channels ?? 0, image?.FilterHeight ?? 0, image?.FilterWidth ?? 0,
            image?.Stride ?? 0, image?.WindowsDown ?? 0, image?.WindowsAcross ?? 0,
            BitConverter.SingleToUInt32Bits(Operands.Scale), _separate ? 1 : 0,
        ];
        byte[] bytes = new byte[words.Length * sizeof(uint)];
        for (int i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * sizeof(uint)), (uint)words[i]);
        return bytes;
    }
}
