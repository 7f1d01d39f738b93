using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Reference;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// Descriptors that are nearly legal, on the chip: each faults with the cause that the reference names, and then has no
/// effect at all, or is executed as the reference executes it.
/// </summary>
[Trait("Depth", "Deep")]
public sealed class DescriptorFaultTests(ITestOutputHelper output)
{
    private const int Descriptors = 120, SemaphoreBytes = 8, InterruptFlag = 0x10;

    [Theory]
    [InlineData("tiny", 6)]
    [InlineData("tiny training=off", 2)]
    public void A_descriptor_with_bits_turned_over_faults_without_effect_or_does_what_it_says(string config, int seeds)
    {
        var seen = new SortedDictionary<QueueFaultCause, int>();
        for (ulong seed = 0; seed < (ulong)seeds * DeepSuite.GraphFactor; seed++)
            Hold(config, seed, Disturbed(seed), seen);
        Report(seen);
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("tiny training=off")]
    public void Every_opcode_and_every_pair_of_types_faults_without_effect_or_does_what_it_says(string config)
    {
        var seen = new SortedDictionary<QueueFaultCause, int>();
        var random = new GraphRandom(77);
        List<Descriptor> legal = new GraphGenerator(77).Draw(400);
        var all = new List<Descriptor>();
        for (int opcode = 0; opcode < 256; opcode++)
        {
            Descriptor d = legal[random.Below(legal.Count)];
            d.Opcode = (DescriptorOpcode)opcode;
            all.Add(d);
        }

        foreach (Descriptor one in legal.DistinctBy(d => d.Opcode))
        {
            for (int i = 0; i < 32; i++)
            {
                Descriptor d = one;
                MemoryMarshal.Cast<Descriptor, ushort>(MemoryMarshal.CreateSpan(ref d, 1))[1] = (ushort)random.Bits();
                all.Add(d);
            }
        }

        for (int i = 0; i < all.Count; i += Descriptors)
            Hold(config, 77, all.GetRange(i, Math.Min(Descriptors, all.Count - i)), seen);
        Report(seen);
    }

    private void Report(SortedDictionary<QueueFaultCause, int> seen)
    {
        output.WriteLine(string.Join(", ", seen.Select(p => $"{p.Key} {p.Value}")));
        Assert.True(seen.Count >= 4, "hardly any kind of fault came up");
    }

    /// <summary>Legal descriptors, each with one to three bits turned over; none waits, posts or interrupts.</summary>
    private static List<Descriptor> Disturbed(ulong seed)
    {
        var random = new GraphRandom(~seed);
        List<Descriptor> descriptors = new GraphGenerator(seed).Draw(Descriptors);
        foreach (ref Descriptor d in CollectionsMarshal.AsSpan(descriptors))
        {
            Span<byte> bytes = MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref d, 1));
            for (int flips = random.From(1, 3); flips > 0; flips--)
            {
                int bit = random.Below(Descriptor.SizeBytes * 8);
                if (bit / 8 / SemaphoreBytes != 1)
                    bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            }

            bytes[1] &= unchecked((byte)~InterruptFlag);
        }

        return [.. descriptors.Where(d => DescriptorCheck.Check(in d) != QueueFaultCause.None || (GraphGenerator.IsDefined(in d) && !OverlapsItself(in d)))];
    }

    // Strides turned over can make a copy write a place twice.
    private static bool OverlapsItself(in Descriptor d) => DescriptorTable.Find((byte)d.Opcode)!.Copy && (d.DestinationStride(1) | d.DestinationStride(2)) != 0;

    private static void Hold(string config, ulong seed, List<Descriptor> descriptors, SortedDictionary<QueueFaultCause, int> seen)
    {
        ChipConfiguration configuration = Firmware.Configuration(config);
        var hbm = new ReferenceMemory((ulong)configuration.Hbm.CapacityBytes);
        var scratchpad = new ReferenceMemory((ulong)configuration.Scratchpad.Bytes);
        byte[] initial = GraphMemory.Initial(seed);
        hbm.Load(GraphProgram.StreamAddress - AddressMap.Hbm, initial);
        var reference = new ReferenceTensor(
            new ReferenceTensorConfig
            {
                StreamOffset = (ulong)configuration.Fabric.StreamingBaseBytes,
                ScratchpadBytes = (uint)configuration.Scratchpad.Bytes,
                AccumulatorBytes = configuration.Accumulators.Bytes,
                Rows = configuration.Array.Rows,
                Columns = configuration.Array.Columns,
                Int8Packing = configuration.Array.Int8Packing,
                Int4Packing = configuration.Array.Int4Packing,
                Features = configuration.Features,
            },
            hbm, scratchpad);
        ElfImage image = Image(descriptors);
        ChipRun run = Firmware.Boot(config, image, null);
        run.Chip.Memory.Write(GraphProgram.StreamAddress - (long)AddressMap.Hbm, initial);
        run.Finish();
        byte[] causes = run.ReadMemory(Firmware.Address(image, "causes"), 4 * (descriptors.Count + 2));
        int index = 0;
        foreach (Descriptor d in (Descriptor[])[GraphProgram.Fill, .. descriptors, GraphProgram.Empty])
        {
            QueueFaultCause expected = reference.Execute(in d), found = (QueueFaultCause)causes[4 * index];
            Assert.True(expected == found, $"seed {seed}, descriptor {index}: {found} instead of {expected}\n{Convert.ToHexString(MemoryMarshal.AsBytes([d]))}\n{Disassembler.Text(in d)}");
            seen[found] = seen.GetValueOrDefault(found) + 1;
            index++;
        }

        string? difference = GraphProgram.Difference(
            hbm.Bytes(GraphProgram.StreamAddress - AddressMap.Hbm, GraphMemory.HbmBytes),
            run.ReadMemory((ulong)GraphProgram.StreamAddress, GraphMemory.HbmBytes));
        Assert.True(difference is null, $"seed {seed}: {difference}");
    }

    // Each descriptor runs alone. The handler notes the cause and skips.
    private static ElfImage Image(List<Descriptor> descriptors)
    {
        var data = new StringBuilder();
        foreach (Descriptor d in (Descriptor[])[GraphProgram.Fill, .. descriptors, GraphProgram.Empty])
            data.Append(CultureInfo.InvariantCulture, $"    .byte {string.Join(",", MemoryMarshal.AsBytes([d]).ToArray())}\n");
        return GraphProgram.Assemble($"""
            main:
                csrr    t0, mhartid
                bnez    t0, done
                la      t0, handler
                csrw    mtvec, t0
                li      t0, 0x10000         # the queues' interrupt
                csrw    mie, t0
                csrsi   mstatus, 8
                la      s0, descriptors
                la      s1, causes
                li      s2, {descriptors.Count + 2}
            1:  hx.issue s0
                wait_for ALL_QUEUES
                addi    s0, s0, 64
                addi    s1, s1, 4
                addi    s2, s2, -1
                bnez    s2, 1b
            done:
                li      a0, 0
                ret
                .balign 4
            handler:
                csrr    t3, hxqfault
                andi    t3, t3, 0xff
                sw      t3, 0(s1)
                li      t3, 2               # skip
                csrw    hxqfault, t3
                mret
                .data
                .globl  causes
                .balign 64
            descriptors:
            {data}
            causes: .space {4 * (descriptors.Count + 2)}
            """);
    }
}
