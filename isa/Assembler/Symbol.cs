namespace HybridEmu.Isa;

/// <summary>A name: a label, a value, or not defined yet.</summary>
internal sealed class Symbol(string name)
{
    public string Name { get; } = name;

    /// <summary>What messages call it: 1f for a numeric label, else the name.</summary>
    public string Shown { get; init; } = name;

    public Location? Label { get; private set; }

    /// <summary>Value of .equ, .set and = ; may contain labels.</summary>
    public Expression? Value { get; private set; }

    public bool IsDefined => Label is not null || Value is not null;

    /// <summary>May be given another value by .set.</summary>
    public bool IsVariable { get; set; }

    /// <summary>Known before the first line (desc.a, bf16, ...); kept out of the symbol table, and programs may define it anew.</summary>
    public bool IsPredefined { get; set; }

    public bool IsGlobal { get; set; }

    public bool IsFunction { get; set; }

    public bool IsObject { get; set; }

    public Expression? Size { get; set; }

    /// <summary>Where it was defined, for "already defined at".</summary>
    public Statement? Definition { get; set; }

    public bool IsNumeric => Name.Contains(SymbolTable.NumericMark);

    /// <summary>GNU as keeps .L names and numeric labels to itself.</summary>
    public bool IsExported => IsDefined && !IsPredefined && !IsNumeric && !Name.StartsWith(".L", StringComparison.Ordinal);

    public void DefineLabel(Location place)
    {
        Label = place;
        Value = null;
        IsPredefined = false;
    }

    public void Move(Location place) => Label = place;

    public void DefineValue(Expression value)
    {
        Label = null;
        Value = value;
        IsPredefined = false;
    }
}

/// <summary>All symbols of an assembly, and the counting of numeric labels.</summary>
internal sealed class SymbolTable
{
    /// <summary>Stands in the internal name of a numeric label; no source name can hold it.</summary>
    public const char NumericMark = '\u0002';

    private readonly Dictionary<string, Symbol> _symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<long, int> _numeric = [];

    /// <summary>In order of first mention.</summary>
    public List<Symbol> All { get; } = [];

    public Symbol Get(string name)
    {
        if (!_symbols.TryGetValue(name, out Symbol? symbol))
            symbol = Add(new Symbol(name));
        return symbol;
    }

    public bool IsDefined(string name) => _symbols.TryGetValue(name, out Symbol? symbol) && symbol.IsDefined;

    /// <summary>A constant known before the first line.</summary>
    public void Predefine(string name, long value)
    {
        Symbol symbol = Get(name);
        symbol.DefineValue(new ConstantExpression(value, -1));
        symbol.IsPredefined = true;
    }

    public Symbol NewNumeric(long number)
    {
        int index = _numeric[number] = _numeric.GetValueOrDefault(number) + 1;
        return Numeric(number, index, $"{number}");
    }

    /// <summary>The symbol that 1b or 1f means here; null for 1b with no 1: before.</summary>
    public Symbol? Numeric(long number, bool forward)
    {
        int index = _numeric.GetValueOrDefault(number) + (forward ? 1 : 0);
        return index == 0 ? null : Numeric(number, index, forward ? $"{number}f" : $"{number}b");
    }

    public string NearestDefined(string name) => NearestName.Hint(name, All.Where(s => s.IsDefined && !s.IsNumeric).Select(s => s.Name));

    private Symbol Numeric(long number, int index, string shown)
    {
        string name = $"{number}{NumericMark}{index}";
        return _symbols.TryGetValue(name, out Symbol? known) ? known : Add(new Symbol(name) { Shown = shown });
    }

    private Symbol Add(Symbol symbol)
    {
        _symbols[symbol.Name] = symbol;
        All.Add(symbol);
        return symbol;
    }
}
