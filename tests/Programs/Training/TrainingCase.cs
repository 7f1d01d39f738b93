using HybridEmu.Chip;
using HybridEmu.Reference;

namespace HybridEmu.Programs.Tests;

/// <summary>Data and length of a training, for the chip and for the plain loop.</summary>
internal sealed record TrainingCase(int Count, int HeldOutCount, int Epochs, uint Seed = 1)
{
    public DigitData Training { get; init; } = SyntheticDigits.Generate(Seed, 0, Count);

    public DigitData HeldOut { get; init; } = SyntheticDigits.Generate(Seed, Count, HeldOutCount);

    /// <summary>The chip with this case in memory, at reset.</summary>
    public ChipRun Boot(string config, RunOptions? options = null) => Firmware.Boot(
        $"{config} seed={Seed}",
        Firmware.Train,
        options,
        ("train_data", Training.ToBytes()),
        ("test_data", HeldOut.ToBytes()),
        ("epochs", BitConverter.GetBytes(Epochs)));

    /// <summary>Trains with plain loops; each epoch's report, and the network as it is then.</summary>
    public (PlainTraining Network, IReadOnlyList<PlainEpoch> Epochs) TrainPlainly()
    {
        var network = new PlainTraining(Seed);
        var epochs = new List<PlainEpoch>();
        for (int epoch = 0; epoch < Epochs; epoch++)
            epochs.Add(network.Epoch(Training.Pixels, Training.Labels));
        return (network, epochs);
    }
}
