using System.Text.RegularExpressions;

namespace HybridEmu.House.Tests;

public partial class TimingTests
{
    public static TheoryData<string> Rules => [.. Numbers().Distinct()];

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_rule_of_timing_names_probes_that_exist(string number)
    {
        string rule = RuleText().Matches(Repository.Read("TIMING.md")).First(m => m.Groups["number"].Value == number).Value;
        Match probes = Probes().Match(rule);
        Assert.True(probes.Success, $"{number} names no probe.");
        foreach (string name in probes.Groups["names"].Value.Split([',', ';'], StringSplitOptions.TrimEntries))
            Assert.True(TestNames.Value.Contains(name), $"{number} names the probe '{name}', and no test is called that.");
    }

    [Fact]
    public void Rules_are_numbered_once() => Assert.Equal(Numbers().Distinct(), Numbers());

    [Fact]
    public void No_unit_keeps_its_rules_elsewhere() => Assert.Empty(Repository.Files("TIMING*.md", "emulator"));

    private static readonly Lazy<HashSet<string>> TestNames = new(() =>
        [.. Repository.Files("*.cs", "tests").SelectMany(path => TestMethod().Matches(Repository.Read(path))).Select(m => m.Groups[1].Value)]);

    private static IEnumerable<string> Numbers() => RuleText().Matches(Repository.Read("TIMING.md")).Select(m => m.Groups["number"].Value);

    // A rule goes on until the next rule, section or empty line.
    [GeneratedRegex(@"^- (?<number>[A-Z]+-\d+) .*?(?=^- |^#|^\s*$|\z)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex RuleText();

    [GeneratedRegex(@"\(probe: (?<names>[^)]*)\)")]
    private static partial Regex Probes();

    [GeneratedRegex(@"public (?:async Task|Task|void) (\w+)\(")]
    private static partial Regex TestMethod();
}
