using System.Runtime.InteropServices;
using HybridEmu.Fuzz;
using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

/// <summary>Words and descriptors of any bits: text, check and footprint have a result for each.</summary>
public class CodeFuzzTests
{
    [Fact]
    [Trait("Depth", "Deep")]
    public void Any_word_at_any_address_has_a_text()
    {
        FuzzRun.Check("word", 10_000, random => [.. BitConverter.GetBytes((uint)random.Next()), .. BitConverter.GetBytes((uint)random.Next())], bytes =>
        {
            if (bytes.Length == 8)
                Assert.NotEmpty(Disassembler.Text(BitConverter.ToUInt32(bytes), BitConverter.ToUInt32(bytes, 4)));
        }, mostBytes: 1 << 20);
    }

    [Fact]
    [Trait("Depth", "Deep")]
    public void Any_64_bytes_have_a_text_a_verdict_and_a_footprint()
    {
        byte[][] corpus = [.. LegalDescriptors.OneEach().Select(d => MemoryMarshal.AsBytes(new ReadOnlySpan<Descriptor>(in d.Descriptor)).ToArray()), new byte[Descriptor.SizeBytes]];
        var mutator = new FieldMutator(corpus, Fields);
        FuzzRun.Check("descriptor", 10_000, mutator.Next, Look, mostBytes: 1 << 20);
    }

    private static void Look(byte[] bytes)
    {
        var descriptor = default(Descriptor);
        bytes.AsSpan(0, Math.Min(bytes.Length, Descriptor.SizeBytes)).CopyTo(MemoryMarshal.AsBytes(new Span<Descriptor>(ref descriptor)));
        Assert.NotEmpty(Disassembler.Text(in descriptor));
        QueueFaultCause fault = DescriptorCheck.Check(in descriptor);
        Assert.True(Enum.IsDefined(fault));
        var regions = new Region[DescriptorFootprint.MaximumRegions];
        int count = DescriptorFootprint.Enumerate(in descriptor, regions);
        if (fault != QueueFaultCause.None)
            return;
        foreach (Region region in regions.AsSpan(0, count))
        {
            Assert.True(region.Columns >= 1 && region.Rows >= 1 && region.Planes >= 1, $"{region.Role}: {region.Planes} x {region.Rows} x {region.Columns}");
            // The same sums without an end to their numbers.
            Int128 rows = (Int128)(region.Rows - 1) * region.Pitch, planes = (Int128)(region.Planes - 1) * region.PlanePitch;
            Int128 lowest = region.Address + Int128.Min(0, rows) + Int128.Min(0, planes);
            Int128 run = ((Int128)(region.Columns - 1) * region.ElementStride) + region.ElementBytes;
            Int128 end = region.Address + Int128.Max(0, rows) + Int128.Max(0, planes) + run;
            Assert.True(run >= 0 && lowest == region.Lowest && end == region.End, $"{region.Role}: {lowest} to {end}, told as {region.Lowest} to {region.End}");
        }
    }

    private static IEnumerable<FuzzField> Fields(byte[] bytes)
    {
        for (int at = 0; at < bytes.Length; at += 2)
            yield return new FuzzField(at, 2);
        for (int at = 0; at < bytes.Length; at += 4)
            yield return new FuzzField(at, 4);
        for (int at = 0; at < bytes.Length; at++)
            yield return new FuzzField(at, 1);
    }
}
