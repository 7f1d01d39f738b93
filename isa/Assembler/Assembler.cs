namespace HybridEmu.Isa;

/// <summary>How to assemble.</summary>
public sealed record AssemblerOptions
{
    /// <summary>Gives the text of an included file by the name in .include, or null when there is none.</summary>
    public Func<string, string?> IncludeResolver { get; init; } = _ => null;

    /// <summary>Symbols defined before the first line.</summary>
    public IReadOnlyDictionary<string, long> Defines { get; init; } = new Dictionary<string, long>();

    /// <summary>Address of .stream; the default is the reset value of CSR hxstream.</summary>
    public uint StreamBase { get; init; } = (uint)AddressMap.Hbm + 0x0100_0000;

    /// <summary>Finds includes beside the including program, and then in the given directories.</summary>
    public static Func<string, string?> ResolveFrom(params string[] directories) => name =>
    {
        foreach (string directory in directories)
        {
            string path = Path.Combine(directory, name);
            if (File.Exists(path)) return File.ReadAllText(path);
        }

        return null;
    };
}

/// <summary>What an assembly gave: an ELF file, or mistakes.</summary>
/// <param name="Bytes">The ELF file; null when there are diagnostics.</param>
/// <param name="Image">The same, read.</param>
/// <param name="Diagnostics">All mistakes of the source, by place.</param>
public sealed record AssemblyResult(byte[]? Bytes, ElfImage? Image, IReadOnlyList<Diagnostic> Diagnostics)
{
    public bool Succeeded => Bytes is not null;
}

/// <summary>Turns assembly source into an ELF image. Equal source and options give equal bytes.</summary>
public static class Assembler
{
    /// <summary>Most mistakes reported; a program with more has one cause for many of them.</summary>
    private const int MostDiagnostics = 1000;

    /// <param name="path">Name of the source for messages.</param>
    /// <param name="text">The source.</param>
    /// <param name="options">Includes, symbols, addresses; null for the defaults.</param>
    public static AssemblyResult Assemble(string path, string text, AssemblerOptions? options = null)
    {
        options ??= new AssemblerOptions();
        var state = new AssemblyState();
        PredefinedSymbols.Define(state.Symbols);
        foreach ((string name, long value) in options.Defines.OrderBy(d => d.Key, StringComparer.Ordinal))
            state.Symbols.Predefine(name, value);

        var reader = new StatementReader(state, options.IncludeResolver);
        new StatementParser(state, reader).Run(path, text);

        var layout = new Layout(state);
        layout.Run(options.StreamBase);
        PredefinedSymbols.DefineEnds(state, layout.Sections);
        layout.Materialise();
        ApplyFixups(state);
        if (state.Diagnostics.Count == 0 && ImageBuilder.Build(state, layout.Sections) is byte[] bytes && state.Diagnostics.Count == 0)
        {
            ElfReading reading = ElfImage.Read(bytes);
            if (reading.Image is not null) return new AssemblyResult(bytes, reading.Image, []);
            foreach (ElfError error in reading.Errors)
                state.Report(new Diagnostic(path, 1, 1, error.Message, error.Hint));
        }

        return new AssemblyResult(null, null, Ordered(state.Diagnostics, path));
    }

    private static void ApplyFixups(AssemblyState state)
    {
        var targets = new PcrelTargets(state.Fixups);
        foreach (Fixup fixup in state.Fixups)
        {
            if (state.GivesUp) return;
            try
            {
                fixup.Apply(state.Evaluator, targets);
            }
            catch (SourceException error)
            {
                state.Report(fixup.Source, error);
            }
        }
    }

    /// <summary>By file in the order of first mention, then by line and column; each mistake once.</summary>
    private static List<Diagnostic> Ordered(List<Diagnostic> diagnostics, string path)
    {
        var files = new List<string> { "", path };
        foreach (Diagnostic diagnostic in diagnostics)
        {
            if (!files.Contains(diagnostic.File)) files.Add(diagnostic.File);
        }

        return [.. diagnostics
            .Distinct()
            .OrderBy(d => files.IndexOf(d.File)).ThenBy(d => d.Line).ThenBy(d => d.Column)
            .Select(d => d.File.Length == 0 ? d with { File = path, Line = 1, Column = 1 } : d)
            .Take(MostDiagnostics)];
    }
}
