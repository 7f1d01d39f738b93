using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

public class HbmAddressMapTests
{
    [Fact]
    public void The_chips_map_gives_a_pseudo_channel_granules_of_512_bytes()
    {
        HbmAddressMap map = HbmAddressMap.Chip(3);
        for (ulong address = 0; address < 1 << 16; address += 32)
        {
            HbmLocation at = map.Decode(address);
            Assert.Equal((int)(address >> 5 & 3), at.BankGroup);
            Assert.Equal((int)(address >> 9 & 1), at.PseudoChannel);
            Assert.Equal((int)(address >> 10 & 7), at.Channel);
            Assert.Equal((int)(address >> 13 & 3), at.Bank);
            Assert.Equal((int)((address >> 7 & 3) | ((address >> 15 & 7) << 2)), at.Column);
            Assert.Equal((int)(address >> 18), at.Row);
        }
    }

    [Fact]
    public void Rows_of_one_bank_lie_in_sixteen_banks_when_the_bank_is_xored_with_the_row()
    {
        HbmAddressMap plain = HbmAddressMap.Chip(0), spread = HbmAddressMap.Chip(0, 15, xor: true);
        ulong[] rows = [.. Enumerable.Range(0, 64).Select(r => plain.Encode(new HbmLocation { Row = r, Column = 3 }))];
        Assert.Single(rows.Select(a => (plain.Decode(a).BankGroup, plain.Decode(a).Bank)).Distinct());
        Assert.Equal(16, rows.Select(a => (spread.Decode(a).BankGroup, spread.Decode(a).Bank)).Distinct().Count());
        Assert.Equal(Enumerable.Range(0, 64), rows.Select(a => spread.Decode(a).Row));
    }

    [Fact]
    public void Encode_is_the_inverse_of_decode_for_every_map()
    {
        HbmAddressMap[] maps = [HbmAddressMap.Chip(0), HbmAddressMap.Chip(3), HbmBench.MapM1, HbmBench.MapM2, HbmAddressMap.Chip(2, 15, xor: true)];
        Prop.ForAll(Arb.From(Gen.Choose(0, (1 << 25) - 1)), burst =>
        {
            foreach (HbmAddressMap map in maps)
            {
                Assert.Equal((ulong)burst * 32, map.Encode(map.Decode((ulong)burst * 32)));
                Assert.Equal(map.DecodeFields((ulong)burst * 32), map.Decode((ulong)burst * 32));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay(2, 5));
    }
}
