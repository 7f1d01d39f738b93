using CommandLine;

namespace HybridEmu.Cli;

[Verb("dram", HelpText = "Replay a memory trace against the HBM controllers alone.")]
internal sealed class DramVerb
{
    public const string Example = "hybridemu dram --recipe seq_read --config tiny --commands out/commands.csv";

    [Value(0, MetaName = "TRACE", HelpText = "Trace, plain or gzip, an access a line: stamp,op,address (100,R,0x8000), DRAMsim3's (0x8000 READ 100) or Ramulator's (LD 0x8000). An access is the burst of 32 bytes that holds the address; stamps are cycles of the HBM clock.")]
    public string? Trace { get; set; }

    [Option("config", Default = "hybrid", MetaValue = "NAME|FILE", HelpText = "Preset or YAML file; of it, hbm.* and energy.hbm_* matter.")]
    public string Configuration { get; set; } = "hybrid";

    [Option("set", MetaValue = "KEY=VALUE", HelpText = "Overrides a configuration key; repeatable.")]
    public string? Set { get; set; }

    [Option("recipe", MetaValue = "NAME", HelpText = "Makes the accesses instead of reading a TRACE: seq_read, seq_write, mix21_seq, mix21_blk, mix21_3arr_conf, rand_read, rand_mix21, stride, low_rate_hit or low_rate_rand.")]
    public string? Recipe { get; set; }

    [Option('n', MetaValue = "N", HelpText = "Accesses of the recipe (100000), or of TRACE at most (all).")]
    public long? Requests { get; set; }

    [Option("stride", MetaValue = "BYTES", HelpText = "Bytes from one access to the next, of the recipe stride.")]
    public ulong? Stride { get; set; }

    [Option("seed", MetaValue = "N", HelpText = "Seed of random recipes (1).")]
    public ulong? Seed { get; set; }

    [Option("window", Default = 8, MetaValue = "N", HelpText = "Requests offered in a cycle, at most.")]
    public int Window { get; set; } = 8;

    [Option("commands", MetaValue = "FILE", HelpText = "Writes every DRAM command as CSV: clk,cmd,ch,pc,bg,ba,row,col; gzip when FILE ends in .gz.")]
    public string? Commands { get; set; }

    [Option("check", MetaValue = "COMMANDS", HelpText = "Replays nothing; holds a file that --commands wrote, or another simulator, against the memory's rules by a checker of its own, and prints how tight each rule was met. Exit code 1 when one is broken.")]
    public string? Check { get; set; }

    [Option("stats", MetaValue = "FILE", HelpText = "Writes statistics as JSON.")]
    public string? Statistics { get; set; }

    [Option("json", HelpText = "Prints statistics as JSON on stdout, instead of the report.")]
    public bool Json { get; set; }
}
