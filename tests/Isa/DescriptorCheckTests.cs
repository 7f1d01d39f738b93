using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

public class DescriptorCheckTests
{
    [Fact]
    public void Every_row_has_legal_descriptors_for_all_its_types()
    {
        foreach ((DescriptorRow row, Descriptor d) in LegalDescriptors.All())
            Expect(QueueFaultCause.None, in d, row.Mnemonic);
    }

    [Fact]
    public void Every_opcode_without_a_row_faults()
    {
        for (int opcode = 0; opcode < 256; opcode++)
        {
            Descriptor d = new() { Opcode = (DescriptorOpcode)opcode, Version = DescriptorTable.Version };
            Assert.Equal(!Enum.IsDefined((DescriptorOpcode)opcode), DescriptorCheck.Check(in d) == QueueFaultCause.UnknownOpcode);
            Assert.Equal(Enum.IsDefined((DescriptorOpcode)opcode), DescriptorTable.Find((byte)opcode) is not null);
        }
    }

    [Fact]
    public void Every_version_but_1_faults()
    {
        foreach ((DescriptorRow row, Descriptor legal) in LegalDescriptors.OneEach())
        {
            for (int version = 0; version < 256; version++)
            {
                Descriptor d = legal;
                d.Version = (byte)version;
                Expect(version == 1 ? QueueFaultCause.None : QueueFaultCause.Version, in d, row.Mnemonic);
            }
        }
    }

    [Fact]
    public void Every_bit_that_an_operation_does_not_use_faults()
    {
        foreach ((DescriptorRow row, Descriptor legal) in LegalDescriptors.OneEach())
        {
            int unused = 0;
            for (int bit = 0; bit < 8 * Descriptor.SizeBytes; bit++)
            {
                if ((row.UsedBits[bit >> 5] >> (bit & 31) & 1) != 0)
                    continue;
                Descriptor d = legal;
                LegalDescriptors.FlipBit(ref d, bit);
                Expect(QueueFaultCause.ReservedBits, in d, $"{row.Mnemonic} bit {bit}");
                unused++;
            }

            Assert.True(unused >= 5, row.Mnemonic);
        }
    }

    [Fact]
    public void Chain_and_interrupt_are_always_legal_and_pinned_never()
    {
        foreach ((DescriptorRow row, Descriptor legal) in LegalDescriptors.OneEach())
        {
            Descriptor d = legal;
            d.Chain = d.Interrupt = true;
            d.DebugId = 0xFFFF;
            d.Wait0 = d.Wait1 = d.Post0 = d.Post1 = new SemaphoreCount(255, 255);
            Expect(QueueFaultCause.None, in d, row.Mnemonic);
            d.Pinned = true;
            Expect(QueueFaultCause.ReservedBits, in d, row.Mnemonic);
        }
    }

    [Fact]
    public void Exactly_the_listed_type_combinations_are_legal()
    {
        ILookup<DescriptorOpcode, ResolvedTypes> listed = LegalDescriptors.All().ToLookup(x => x.Row.Opcode, x => ResolvedTypes.Of(in x.Descriptor));
        foreach ((DescriptorRow row, Descriptor legal) in LegalDescriptors.OneEach())
        {
            bool[] isListed = new bool[1 << 16];
            foreach (ResolvedTypes t in listed[row.Opcode])
                isListed[(int)t.A | (int)t.B << 4 | (int)t.Accumulator << 8 | (int)t.Out << 12] = true;
            for (int types = 0; types < 1 << 16; types++)
            {
                ResolvedTypes t = new((ElementType)(types & 15), (ElementType)(types >> 4 & 15), (ElementType)(types >> 8 & 15), (ElementType)(types >> 12));
                Descriptor d = legal;
                (d.TypeA, d.TypeB, d.TypeAccumulator, d.TypeOut) = (t.A, t.B, t.Accumulator, t.Out);
                if (row.Opcode == DescriptorOpcode.MxDrain)
                    d.B = t.B == ElementType.None ? 0u : 0x4000_1000u;
                if (isListed[types] != (DescriptorCheck.Check(in d) != QueueFaultCause.TypeCombination))
                    Assert.Fail($"{row.Mnemonic} {t}: {DescriptorCheck.Check(in d)}");
            }
        }
    }

    [Fact]
    public void Every_used_size_must_be_at_least_one()
    {
        foreach ((DescriptorRow row, Descriptor legal) in LegalDescriptors.OneEach())
        {
            foreach (DescriptorField field in row.Fields.Where(f => f.Kind == FieldKind.Count && f.Key != "dims"))
            {
                Descriptor d = legal;
                LegalDescriptors.Set(ref d, field, 0);
                Expect(QueueFaultCause.Size, in d, $"{row.Mnemonic} {field.Key}");
            }
        }
    }

    [Fact]
    public void Every_address_and_pitch_must_be_aligned()
    {
        foreach ((DescriptorRow row, Descriptor legal) in LegalDescriptors.OneEach())
        {
            foreach (DescriptorField field in row.Fields.Where(f => f.Alignment > 1))
            {
                for (int misalignment = 1; misalignment < field.Alignment; misalignment *= 2)
                {
                    Descriptor d = legal;
                    LegalDescriptors.Set(ref d, field, 0x4000_1000u + (uint)misalignment);
                    if (field.Key == "bias")
                        d.TypeB = ElementType.Fp32;
                    Expect(QueueFaultCause.Misaligned, in d, $"{row.Mnemonic} {field.Key}");
                }
            }
        }
    }

    [Fact]
    public void A_copy_must_be_aligned_to_its_elements()
    {
        foreach ((DescriptorRow row, Descriptor legal) in LegalDescriptors.All().Where(x => x.Row.Copy))
        {
            foreach (DescriptorField field in row.Fields.Where(f => f.Kind is FieldKind.Address or FieldKind.Stride))
            {
                bool source = field.Key[0] is 'a' or 's';
                int size = (source ? legal.TypeA : legal.TypeOut).SizeBytes();
                if (field.Key[^1] == '0' && (legal.TypeA == ElementType.Int4 || legal.TypeOut == ElementType.Int4))
                    continue; // these have one legal value
                Descriptor d = legal;
                LegalDescriptors.Set(ref d, field, 0x4000_1000u + 1);
                Expect(size <= 1 ? QueueFaultCause.None : QueueFaultCause.Misaligned, in d, $"{row.Mnemonic} {field.Key}");
            }
        }
    }

    [Fact]
    public void A_copy_below_three_dimensions_must_leave_the_others_zero()
    {
        foreach ((DescriptorRow row, Descriptor legal) in LegalDescriptors.OneEach().Where(x => x.Row.Copy))
        {
            for (int dimensions = 0; dimensions < 4; dimensions++)
            {
                Descriptor d = legal;
                foreach (DescriptorField field in row.Fields.Where(f => f.Key[^1] - '0' is 1 or 2 && f.Key[^1] - '0' >= dimensions))
                    LegalDescriptors.Set(ref d, field, 0);
                d.Dimensions = dimensions;
                Expect(dimensions == 0 ? QueueFaultCause.Size : QueueFaultCause.None, in d, $"dims={dimensions}");
                foreach (DescriptorField field in row.Fields.Where(f => f.Key[^1] - '0' is 1 or 2 && f.Key[^1] - '0' >= dimensions))
                {
                    Descriptor bad = d;
                    LegalDescriptors.Set(ref bad, field, 16);
                    Expect(QueueFaultCause.ReservedBits, in bad, $"dims={dimensions} {field.Key}");
                }
            }
        }
    }

    [Fact]
    public void Innermost_strides_may_not_be_below_the_element_and_destinations_may_not_stand_still()
    {
        foreach ((DescriptorRow row, Descriptor legal) in LegalDescriptors.All().Where(x => x.Row.Copy))
        {
            foreach ((string key, ElementType type) in new[] { ("src0", legal.TypeA), ("dst0", legal.TypeOut) })
            {
                Descriptor d = legal;
                LegalDescriptors.Set(ref d, row.Field(key)!, (ulong)type.SizeBytes());
                Expect(QueueFaultCause.None, in d, key);
                LegalDescriptors.Set(ref d, row.Field(key)!, (ulong)type.SizeBytes() - 1);
                Expect(QueueFaultCause.Size, in d, key);
                LegalDescriptors.Set(ref d, row.Field(key)!, unchecked((ulong)-16));
                Expect(QueueFaultCause.Size, in d, key);
            }

            foreach (string key in new[] { "src1", "src2", "dst1", "dst2" })
            {
                Descriptor d = legal;
                LegalDescriptors.Set(ref d, row.Field(key)!, 0);
                Expect(key[0] == 's' ? QueueFaultCause.None : QueueFaultCause.Size, in d, key);
                LegalDescriptors.Set(ref d, row.Field(key)!, unchecked((ulong)-64));
                Expect(QueueFaultCause.None, in d, key);
            }
        }
    }

    [Fact]
    public void Rows_of_a_result_may_not_overlap_and_no_pitch_is_negative()
    {
        foreach ((DescriptorRow row, Descriptor legal) in LegalDescriptors.OneEach())
        {
            foreach (DescriptorField field in row.Fields.Where(f => f.Kind == FieldKind.Pitch))
            {
                Descriptor d = legal;
                LegalDescriptors.Set(ref d, field, unchecked((ulong)-16));
                Expect(QueueFaultCause.Size, in d, $"{row.Mnemonic} {field.Key}");
                LegalDescriptors.Set(ref d, field, 0);
                bool written = Array.Exists(row.Operands, o => o.PitchByte == field.Byte && (o.Access & RegionAccess.Write) != 0);
                Expect(written ? QueueFaultCause.Size : QueueFaultCause.None, in d, $"{row.Mnemonic} {field.Key}");
            }
        }
    }

    [Theory]
    [InlineData("pool.max", 12, 5, 2, 3, QueueFaultCause.None)]
    [InlineData("pool.max", 12, 5, 2, 6, QueueFaultCause.Size)] // wider than the image
    [InlineData("pool.max", 12, 40, 16, 16, QueueFaultCause.None)]
    [InlineData("pool.max", 12, 40, 16, 17, QueueFaultCause.Size)] // its places need nine bits
    [InlineData("pool.max_grad", 15, 5, 3, 3, QueueFaultCause.None)]
    [InlineData("pool.max_grad", 15, 5, 4, 3, QueueFaultCause.Size)] // higher than the image
    [InlineData("pool.average_grad", 16, 5, 3, 3, QueueFaultCause.Size)] // no whole rows
    public void A_window_fits_its_image(string mnemonic, int m, int width, int rows, int columns, QueueFaultCause expected)
    {
        DescriptorRow row = DescriptorTable.Find(mnemonic)!;
        Descriptor d = LegalDescriptors.OneEach().Single(x => x.Row == row).Descriptor;
        d.N0 = m;
        d.N1 = width;
        LegalDescriptors.Set(ref d, row.Field("kh")!, (ulong)rows);
        LegalDescriptors.Set(ref d, row.Field("kw")!, (ulong)columns);
        Expect(expected, in d, mnemonic);
    }

    [Fact]
    public void Slots_are_0_to_3()
    {
        foreach ((DescriptorRow row, Descriptor legal) in LegalDescriptors.OneEach().Where(x => x.Row.Slot != SlotUse.None))
        {
            Descriptor d = legal;
            d.Slot = 3;
            Expect(QueueFaultCause.None, in d, row.Mnemonic);
            d.Slot = 4;
            Expect(QueueFaultCause.Size, in d, row.Mnemonic);
        }
    }

    [Fact]
    public void Stochastic_rounding_needs_a_narrow_result_and_parameters()
    {
        foreach ((DescriptorRow row, Descriptor legal) in LegalDescriptors.All())
        {
            for (int parameters = 0; parameters < 2; parameters++)
            {
                DescriptorField? field = row.Field("params");
                if (field is null && parameters == 1)
                    continue;
                Descriptor d = legal;
                if (field is not null)
                    LegalDescriptors.Set(ref d, field, parameters == 0 ? 0 : 0x4000_1040u);
                d.Rounding = Rounding.Stochastic;
                bool expected = row.Stochastic && parameters == 1
                    && d.TypeOut is ElementType.Bf16 or ElementType.Int8 or ElementType.Uint8 or ElementType.Int4;
                Expect(expected ? QueueFaultCause.None : QueueFaultCause.ReservedBits, in d, row.Mnemonic);
            }
        }
    }

    [Fact]
    public void A_bias_has_a_type_and_an_int32_result_is_raw()
    {
        DescriptorRow row = DescriptorTable.Find("mx.drain")!;
        Descriptor d = LegalDescriptors.Build(row, ElementType.None, ElementType.None, ElementType.Int32, ElementType.Int32);
        Expect(QueueFaultCause.None, in d, "raw");
        Descriptor relu = d;
        relu.Activation = Activation.Relu;
        Expect(QueueFaultCause.TypeCombination, in relu, "relu of raw");
        Descriptor scaled = d;
        scaled.MatrixParameters = 0x4000_0000;
        Expect(QueueFaultCause.TypeCombination, in scaled, "scale of raw");
        Descriptor biased = d;
        biased.B = 0x4000_0000;
        Expect(QueueFaultCause.TypeCombination, in biased, "bias without type");
        biased.TypeOut = ElementType.Fp32;
        Expect(QueueFaultCause.TypeCombination, in biased, "bias without type");
        biased.TypeB = ElementType.Fp32;
        Expect(QueueFaultCause.None, in biased, "bias");
    }

    [Fact]
    public void Checking_and_listing_allocate_nothing()
    {
        Descriptor[] all = [.. LegalDescriptors.All().Select(x => x.Descriptor)];
        Span<Region> regions = stackalloc Region[DescriptorFootprint.MaximumRegions];
        long before = 0;
        for (int pass = 0; pass < 2; pass++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            foreach (ref readonly Descriptor d in all.AsSpan())
            {
                DescriptorCheck.Check(in d);
                DescriptorFootprint.Enumerate(in d, regions);
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Expect(QueueFaultCause cause, in Descriptor d, string what)
    {
        QueueFaultCause found = DescriptorCheck.Check(in d);
        if (found != cause)
            Assert.Fail($"{what}: {found} instead of {cause}");
    }
}
