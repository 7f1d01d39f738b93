using System.Globalization;
using HybridEmu.Chip;
using HybridEmu.Reference;

namespace HybridEmu.Programs.Tests;

/// <summary>Data, sizes and length of a training, for the chip and for the plain loop.</summary>
internal sealed record TrainingCase(int Count, int HeldOutCount, int Epochs, uint Seed = 1, int Hidden = 32)
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
        ("epochs", BitConverter.GetBytes(Epochs)),
        ("hidden", BitConverter.GetBytes(Hidden)));

    /// <summary>Trains with plain loops; each epoch's report, and the network as it is then.</summary>
    public (PlainTraining Network, IReadOnlyList<PlainEpoch> Epochs) TrainPlainly()
    {
        var network = new PlainTraining(Seed, Training.Features, Hidden, Training.MaximumPixel);
        var epochs = new List<PlainEpoch>();
        for (int epoch = 0; epoch < Epochs; epoch++)
            epochs.Add(network.Epoch(Training.Pixels, Training.Labels));
        return (network, epochs);
    }

    /// <summary>Trains on a chip and with plain loops: reports, verdict on held-out data and weights must be the same bits.</summary>
    /// <returns>The run, at its end.</returns>
    public ChipRun CheckAgainstPlainLoop(string config)
    {
        ChipRun run = Boot(config);
        CheckAgainstPlainLoop(run);
        return run;
    }

    /// <summary>The same of a chip that was booted with this case in another way.</summary>
    public void CheckAgainstPlainLoop(ChipRun run)
    {
        (PlainTraining network, IReadOnlyList<PlainEpoch> epochs) = TrainPlainly();
        string console = run.Finish();
        IReadOnlyList<MailboxPost> posts = run.TakePosts();
        Assert.Equal(Epochs + 1, posts.Count);
        for (int i = 0; i < epochs.Count; i++)
        {
            Assert.Equal((false, (uint)i + 1), (posts[i].HeldOut, posts[i].EpochNumber));
            Assert.Equal((epochs[i].Loss, (uint)epochs[i].Correct, (uint)epochs[i].Seen), (posts[i].Loss, posts[i].Correct, posts[i].Seen));
        }

        int correct = network.CountCorrect(HeldOut.Pixels, HeldOut.Labels);
        Assert.Equal((true, (uint)correct, (uint)HeldOut.Count), (posts[^1].HeldOut, posts[^1].Correct, posts[^1].Seen));
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"held-out digits: {correct} of {HeldOut.Count} correct\n"), console);
        Assert.Equal(network.Weights(), run.Signature(Firmware.Train));
    }
}
