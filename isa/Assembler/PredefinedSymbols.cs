namespace HybridEmu.Isa;

/// <summary>
/// Symbols every program knows. desc.KEY: byte of a descriptor field, for firmware that patches descriptors
/// (desc.OPERATION.KEY where operations differ); type.NAME: codes of element types; op.MNEMONIC: opcodes; queue.NAME.
/// _etext, _edata, __bss_start, _end and _sp_end are defined where a program mentions them without defining them.
/// </summary>
internal static class PredefinedSymbols
{
    public static void Define(SymbolTable symbols)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var ambiguous = new HashSet<string>(StringComparer.Ordinal);
        foreach (DescriptorField field in DescriptorTable.Header)
            Add(field);
        foreach (DescriptorRow row in DescriptorTable.Rows)
        {
            symbols.Predefine($"op.{row.Mnemonic}", (int)row.Opcode);
            foreach (DescriptorField field in row.Fields)
            {
                Add(field);
                symbols.Predefine($"desc.{row.Mnemonic}.{field.Key}", field.Byte);
            }
        }

        // Named by their place: the same two bytes are a size of a product and a count of a copy.
        symbols.Predefine("desc.flags", places["chain"]);
        symbols.Predefine("desc.types", places["typea"]);
        foreach ((string key, int place) in places)
        {
            if (!ambiguous.Contains(key)) symbols.Predefine($"desc.{key}", place);
        }

        foreach (ElementType type in Enum.GetValues<ElementType>())
            symbols.Predefine($"type.{type.Name()}", (int)type);
        foreach (DescriptorQueue queue in Enum.GetValues<DescriptorQueue>())
            symbols.Predefine($"queue.{queue.ToString().ToLowerInvariant()}", (int)queue);

        void Add(DescriptorField field)
        {
            if (!places.TryAdd(field.Key, field.Byte) && places[field.Key] != field.Byte) ambiguous.Add(field.Key);
        }
    }

    /// <summary>The ends of sections, as GNU ld names them, and of the scratchpad given out by .spalloc.</summary>
    public static void DefineEnds(AssemblyState state, List<Section> sections)
    {
        long End(Func<Section, bool> which) => sections.Where(which).Select(s => s.Address + s.Size).DefaultIfEmpty(0).Max();
        bool Low(Section s) => !s.Name.StartsWith(".stream", StringComparison.Ordinal);
        long bss = sections.Find(s => s.MemoryOnly && Low(s))?.Address ?? End(Low);
        (string, long)[] ends =
        [
            ("_etext", End(s => s.Executable)), ("_edata", End(s => Low(s) && !s.MemoryOnly)), ("__bss_start", bss), ("_end", End(Low)), ("_sp_end", state.ScratchpadUsed),
        ];
        foreach ((string name, long value) in ends)
        {
            Symbol? symbol = state.Symbols.All.Find(s => s.Name == name);
            if (symbol is { IsDefined: false }) symbol.DefineValue(new ConstantExpression(value, -1));
        }
    }
}
