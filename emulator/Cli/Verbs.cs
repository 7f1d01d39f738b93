using CommandLine;
using HybridEmu.Chip;

namespace HybridEmu.Cli;

// Repeatable options hold their values joined by RepeatedOptions.Separator: the parser's own sequences would swallow the
// positional argument that follows them.
[Verb("run", HelpText = "Run an image on the emulated chip.")]
internal sealed class RunVerb
{
    public const string Example = "hybridemu run firmware/hello/hello.s --config tiny --stats out/stats.json";

    [Value(0, MetaName = "IMAGE", Required = true, HelpText = "ELF32 image, or assembler source (.s).")]
    public string Image { get; set; } = "";

    [Option("config", Default = "hybrid", MetaValue = "NAME|FILE", HelpText = "Preset or YAML file.")]
    public string Configuration { get; set; } = "hybrid";

    [Option("set", MetaValue = "KEY=VALUE", HelpText = "Overrides a configuration key; repeatable.")]
    public string? Set { get; set; }

    [Option("data", MetaValue = "KIND:FILE@SYMBOL", HelpText = "Places data before reset; repeatable. KIND is csv (8x8 digits), idx (FILE[,labels=FILE][,rows=A:B]: images in MNIST's form, plain or gzip; rows A up to B), synth (COUNT[/OFFSET] drawn digits), bin, hex or word (a number).")]
    public string? Data { get; set; }

    [Option('D', MetaValue = "NAME=VALUE", HelpText = "Defines a symbol when IMAGE is source; repeatable.")]
    public string? Define { get; set; }

    [Option("flip", MetaValue = "BIT", HelpText = $"Flips bit 0 to 71 (data, then check bits) of the 8-byte word at byte ADDRESS before core cycle CYCLE, or before the first: {BitFlip.Form}; repeatable.")]
    public string? Flip { get; set; }

    [Option("max-cycles", MetaValue = "N", HelpText = "Core cycles after which the watchdog ends the run.")]
    public long? MaximumCycles { get; set; }

    [Option("seed", MetaValue = "N", HelpText = "Seed of the chip's random generator, sensor noise and generated data.")]
    public ulong? Seed { get; set; }

    [Option("engine", Default = "fast", MetaValue = "fast|step", HelpText = "How the host moves the arrays: whole rows of sums, or every register at every step. Same bits, same cycles.")]
    public string Engine { get; set; } = "fast";

    [Option("simd", Default = "widest", MetaValue = "WIDTH", HelpText = "Vector width of the arrays' kernels: widest, 512, 256, 128 or scalar. Same bits.")]
    public string Simd { get; set; } = "widest";

    [Option("threads", Default = 1, MetaValue = "N", HelpText = "Host threads, 1 to 16: they share tiles whose engines alone are busy, or a single tile's sums, which pays for products of hundreds of rows on large arrays. Same bits.")]
    public int Threads { get; set; } = 1;

    [Option("stats", MetaValue = "FILE", HelpText = "Writes statistics as JSON.")]
    public string? Statistics { get; set; }

    [Option("json", HelpText = "Prints statistics as JSON on stdout after the run, instead of the report.")]
    public bool Json { get; set; }

    [Option("commit-log", MetaValue = "FILE", HelpText = "Writes one line an instruction retired.")]
    public string? CommitLog { get; set; }

    [Option("timeline", MetaValue = "FILE", HelpText = "Writes descriptors by queue as a Chrome trace.")]
    public string? Timeline { get; set; }

    [Option("vcd", MetaValue = "FILE", HelpText = "Writes a waveform.")]
    public string? Vcd { get; set; }

    [Option("window", MetaValue = "A:B|firmware", HelpText = "Core cycles of the waveform: from A up to B, or those between the program's hx.traceon and hx.traceoff.")]
    public string? Window { get; set; }

    [Option("scope", Default = "*", MetaValue = "GLOB", HelpText = "Signals of the waveform: tile0.*")]
    public string Scope { get; set; } = "*";

    [Option("signature", MetaValue = "FILE", HelpText = "Writes memory between begin_signature and end_signature, a word a line in hex; no more than signature_bytes if the image has that word.")]
    public string? Signature { get; set; }

    [Option("quiet", HelpText = "No progress and no report.")]
    public bool Quiet { get; set; }
}

[Verb("asm", HelpText = "Assemble a program into an ELF32 image.")]
internal sealed class AssembleVerb
{
    public const string Example = "hybridemu asm firmware/hello/hello.s -o out/hello.elf -D COUNT=3";

    [Value(0, MetaName = "SOURCE", Required = true, HelpText = "Assembler source.")]
    public string Source { get; set; } = "";

    [Option('o', "output", Required = true, MetaValue = "OUT", HelpText = "The image to write.")]
    public string Output { get; set; } = "";

    [Option('D', MetaValue = "NAME=VALUE", HelpText = "Defines a symbol; repeatable.")]
    public string? Define { get; set; }
}

[Verb("disasm", HelpText = "Print the code of an image.")]
internal sealed class DisassembleVerb
{
    public const string Example = "hybridemu disasm out/hello.elf";

    [Value(0, MetaName = "IMAGE", Required = true, HelpText = "ELF32 image, or assembler source (.s).")]
    public string Image { get; set; } = "";
}

[Verb("config", HelpText = "List, show or check configurations.")]
internal sealed class ConfigurationVerb
{
    public const string Example = "hybridemu config show hybrid --set array.rows=64";

    [Value(0, MetaName = "list|show|check", Required = true, HelpText = "What to do: list the presets, show every value in force with its place, or check a file.")]
    public string Action { get; set; } = "";

    [Value(1, MetaName = "NAME|FILE", HelpText = "Preset or YAML file, for show and check.")]
    public string? Name { get; set; }

    [Option("set", MetaValue = "KEY=VALUE", HelpText = "Overrides a configuration key; repeatable.")]
    public string? Set { get; set; }
}
