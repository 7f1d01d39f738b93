using System.Text;
using HybridEmu.Fuzz;
using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

/// <summary>Whatever the source is, there is an image or a mistake with its place.</summary>
public class AssemblerFuzzTests
{
    /// <summary>Allocated, not held, by a program of as many statements as there may be, of the longest data.</summary>
    private const long MostBytes = 3L << 30;

    [Fact]
    [Trait("Depth", "Deep")]
    public void Any_source_is_an_image_or_has_mistakes_with_their_places()
    {
        var mutator = new TextMutator(FuzzSources.All, FuzzSources.Words);
        FuzzRun.Check("assembler", 300, mutator.Next, Assemble, MostBytes);
    }

    /// <summary>What once ended in an exception of another kind, in none at all, or in all of the host's memory.</summary>
    [Theory]
    [InlineData(".org e+4\ne:", "does not settle")]
    [InlineData(".org 0xffffffff", "bytes of content")]
    [InlineData(".org 0x7fffffff", "bytes of content")]
    [InlineData(".data\n.space 0x10000000\n.space 1", "bytes of content")]
    [InlineData(".data\n.rept 1000\n.space 0x0fffffff\n.endr", "bytes of content")]
    [InlineData(".data\n.byte 1\n.align 30\n.byte 1", "bytes of content")]
    [InlineData(".space 0x7fffffff", "too many for one directive")]
    [InlineData(".fill 0x2000000000000000, 8", "too many for one directive")]
    [InlineData(".rept 0x4000000000000000\n1\n2\n3\n4\n.endr", "too much")]
    [InlineData(".rept 1000\n.rept 1000\n.rept 0\n.endr\n.endr\n.endr", "statements")]
    [InlineData(".macro m x\nm \\x\\x\n.endm\nm a", "grow with each use")]
    [InlineData(".macro m x\nm \\x\nm \\x\n.endm\nm a", "nested more than")]
    [InlineData("_start = x", "'x' is not defined")]
    [InlineData(".float 'a'", "floating-point number")]
    [InlineData(".float 0b101", "floating-point number")]
    [InlineData(".spalloc a, 64\n.spalloc b, 0x7fffffffffffffff", "used up")]
    [InlineData(".spalloc a, 64\n.spalloc b, 64, 0x4000000000000000", "used up")]
    public void A_source_that_once_broke_the_assembler_has_a_mistake(string source, string message) =>
        Assert.Contains(message, string.Join('\n', Assemble(source).Diagnostics), StringComparison.Ordinal);

    [Theory]
    [InlineData("1+", "1")]
    [InlineData("sp(", "1")]
    [InlineData("(", "1")]
    [InlineData("-", "1")]
    [InlineData("x == y + ", "1")]
    public void An_expression_nested_deeper_than_the_host_could_follow_has_a_mistake(string part, string last) =>
        Assert.NotEmpty(Assemble($".word {string.Concat(Enumerable.Repeat(part, 100_000))}{last}\n").Diagnostics);

    [Fact]
    public void A_value_that_doubles_with_each_definition_has_a_mistake()
    {
        string source = string.Concat(Enumerable.Range(1, 60).Select(i => $".equ v{i}, v{i - 1} + v{i - 1}\n")) + ".word v60\n.equ v0, 1\n";
        Assert.Contains("made of too many others", string.Join('\n', Assemble(source).Diagnostics), StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_that_grows_with_each_assignment_has_a_mistake() =>
        Assert.NotEmpty(Assemble(".set x, later\n.rept 100000\n.set x, x + 1\n.endr\n.word x\nlater:\n").Diagnostics);

    [Fact]
    public void A_name_of_any_length_is_compared_in_no_time() =>
        Assert.NotEmpty(Assemble($"{new string('a', 100_000)}: nop\n j {new string('a', 100_000)}b\n").Diagnostics);

    private static void Assemble(byte[] source) => Assemble(Encoding.UTF8.GetString(source));

    private static AssemblyResult Assemble(string source)
    {
        AssemblyResult result = Assembler.Assemble("fuzz.s", source, new AssemblerOptions { IncludeResolver = FuzzSources.Include });
        Assert.Equal(result.Succeeded, result.Diagnostics.Count == 0);
        foreach (Diagnostic d in result.Diagnostics)
            Assert.True(d.File.Length > 0 && d.Line >= 1 && d.Column >= 1 && d.Message.Length > 0, $"a mistake without its place: {d}");
        return result;
    }
}
