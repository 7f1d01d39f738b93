namespace HybridEmu.Isa;

/// <summary>Makes the ELF file of a finished assembly.</summary>
internal static class ImageBuilder
{
    public static byte[] Build(AssemblyState state, List<Section> sections)
    {
        var written = sections.Where(s => s.Size > 0).ToList();
        var contents = new List<ElfSection>();
        foreach (Section section in written)
        {
            byte[] bytes = section.MemoryOnly ? [] : [.. section.Fragments.SelectMany(f => f.Bytes)];
            contents.Add(new ElfSection(section.Name, (uint)section.Address, bytes, (uint)section.Size, (uint)Math.Max(section.Alignment, 4), section.Executable, section.Writable, section.MemoryOnly));
        }

        var symbols = new List<ElfSymbolEntry>();
        foreach (Symbol symbol in state.Symbols.All)
        {
            if (symbol.IsExported) AddSymbol(state, symbol, written, symbols);
        }

        uint entry = state.Symbols.IsDefined("_start")
            ? Entry(state, state.Symbols.Get("_start"))
            : (uint)(sections.Find(s => s.Name == ".text")?.Address ?? 0);
        return ElfWriter.Write(entry, contents, symbols);
    }

    private static uint Entry(AssemblyState state, Symbol start)
    {
        try
        {
            return (uint)state.Evaluator.Number(new SymbolExpression(start, -1));
        }
        catch (SourceException error)
        {
            if (start.Definition is Statement statement) state.Report(statement, error);
            return 0;
        }
    }

    private static void AddSymbol(AssemblyState state, Symbol symbol, List<Section> written, List<ElfSymbolEntry> symbols)
    {
        try
        {
            long value = state.Evaluator.Number(new SymbolExpression(symbol, -1));
            // ELF32 cannot hold it: a place in HBM that only descriptors reach.
            if (value is < int.MinValue or > uint.MaxValue) return;
            long size = symbol.Size is Expression expression ? state.Evaluator.Number(expression) : 0;
            int section = symbol.Label is Location place ? written.IndexOf(place.Fragment.Section) : -1;
            symbols.Add(new ElfSymbolEntry(symbol.Name, (uint)value, (uint)size, section, symbol.IsGlobal || symbol.Name == "_start", symbol.IsFunction, symbol.IsObject));
        }
        catch (SourceException error)
        {
            if (symbol.Definition is Statement statement) state.Report(statement, error);
        }
    }
}
