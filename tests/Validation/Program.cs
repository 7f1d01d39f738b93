namespace HybridEmu.Validation.Tests;

/// <summary>make validate: measures the table, prints it, and says whether README.md has it or writes it there.</summary>
internal static class Program
{
    private const string WriteOption = "--write";
    private const int BadUsage = 2;

    public static int Main(string[] args)
    {
        if (args.Any(a => a != WriteOption))
        {
            Console.Error.WriteLine($"'{args.First(a => a != WriteOption)}' is not understood; the only option is {WriteOption}, which writes the table to README.md");
            return BadUsage;
        }

        IReadOnlyList<ValidationRow> rows = ValidationTable.Rows();
        string table = ValidationTable.Markdown(rows);
        Console.Write(table);
        Console.WriteLine($"\n{rows.Count(r => r.Command == ValidationRow.Here)} of {rows.Count} rows were measured in this run; the commands beside the others establish them.");
        bool same = ReadmeTable.Read() == table;
        if (!same && args.Contains(WriteOption))
        {
            ReadmeTable.Write(table);
            Console.WriteLine("README.md has the new table.");
            return 0;
        }

        Console.WriteLine(same ? "README.md has this table." : "README.md is stale: 'make validate WRITE=1' writes the table there.");
        return same ? 0 : 1;
    }
}
