namespace HybridEmu.Isa;

/// <summary>
/// Gives the statements to assemble one after another: includes files, expands macros and repetitions, leaves out what
/// conditions exclude. What it does not know it passes on.
/// </summary>
internal sealed class StatementReader(AssemblyState state, Func<string, string?> includeResolver)
{
    private const int DeepestNesting = 100;
    private const int MostStatements = 1_000_000;

    /// <summary>Of one statement that a macro makes, and of all: an argument \x\x grows to twice its length with each use.</summary>
    private const int LongestStatement = 1 << 20, MostCharacters = 1 << 25;

    private static readonly string[] s_conditions = [".if", ".ifdef", ".ifndef", ".ifnotdef", ".ifb", ".ifnb", ".ifc", ".ifnc", ".ifeq", ".ifne", ".ifgt", ".ifge", ".iflt", ".ifle"];

    private readonly Dictionary<string, Macro> _macros = new(StringComparer.Ordinal);
    private readonly Stack<Source> _sources = [];
    private readonly Stack<Condition> _conditions = [];
    private int _statements, _expansions;
    private long _characters;

    public IEnumerable<string> MacroNames => _macros.Keys;

    public void Open(string file, string text) => Push(Statement.Split(file, text, state.Report), "", null);

    /// <summary>The next statement to assemble, or null at the end of the source.</summary>
    public Statement? Next()
    {
        while (Raw() is Statement statement)
        {
            try
            {
                StatementHead head = StatementHead.Of(statement.Text);
                if (!Handles(head.Word))
                {
                    if (_conditions.TryPeek(out Condition? condition) && !condition.Active) continue;
                    return statement;
                }

                bool active = !_conditions.TryPeek(out Condition? outer) || outer.Active;
                if (active && head.LabelsEnd > 0)
                {
                    // Assemble the labels first; come back to the rest.
                    _sources.Peek().Index--;
                    _sources.Peek().Replacement = Part(statement, head.WordStart);
                    return Labels(statement, head.LabelsEnd);
                }

                Handle(statement, head, active);
            }
            catch (SourceException error)
            {
                state.Report(statement, error);
            }
        }

        foreach (Condition open in _conditions)
            state.Report(open.Start, new SourceException(-1, "this condition has no .endif"));
        _conditions.Clear();
        return null;
    }

    private static Statement Part(Statement whole, int start) =>
        new(whole.File, whole.Line, whole.Text[start..], [.. whole.Columns.Skip(start)], whole.Trail);

    private static Statement Labels(Statement whole, int end) =>
        new(whole.File, whole.Line, whole.Text[..end], [.. whole.Columns.Take(end + 1)], whole.Trail);

    private Statement? Raw()
    {
        while (!state.GivesUp && _sources.TryPeek(out Source? source))
        {
            if (source.Replacement is Statement replacement)
            {
                source.Replacement = null;
                source.Index++;
                return replacement;
            }

            if (source.Index < source.Statements.Count)
            {
                Statement statement = source.Statements[source.Index++];
                if (++_statements <= MostStatements) return statement;
                state.Report(statement, TooMany());
                _sources.Clear();
                return null;
            }

            _sources.Pop();
        }

        return null;
    }

    private bool Handles(string word) =>
        word is ".macro" or ".endm" or ".rept" or ".irp" or ".irpc" or ".endr" or ".exitm" or ".purgem" or ".include"
            or ".else" or ".elseif" or ".endif" or ".end"
        || Array.IndexOf(s_conditions, word) >= 0 || _macros.ContainsKey(word);

    private void Handle(Statement statement, StatementHead head, bool active)
    {
        string rest = statement.Text[head.WordEnd..];
        switch (head.Word)
        {
            case ".else" or ".elseif" or ".endif":
                Continue(statement, head);
                return;
            case ".macro":
                DefineMacro(statement, head, Collect(statement, ".endm", [".macro"]), active);
                return;
            case ".rept" or ".irp" or ".irpc":
                List<Statement> body = Collect(statement, ".endr", [".rept", ".irp", ".irpc"]);
                if (active) Repeat(statement, head, body);
                return;
            case ".endm" or ".endr":
                throw new SourceException(head.WordStart, $"{head.Word} without {(head.Word == ".endm" ? ".macro" : ".rept")}");
        }

        if (Array.IndexOf(s_conditions, head.Word) >= 0)
        {
            // Pushed first, so that a mistake in the condition does not unbalance the .endif.
            var condition = new Condition(statement, active);
            _conditions.Push(condition);
            if (active) condition.Enter(Holds(statement, head));
            return;
        }

        if (!active) return;
        switch (head.Word)
        {
            case ".include":
                Include(statement, head);
                break;
            case ".exitm":
                while (_sources.TryPop(out Source? source) && !source.IsMacro) { }
                break;
            case ".purgem":
                _macros.Remove(rest.Trim());
                break;
            case ".end":
                _sources.Clear();
                break;
            default:
                Expand(statement, head, _macros[head.Word]);
                break;
        }
    }

    private void Continue(Statement statement, StatementHead head)
    {
        if (!_conditions.TryPeek(out Condition? condition))
            throw new SourceException(head.WordStart, $"{head.Word} without .if");
        if (head.Word == ".endif")
        {
            _conditions.Pop();
            return;
        }

        if (condition.SawElse)
            throw new SourceException(head.WordStart, $"{head.Word} after .else", "one .else a condition, and the last of its branches");
        condition.SawElse = head.Word == ".else";
        bool open = condition.CanEnter;
        condition.Active = false;
        if (open) condition.Enter(head.Word == ".else" || Holds(statement, head with { Word = ".if" }));
    }

    private bool Holds(Statement statement, StatementHead head)
    {
        string rest = statement.Text[head.WordEnd..].Trim();
        switch (head.Word)
        {
            case ".ifb":
                return rest.Length == 0;
            case ".ifnb":
                return rest.Length > 0;
            case ".ifc" or ".ifnc":
                string[] sides = rest.Split(',', 2);
                if (sides.Length != 2) throw new SourceException(head.WordEnd, $"{head.Word} compares two texts", $"{head.Word} \\x,a0");
                return Unquoted(sides[0]) == Unquoted(sides[1]) == (head.Word == ".ifc");
        }

        TokenCursor cursor = state.Cursor(statement, head.WordEnd);
        if (head.Word is ".ifdef" or ".ifndef" or ".ifnotdef")
        {
            bool defined = state.Symbols.IsDefined(cursor.ExpectName("a symbol"));
            cursor.ExpectEnd();
            return defined == (head.Word == ".ifdef");
        }

        long value = state.Evaluator.Number(state.Expressions.ParseAll(cursor));
        return head.Word switch
        {
            ".ifeq" => value == 0,
            ".ifgt" => value > 0,
            ".ifge" => value >= 0,
            ".iflt" => value < 0,
            ".ifle" => value <= 0,
            _ => value != 0,
        };
    }

    private static string Unquoted(string text)
    {
        text = text.Trim();
        return text.Length >= 2 && text[0] == '"' && text[^1] == '"' ? text[1..^1] : text;
    }

    /// <summary>Takes the statements up to the matching end, which may not lie in another file.</summary>
    private List<Statement> Collect(Statement start, string end, string[] starts)
    {
        var body = new List<Statement>();
        Source source = _sources.Peek();
        for (int depth = 0; source.Index < source.Statements.Count;)
        {
            if (++_statements > MostStatements)
            {
                _sources.Clear();
                throw TooMany();
            }

            Statement statement = source.Statements[source.Index++];
            string word = StatementHead.Of(statement.Text).Word;
            if (Array.IndexOf(starts, word) >= 0) depth++;
            else if (word == end && depth-- == 0) return body;
            body.Add(statement);
        }

        throw new SourceException(-1, $"{StatementHead.Of(start.Text).Word} has no {end}", "it must end in the same file");
    }

    private static SourceException TooMany() => new(-1, $"more than {MostStatements} statements", "a macro or .rept does not end");

    private void DefineMacro(Statement statement, StatementHead head, List<Statement> body, bool active)
    {
        if (!active) return;
        Macro macro = Macro.Parse(statement, head.WordEnd, body);
        if (!_macros.TryAdd(macro.Name, macro))
            throw new SourceException(head.WordEnd, $"macro '{macro.Name}' is already defined at {_macros[macro.Name].Definition.File}:{_macros[macro.Name].Definition.Line}", "use .purgem first to define it anew");
    }

    private void Repeat(Statement statement, StatementHead head, List<Statement> body)
    {
        var statements = new List<Statement>();
        string trail = Macro.Trail(statement, head.Word);
        if (head.Word == ".rept")
        {
            long count = state.Evaluator.Number(state.Expressions.ParseAll(state.Cursor(statement, head.WordEnd)));
            if (count < 0 || count > MostStatements / Math.Max(1, body.Count))
                throw new SourceException(head.WordEnd, $".rept {count} is {(count < 0 ? "negative" : "too much")}");
            // Nothing in them tells one from the next: all are the first.
            List<Statement> once = count == 0 ? [] : Substituted(body, [], _expansions, trail);
            for (long i = 0; i < count; i++)
                statements.AddRange(once);
        }
        else
        {
            string[] parts = statement.Text[head.WordEnd..].Split(',', 2);
            string name = parts[0].Trim();
            if (name.Length == 0 || !name.All(Lexer.ContinuesName))
                throw new SourceException(head.WordEnd, $"{head.Word} needs a parameter name and values", $"{head.Word} r, a0, a1");
            string values = parts.Length > 1 ? parts[1].Trim() : "";
            IEnumerable<string> items = head.Word == ".irpc" ? Unquoted(values).Select(c => c.ToString()) : values.Split(',').Select(Unquoted);
            foreach (string item in items)
            {
                if (statements.Count > MostStatements) throw TooMany();
                statements.AddRange(Substituted(body, new Dictionary<string, string> { [name] = item }, _expansions, trail));
            }
        }

        Push(statements, trail, statement);
    }

    private void Expand(Statement statement, StatementHead head, Macro macro)
    {
        Dictionary<string, string> arguments = macro.Bind(statement, head.WordEnd);
        string trail = Macro.Trail(statement, $"macro '{macro.Name}'");
        Push(Substituted(macro.Body, arguments, _expansions++, trail), trail, statement, isMacro: true);
    }

    /// <exception cref="SourceException">The text of macros has grown too long.</exception>
    private List<Statement> Substituted(List<Statement> body, Dictionary<string, string> values, int expansion, string trail)
    {
        var result = new List<Statement>(body.Count);
        foreach (Statement statement in body)
        {
            Statement made = Macro.Substitute(statement, values, expansion, trail, LongestStatement);
            if (made.Text.Length > statement.Text.Length) _characters += made.Text.Length;
            if (_characters > MostCharacters)
            {
                _sources.Clear();
                throw new SourceException(-1, $"macros make more than {MostCharacters} characters", "does an argument grow with each use?");
            }

            result.Add(made);
        }

        return result;
    }

    private void Include(Statement statement, StatementHead head)
    {
        TokenCursor cursor = state.Cursor(statement, head.WordEnd);
        Token path = cursor.Next();
        if (path.Kind != TokenKind.Text) throw new SourceException(path.Position, ".include needs a file name in quotes", ".include \"lib/start.s\"");
        cursor.ExpectEnd();
        string? text = includeResolver(path.Text);
        if (text is null) throw new SourceException(path.Position, $"cannot find the file \"{path.Text}\"", "it is looked for relative to the including program");
        Push(Statement.Split(path.Text, text, state.Report), "", statement);
    }

    private void Push(List<Statement> statements, string trail, Statement? from, bool isMacro = false)
    {
        if (_sources.Count >= DeepestNesting)
        {
            _sources.Clear();
            state.Report(from!, new SourceException(-1, $"macros and includes are nested more than {DeepestNesting} deep", trail.Length > 0 ? "does the macro use itself without an end?" : "does the file include itself?"));
            return;
        }

        _sources.Push(new Source(statements, isMacro));
    }

    private sealed class Source(List<Statement> statements, bool isMacro)
    {
        public List<Statement> Statements { get; } = statements;

        public bool IsMacro { get; } = isMacro;

        public int Index { get; set; }

        public Statement? Replacement { get; set; }
    }

    private sealed class Condition(Statement start, bool outerActive)
    {
        private bool _entered;

        public Statement Start { get; } = start;

        public bool Active { get; set; }

        public bool SawElse { get; set; }

        public bool CanEnter => outerActive && !_entered;

        public void Enter(bool holds)
        {
            Active = holds;
            _entered |= holds;
        }
    }
}
