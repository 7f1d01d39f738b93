using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

/// <summary>SCALE-Sim's topology files, and files that are none.</summary>
public sealed class LayerFileTests
{
    [Fact]
    public void Both_forms_are_read_with_header_blank_lines_and_commas_at_the_end()
    {
        const string Text = "\uFEFFLayer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\r\n"
            + "Conv1, 230, 224, 7, 5, 3, 64, 2,\r\n\r\nFC ,1,1,1,1,512,1000,1,\n";
        IReadOnlyList<Layer> layers = LayerFile.Parse("t.csv", Text);
        Assert.Equal(["Conv1", "FC"], layers.Select(l => l.Name));
        Assert.Equal((113 * 111, 64, 7 * 5 * 3), (layers[0].M, layers[0].N, layers[0].K)); // 223 / 2 and 219 / 2, both rounded up, and one
        Assert.Equal((1, 1000, 512), (layers[1].M, layers[1].N, layers[1].K));
        Layer product = Assert.Single(LayerFile.Parse("t.csv", "a,5,6,7"));
        Assert.Equal(new Layer("a", 5, 6, 7), product);
    }

    [Theory]
    [InlineData("", "t.csv: is empty; a line is 'name, M, N, K' or")]
    [InlineData("  \n\n", "t.csv: is empty")]
    [InlineData("Layer, M, N, K,\n", "t.csv: has no layers")]
    [InlineData("a,1,2,3\nb,1,2\n", "t.csv:2:6: has 3 fields; a product has 4 (name, M, N, K), a convolution 8 (")]
    [InlineData("a,1,2,3\nb,1, two,3\n", "t.csv:2:6: N is 'two'; write a whole number")]
    [InlineData("a,1,2.5,3\n", "t.csv:1:5: N is '2.5'; write a whole number")]
    [InlineData("a,1,,3\n", "t.csv:1:5: N is ''; write a whole number")]
    [InlineData("a,0,2,3\n", "t.csv:1:3: M is 0; it must be 1 to 1048576")]
    [InlineData("a,1,-2,3\n", "t.csv:1:5: N is -2; it must be 1 to 1048576")]
    [InlineData("a,1,2,99999999999999999999999\n", "t.csv:1:7: K is 99999999999999999999999; it must be 1 to 1048576")]
    [InlineData("a,1048576,1048576,1048576\n", "t.csv:1:3: its operands have 3298534883328 elements; 536870912 is the most")]
    [InlineData("a,4,4,5,3,1,1,1\n", "t.csv:1:7: filter height 5 is higher than the image")]
    [InlineData("a,4,4,3,5,1,1,1\n", "t.csv:1:9: filter width 5 is wider than the image")]
    [InlineData("a,70000,4,3,3,1,1,1\n", "t.csv:1:3: image height 70000 is above 65535")]
    [InlineData("a,400,400,3,3,1,1,256\n", "t.csv:1:19: stride 256 is above 255")]
    [InlineData("a,3,280,2,270,1,5,3\n", "t.csv:1:11: filter width 270 is above 255 and its last windows hang over")]
    [InlineData("a,4,4,3,3,1,1,1,1\n", "t.csv:1:17: has 9 fields")]
    public void A_mistake_is_told_with_its_line_column_and_what_to_do(string text, string message)
    {
        var e = Assert.Throws<DataException>(() => LayerFile.Parse("t.csv", text));
        Assert.StartsWith(message, e.Errors[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_are_told_together_up_to_a_limit()
    {
        var e = Assert.Throws<DataException>(() => LayerFile.Parse("t.csv", "a,1,2,3\n" + string.Concat(Enumerable.Repeat("b,0,1,1\n", 30))));
        Assert.Equal(21, e.Errors.Count);
        Assert.Contains("more mistakes follow", e.Errors[^1].ToString(), StringComparison.Ordinal);
    }
}
