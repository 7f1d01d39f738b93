using HybridEmu.Chip;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

public sealed class SyntheticDigitsTests(ITestOutputHelper output)
{
    private const int TrainingCount = 3000;
    private const int HeldOutCount = 1000;

    [Theory]
    [InlineData(1UL)]
    [InlineData(2UL)]
    public void A_linear_model_stays_under_92_percent_and_a_hidden_layer_passes_95(ulong seed)
    {
        DigitData training = SyntheticDigits.Generate(seed, 0, TrainingCount);
        DigitData heldOut = SyntheticDigits.Generate(seed, TrainingCount, HeldOutCount);
        double linear = PlainTrainer.Accuracy(training, heldOut, hidden: 0, epochs: 20);
        double network = PlainTrainer.Accuracy(training, heldOut, hidden: 32, epochs: 20);
        output.WriteLine($"seed {seed}: linear {linear:P1}, 64-32-10 {network:P1}");
        Assert.InRange(linear, 0.6, 0.92);
        Assert.InRange(network, 0.95, 1.0);
    }

    [Fact]
    public void An_image_depends_on_its_seed_and_index_only()
    {
        DigitData all = SyntheticDigits.Generate(7, 0, 50);
        DigitData part = SyntheticDigits.Generate(7, 20, 10);
        Assert.Equal(all.Pixels[(20 * 64)..(30 * 64)], part.Pixels);
        Assert.Equal(all.Labels[20..30], part.Labels);
        Assert.NotEqual(all.Pixels, SyntheticDigits.Generate(8, 0, 50).Pixels);
    }

    [Fact]
    public void Pixels_and_labels_are_in_range_and_every_digit_occurs()
    {
        DigitData data = SyntheticDigits.Generate(3, 0, 500);
        Assert.All(data.Pixels, p => Assert.InRange(p, 0, 16));
        Assert.Equal(Enumerable.Range(0, 10), data.Labels.Select(l => (int)l).Distinct().Order());
    }
}
