namespace HybridEmu.Isa;

/// <summary>Walks the tokens of one operand or statement.</summary>
internal sealed class TokenCursor(Token[] tokens, int start, int end, int endPosition)
{
    private readonly Token[] _tokens = tokens;
    private readonly int _end = end;

    public int Index { get; set; } = start;

    public bool AtEnd => Index >= _end;

    public Token Peek => AtEnd ? new Token(TokenKind.End, "", 0, endPosition, endPosition) : _tokens[Index];

    public Token Next()
    {
        Token token = Peek;
        if (!AtEnd) Index++;
        return token;
    }

    public bool Take(string punctuation)
    {
        if (!Peek.Is(punctuation)) return false;
        Index++;
        return true;
    }

    public void Expect(string punctuation, string hint = "")
    {
        if (!Take(punctuation))
            throw new SourceException(Peek.Position, $"expected '{punctuation}' {Found()}", hint);
    }

    public string ExpectName(string what)
    {
        Token token = Peek;
        if (token.Kind != TokenKind.Identifier)
            throw new SourceException(token.Position, $"expected {what} {Found()}");
        Index++;
        return token.Text;
    }

    public void ExpectEnd()
    {
        if (!AtEnd)
            throw new SourceException(Peek.Position, $"unexpected '{Peek.Text}' after the end of the operand", "separate operands with commas");
    }

    public string Found() => AtEnd ? "at the end of the statement" : $"but found '{Peek.Text}'";

    /// <summary>Cuts the rest at its top-level commas. No tokens at all give no operands.</summary>
    public List<TokenCursor> SplitAtCommas()
    {
        var parts = new List<TokenCursor>();
        if (AtEnd) return parts;
        int depth = 0, first = Index;
        for (int i = Index; i < _end; i++)
        {
            if (_tokens[i].Is('(')) depth++;
            else if (_tokens[i].Is(')')) depth--;
            else if (_tokens[i].Is(',') && depth <= 0)
            {
                parts.Add(new TokenCursor(_tokens, first, i, _tokens[i].Position));
                first = i + 1;
            }
        }

        parts.Add(new TokenCursor(_tokens, first, _end, endPosition));
        Index = _end;
        return parts;
    }

    public ReadOnlySpan<Token> Rest => _tokens.AsSpan(Index, Math.Max(0, _end - Index));

    public int EndPosition => endPosition;
}

/// <summary>
/// Parses expressions with C's precedence. Symbols that already have a constant value are taken at their value of this
/// moment, as .set may change it later. sp(e), acc(e) and hbm(e) are addresses in those memories.
/// </summary>
internal sealed class ExpressionParser(SymbolTable symbols, Evaluator evaluator)
{
    private const int DeepestNesting = 200, DeepestTree = 500;

    private static readonly string[][] s_levels =
    [
        ["||"], ["&&"], ["|"], ["^"], ["&"], ["==", "!=", "<>"], ["<", ">", "<=", ">="], ["<<", ">>"], ["+", "-"], ["*", "/", "%"],
    ];

    private int _nesting;

    /// <summary>What "." means in the statement being read.</summary>
    public Location Here { get; set; }

    public Expression Parse(TokenCursor cursor)
    {
        _nesting = 0;
        return Level(cursor, 0);
    }

    /// <summary>A whole operand.</summary>
    public Expression ParseAll(TokenCursor cursor)
    {
        Expression expression = Parse(cursor);
        cursor.ExpectEnd();
        return expression;
    }

    private Expression Level(TokenCursor cursor, int level)
    {
        if (level == s_levels.Length) return Unary(cursor);
        Expression left = Level(cursor, level + 1);
        while (cursor.Peek.Kind == TokenKind.Punctuation && Array.IndexOf(s_levels[level], cursor.Peek.Text) >= 0)
        {
            Token name = cursor.Next();
            left = new BinaryExpression(name.Text, left, Level(cursor, level + 1), left.Position);
            if (left.Depth > DeepestTree)
                throw new SourceException(name.Position, $"more than {DeepestTree} operators for one value", "name a part of it by .set, which keeps a number if it is known");
        }

        return left;
    }

    private Expression Unary(TokenCursor cursor)
    {
        Token token = cursor.Next();
        switch (token.Kind)
        {
            case TokenKind.Number:
                return new ConstantExpression(token.Value, token.Position);
            case TokenKind.LocalLabel:
                bool forward = token.Text[^1] == 'f';
                return symbols.Numeric(token.Value, forward) is Symbol symbol
                    ? new SymbolExpression(symbol, token.Position)
                    : throw new SourceException(token.Position, $"'{token.Text}' is not defined", $"there is no '{token.Value}:' before this line; {token.Value}f looks forward");
            case TokenKind.Identifier:
                return Name(token, cursor);
            case TokenKind.Punctuation when token.Text is "-" or "+" or "~" or "!":
                Nest(token);
                Expression operand = Unary(cursor);
                _nesting--;
                return operand is ConstantExpression constant && token.Text == "-"
                    ? new ConstantExpression(-constant.Value, token.Position)
                    : new UnaryExpression(token.Text, operand, token.Position);
            case TokenKind.Punctuation when token.Text == "(":
                Nest(token);
                Expression inner = Level(cursor, 0);
                cursor.Expect(")");
                _nesting--;
                return inner with { Position = token.Position };
            case TokenKind.Float:
                throw new SourceException(token.Position, $"'{token.Text}' is floating point; an integer is needed here", "use .float for fp32 data");
            case TokenKind.Text:
                throw new SourceException(token.Position, "a string cannot stand here", "use .ascii or .asciz");
            case TokenKind.Relocation:
                throw new SourceException(token.Position, $"%{token.Text}() must be the whole operand", "write %lo(symbol + 4)(a0)");
            case TokenKind.End:
                throw new SourceException(token.Position, "expected a value at the end of the statement");
            default:
                throw new SourceException(token.Position, $"expected a value but found '{token.Text}'");
        }
    }

    private void Nest(Token token)
    {
        if (++_nesting > DeepestNesting)
            throw new SourceException(token.Position, "this expression is nested too deeply");
    }

    private Expression Name(Token token, TokenCursor cursor)
    {
        if (token.Text == ".")
            return new HereExpression(Here, token.Position);
        if (cursor.Peek.Is('(') && BaseOf(token.Text) is ulong start)
        {
            cursor.Next();
            Nest(token);
            Expression offset = Level(cursor, 0);
            cursor.Expect(")");
            _nesting--;
            return new BinaryExpression("+", new ConstantExpression((long)start, token.Position), offset, token.Position);
        }

        Symbol symbol = symbols.Get(token.Text);
        if (!symbol.IsDefined && RegisterNames.Find(token.Text) is not null)
            throw new SourceException(token.Position, $"'{token.Text}' is a register; a number or symbol is needed here");
        if (symbol.Value is not Expression value)
            return new SymbolExpression(symbol, token.Position);
        // A variable is worth what it is worth here; anything else keeps its name for messages.
        if (evaluator.TryNumber(value) is long number)
            return new ConstantExpression(number, token.Position);
        return symbol.IsVariable ? value with { Position = token.Position } : new SymbolExpression(symbol, token.Position);
    }

    private static ulong? BaseOf(string function) => function switch
    {
        "sp" => AddressMap.Scratchpad,
        "acc" => AddressMap.Accumulators,
        "hbm" => AddressMap.Hbm,
        "host" => AddressMap.HostMemory,
        _ => null,
    };
}
