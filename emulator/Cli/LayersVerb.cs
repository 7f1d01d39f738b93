using CommandLine;

namespace HybridEmu.Cli;

[Verb("layers", HelpText = "Run the layers of a network, given as SCALE-Sim's topology files, and print what each took.")]
internal sealed class LayersVerb
{
    public const string Example = "hybridemu layers network.csv --config datacenter --type bf16 --csv out/layers.csv";

    [Value(0, MetaName = "FILE.csv", Required = true, HelpText = "A layer a line: name, image height, width, filter height, width, channels, filters, stride; or name, M, N, K. A header line and a last comma may be there.")]
    public string File { get; set; } = "";

    [Option("config", Default = "hybrid", MetaValue = "NAME|FILE", HelpText = "Preset or YAML file.")]
    public string Configuration { get; set; } = "hybrid";

    [Option("set", MetaValue = "KEY=VALUE", HelpText = "Overrides a configuration key; repeatable.")]
    public string? Set { get; set; }

    [Option("type", Default = "int8", MetaValue = "int8|bf16", HelpText = "Type of operands and results; sums are int32 or fp32.")]
    public string Type { get; set; } = "int8";

    [Option("no-overlap", HelpText = "Runs the folds one after another on one array, nothing beside them, and counts the array's cycles: SCALE-Sim's convention.")]
    public bool NoOverlap { get; set; }

    [Option("stream", HelpText = "Runs all layers as one network on tile 0: activations stay in the scratchpad, int8 weights stream through a ring of four tiles. Images keep their size: of each layer's image the outermost half filter is zeros. Filters of the whole image may follow, and filters of 1x1 behind those. Prints what the array waited for.")]
    public bool Stream { get; set; }

    [Option("batch", Default = 1, MetaValue = "N", HelpText = "With --stream: images of a network of convolutions; the batch of products is their M.")]
    public int Batch { get; set; } = 1;

    [Option("wide", HelpText = "With --stream: activations of 16 bits, at half the rate.")]
    public bool Wide { get; set; }

    [Option("vectors", MetaValue = "N", HelpText = "With --stream: elementwise operations, spread evenly over the layers.")]
    public int Vectors { get; set; }

    [Option("json", MetaValue = "FILE|-", HelpText = "Writes the figures as JSON; - prints them instead of the table.")]
    public string? Json { get; set; }

    [Option("csv", MetaValue = "FILE", HelpText = "Writes the figures as comma-separated values.")]
    public string? Csv { get; set; }

    [Option("seed", MetaValue = "N", HelpText = "Seed of the operands.")]
    public ulong? Seed { get; set; }

    [Option("threads", Default = 1, MetaValue = "N", HelpText = "Host threads, 1 to 16: they share tiles whose engines alone are busy, or a single tile's sums. Same bits.")]
    public int Threads { get; set; } = 1;

    [Option("quiet", HelpText = "No progress.")]
    public bool Quiet { get; set; }
}
