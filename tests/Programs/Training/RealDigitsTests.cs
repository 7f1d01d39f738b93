using System.Globalization;
using HybridEmu.Chip;
using HybridEmu.Reference;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// Training on optdigits (Alpaydin and Kaynak, UCI): 3823 digits to train with, 1797 of other writers held out. The files
/// are not in the repository; HYBRIDEMU_OPTDIGITS names the folder of optdigits.tra and optdigits.tes.
/// </summary>
public sealed class RealDigitsTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, 1u, 83.0)]
    [InlineData(5, 1u, 92.0)]
    [InlineData(10, 1u, 93.0)]
    [InlineData(30, 5u, 93.0)]
    public void The_chip_learns_real_digits(int epochs, uint seed, double leastPercent)
    {
        if (Environment.GetEnvironmentVariable("HYBRIDEMU_OPTDIGITS") is not { Length: > 0 } folder)
        {
            output.WriteLine("HYBRIDEMU_OPTDIGITS is not set: real digits were not tried");
            return;
        }

        DigitData training = Read(folder, "optdigits.tra"), heldOut = Read(folder, "optdigits.tes");
        Assert.Equal((3823, 1797), (training.Count, heldOut.Count));
        var real = new TrainingCase(training.Count, heldOut.Count, epochs, seed) { Training = training, HeldOut = heldOut };
        ChipRun run = real.Boot("hybrid");
        run.Finish();
        MailboxPost post = run.TakePosts()[^1];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{epochs} epochs, seed {seed}: {post.Accuracy * 100:0.00} % of {post.Seen}, {run.Cycles} cycles"));
        Assert.Equal((true, 1797u), (post.HeldOut, post.Seen));
        Assert.InRange(post.Accuracy * 100, leastPercent, 100);

        (PlainTraining network, _) = real.TrainPlainly();
        Assert.Equal(network.Weights(), run.Signature(Firmware.Train));
    }

    private static DigitData Read(string folder, string file)
    {
        string path = Path.Combine(folder, file);
        return DigitCsv.Read(path, File.ReadAllText(path));
    }
}
