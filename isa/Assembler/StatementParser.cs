namespace HybridEmu.Isa;

/// <summary>Assembles one statement after another: labels, then a directive, an instruction, a descriptor or an assignment.</summary>
internal sealed class StatementParser
{
    private readonly AssemblyState _state;
    private readonly StatementReader _reader;
    private readonly Directives _directives;
    private readonly InstructionParser _instructions;
    private readonly DescriptorParser _descriptors;

    public StatementParser(AssemblyState state, StatementReader reader)
    {
        _state = state;
        _reader = reader;
        _directives = new Directives(state);
        _instructions = new InstructionParser(state);
        _descriptors = new DescriptorParser(state);
    }

    public void Run(string path, string text)
    {
        _reader.Open(path, text);
        while (_reader.Next() is Statement statement)
        {
            _state.Statement = statement;
            try
            {
                Assemble(statement);
            }
            catch (SourceException error)
            {
                _state.Report(statement, error);
            }
        }
    }

    private void Assemble(Statement statement)
    {
        // Labels count even when the rest of their statement is wrong: one mistake should not bring others.
        StatementHead head = StatementHead.Of(statement.Text);
        if (head.LabelsEnd > 0)
        {
            Token[] labels = Lexer.Tokenize(statement.Text[..head.LabelsEnd]);
            Labels(new TokenCursor(labels, 0, labels.Length, head.LabelsEnd));
        }

        TokenCursor cursor = _state.Cursor(statement, head.LabelsEnd);
        if (cursor.AtEnd) return;
        Token word = cursor.Next();
        if (word.Kind != TokenKind.Identifier)
            throw new SourceException(word.Position, $"expected an instruction, a directive or a label but found '{word.Text}'");
        if (cursor.Peek.Is("=") && word.Text != ".")
        {
            cursor.Next();
            cursor.Take("=");
            _directives.Assign(word.Text, word.Position, cursor, variable: true);
            return;
        }

        if (word.Text[0] == '.')
        {
            if (!_directives.TryHandle(word.Text.ToLowerInvariant(), word.Position, cursor))
                throw new SourceException(word.Position, $"unknown directive '{word.Text}'", NearestName.Hint(word.Text, _directives.Names));
            return;
        }

        if (_descriptors.TryAssemble(word.Text, word.Position, cursor)) return;
        if (_instructions.TryAssemble(word.Text, word.Position, cursor)) return;
        throw new SourceException(word.Position, $"unknown instruction '{word.Text}'", NearestName.Hint(word.Text, InstructionParser.Mnemonics.Concat(DescriptorParser.Mnemonics).Concat(_reader.MacroNames)));
    }

    private void Labels(TokenCursor cursor)
    {
        while (!cursor.AtEnd)
        {
            Token token = cursor.Next();
            cursor.Expect(":");
            if (token.Kind == TokenKind.Identifier && RegisterNames.Find(token.Text) is not null && !token.Text.StartsWith('.'))
                throw new SourceException(token.Position, $"'{token.Text}' is a register and cannot be a label");
            Symbol symbol = token.Kind switch
            {
                TokenKind.Identifier when token.Text != "." => _state.Symbols.Get(token.Text),
                TokenKind.Number => _state.Symbols.NewNumeric(token.Value),
                _ => throw new SourceException(token.Position, $"'{token.Text}' cannot be a label"),
            };
            _state.Label(symbol, token.Position);
        }
    }
}
