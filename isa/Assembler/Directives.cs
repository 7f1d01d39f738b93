using System.Text;

namespace HybridEmu.Isa;

/// <summary>Directives: where things go (sections, alignment), what names mean, and data.</summary>
internal sealed partial class Directives
{
    private readonly AssemblyState _state;
    private readonly Dictionary<string, Action<TokenCursor>> _handlers;
    private readonly Stack<(Section Current, Section Previous)> _pushed = [];

    public Directives(AssemblyState state)
    {
        _state = state;
        _handlers = new Dictionary<string, Action<TokenCursor>>(StringComparer.Ordinal)
        {
            [".section"] = c => Section(c),
            [".pushsection"] = PushSection,
            [".popsection"] = PopSection,
            [".previous"] = _ => state.SwitchTo(state.Previous),
            [".globl"] = Globals,
            [".global"] = Globals,
            [".weak"] = Globals,
            [".equ"] = c => Assign(c, variable: true),
            [".set"] = c => Assign(c, variable: true),
            [".equiv"] = c => Assign(c, variable: false),
            [".type"] = SymbolType,
            [".size"] = SymbolSize,
            [".align"] = c => Align(c, power: true),
            [".p2align"] = c => Align(c, power: true),
            [".balign"] = c => Align(c, power: false),
            [".org"] = Origin,
            [".float"] = Floats,
            [".single"] = Floats,
            [".ascii"] = c => Text(c, terminated: false),
            [".asciz"] = c => Text(c, terminated: true),
            [".string"] = c => Text(c, terminated: true),
            [".space"] = Space,
            [".skip"] = Space,
            [".zero"] = Space,
            [".fill"] = Fill,
            [".comm"] = Common,
            [".lcomm"] = Common,
            [".spalloc"] = ScratchpadAllocate,
            [".error"] = c => throw new SourceException(-1, c.Peek.Kind == TokenKind.Text ? c.Peek.Text : ".error reached"),
        };
        foreach (string section in (string[])[".text", ".data", ".bss", ".rodata", ".stream"])
            _handlers[section] = _ => state.SwitchTo(state.GetSection(section));
        foreach ((string names, int bytes) in (ReadOnlySpan<(string, int)>)[(".byte", 1), (".half .short .hword .2byte", 2), (".word .long .int .4byte", 4), (".dword .quad .8byte", 8)])
        {
            foreach (string name in names.Split(' '))
                _handlers[name] = c => Data(c, bytes);
        }

        // What compilers write and an image does not need.
        foreach (string ignored in (string[])[".option", ".attribute", ".file", ".ident", ".loc", ".local", ".hidden", ".internal", ".protected", ".extern", ".addrsig", ".warning", ".print"])
            _handlers[ignored] = _ => { };
    }

    public IEnumerable<string> Names => _handlers.Keys;

    public bool TryHandle(string name, int position, TokenCursor cursor)
    {
        if (name.StartsWith(".cfi_", StringComparison.Ordinal)) return true;
        if (!_handlers.TryGetValue(name, out Action<TokenCursor>? handler)) return false;
        try
        {
            handler(cursor);
        }
        catch (SourceException error) when (error.Position < 0)
        {
            throw new SourceException(position, error.Message, error.Hint);
        }

        return true;
    }

    /// <summary>name = expression, .set name, expression.</summary>
    public void Assign(string name, int position, TokenCursor value, bool variable)
    {
        if (RegisterNames.Find(name) is not null)
            throw new SourceException(position, $"'{name}' is a register", "choose another name");
        Symbol symbol = _state.Symbols.Get(name);
        if (!symbol.IsVariable || !variable) AssemblyState.DemandNew(symbol, position);
        Expression expression = _state.Expressions.ParseAll(value);
        // Kept as a number where possible, so that messages about its parts appear here and not at each use.
        symbol.DefineValue(_state.Evaluator.TryNumber(expression) is long number ? new ConstantExpression(number, expression.Position) : expression);
        symbol.IsVariable = variable;
        symbol.Definition = _state.Statement;
    }

    private void Assign(TokenCursor cursor, bool variable)
    {
        int position = cursor.Peek.Position;
        string name = cursor.ExpectName("a symbol");
        cursor.Expect(",", ".equ name, value");
        Assign(name, position, cursor, variable);
    }

    private void Section(TokenCursor cursor)
    {
        Token token = cursor.Peek;
        string name = token.Kind == TokenKind.Text ? cursor.Next().Text : cursor.ExpectName("a section name");
        while (cursor.Take("-")) name += "-" + cursor.Next().Text;
        Section? known = _state.FindSection(name);
        if (!cursor.Take(","))
        {
            _state.SwitchTo(name.StartsWith(".note", StringComparison.Ordinal) || name is ".comment"
                ? known ?? _state.AddSection(new Section(name, false, false, false, allocated: false) { Budget = _state.Budget })
                : _state.GetSection(name));
            return;
        }

        Token flags = cursor.Next();
        if (flags.Kind != TokenKind.Text) throw new SourceException(flags.Position, "section flags stand in quotes", ".section .name,\"aw\",@progbits");
        foreach (char flag in flags.Text)
        {
            if (!"awxMSGTo0123456789?".Contains(flag)) throw new SourceException(flags.Position, $"unknown section flag '{flag}'", "known: a (allocated), w (writable), x (executable)");
        }

        string type = "progbits";
        if (cursor.Take(","))
        {
            if (!cursor.Take("@")) cursor.Take("%");
            int at = cursor.Peek.Position;
            type = cursor.ExpectName("a section type");
            if (type is not ("progbits" or "nobits" or "note" or "init_array" or "fini_array"))
                throw new SourceException(at, $"unknown section type '{type}'", "known: @progbits, @nobits");
        }
        else if (name == ".stream" || name == ".bss" || name.StartsWith(".bss.", StringComparison.Ordinal) || name.StartsWith(".stream.", StringComparison.Ordinal))
        {
            type = "nobits";
        }

        bool memoryOnly = type == "nobits";
        if (known is null)
            known = _state.AddSection(new Section(name, flags.Text.Contains('x'), flags.Text.Contains('w'), memoryOnly, flags.Text.Contains('a')) { Budget = _state.Budget });
        else if (known.MemoryOnly != memoryOnly || known.Executable != flags.Text.Contains('x'))
            throw new SourceException(flags.Position, $"section {name} already exists with other flags", "give the flags once, at its first use");
        _state.SwitchTo(known);
    }

    private void PushSection(TokenCursor cursor)
    {
        _pushed.Push((_state.Current, _state.Previous));
        Section(cursor);
    }

    private void PopSection(TokenCursor cursor)
    {
        if (!_pushed.TryPop(out (Section Current, Section Previous) saved))
            throw new SourceException(-1, ".popsection without .pushsection");
        _state.SwitchTo(saved.Previous);
        _state.SwitchTo(saved.Current);
        cursor.ExpectEnd();
    }

    private void Globals(TokenCursor cursor)
    {
        do
            _state.Symbols.Get(cursor.ExpectName("a symbol")).IsGlobal = true;
        while (cursor.Take(","));
        cursor.ExpectEnd();
    }

    private void SymbolType(TokenCursor cursor)
    {
        Symbol symbol = _state.Symbols.Get(cursor.ExpectName("a symbol"));
        cursor.Take(",");
        if (!cursor.Take("@")) cursor.Take("%");
        string type = cursor.Peek.Kind == TokenKind.Text ? cursor.Next().Text : cursor.ExpectName("@function or @object");
        symbol.IsFunction = type is "function" or "STT_FUNC";
        symbol.IsObject = type is "object" or "STT_OBJECT";
    }

    private void SymbolSize(TokenCursor cursor)
    {
        Symbol symbol = _state.Symbols.Get(cursor.ExpectName("a symbol"));
        cursor.Expect(",");
        symbol.Size = _state.Expressions.ParseAll(cursor);
    }

    private void Align(TokenCursor cursor, bool power)
    {
        List<TokenCursor> parts = cursor.SplitAtCommas();
        if (parts.Count is 0 or > 3) throw new SourceException(-1, "alignment takes a value, a fill byte and a maximum", power ? ".align 2 aligns to 4 bytes" : ".balign 4 aligns to 4 bytes");
        int position = parts[0].Peek.Position;
        long value = Number(parts[0]);
        if (power && value is < 0 or > 30)
            throw new SourceException(position, $"{value} is no exponent of an alignment", ".align takes the power of two; .balign takes bytes");
        long alignment = power ? 1L << (int)value : value;
        if (alignment < 1 || (alignment & (alignment - 1)) != 0 || alignment > 1 << 30)
            throw new SourceException(position, $"{alignment} is not a power of two");
        byte? fill = parts.Count > 1 && !parts[1].AtEnd ? (byte)Number(parts[1]) : null;
        long maximum = parts.Count > 2 ? Number(parts[2]) : long.MaxValue;
        if (alignment > 1)
            _state.Current.Add(new Fragment(_state.Current, FragmentKind.Align) { Alignment = alignment, Fill = fill, MaximumSkip = maximum, Source = _state.Statement });
    }

    private void Origin(TokenCursor cursor)
    {
        List<TokenCursor> parts = cursor.SplitAtCommas();
        if (parts.Count is 0 or > 2) throw new SourceException(-1, ".org takes an offset in the section and a fill byte");
        Expression target = _state.Expressions.ParseAll(parts[0]);
        byte fill = parts.Count > 1 ? (byte)Number(parts[1]) : (byte)0;
        _state.Current.Add(new Fragment(_state.Current, FragmentKind.Origin) { Target = target, Fill = fill, Source = _state.Statement });
    }

    private void Common(TokenCursor cursor)
    {
        List<TokenCursor> parts = cursor.SplitAtCommas();
        if (parts.Count is < 2 or > 3) throw new SourceException(-1, "expected name, bytes, alignment");
        int position = parts[0].Peek.Position;
        Symbol symbol = _state.Symbols.Get(parts[0].ExpectName("a symbol"));
        long bytes = Number(parts[1]), alignment = parts.Count > 2 ? Number(parts[2]) : 16;
        if (alignment < 1 || (alignment & (alignment - 1)) != 0) throw new SourceException(parts[2].EndPosition, $"{alignment} is not a power of two");
        Section current = _state.Current, previous = _state.Previous;
        _state.SwitchTo(_state.GetSection(".bss"));
        _state.Current.Add(new Fragment(_state.Current, FragmentKind.Align) { Alignment = alignment, Source = _state.Statement });
        _state.Label(symbol, position);
        symbol.IsObject = true;
        symbol.Size = new ConstantExpression(bytes, position);
        _state.Reserve(bytes, 0, position);
        _state.SwitchTo(previous);
        _state.SwitchTo(current);
    }

    /// <summary>.spalloc name, bytes[, alignment]: gives out scratchpad offsets one after another.</summary>
    private void ScratchpadAllocate(TokenCursor cursor)
    {
        List<TokenCursor> parts = cursor.SplitAtCommas();
        if (parts.Count is < 2 or > 3) throw new SourceException(-1, ".spalloc takes a name, bytes and an alignment", ".spalloc x, 32*64*2");
        int position = parts[0].Peek.Position, bytesAt = parts[1].Peek.Position;
        string name = parts[0].ExpectName("a symbol");
        parts[0].ExpectEnd();
        long bytes = Number(parts[1]), alignment = 64;
        if (bytes < 0) throw new SourceException(bytesAt, $"a size of {bytes} is negative");
        if (parts.Count > 2)
        {
            int alignmentAt = parts[2].Peek.Position;
            alignment = Number(parts[2]);
            if (alignment < 1 || (alignment & (alignment - 1)) != 0) throw new SourceException(alignmentAt, $"{alignment} is not a power of two");
        }

        Symbol symbol = _state.Symbols.Get(name);
        AssemblyState.DemandNew(symbol, position);
        long offset = (_state.ScratchpadUsed + alignment - 1) & -alignment;
        long capacity = (long)(AddressMap.Accumulators - AddressMap.Scratchpad);
        if (offset < 0 || offset > capacity || bytes > capacity - offset) throw new SourceException(bytesAt, $"the scratchpad's address space of {capacity} bytes is used up");
        symbol.DefineValue(new ConstantExpression(offset, position));
        symbol.Size = new ConstantExpression(bytes, position);
        symbol.IsObject = true;
        symbol.Definition = _state.Statement;
        _state.ScratchpadUsed = offset + bytes;
    }

    private long Number(TokenCursor cursor) => _state.Evaluator.Number(_state.Expressions.ParseAll(cursor));
}
