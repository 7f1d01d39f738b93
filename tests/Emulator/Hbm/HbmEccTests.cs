using System.Buffers.Binary;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

public class HbmEccTests
{
    private const ulong Address = 64, Value = 0x0123_4567_89AB_CDEF;

    private static readonly HbmConfig Secded = new() { Map = HbmBench.MapM1, Refresh = HbmRefresh.Off, Secded = true };

    private static HbmController Controller(HbmConfig config)
    {
        var memory = new SparseMemory(1L << 30);
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Value);
        memory.Write((long)Address + 8, bytes);
        return new HbmController(config, 0, memory, 1);
    }

    /// <summary>Performs one request; returns the second word of the burst.</summary>
    private static ulong Access(HbmController controller, long from, bool write = false, uint byteEnable = uint.MaxValue, ulong value = 0)
    {
        HbmRequest request = new() { Address = Address, Write = (byte)(write ? 1 : 0), ByteEnable = byteEnable };
        BinaryPrimitives.WriteUInt64LittleEndian(Burst32.Span(ref request.Data)[8..], value);
        Assert.True(controller.TryAccept(request, 0, from));
        for (long edge = from; edge < from + 100; edge++)
        {
            controller.Complete(edge);
            if (controller.HasResponse(0, 0))
            {
                HbmResponse response = controller.Response(0, 0);
                controller.ReleaseResponse(0, 0, edge);
                return BinaryPrimitives.ReadUInt64LittleEndian(Burst32.Span(ref response.Data)[8..]);
            }

            controller.Tick(edge);
        }

        throw new Xunit.Sdk.XunitException("No answer.");
    }

    private static (long Corrected, long Detected, long Poisoned) Counts(HbmController controller) =>
        (controller.State.PseudoChannels[0].EccCorrected, controller.State.PseudoChannels[0].EccDetected, controller.State.Poisoned);

    [Fact]
    public void Every_single_error_of_72_bits_is_corrected_once_and_written_back()
    {
        for (int bit = 0; bit < 72; bit++)
        {
            HbmController controller = Controller(Secded);
            controller.Flip(Address + 8, bit);
            Assert.Equal(Value, Access(controller, 0));
            Assert.Equal((1L, 0L, 0L), Counts(controller));
            Assert.Equal(Value, Access(controller, 1000));
            Assert.Equal((1L, 0L, 0L), Counts(controller));
        }
    }

    [Fact]
    public void Every_double_error_of_72_bits_is_detected_and_never_corrected()
    {
        for (int first = 0; first < 72; first++)
        {
            for (int second = 0; second < first; second++)
            {
                HbmController controller = Controller(Secded);
                controller.Flip(Address + 8, first);
                controller.Flip(Address + 8, second);
                ulong flips = (first < 64 ? 1UL << first : 0) ^ (second < 64 ? 1UL << second : 0);
                Assert.Equal(Value ^ flips, Access(controller, 0));
                Assert.Equal((0L, 1L, 1L), Counts(controller));
                Assert.Equal(Address, controller.State.PoisonedAddress);
            }
        }
    }

    [Fact]
    public void Errors_of_two_words_are_each_corrected()
    {
        HbmController controller = Controller(Secded);
        controller.Flip(Address + 8, 5);
        controller.Flip(Address + 16, 70);
        Assert.Equal(Value, Access(controller, 0));
        Assert.Equal((2L, 0L, 0L), Counts(controller));
    }

    [Fact]
    public void A_word_written_as_a_whole_is_as_new()
    {
        HbmController controller = Controller(Secded);
        controller.Flip(Address + 8, 5);
        controller.Flip(Address + 8, 6);
        Access(controller, 0, write: true, value: 7);
        Assert.Equal(7UL, Access(controller, 1000));
        Assert.Equal((0L, 0L, 0L), Counts(controller));
    }

    [Fact]
    public void A_word_written_in_part_is_corrected_first_or_stays_bad()
    {
        HbmController controller = Controller(Secded);
        controller.Flip(Address + 8, 40);
        Access(controller, 0, write: true, byteEnable: 0x100, value: 0x77);
        Assert.Equal((1L, 0L, 0L), Counts(controller));
        Assert.Equal((Value & ~0xFFUL) | 0x77, Access(controller, 1000));

        controller.Flip(Address + 8, 40);
        controller.Flip(Address + 8, 41);
        Access(controller, 2000, write: true, byteEnable: 0x100, value: 0x78);
        Assert.Equal((1L, 1L, 1L), Counts(controller));
        Access(controller, 3000);
        Assert.Equal((1L, 2L, 1L), Counts(controller));
    }

    [Fact]
    public void Three_flips_may_look_like_one_and_then_the_wrong_word_is_kept()
    {
        // SECDED promises nothing of three: columns 0, 1 and 2 (7, 11, 13) are the check bit of weight one.
        HbmController controller = Controller(Secded);
        foreach (int bit in (int[])[0, 1, 2])
            controller.Flip(Address + 8, bit);
        Assert.Equal(Value ^ 7, Access(controller, 0));
        Assert.Equal((1L, 0L, 0L), Counts(controller));
        Assert.Equal(Value ^ 7, Access(controller, 1000));
        Assert.Equal((1L, 0L, 0L), Counts(controller));
    }

    [Fact]
    public void Without_ECC_a_flip_is_what_is_read()
    {
        HbmController controller = Controller(Secded with { Secded = false });
        controller.Flip(Address + 8, 63);
        Assert.Equal(Value ^ (1UL << 63), Access(controller, 0));
        Assert.Equal((0L, 0L, 0L), Counts(controller));
        Assert.Throws<ArgumentOutOfRangeException>(() => controller.Flip(Address + 8, 64));
    }

    [Fact]
    public void ECC_costs_no_cycle()
    {
        List<HbmTraceItem> Trace() => [.. Enumerable.Range(0, 500).Select(i => new HbmTraceItem(i * 7, i % 3 == 0, (ulong)(i * 7919 % 4096) * 32))];
        HbmBench without = new(Secded with { Secded = false }), with = new(Secded);
        without.Run(Trace());
        with.Controller.Flip(64, 3);
        with.Run(Trace());
        Assert.Equal(without.Commands(0, 100_000), with.Commands(0, 100_000));
    }
}
