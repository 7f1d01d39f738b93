using System.Xml.Linq;

namespace HybridEmu.House.Tests;

public class ProjectTests
{
    // What each project may reference; packages apart. A project that is not here has no place in the house yet.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["isa/HybridEmu.Isa.csproj"] = [],
        ["isa/Generator/HybridEmu.Isa.Generator.csproj"] = [],
        ["traces/HybridEmu.Traces.csproj"] = [],
        ["emulator/Kernel/HybridEmu.Kernel.csproj"] = ["HybridEmu.Isa"],
        ["emulator/Lanes/HybridEmu.Lanes.csproj"] = ["HybridEmu.Isa"],
        ["emulator/Units/HybridEmu.Units.csproj"] = ["HybridEmu.Kernel", "HybridEmu.Lanes"],
        // A second reading of the DRAM standards: it may see nothing of the first, which is in Units.
        ["emulator/Checker/HybridEmu.Checker.csproj"] = [],
        ["emulator/Chip/HybridEmu.Chip.csproj"] = ["HybridEmu.Units", "HybridEmu.Checker"],
        ["emulator/Cli/HybridEmu.Cli.csproj"] = ["HybridEmu.Chip", "HybridEmu.Traces", "HybridEmu.Checker"],
        ["tests/Reference/HybridEmu.Reference.csproj"] = ["HybridEmu.Isa"],
        ["bench/HybridEmu.Bench.csproj"] = ["HybridEmu.Chip"],
    };

    private static readonly string[] Models =
    [
        "isa/HybridEmu.Isa.csproj", "emulator/Kernel/HybridEmu.Kernel.csproj", "emulator/Lanes/HybridEmu.Lanes.csproj",
        "emulator/Units/HybridEmu.Units.csproj", "emulator/Checker/HybridEmu.Checker.csproj", "emulator/Chip/HybridEmu.Chip.csproj",
    ];

    [Fact]
    public void References_go_only_in_the_direction_of_the_house()
    {
        foreach (string path in Repository.Files("*.csproj"))
        {
            if (IsTestProject(path))
                continue;
            Assert.True(Allowed.TryGetValue(path, out string[]? allowed), $"{path} is not in the table of what may reference what.");
            foreach (string reference in References(path))
                Assert.True(allowed!.Contains(reference), $"{path} must not reference {reference}.");
        }
    }

    [Fact]
    public void Nothing_but_tests_references_the_reference_model_or_a_test()
    {
        foreach (string path in Repository.Files("*.csproj").Where(p => !IsTestProject(p)))
            Assert.DoesNotContain(References(path), r => r.EndsWith(".Tests", StringComparison.Ordinal) || r == "HybridEmu.Reference");
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = Repository.Read("HybridEmu.sln").Replace('\\', '/');
        foreach (string path in Repository.Files("*.csproj"))
            Assert.True(solution.Contains($"\"{path}\"", StringComparison.Ordinal), $"{path} is not in HybridEmu.sln.");
    }

    [Fact]
    public void Every_model_project_obeys_the_banned_symbols()
    {
        foreach (string path in Models)
            Assert.Contains(Project(path).Descendants("IsModel"), e => e.Value == "true");
        XDocument properties = Project("Directory.Build.props");
        XElement items = Assert.Single(properties.Descendants("ItemGroup"), g => ((string?)g.Attribute("Condition"))?.Contains("$(IsModel)", StringComparison.Ordinal) == true);
        Assert.Contains(items.Elements("PackageReference"), e => (string?)e.Attribute("Include") == "Microsoft.CodeAnalysis.BannedApiAnalyzers");
        Assert.Contains(items.Elements("AdditionalFiles"), e => ((string?)e.Attribute("Include"))!.EndsWith("BannedSymbols.txt", StringComparison.Ordinal));
        Assert.Contains(properties.Descendants("TreatWarningsAsErrors"), e => e.Value == "true");
    }

    [Theory]
    [InlineData("T:System.DateTime;")]
    [InlineData("T:System.DateTimeOffset;")]
    [InlineData("T:System.Diagnostics.Stopwatch;")]
    [InlineData("P:System.Environment.TickCount64;")]
    [InlineData("T:System.Random;")]
    [InlineData("T:System.HashCode;")]
    [InlineData("M:System.MathF.Exp(System.Single);")]
    [InlineData("M:System.MathF.Log(System.Single);")]
    [InlineData("M:System.Math.Exp(System.Double);")]
    [InlineData("M:System.Math.Log(System.Double);")]
    public void Wall_clock_host_random_and_host_libm_are_banned(string symbol) =>
        Assert.Contains(Repository.Read("BannedSymbols.txt").Split('\n'), line => line.StartsWith(symbol, StringComparison.Ordinal));

    private static bool IsTestProject(string path) => path.EndsWith(".Tests.csproj", StringComparison.Ordinal);

    private static XDocument Project(string path) => XDocument.Parse(Repository.Read(path));

    private static IEnumerable<string> References(string path) =>
        Project(path).Descendants("ProjectReference").Select(e => Path.GetFileNameWithoutExtension(((string)e.Attribute("Include")!).Replace('\\', '/')));
}
