namespace HybridEmu.Isa;

/// <summary>
/// Pseudo-instructions as the RISC-V assembly manual lists them. A template is the text of what the pseudo-instruction
/// stands for: $1.. are its operands, $L the label of the first instruction.
/// </summary>
internal sealed class PseudoInstructions(AssemblyState state, InstructionParser instructions)
{
    private static readonly Dictionary<string, string[]> s_templates = BuildTemplates();
    private static readonly HashSet<string> s_names = [.. s_templates.Keys.Select(k => k[..k.IndexOf('/')]), "li", "la", "lla"];

    /// <summary>Whose last operand may be a constant: the name of the immediate form.</summary>
    private static readonly Dictionary<string, string> s_immediateForms = new()
    {
        ["add"] = "addi",
        ["and"] = "andi",
        ["or"] = "ori",
        ["xor"] = "xori",
        ["sll"] = "slli",
        ["srl"] = "srli",
        ["sra"] = "srai",
        ["slt"] = "slti",
        ["sltu"] = "sltiu",
        ["csrrw"] = "csrrwi",
        ["csrrs"] = "csrrsi",
        ["csrrc"] = "csrrci",
    };

    private static readonly string[] s_loads = ["lb", "lh", "lw", "lbu", "lhu"];
    private static readonly string[] s_stores = ["sb", "sh", "sw"];

    public static IEnumerable<string> Names => s_names;

    public static bool Knows(string name) => s_names.Contains(name);

    public static string Usage(string name)
    {
        IEnumerable<string> counts = s_templates.Keys.Where(k => k.StartsWith(name + "/", StringComparison.Ordinal)).Select(k => k[(name.Length + 1)..]);
        string list = name is "li" or "la" or "lla" ? "2" : string.Join(" or ", counts.Order(StringComparer.Ordinal));
        return $"it takes {list}";
    }

    /// <summary>Assembles what the pseudo-instruction stands for; false when it is a real instruction.</summary>
    public bool TryExpand(string name, int position, List<TokenCursor> operands)
    {
        if (operands.Count == 2 && name == "li")
        {
            LoadConstant(position, operands);
            return true;
        }

        if (operands.Count == 2 && name is "la" or "lla" && operands.Count == 2)
        {
            LoadAddress(position, operands);
            return true;
        }

        if (operands.Count == 2 && Array.IndexOf(s_loads, name) >= 0 && !InstructionParser.HasBase(operands[1]) && IsExpression(operands[1]))
        {
            Expand(["auipc $1, %pcrel_hi($2)", $"{name} $1, %pcrel_lo($L)($1)"], position, operands);
            return true;
        }

        if (operands.Count == 3 && Array.IndexOf(s_stores, name) >= 0)
        {
            Expand(["auipc $3, %pcrel_hi($2)", $"{name} $1, %pcrel_lo($L)($3)"], position, operands);
            return true;
        }

        if (operands.Count == 3 && s_immediateForms.TryGetValue(name, out string? immediate) && !LooksLikeRegister(operands[2]))
        {
            instructions.Assemble(immediate, position, operands);
            return true;
        }

        if (!s_templates.TryGetValue($"{name}/{operands.Count}", out string[]? templates)) return false;
        Expand(templates, position, operands);
        return true;
    }

    /// <summary>A lone name that is no symbol is a misspelt register rather than a forward constant.</summary>
    private bool LooksLikeRegister(TokenCursor operand)
    {
        if (InstructionParser.IsRegister(operand)) return true;
        return operand.Rest.Length == 1 && operand.Peek.Kind == TokenKind.Identifier && !state.Symbols.IsDefined(operand.Peek.Text)
            && NearestName.Find(operand.Peek.Text, RegisterNames.All) is not null;
    }

    private bool IsExpression(TokenCursor operand)
    {
        try
        {
            state.Expressions.ParseAll(Copy(operand));
            return true;
        }
        catch (SourceException)
        {
            return false;
        }
    }

    private void LoadConstant(int position, List<TokenCursor> operands)
    {
        TokenCursor copy = Copy(operands[1]);
        if (copy.Peek.Kind == TokenKind.Relocation)
            throw new SourceException(copy.Peek.Position, $"li makes all 32 bits itself; %{copy.Peek.Text} belongs to lui or addi", "write li a0, symbol");
        Expression expression = state.Expressions.ParseAll(copy);
        if (state.Evaluator.TryNumber(expression) is not long number)
        {
            Expand(["lui $1, %hi($2)", "addi $1, $1, %lo($2)"], position, operands);
            return;
        }

        if (number is < int.MinValue or > uint.MaxValue)
            throw new SourceException(expression.Position, $"{number} does not fit in 32 bits", "an address beyond 4 GiB needs a descriptor or the window CSR");
        int value = (int)number;
        int low = value << 20 >> 20;
        uint high = (uint)(value - low) >> 12;
        if (high == 0)
            Expand([$"addi $1, x0, {low}"], position, operands);
        else if (low == 0)
            Expand([$"lui $1, {high}"], position, operands);
        else
            Expand([$"lui $1, {high}", $"addi $1, $1, {low}"], position, operands);
    }

    private void LoadAddress(int position, List<TokenCursor> operands)
    {
        // GNU as treats la with a plain number as li.
        Expression expression = state.Expressions.ParseAll(Copy(operands[1]));
        if (expression is ConstantExpression)
            LoadConstant(position, operands);
        else
            Expand(["auipc $1, %pcrel_hi($2)", "addi $1, $1, %pcrel_lo($L)"], position, operands);
    }

    private static TokenCursor Copy(TokenCursor cursor)
    {
        Token[] tokens = cursor.Rest.ToArray();
        return new TokenCursor(tokens, 0, tokens.Length, cursor.EndPosition);
    }

    private void Expand(string[] templates, int position, List<TokenCursor> operands)
    {
        string label = "";
        if (templates.Length > 1 && templates[^1].Contains("$L")) label = state.Anonymous().Name;
        foreach (string template in templates)
        {
            var tokens = new List<Token>();
            Token[] pattern = Lexer.Tokenize(template);
            for (int i = 1; i < pattern.Length; i++)
            {
                Token token = pattern[i];
                if (token.Text == "$L")
                    tokens.Add(new Token(TokenKind.Identifier, label, 0, position, position));
                else if (token.Kind == TokenKind.Identifier && token.Text[0] == '$')
                    tokens.AddRange(operands[token.Text[1] - '1'].Rest);
                else
                    tokens.Add(token with { Position = position, End = position });
            }

            var cursor = new TokenCursor([.. tokens], 0, tokens.Count, position);
            instructions.Assemble(pattern[0].Text, position, cursor.SplitAtCommas());
        }
    }

    private static Dictionary<string, string[]> BuildTemplates()
    {
        var templates = new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            ["nop/0"] = ["addi x0, x0, 0"],
            ["mv/2"] = ["addi $1, $2, 0"],
            ["move/2"] = ["addi $1, $2, 0"],
            ["not/2"] = ["xori $1, $2, -1"],
            ["neg/2"] = ["sub $1, x0, $2"],
            ["seqz/2"] = ["sltiu $1, $2, 1"],
            ["snez/2"] = ["sltu $1, x0, $2"],
            ["sltz/2"] = ["slt $1, $2, x0"],
            ["sgtz/2"] = ["slt $1, x0, $2"],
            ["sgt/3"] = ["slt $1, $3, $2"],
            ["sgtu/3"] = ["sltu $1, $3, $2"],
            ["zext.b/2"] = ["andi $1, $2, 255"],
            ["zext.h/2"] = ["slli $1, $2, 16", "srli $1, $1, 16"],
            ["sext.b/2"] = ["slli $1, $2, 24", "srai $1, $1, 24"],
            ["sext.h/2"] = ["slli $1, $2, 16", "srai $1, $1, 16"],
            ["beqz/2"] = ["beq $1, x0, $2"],
            ["bnez/2"] = ["bne $1, x0, $2"],
            ["blez/2"] = ["bge x0, $1, $2"],
            ["bgez/2"] = ["bge $1, x0, $2"],
            ["bltz/2"] = ["blt $1, x0, $2"],
            ["bgtz/2"] = ["blt x0, $1, $2"],
            ["bgt/3"] = ["blt $2, $1, $3"],
            ["ble/3"] = ["bge $2, $1, $3"],
            ["bgtu/3"] = ["bltu $2, $1, $3"],
            ["bleu/3"] = ["bgeu $2, $1, $3"],
            ["j/1"] = ["jal x0, $1"],
            ["jal/1"] = ["jal x1, $1"],
            ["jr/1"] = ["jalr x0, $1"],
            ["jr/2"] = ["jalr x0, $2($1)"],
            ["jalr/1"] = ["jalr x1, $1"],
            ["jalr/3"] = ["jalr $1, $3($2)"],
            ["ret/0"] = ["jalr x0, 0(x1)"],
            ["call/1"] = ["auipc x1, %pcrel_hi($1)", "jalr x1, %pcrel_lo($L)(x1)"],
            ["call/2"] = ["auipc x6, %pcrel_hi($2)", "jalr $1, %pcrel_lo($L)(x6)"],
            ["tail/1"] = ["auipc x6, %pcrel_hi($1)", "jalr x0, %pcrel_lo($L)(x6)"],
            ["jump/2"] = ["auipc $2, %pcrel_hi($1)", "jalr x0, %pcrel_lo($L)($2)"],
            ["csrr/2"] = ["csrrs $1, $2, x0"],
            ["csrw/2"] = ["csrrw x0, $1, $2"],
            ["csrs/2"] = ["csrrs x0, $1, $2"],
            ["csrc/2"] = ["csrrc x0, $1, $2"],
            ["csrwi/2"] = ["csrrwi x0, $1, $2"],
            ["csrsi/2"] = ["csrrsi x0, $1, $2"],
            ["csrci/2"] = ["csrrci x0, $1, $2"],
            ["fence/0"] = ["fence iorw, iorw"],
            // The word every toolchain agrees on: a write to the read-only counter cycle, which traps.
            ["unimp/0"] = ["csrrw x0, cycle, x0"],
        };
        foreach (string counter in (string[])["cycle", "time", "instret", "cycleh", "timeh", "instreth"])
            templates[$"rd{counter}/1"] = [$"csrrs $1, {counter}, x0"];
        return templates;
    }
}
