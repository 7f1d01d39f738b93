using System.Text.RegularExpressions;

namespace HybridEmu.House.Tests;

public partial class SourceTests
{
    private const int MaximumLines = 450;

    private static readonly string[] EmptyNames = ["Utils", "Util", "Utilities", "Helper", "Helpers", "Common", "Manager", "Managers", "Misc"];

    [Fact]
    public void No_file_or_folder_has_a_name_that_says_nothing()
    {
        IEnumerable<string> names = Repository.Folders().Concat(Repository.Files("*.cs"));
        Assert.All(names, path => Assert.DoesNotContain(Path.GetFileName(path).Split('.'), part => EmptyNames.Contains(part, StringComparer.OrdinalIgnoreCase)));
    }

    [Fact]
    public void A_file_is_one_idea_of_at_most_450_lines()
    {
        foreach (string path in Repository.Files("*.cs").Where(p => !p.EndsWith(".g.cs", StringComparison.Ordinal)))
        {
            int lines = Repository.Read(path).Count(c => c == '\n');
            Assert.True(lines <= MaximumLines, $"{path} has {lines} lines: look for the second idea in it.");
        }
    }

    [Fact]
    public void No_model_code_calls_the_hosts_transcendentals()
    {
        foreach (string path in ModelFiles())
        {
            Match call = Transcendental().Match(Repository.Read(path));
            Assert.False(call.Success, $"{path} calls {call.Value}: host libm differs between hosts; use isa/Numerics.");
        }
    }

    [Fact]
    public void No_model_code_estimates_or_reduces_in_the_hosts_order()
    {
        foreach (string path in ModelFiles())
        {
            Match call = HostOrder().Match(Repository.Read(path));
            Assert.False(call.Success, $"{path} uses {call.Value}: its bits depend on the host.");
        }
    }

    [Fact]
    public void Every_unit_has_its_page()
    {
        foreach (string folder in Directory.EnumerateDirectories(Path.Combine(Repository.Root, "emulator/Units")).Select(f => Path.GetFileName(f)!))
        {
            if (folder is "bin" or "obj" or "Messages")
                continue;
            Assert.True(File.Exists(Path.Combine(Repository.Root, "emulator/Units", folder, "README.md")), $"emulator/Units/{folder} has no README.md.");
        }
    }

    private static IEnumerable<string> ModelFiles() =>
        new[] { "isa", "emulator/Kernel", "emulator/Lanes", "emulator/Units", "emulator/Checker", "emulator/Chip" }
            .SelectMany(folder => Repository.Files("*.cs", folder))
            .Where(p => !p.StartsWith("isa/Generator/", StringComparison.Ordinal));

    [GeneratedRegex(@"\bMathF?\.(Exp|Log|Log2|Log10|ILogB|Pow|Sin|Cos|SinCos|Tan|Sinh|Cosh|Tanh|Asin|Acos|Atan|Atan2|Cbrt)\(")]
    private static partial Regex Transcendental();

    [GeneratedRegex(@"\b(TensorPrimitives\.\w+|Vector(64|128|256|512)?\.Sum\(|\w*\.\w*(Estimate|MultiplyAddEstimate)\(|\w+\.\w+Native\()")]
    private static partial Regex HostOrder();
}
