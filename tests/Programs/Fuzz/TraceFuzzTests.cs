using System.Text;
using HybridEmu.Checker;
using HybridEmu.Chip;
using HybridEmu.Fuzz;

namespace HybridEmu.Programs.Tests;

/// <summary>Traces of accesses and of commands: what they say, or a mistake with its file.</summary>
[Collection("Alone")]
public sealed class TraceFuzzTests : IDisposable
{
    private const long Capacity = 1 << 28;
    private const long MostBytes = 32 << 20;

    private static readonly string[] s_accesses =
    [
        "stamp,op,address\n100,R,0x8000\n250,W,32800\n# comment\n\n300,read,64\n", "0x8000 READ 100\n0x8040\tWRITE  250 \n8000 READ 300\n", "LD 0x8000\nST 32800\nR 0\nW 64\n",
    ];

    private static readonly string[] s_commands =
    [
        CommandTrace.Header + "\n0,ACT,0,0,1,2,77,0\n20,RD,0,0,1,2,0,5\n24,WR,0,0,1,2,0,6\n60,PRE,0,0,1,2,0,0\n80,PREA,0,0,0,0,0,0\n100,REFab,0,0,0,0,0,0\n500,REFpb,0,1,0,0,0,0\n",
        CommandTrace.Header + "\n100,PREA,0,0,0,0,0,0\n150,PDE,0,0,0,0,0,0\n180,PDX,0,0,0,0,0,0\n200,SRE,0,0,0,0,0,0\n900,SRX,0,0,0,0,0,0\n999999999999999999,ACT,0,0,0,0,0,0\n",
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("hybridemu-fuzz").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    [Trait("Depth", "Deep")]
    public void Any_text_is_accesses_or_has_a_mistake() =>
        FuzzRun.Check("accesses", 800, new TextMutator(s_accesses, ["R", "W", "LD", "ST", "READ", "0x8000", ",", "1000000000001"]).Next, ReadAccesses, MostBytes);

    [Fact]
    [Trait("Depth", "Deep")]
    public void Any_packed_file_is_accesses_or_has_a_mistake() =>
        FuzzRun.Check("accesses-gzip", 500, Packed(s_accesses).Next, ReadAccesses, MostBytes);

    [Fact]
    [Trait("Depth", "Deep")]
    public void Any_text_is_commands_to_check_or_has_a_mistake() =>
        FuzzRun.Check("commands", 600, new TextMutator(s_commands, ["ACT", "PRE", "REFab", "SRE", "PDE", ",", "15", "999999999999999999"]).Next, CheckCommands, MostBytes);

    [Fact]
    [Trait("Depth", "Deep")]
    public void Any_packed_file_is_commands_to_check_or_has_a_mistake() =>
        FuzzRun.Check("commands-gzip", 400, Packed(s_commands).Next, CheckCommands, MostBytes);

    [Fact]
    [Trait("Depth", "Deep")]
    public void Any_recipe_of_any_size_stays_in_the_memory_or_is_refused() =>
        FuzzRun.Check("recipe", 1000, random => [.. BitConverter.GetBytes(random.Next()), (byte)random.Below(12)], bytes =>
        {
            if (bytes.Length < 9)
                return;
            string name = bytes[8] < TraceRecipe.Names.Count ? TraceRecipe.Names[bytes[8]] : "no recipe";
            ulong number = BitConverter.ToUInt64(bytes);
            var accesses = new MemoryAccess[300];
            try
            {
                var recipe = new TraceRecipe(name, (long)(number >> 1), Capacity, number, number);
                for (int i = 0; i < 3; i++)
                {
                    foreach (MemoryAccess access in accesses.AsSpan(0, recipe.Read(accesses)))
                        Assert.True(access.Address < Capacity && access.Stamp >= 0);
                }
            }
            catch (DataException e)
            {
                Assert.Contains("not one of", e.Message, StringComparison.Ordinal);
            }
        }, MostBytes);

    private static FieldMutator Packed(string[] texts) =>
        new([.. texts.Select(t => Idx.Gzip(Encoding.UTF8.GetBytes(t)))], file => [new FuzzField(0, 2), new FuzzField(2, 1), new FuzzField(3, 1), new FuzzField(10, 1), new FuzzField(file.Length - 8, 4), new FuzzField(file.Length - 4, 4)]);

    private void ReadAccesses(byte[] bytes)
    {
        string file = Write(bytes);
        var accesses = new MemoryAccess[7];
        long last = 0;
        try
        {
            using MemoryTrace trace = MemoryTrace.Open(file, Capacity);
            for (int read = trace.Read(accesses); read > 0; read = trace.Read(accesses))
            {
                foreach (MemoryAccess access in accesses.AsSpan(0, read))
                {
                    Assert.True(access.Stamp >= last && access.Stamp <= MemoryTrace.MaximumStamp && access.Address < Capacity);
                    last = access.Stamp;
                }
            }
        }
        catch (DataException e)
        {
            Assert.All(e.Errors, m => Assert.True(m.Source == file && m.Message.Length > 0 && m.Line >= 0));
        }
    }

    private void CheckCommands(byte[] bytes)
    {
        string file = Write(bytes);
        ChipConfiguration configuration = s_tiny.Value;
        DramRules rules = CheckerRules.Of(configuration.Hbm.Controller);
        var checker = new DramChecker(rules, configuration.Hbm.Channels, maxKept: 10);
        try
        {
            using CommandTraceReader reader = CommandTrace.Open(file, rules);
            long end = 0;
            while (reader.TryRead(out DramCommand command))
            {
                checker.Check(in command);
                end = command.Clock;
            }

            checker.Finish(end);
            Assert.All(checker.Violations, v => Assert.NotEmpty(v.ToString()));
            Assert.NotEmpty(checker.Report());
        }
        catch (CommandTraceException e)
        {
            Assert.True(e.File == file && e.Problem.Length > 0 && e.Line >= 0);
        }
    }

    private static readonly Lazy<ChipConfiguration> s_tiny = new(() => ConfigurationLoader.Load("tiny"));

    private string Write(byte[] bytes)
    {
        string file = Path.Combine(_directory, "trace");
        File.WriteAllBytes(file, bytes);
        return file;
    }
}
