using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

public class TraceRecipeTests
{
    private const long Capacity = 1 << 30;

    // By hand from the rules of the oracle; the random ones from splitmix64, whose first word of seed 1 is 0x910a2dec89025cc1.
    [Theory]
    [InlineData("seq_read", 0, "R0 R20 R40 R60 R80 Ra0 Rc0 Re0 R100 R120 R140 R160 R180 R1a0 R1c0 R1e0 R200 R220 R240 R260")]
    [InlineData("seq_write", 0, "W0 W20 W40 W60 W80 Wa0 Wc0 We0 W100 W120 W140 W160 W180 W1a0 W1c0 W1e0 W200 W220 W240 W260")]
    [InlineData("mix21_seq", 0, "R0 R20 W40 R60 R80 Wa0 Rc0 Re0 W100 R120 R140 W160 R180 R1a0 W1c0 R1e0 R200 W220 R240 R260")]
    [InlineData("mix21_blk", 502, "R3ec0 R3ee0 R3f00 R3f20 R3f40 R3f60 R3f80 R3fa0 R3fc0 R3fe0 W4000 W4020 W4040 W4060 W4080 W40a0 W40c0 W40e0 W4100 W4120")]
    [InlineData("mix21_blk", 760, "W5f00 W5f20 W5f40 W5f60 W5f80 W5fa0 W5fc0 W5fe0 R6000 R6020 R6040 R6060 R6080 R60a0 R60c0 R60e0 R6100 R6120 R6140 R6160")]
    [InlineData("mix21_3arr_conf", 0, "R0 R10000000 W20000000 R20 R10000020 W20000020 R40 R10000040 W20000040 R60 R10000060 W20000060 R80 R10000080 W20000080 Ra0 R100000a0 W200000a0 Rc0 R100000c0")]
    [InlineData("rand_read", 0, "R204b9820 R31dd8ce0 R264aabc0 R8592160 R2036b720 R2a05000 R26c794a0 R4f0aea0 R2fc7b500 Rc2cf2c0 R2ac9ec20 R19f17fc0 R354bb800 R1af45140 R298af500 R2f294760 R3fa16c60 R25755e20 R15f13dc0 R3deca100")]
    [InlineData("rand_mix21", 0, "R204b9820 W264aabc0 W2036b720 R26c794a0 R2fc7b500 R2ac9ec20 R354bb800 W298af500 W3fa16c60 R15f13dc0 R3d30e8c0 W2a91f9a0 R355733e0 W94e26a0 Wb79a4e0 R18ba1080 We58da0 W1e7f82e0 R97c1ea0 R1d73a300")]
    [InlineData("stride", 0, "R0 R3000000 R6000000 R9000000 Rc000000 Rf000000 R12000000 R15000000 R18000000 R1b000000 R1e000000 R21000000 R24000000 R27000000 R2a000000 R2d000000 R30000000 R33000000 R36000000 R39000000")]
    [InlineData("stride", 20, "R3c000000 R3f000000 R2000000 R5000000 R8000000 Rb000000 Re000000 R11000000 R14000000 R17000000 R1a000000 R1d000000 R20000000 R23000000 R26000000 R29000000 R2c000000 R2f000000 R32000000 R35000000")]
    [InlineData("low_rate_hit", 0, "R0 R20@100 R40@200 R60@300 R80@400 Ra0@500 Rc0@600 Re0@700 R100@800 R120@900 R140@1000 R160@1100 R180@1200 R1a0@1300 R1c0@1400 R1e0@1500 R200@1600 R220@1700 R240@1800 R260@1900")]
    [InlineData("low_rate_hit", 30, "R3c0@3000 R3e0@3100 R0@3200 R20@3300 R40@3400 R60@3500 R80@3600 Ra0@3700 Rc0@3800 Re0@3900 R100@4000 R120@4100 R140@4200 R160@4300 R180@4400 R1a0@4500 R1c0@4600 R1e0@4700 R200@4800 R220@4900")]
    [InlineData("low_rate_rand", 0, "R204b9820 R31dd8ce0@100 R264aabc0@200 R8592160@300 R2036b720@400 R2a05000@500 R26c794a0@600 R4f0aea0@700 R2fc7b500@800 Rc2cf2c0@900 R2ac9ec20@1000 R19f17fc0@1100 R354bb800@1200 R1af45140@1300 R298af500@1400 R2f294760@1500 R3fa16c60@1600 R25755e20@1700 R15f13dc0@1800 R3deca100@1900")]
    public void A_recipe_makes_the_accesses_of_its_rule(string name, int from, string expected)
    {
        var recipe = new TraceRecipe(name, from + 20, Capacity, 0x3000000, 1);
        var accesses = new List<MemoryAccess>();
        MemoryAccess[] batch = new MemoryAccess[7]; // no divisor of anything
        for (int count; (count = recipe.Read(batch)) > 0;)
            accesses.AddRange(batch.AsSpan(0, count));
        Assert.Equal(from + 20, accesses.Count);
        Assert.Equal(expected, string.Join(' ', accesses.Skip(from).Select(a => $"{(a.IsWrite ? 'W' : 'R')}{a.Address:x}{(a.Stamp == 0 ? "" : $"@{a.Stamp}")}")));
    }

    [Fact]
    public void Streams_wrap_at_the_capacity()
    {
        var recipe = new TraceRecipe("seq_read", 5, 64, 0, 1);
        MemoryAccess[] accesses = new MemoryAccess[8];
        Assert.Equal(5, recipe.Read(accesses));
        Assert.Equal([0, 32, 0, 32, 0], accesses[..5].Select(a => (int)a.Address));
    }

    [Fact]
    public void Every_name_has_a_rule() => Assert.All(TraceRecipe.Names, name => Assert.Equal(1, new TraceRecipe(name, 1, Capacity, 32, 1).Read(new MemoryAccess[4])));
}
