using System.Globalization;
using System.Runtime.InteropServices;
using HybridEmu.Chip;
using HybridEmu.Isa;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

/// <summary>One image of mlp_train trains networks of any size that fits: the sizes are data, the bits a plain loop's.</summary>
public sealed class SizesTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hybridemu-sizes").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("tiny", 48, 24, 16)]
    [InlineData("hybrid", 48, 24, 16)] // 16 columns on one tile, 8 on the other
    [InlineData("edge", 100, 40, 255)] // rows of 112 bytes
    [InlineData("hybrid tiles=1", 100, 40, 255)]
    [InlineData("hybrid", 100, 40, 255)]
    [InlineData("tiny tiles=3", 100, 40, 255)]
    [InlineData("datacenter", 100, 40, 255)]
    [InlineData("tiny tiles=16", 20, 128, 16)]
    [InlineData("hybrid", 1, 16, 1)]
    [InlineData("tiny scratchpad.bytes=1_MiB", 300, 64, 255)] // five products make the gradient of W1, the last one of 44 rows
    [InlineData("tiny scratchpad.bytes=1_MiB tiles=2", 515, 200, 200)]
    public void Networks_of_other_sizes_are_bit_equal_to_a_plain_loop(string config, int features, int hidden, int maximumPixel)
    {
        // 83 = 2 * 32 + 19: the last batch is a partial one.
        var training = new TrainingCase(Count: 83, HeldOutCount: 21, Epochs: 2, Hidden: hidden)
        {
            Training = Images(features, maximumPixel, 0, 83),
            HeldOut = Images(features, maximumPixel, 83, 21),
        };
        ChipRun run = training.CheckAgainstPlainLoop(config);
        Assert.Equal((features * hidden) + hidden + (hidden * 16) + 16, run.Signature(Firmware.Train).Length);
    }

    [Fact]
    public void Mnists_784_128_10_is_trained_from_its_files_to_the_bits_of_a_plain_loop()
    {
        const int Count = 300, HeldOutCount = 60;
        DigitData training = Idx.Enlarge(SyntheticDigits.Generate(1, 0, Count)), heldOut = Idx.Enlarge(SyntheticDigits.Generate(1, Count, HeldOutCount));
        string all = Path.Combine(_directory, "train-images-idx3-ubyte.gz");
        File.WriteAllBytes(all, Idx.Gzip(Idx.Bytes([.. training.Pixels, .. heldOut.Pixels], Count + HeldOutCount, Idx.Side, Idx.Side)));
        File.WriteAllBytes(Path.Combine(_directory, "train-labels-idx1-ubyte.gz"), Idx.Gzip(Idx.Bytes([.. training.Labels, .. heldOut.Labels], Count + HeldOutCount)));
        string[] arguments = [$"idx:{all},rows=0:{Count}@train_data", $"idx:{all},rows={Count}:@test_data", "word:1@epochs", "word:128@hidden"];
        ChipConfiguration hybrid = Firmware.Configuration("hybrid");
        IReadOnlyList<PlacedData> data = DataPlacement.Place(arguments, Firmware.Train, hybrid.Hbm.CapacityBytes, hybrid.Seed);
        var run = new ChipRun(hybrid, Firmware.Train, [.. data.Select(d => (d.Address, d.Bytes))], new RunOptions());

        var mnist = new TrainingCase(Count, HeldOutCount, Epochs: 1, Hidden: 128) { Training = training, HeldOut = heldOut };
        mnist.CheckAgainstPlainLoop(run);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run.Cycles} cycles for {Count} images and {HeldOutCount} held out"));
    }

    [Fact]
    public void Sixty_thousand_images_of_mnist_fit_before_the_held_out_ones()
    {
        uint room = Firmware.Address(Firmware.Train, "test_data") - Firmware.Address(Firmware.Train, "train_data");
        Assert.InRange(new DigitData([], new byte[60_000], 784, 255).SizeBytes, 0, room);
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("hybrid")]
    public void Inference_takes_the_sizes_that_training_took(string config)
    {
        var training = new TrainingCase(Count: 70, HeldOutCount: 40, Epochs: 1, Hidden: 40) { Training = Images(100, 255, 0, 70), HeldOut = Images(100, 255, 70, 40) };
        ChipRun trained = training.Boot(config);
        trained.Finish();
        byte[] weights = MemoryMarshal.AsBytes(trained.Signature(Firmware.Train).AsSpan()).ToArray();
        ChipRun run = Firmware.Boot(config, Firmware.Infer, null, ("weights", weights), ("test_data", training.HeldOut.ToBytes()), ("hidden", BitConverter.GetBytes(40)));
        run.Finish();
        Assert.Equal(trained.TakePosts()[^1].Correct, Assert.Single(run.TakePosts()).Correct);
    }

    [Theory]
    [InlineData("tiny", 64, 20, "hidden must be a multiple of 8")]
    [InlineData("tiny", 64, 0, "at least 8 a tile")]
    [InlineData("tiny tiles=5", 64, 32, "at least 8 a tile")]
    [InlineData("hybrid", 64, 8, "at least 8 a tile")]
    [InlineData("hybrid", 64, 2056, "at most 2048")]
    [InlineData("hybrid", 2033, 32, "images must have 1 to 2032 pixels")]
    [InlineData("tiny", 784, 128, "bytes of scratchpad needed on each tile, 131072 there: the network does not fit the scratchpad")]
    [InlineData("edge", 784, 128, "does not fit the scratchpad")]
    [InlineData("hybrid tiles=1", 784, 128, "does not fit the scratchpad")]
    [InlineData("tiny", 64, 264, "does not fit an accumulator slot")]
    public void A_network_that_does_not_fit_the_chip_is_told_and_fails(string config, int features, int hidden, string message)
    {
        var training = new TrainingCase(40, 10, 1, Hidden: hidden) { Training = Images(features, 255, 0, 40), HeldOut = Images(features, 255, 40, 10) };
        Assert.Contains(message, training.Boot(config).Finish(exitCode: 1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("hybrid")]
    public void Held_out_images_of_another_size_are_told_and_fail(string config)
    {
        var training = new TrainingCase(40, 10, 1) { HeldOut = Images(100, 16, 0, 10) };
        Assert.Contains("the held-out images have another size", training.Boot(config).Finish(exitCode: 1), StringComparison.Ordinal);
    }

    /// <summary>Noise around a pattern for each class, so that there is something to learn.</summary>
    private static DigitData Images(int features, int maximumPixel, int first, int count)
    {
        byte[] pixels = new byte[count * features], labels = new byte[count];
        for (int i = 0; i < count; i++)
        {
            ulong image = (ulong)(first + i);
            labels[i] = (byte)(CounterRandom.Bits(11, image) % DigitData.Classes);
            for (int j = 0; j < features; j++)
            {
                bool ink = CounterRandom.Bits(12, (ulong)((labels[i] * features) + j)) % 3 == 0;
                uint noise = CounterRandom.Bits(13, (image * (ulong)features) + (ulong)j) % (uint)(maximumPixel + 1);
                pixels[(i * features) + j] = (byte)(ink ? maximumPixel - (noise / 4) : noise / 3);
            }
        }

        return new DigitData(pixels, labels, features, maximumPixel);
    }
}
