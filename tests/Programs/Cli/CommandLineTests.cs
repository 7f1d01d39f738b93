using System.Text;
using HybridEmu.Cli;
using HybridEmu.Kernel;

namespace HybridEmu.Programs.Tests;

public sealed class CommandLineTests : IDisposable
{
    private const string Source = ".globl _start, begin_signature, end_signature\n_start:\n    li a0, COUNT\n    j _start\n    .data\nbegin_signature:\n    .word 0x12345678, COUNT\nend_signature:\n";

    private readonly string _directory = Directory.CreateTempSubdirectory("hybridemu-cli").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("--help")]
    [InlineData("run", "--help")]
    [InlineData("dram", "--help")]
    [InlineData("asm", "--help")]
    [InlineData("disasm", "--help")]
    [InlineData("config", "--help")]
    [InlineData("help", "run")]
    public void Help_goes_to_stdout_and_is_no_error(params string[] args)
    {
        (ExitCode code, string output, string errors) = Run(args);
        Assert.Equal((ExitCode.Passed, ""), (code, errors));
        Assert.Contains(args.Length > 1 ? "Example: hybridemu" : "hybridemu VERB", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_on_a_verb_says_what_the_verb_says_of_itself_on_lines_that_can_be_read()
    {
        string help = Run("help", "run").Output;
        Assert.Equal(Run("run", "--help").Output, help);
        Assert.Contains("--max-cycles=N", help, StringComparison.Ordinal);
        Assert.True(help.Split('\n').Length < 60, help);
    }

    [Fact]
    public void Version_is_no_error() => Assert.StartsWith("hybridemu 0.1.", Run("--version").Output, StringComparison.Ordinal);

    [Theory]
    [InlineData("did you mean 'run'", "rnu", "x.elf")]
    [InlineData("there is no verb 'rnu'; did you mean 'run'", "help", "rnu")]
    [InlineData("did you mean '--config'", "run", "x.elf", "--cofnig", "tiny")]
    [InlineData("did you mean '--output'", "asm", "x.s", "--ouput=a")]
    [InlineData("no option '-x'", "disasm", "x.elf", "-x")]
    [InlineData("--max-cycles has no value", "run", "x.elf", "--max-cycles")]
    [InlineData("--config has no value", "run", "x.elf", "--config", "--quiet")]
    [InlineData("--set has no value", "run", "x.elf", "--set", "tiles=1", "--set")]
    [InlineData("--seed has the wrong form", "run", "x.elf", "--seed", "x")]
    [InlineData("--quiet takes no value", "run", "x.elf", "--quiet=yes")]
    [InlineData("one argument too many", "run", "x.elf", "y.elf")]
    [InlineData("an argument is missing", "run")]
    [InlineData("--output is missing", "asm", "x.s")]
    [InlineData("did you mean 'show'", "config", "shwo")]
    [InlineData("needs a NAME", "config", "show")]
    [InlineData("neither a preset nor a file", "config", "check", "nowhere.yaml")]
    [InlineData("there is no file", "run", "nowhere.elf")]
    [InlineData("there is no file", "asm", "nowhere.s", "-o", "x.elf")]
    [InlineData("there is no file", "disasm", "nowhere.elf")]
    [InlineData("unknown key; did you mean 'array.rows'", "run", "nowhere.elf", "--set", "array.rwos=8")]
    [InlineData("--engine fsat: not one of fast, step; did you mean 'fast'", "run", "nowhere.elf", "--engine", "fsat")]
    [InlineData("'hbm2-micro' is a memory alone", "run", "nowhere.elf", "--config", "hbm2-micro")]
    [InlineData("hbm.write_high: has no effect, as hbm.scheduler is fr-fcfs", "run", "nowhere.elf", "--set", "hbm.write_high=9")]
    [InlineData("hbm.starvation: has no effect, as hbm.scheduler is fcfs", "run", "nowhere.elf", "--set", "hbm.scheduler=fcfs", "--set", "hbm.starvation=9 cycles")]
    [InlineData("hbm.timing.rfcpb: has no effect, as hbm.refresh is all-bank", "run", "nowhere.elf", "--set", "hbm.timing.rfcpb=9 cycles")]
    [InlineData("hbm.map: 'bnk' is not a field", "dram", "--recipe", "seq_read", "--set", "hbm.map=offset:5 bnk:2 row")]
    [InlineData("hbm.map: there are two pseudo-channels", "dram", "--recipe", "seq_read", "--set", "hbm.map=offset:5 column:5 group:2 bank:2 row")]
    [InlineData("'HBM5' is not a choice", "dram", "--recipe", "seq_read", "--set", "hbm.standard=HBM5")]
    [InlineData("hbm.refresh: DDR3 refreshes all banks together", "dram", "--recipe", "seq_read", "--set", "hbm.standard=DDR3", "--set", "hbm.refresh=per-bank")]
    [InlineData("--threads 0: must be 1 to 16", "run", "nowhere.elf", "--threads", "0")]
    [InlineData("--threads 17: must be 1 to 16", "run", "nowhere.elf", "--threads", "17")]
    [InlineData("--simd 1024: not one of widest, 512, 256, 128, scalar", "run", "nowhere.elf", "--simd", "1024")]
    public void Bad_usage_exits_with_2_and_says_why(string message, params string[] args)
    {
        (ExitCode code, string output, string errors) = Run(args);
        Assert.Equal((ExitCode.BadInput, ""), (code, output));
        Assert.Contains(message, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void No_arguments_print_the_help_and_exit_with_2() => Assert.Equal(ExitCode.BadInput, Run().Code);

    [Fact]
    public void Exit_codes_follow_the_fault_and_the_firmwares_code()
    {
        var fault = new Fault(FaultKind.Deadlock, "chip", "", 0, "", "");
        Assert.Equal(
            [ExitCode.Passed, ExitCode.Failed, ExitCode.Fault, ExitCode.Fault],
            [Outcome.Of(null, 0), Outcome.Of(null, 7), Outcome.Of(fault, null), Outcome.Of(fault, 0)]);
    }

    [Fact]
    public void Asm_writes_an_image_that_disasm_reads()
    {
        string source = Write("a.s", Source), image = Path.Combine(_directory, "out", "a.elf");
        Assert.Equal(ExitCode.Passed, Run("asm", source, "-o", image, "-D", "COUNT=5", "-D", "OTHER=0x10").Code);
        (ExitCode code, string output, _) = Run("disasm", image);
        Assert.Equal(ExitCode.Passed, code);
        Assert.Contains("_start:\n80000000:  00500513  ", output, StringComparison.Ordinal);
        Assert.False(File.Exists(image + ".partial"));
    }

    [Fact]
    public void Errors_of_source_have_file_line_and_column_and_leave_the_old_image()
    {
        string source = Write("bad.s", "_start:\n    addi a0, a0\n    bogus x1\n"), image = Write("old.elf", "old");
        (ExitCode code, _, string errors) = Run("asm", source, "-o", image);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains($"{source}:2:", errors, StringComparison.Ordinal);
        Assert.Contains($"{source}:3:", errors, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(image));
    }

    [Theory]
    [InlineData("-D", "1X=3", "is not NAME=VALUE")]
    [InlineData("--data", "csv:nowhere.csv@begin_signature", "there is no file")]
    [InlineData("--data", "word:1@nowhere", "has no symbol 'nowhere'")]
    [InlineData("--vcd=/dev/null/x", "--quiet", "cannot be written")]
    [InlineData("--window", "1:2", "belong to --vcd")]
    [InlineData("--max-cycles", "0", "must be 1 or more")]
    [InlineData("--set", "hbm.capacity=2 GB", "'GB' is not a unit")]
    public void Bad_input_of_run_exits_with_2_and_leaves_no_file(string option, string value, string message)
    {
        string source = Write("a.s", Source), statistics = Path.Combine(_directory, "s.json");
        (ExitCode code, _, string errors) = Run("run", source, "-D", "COUNT=1", "--stats", statistics, option, value);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(message, errors, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(_directory));
    }

    [Theory]
    [InlineData(new byte[0], "is empty")]
    [InlineData(new byte[] { 1, 2, 3 }, "no ELF file")]
    [InlineData(new byte[] { 0x7F, 0x45, 0x4C, 0x46, 2, 1 }, "64-bit")]
    [InlineData(new byte[] { 0x7F, 0x45, 0x4C, 0x46, 1, 1 }, "ends in the ELF header")]
    public void A_file_that_is_no_image_is_bad_input(byte[] bytes, string message)
    {
        string file = Path.Combine(_directory, "x.elf");
        File.WriteAllBytes(file, bytes);
        (ExitCode code, _, string errors) = Run("run", file);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(message, errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Config_list_names_the_presets_and_check_accepts_a_good_file()
    {
        Assert.Contains("hybrid ", Run("config", "list").Output, StringComparison.Ordinal);
        string file = Write("mine.yaml", "base: edge\ncore.clock: 800 MHz\n");
        Assert.Equal((ExitCode.Passed, $"{file}: good\n", ""), Run("config", "check", file));
        Assert.Contains("core.clock: 900 MHz", Run("config", "show", file, "--set", "core.clock=900 MHz").Output, StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        string file = Path.Combine(_directory, name);
        File.WriteAllText(file, text);
        return file;
    }

    private static (ExitCode Code, string Output, string Errors) Run(params string[] args)
    {
        using var output = new MemoryStream();
        using var errors = new StringWriter { NewLine = "\n" };
        ExitCode code = EntryPoint.Run(args, output, errors);
        return (code, Encoding.UTF8.GetString(output.ToArray()), errors.ToString());
    }
}
