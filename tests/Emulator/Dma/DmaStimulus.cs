using HybridEmu.Isa;

namespace HybridEmu.Emulator.Tests;

/// <summary>Random descriptors of the kinds that are more than a strided copy. A zone is 32 KiB of the destination.</summary>
internal static class DmaStimulus
{
    private const int ZoneBits = 15;

    private static readonly (ElementType From, ElementType To)[] s_types =
    [
        (ElementType.Int8, ElementType.Int8), (ElementType.Int16, ElementType.Int16), (ElementType.Int32, ElementType.Int32),
        (ElementType.Bf16, ElementType.Bf16), (ElementType.Fp32, ElementType.Fp32), (ElementType.Fp32, ElementType.Bf16), (ElementType.Bf16, ElementType.Fp32),
    ];

    private static readonly (ElementType From, ElementType To)[] s_imageTypes =
    [
        (ElementType.Int8, ElementType.Int8), (ElementType.Uint8, ElementType.Uint8), (ElementType.Bf16, ElementType.Bf16),
        (ElementType.Fp32, ElementType.Fp32), (ElementType.Fp32, ElementType.Bf16), (ElementType.Bf16, ElementType.Fp32),
    ];

    public static Descriptor Next(bool store, int zone, ref TestRandom random) => (store, random.Next(3)) switch
    {
        (false, 0) => Padded(zone, ref random),
        (false, 1) => Unpack(zone, ref random),
        (false, _) => Im2col(zone, ref random),
        (true, 0) => Pack(zone, ref random),
        _ => Accumulate(zone, ref random),
    };

    public static Descriptor Padded(int zone, ref TestRandom random)
    {
        (ElementType from, ElementType to) = s_types[random.Next(s_types.Length)];
        int s = from.SizeBytes(), d = to.SizeBytes(), before = random.Next(2) * random.Next(9), after = random.Next(2) * random.Next(9);
        int[] counts = Counts(1 + random.Next(20), ref random);
        int source0 = s * (1 + (random.Next(3) == 0 ? random.Next(3) : 0)), destination0 = d * (1 + (random.Next(3) == 0 ? random.Next(3) : 0));
        (int destination1, int destination2) = Rows((before + counts[0] + after) * destination0, d, counts, ref random);
        Descriptor copy = DmaBench.Copy(
            false, Middle(zone, s, ref random), Middle(zone, d, ref random), from, to, counts,
            Cut(counts, source0, s * (random.Next(120) - 60), s * (random.Next(600) - 300)),
            Cut(counts, destination0, destination1, destination2));
        return DmaReference.Padded(copy, (uint)random.Next(int.MaxValue) * 2, before, after);
    }

    public static Descriptor Unpack(int zone, ref TestRandom random)
    {
        int[] counts = Counts(1 + random.Next(90), ref random);
        int packed = Int4.RowBytes(counts[0]), destination0 = random.Next(3) == 0 ? 1 + random.Next(3) : 1;
        (int destination1, int destination2) = Rows(counts[0] * destination0, 1, counts, ref random);
        int source1 = random.Next(2) == 0 ? packed : random.Next(200) - 100;
        int source2 = random.Next(2) == 0 ? packed * (counts.Length > 1 ? counts[1] : 1) : random.Next(600) - 300;
        return DmaBench.Copy(
            false, Middle(zone, 1, ref random), Middle(zone, 1, ref random), ElementType.Int4, ElementType.Int8, counts,
            Cut(counts, 0, source1, source2), Cut(counts, destination0, destination1, destination2));
    }

    public static Descriptor Pack(int zone, ref TestRandom random)
    {
        int[] counts = Counts(1 + (random.Next(4) == 0 ? random.Next(1500) : random.Next(90)), ref random);
        (int destination1, int destination2) = Rows(Int4.RowBytes(counts[0]), 1, counts, ref random);
        return DmaBench.Copy(
            true, Middle(zone, 1, ref random), Middle(zone, 1, ref random), ElementType.Int8, ElementType.Int4, counts,
            Cut(counts, 1, random.Next(2) == 0 ? counts[0] : random.Next(400) - 200, random.Next(600) - 300), Cut(counts, 0, destination1, destination2));
    }

    /// <summary>One in three has rows that meet in memory, which are then added one after the other.</summary>
    public static Descriptor Accumulate(int zone, ref TestRandom random)
    {
        ElementType from = random.Next(2) == 0 ? ElementType.Fp32 : ElementType.Bf16;
        int s = from.SizeBytes();
        int[] counts = random.Next(4) == 0 ? [1 + random.Next(600), 1 + random.Next(3)] : Counts(1 + random.Next(40), ref random);
        int destination0 = random.Next(3) == 0 && counts[0] < 100 ? 4 * (1 + random.Next(3)) : 4;
        (int destination1, int destination2) = Rows(counts[0] * destination0, 4, counts, ref random);
        if (random.Next(3) == 0)
            (destination1, destination2) = (4 * (1 + random.Next(10)), 4 * (1 + random.Next(30)));
        int source0 = random.Next(3) == 0 && counts[0] < 100 ? 3 * s : s;
        return DmaReference.Accumulate(
            Middle(zone, 4, ref random), Middle(zone, s, ref random), from, counts,
            Cut(counts, source0, random.Next(2) == 0 ? counts[0] * source0 : s * (random.Next(120) - 60), s * (random.Next(300) - 150)),
            Cut(counts, destination0, destination1, destination2));
    }

    public static Descriptor Im2col(int zone, ref TestRandom random)
    {
        (ElementType from, ElementType to) = s_imageTypes[random.Next(s_imageTypes.Length)];
        int[] c = [1 + random.Next(9), 1 + random.Next(8), 1 + random.Next(8), 1 + random.Next(4), 1 + random.Next(4)];
        int oh = 1 + random.Next(6), ow = 1 + random.Next(6), columns = c[0] * c[3] * c[4];
        int first = random.Next(2) * random.Next(columns), n = 1 + random.Next(2) * (columns - first - 1);
        if (random.Next(3) == 0)
            n = 1 + random.Next(columns - first);
        var windows = new ImageWindows(
            c[0], c[1], c[2], c[3], c[4], 1 + random.Next(3), 1 + random.Next(3), 1 + (random.Next(2) * random.Next(3)), 1 + (random.Next(2) * random.Next(3)),
            random.Next(5), random.Next(5), oh, ow, (uint)(random.Next(2) * random.Next(2 * oh * ow)), first);
        int d = to.SizeBytes(), pitch = (n * d) + (d * random.Next(2) * random.Next(10)), m = 1 + random.Next(40);
        return DmaReference.Im2col(
            from.SizeBytes() * random.Next(64), (zone << ZoneBits) + (d * random.Next(100)), from, to, m, n, windows, pitch);
    }

    private static int[] Counts(int innermost, ref TestRandom random) =>
        [.. new[] { innermost, 1 + random.Next(5), 1 + random.Next(3) }.Take(1 + random.Next(3))];

    private static int[] Cut(int[] counts, params int[] strides) => [.. strides.Take(counts.Length)];

    /// <summary>Strides of rows and planes that do not meet, of either sign.</summary>
    private static (int Row, int Plane) Rows(int row, int element, int[] counts, ref TestRandom random)
    {
        int destination1 = row + (element * random.Next(2) * random.Next(12));
        int destination2 = ((counts.Length > 1 ? counts[1] : 1) * destination1) + (element * random.Next(2) * random.Next(40));
        return (random.Next(4) == 0 ? -destination1 : destination1, random.Next(4) == 0 ? -destination2 : destination2);
    }

    private static long Middle(int zone, int element, ref TestRandom random) => (zone << ZoneBits) + (1 << (ZoneBits - 1)) + (element * random.Next(100));
}
