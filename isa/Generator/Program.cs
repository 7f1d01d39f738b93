using HybridEmu.Isa.Generator;

// isagen FOLDER: reads FOLDER/Table and rewrites FOLDER/Generated and FOLDER/MANUAL.md.
string folder = args.Length > 0 ? args[0] : "isa";
try
{
    foreach ((string path, string text) in IsaGenerator.Generate(folder))
    {
        string full = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        if (!File.Exists(full) || File.ReadAllText(full) != text)
        {
            File.WriteAllText(full, text);
            Console.WriteLine($"wrote {path}");
        }
    }
}
catch (TableException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

return 0;
