using System.Buffers.Binary;

namespace HybridEmu.Isa;

/// <summary>What the parts of the assembler share: sections, symbols, values to fill in later, mistakes.</summary>
internal sealed class AssemblyState
{
    private const long LongestReserve = ContentBudget.MostBytes;

    /// <summary>One line of a macro can give as many mistakes as the macro is used, and finding one takes time.</summary>
    private const int MostMistakes = 1000;

    private readonly Dictionary<string, Section> _byName = new(StringComparer.Ordinal);
    private int _anonymous;

    public AssemblyState()
    {
        Evaluator = new Evaluator(Symbols);
        Expressions = new ExpressionParser(Symbols, Evaluator);
        Current = GetSection(".text")!;
        Previous = Current;
    }

    public SymbolTable Symbols { get; } = new();

    public Evaluator Evaluator { get; }

    public ExpressionParser Expressions { get; }

    public List<Section> Sections { get; } = [];

    public List<Fixup> Fixups { get; } = [];

    public List<Diagnostic> Diagnostics { get; } = [];

    public Section Current { get; private set; }

    public Section Previous { get; private set; }

    /// <summary>The statement being assembled.</summary>
    public Statement? Statement { get; set; }

    /// <summary>Scratchpad bytes given out by .spalloc.</summary>
    public long ScratchpadUsed { get; set; }

    public ContentBudget Budget { get; } = new();

    /// <summary>There are so many mistakes that looking for more is of no use.</summary>
    public bool GivesUp => Diagnostics.Count >= MostMistakes;

    public void Report(Diagnostic diagnostic) => Diagnostics.Add(diagnostic);

    public void Report(Statement statement, SourceException error) =>
        Diagnostics.Add(new Diagnostic(statement.File, statement.Line, statement.Column(error.Position), error.Message + statement.Trail, error.Hint));

    public TokenCursor Cursor(Statement statement, int start)
    {
        Token[] tokens = Lexer.Tokenize(statement.Text);
        int first = Array.FindIndex(tokens, t => t.Position >= start);
        Expressions.Here = Current.Here;
        return new TokenCursor(tokens, first < 0 ? tokens.Length : first, tokens.Length, statement.Text.Length);
    }

    /// <summary>The section of that name, made with the flags its name implies, or null when the name implies none.</summary>
    public Section? FindSection(string name) => _byName.GetValueOrDefault(name);

    public Section GetSection(string name)
    {
        if (_byName.TryGetValue(name, out Section? section)) return section;
        bool Is(string kind) => name == kind || name.StartsWith(kind + ".", StringComparison.Ordinal);
        bool memoryOnly = Is(".bss") || Is(".sbss") || Is(".stream");
        bool constant = Is(".rodata") || Is(".srodata");
        bool code = Is(".text") || name == ".init";
        return AddSection(new Section(name, code, !code && !constant, memoryOnly, allocated: true) { Budget = Budget });
    }

    public Section AddSection(Section section)
    {
        _byName.Add(section.Name, section);
        Sections.Add(section);
        return section;
    }

    public void SwitchTo(Section section)
    {
        Previous = Current;
        Current = section;
    }

    public void Label(Symbol symbol, int position)
    {
        DemandNew(symbol, position);
        Current.Place(symbol);
        symbol.Definition = Statement;
    }

    /// <summary>A label for the assembler's own use: the auipc that a %pcrel_lo refers to.</summary>
    public Symbol Anonymous()
    {
        Symbol symbol = Symbols.Get($"L{SymbolTable.NumericMark}{_anonymous++}");
        Current.Place(symbol);
        return symbol;
    }

    public static void DemandNew(Symbol symbol, int position)
    {
        if (!symbol.IsDefined || symbol.IsPredefined) return;
        string where = symbol.Definition is Statement at ? $" at {at.File}:{at.Line}" : "";
        throw new SourceException(position, $"'{symbol.Shown}' is already defined{where}", symbol.Label is null ? "use .set for values that change" : "numeric labels (1:, 1b, 1f) may repeat");
    }

    public void Emit(uint word)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, word);
        Current.Emit(bytes);
    }

    public void Reserve(long bytes, byte fill, int position)
    {
        if (bytes < 0) throw new SourceException(position, $"a size of {bytes} is negative");
        if (bytes > (Current.MemoryOnly ? uint.MaxValue : LongestReserve)) throw new SourceException(position, $"{bytes} bytes are too many for one directive", "use .stream or .bss for large areas without content");
        if (fill == 0)
        {
            Current.Reserve(bytes);
            return;
        }

        if (Current.MemoryOnly) throw Current.NoContent();
        Current.Fill(bytes, fill);
    }
}
