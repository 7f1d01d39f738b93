using System.Runtime.CompilerServices;
using HybridEmu.Isa.Generator;

namespace HybridEmu.Isa.Tests;

public class GeneratedFilesTests
{
    [Fact]
    public void Generated_files_are_what_the_table_says_now()
    {
        string isa = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../isa"));
        foreach ((string path, string text) in IsaGenerator.Generate(isa))
        {
            string full = Path.Combine(isa, path);
            Assert.True(File.Exists(full) && File.ReadAllText(full) == text, $"isa/{path} is stale: run 'make generate'");
        }

        foreach (string file in Directory.EnumerateFiles(Path.Combine(isa, "Generated")))
            Assert.Contains("Generated/" + Path.GetFileName(file), IsaGenerator.Generate(isa).Keys);
    }

    [Theory]
    [InlineData("add R 0000000 rs2 rs1 000 rd 011001 rd,rs1,rs2", "bad.table:1: 31 bits instead of 32")]
    [InlineData("add R 0000000 rs2 rs1 000 rq 0110011 rd,rs1,rs2", "bad.table:1: unknown field 'rq'")]
    public void A_broken_row_is_reported_with_file_and_line(string row, string message)
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory().FullName, "bad.table");
        File.WriteAllText(file, row + "\n    A row.\n    does: nothing\n    example: add\n");
        Assert.Equal(message, Assert.Throws<TableException>(() => InstructionModel.Read(file)).Message);
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
