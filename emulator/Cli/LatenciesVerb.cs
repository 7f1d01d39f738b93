using CommandLine;

namespace HybridEmu.Cli;

[Verb("latencies", HelpText = "Measure what each instruction and descriptor operation takes, and print it as Markdown beside the manual.")]
internal sealed class LatenciesVerb
{
    public const string Example = "hybridemu latencies --config hybrid -o emulator/LATENCIES.md";

    [Option("config", Default = "hybrid", MetaValue = "NAME|FILE", HelpText = "Preset or YAML file.")]
    public string Configuration { get; set; } = "hybrid";

    [Option("set", MetaValue = "KEY=VALUE", HelpText = "Overrides a configuration key; repeatable.")]
    public string? Set { get; set; }

    [Option('o', "output", MetaValue = "FILE", HelpText = "Writes the table there instead of printing it.")]
    public string? Output { get; set; }
}
