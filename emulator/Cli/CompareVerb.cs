using CommandLine;

namespace HybridEmu.Cli;

[Verb("compare", HelpText = "Put the statistics of two runs side by side: what changed and by how much, the biggest first.")]
internal sealed class CompareVerb
{
    public const string Example = "hybridemu compare out/before.json out/after.json";

    [Value(0, MetaName = "A", Required = true, HelpText = "Statistics that 'run --stats' wrote.")]
    public string A { get; set; } = "";

    [Value(1, MetaName = "B", Required = true, HelpText = "Those to compare them with.")]
    public string B { get; set; } = "";

    [Option("all", HelpText = "Every value, equal ones too, and not only the biggest changes of each group.")]
    public bool All { get; set; }

    [Option("json", HelpText = "Prints JSON instead of tables: every change, with --all every value.")]
    public bool Json { get; set; }
}
