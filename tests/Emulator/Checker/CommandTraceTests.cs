using System.Globalization;
using System.IO.Compression;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Checker;

namespace HybridEmu.Emulator.Tests;

public sealed class CommandTraceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("command-trace").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static List<DramCommand> Read(string text, DramRules? rules = null) =>
        All(new CommandTraceReader(new MemoryStream(Encoding.UTF8.GetBytes(text)), "trace.csv", rules));

    private static List<DramCommand> All(CommandTraceReader reader)
    {
        using (reader)
        {
            List<DramCommand> commands = [];
            while (reader.TryRead(out DramCommand command))
                commands.Add(command);
            return commands;
        }
    }

    private static Gen<DramCommand> Commands =>
        from kind in Gen.Elements(Enum.GetValues<DramCommandKind>()[1..])
        from place in Gen.Choose(0, (1 << 20) - 1)
        from row in Gen.Choose(0, int.MaxValue)
        from column in Gen.Choose(0, int.MaxValue)
        select new DramCommand
        {
            Kind = kind,
            Channel = (ushort)(place & 0xFF),
            PseudoChannel = (byte)(place >> 8 & 1),
            BankGroup = (byte)(place >> 9 & 7),
            Bank = (byte)(place >> 12 & 0xFF),
            Row = row,
            Column = column,
        };

    [Fact]
    public void What_was_written_is_read_back_plain_and_compressed()
    {
        Prop.ForAll(Arb.From(Gen.ListOf(Commands, 3000)), list =>
        {
            DramCommand[] commands = [.. list.Select((command, i) => command with { Clock = i * 1234567890123L })];
            foreach (string name in (string[])["trace.csv", "trace.csv.gz"])
            {
                string path = Path.Combine(_folder, name);
                Write(path, commands);
                Assert.Equal(commands, All(CommandTrace.Open(path)));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3).WithReplay(1, 3));
    }

    [Fact]
    public void Line_ends_of_any_system_and_empty_lines_are_taken()
    {
        List<DramCommand> commands = Read(CommandTrace.Header + "\r\n1,PREA,0,1,0,0,0,0\r\n\r\n\n7,REFab,3,0,0,0,0,0");
        Assert.Equal([(1, DramCommandKind.PREA, 0), (7, DramCommandKind.REFab, 3)], commands.Select(c => (c.Clock, c.Kind, (int)c.Channel)));
        Assert.Empty(Read(CommandTrace.Header));
    }

    [Theory]
    [InlineData("x,RD,0,0,0,0,0,0", "clk is \"x\", not a number from 0 to 999999999999999999")]
    [InlineData("-1,RD,0,0,0,0,0,0", "clk is \"-1\", not a number from 0 to 999999999999999999")]
    [InlineData("1.5,RD,0,0,0,0,0,0", "clk is \"1.5\", not a number from 0 to 999999999999999999")]
    [InlineData("99999999999999999999,RD,0,0,0,0,0,0", "clk is \"99999999999999999999\", not a number from 0 to 999999999999999999")]
    [InlineData("9,RD,0,0,0,0,,0", "row is \"\", not a number from 0 to 2147483647")]
    [InlineData("9,RD,0,256,0,0,0,0", "pc is \"256\", not a number from 0 to 255")]
    [InlineData("9,RD,0,0,0,0,2147483648,0", "row is \"2147483648\", not a number from 0 to 2147483647")]
    [InlineData("9,RD,0,0,0,0,0,0 ", "col is \"0 \", not a number from 0 to 2147483647")]
    [InlineData("9,NOP,0,0,0,0,0,0", "no command is called \"NOP\" (ACT PRE PREA RD WR REFab REFpb PDE PDX SRE SRX)")]
    [InlineData("9,rd,0,0,0,0,0,0", "no command is called \"rd\" (ACT PRE PREA RD WR REFab REFpb PDE PDX SRE SRX)")]
    [InlineData("9,RD,0,0,0,0,0", "7 fields instead of 8 (clk,cmd,ch,pc,bg,ba,row,col)")]
    [InlineData("9,RD,0,0,0,0,0,0,0", "9 fields instead of 8 (clk,cmd,ch,pc,bg,ba,row,col)")]
    [InlineData("4,RD,0,0,0,0,0,0", "the clock goes backwards, from 5 to 4")]
    [InlineData("9,RD,0,2,0,0,0,0", "outside the geometry: pseudo-channel 2 of 2")]
    [InlineData("9,RD,0,0,4,0,0,0", "outside the geometry: bank group 4 of 4")]
    [InlineData("9,RD,0,0,0,4,0,0", "outside the geometry: bank 4 of 4")]
    [InlineData("9,RD,0,0,0,0,32768,0", "outside the geometry: row 32768 of 32768")]
    [InlineData("9,RD,0,0,0,0,0,32", "outside the geometry: column 32 of 32")]
    public void An_error_names_file_line_and_what_is_wrong(string line, string problem)
    {
        var error = Assert.Throws<CommandTraceException>(() => Read($"{CommandTrace.Header}\n5,PREA,0,0,0,0,0,0\n{line}\n", new DramRules()));
        Assert.Equal("trace.csv:3: " + problem, error.Message);
        Assert.Equal(("trace.csv", 3, problem), (error.File, error.Line, error.Problem));
    }

    [Fact]
    public void A_file_without_the_header_is_no_trace()
    {
        Assert.StartsWith("trace.csv: is empty", Assert.Throws<CommandTraceException>(() => Read("")).Message);
        Assert.StartsWith("trace.csv:1: the first line must be", Assert.Throws<CommandTraceException>(() => Read("5,PREA,0,0,0,0,0,0\n")).Message);
        Assert.Contains("a line of more than", Assert.Throws<CommandTraceException>(() => Read(CommandTrace.Header + "\n" + new string('1', 100_000))).Message);
    }

    [Fact]
    public void A_file_that_is_not_there_is_the_same_kind_of_error()
    {
        var error = Assert.Throws<CommandTraceException>(() => CommandTrace.Open(Path.Combine(_folder, "none.csv")));
        Assert.Contains("none.csv: cannot be read", error.Message);
    }

    [Fact]
    public void A_compressed_trace_cut_anywhere_is_an_error()
    {
        string path = Path.Combine(_folder, "whole.csv.gz");
        Write(path, Enumerable.Range(0, 200).Select(i => new DramCommand { Clock = i * 7919 % 1000 + (i * 1000), Kind = DramCommandKind.REFab }));

        byte[] whole = File.ReadAllBytes(path);
        string cut = Path.Combine(_folder, "cut.csv.gz");
        List<int> taken = [];
        for (int length = 2; length < whole.Length; length++)
        {
            File.WriteAllBytes(cut, whole[..length]);
            try
            {
                All(CommandTrace.Open(cut));
                taken.Add(length);
            }
            catch (CommandTraceException e)
            {
                Assert.Contains("cut.csv.gz", e.Message);
            }
        }

        Assert.Empty(taken);
    }

    [Fact]
    public void Reading_allocates_nothing_a_line()
    {
        string line = "812,RD,0,1,2,3,77,5\n";
        byte[] text = Encoding.ASCII.GetBytes(CommandTrace.Header + "\n" + string.Concat(Enumerable.Repeat(line, 40_000)));
        using CommandTraceReader reader = new(new MemoryStream(text), "trace.csv", new DramRules());
        for (int i = 0; i < 20_000; i++)
            Assert.True(reader.TryRead(out _)); // the host compiles as it goes
        long before = GC.GetAllocatedBytesForCurrentThread();
        int count = 0;
        while (reader.TryRead(out _))
            count++;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(20_000, count);
    }

    private static void Write(string path, IEnumerable<DramCommand> commands)
    {
        using Stream file = File.Create(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Fastest) : file;
        using StreamWriter text = new(stream, new UTF8Encoding(false));
        text.Write(CommandTrace.Header + "\n");
        foreach (DramCommand c in commands)
            text.Write(string.Create(CultureInfo.InvariantCulture, $"{c.Clock},{c.Kind},{c.Channel},{c.PseudoChannel},{c.BankGroup},{c.Bank},{c.Row},{c.Column}\n"));
    }
}
