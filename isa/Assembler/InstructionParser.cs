namespace HybridEmu.Isa;

/// <summary>Assembles instructions: operands by the instruction table, words by <see cref="Encoder"/>.</summary>
internal sealed class InstructionParser
{
    private static readonly Dictionary<string, InstructionRow> s_rows = BuildRows();

    private readonly AssemblyState _state;
    private readonly PseudoInstructions _pseudo;

    public InstructionParser(AssemblyState state)
    {
        _state = state;
        _pseudo = new PseudoInstructions(state, this);
    }

    public static IEnumerable<string> Mnemonics => s_rows.Keys.Concat(PseudoInstructions.Names);

    /// <summary>True when the word was an instruction, real or pseudo.</summary>
    public bool TryAssemble(string mnemonic, int position, TokenCursor rest)
    {
        string name = mnemonic.ToLowerInvariant();
        (InstructionRow? row, int order) = Find(name);
        if (row is null && !PseudoInstructions.Knows(name)) return false;
        if (!_state.Current.Executable)
            throw new SourceException(position, $"an instruction in section {_state.Current.Name}, which is not executable", "switch to .text first");
        AssembleOperands(name, position, rest.SplitAtCommas(), row, order);
        return true;
    }

    /// <summary>An instruction whose operands are known: what pseudo-instructions expand to.</summary>
    public void Assemble(string mnemonic, int position, List<TokenCursor> operands)
    {
        (InstructionRow? row, int order) = Find(mnemonic);
        AssembleOperands(mnemonic, position, operands, row, order);
    }

    /// <summary>Whether the operand ends in (register).</summary>
    public static bool HasBase(TokenCursor operand)
    {
        ReadOnlySpan<Token> tokens = operand.Rest;
        return tokens.Length >= 3 && tokens[^3].Is('(') && tokens[^1].Is(')') && RegisterOf(tokens[^2]) is not null;
    }

    public static bool IsRegister(TokenCursor operand) => operand.Rest.Length == 1 && RegisterOf(operand.Peek) is not null;

    private static int? RegisterOf(Token token) => token.Kind == TokenKind.Identifier ? RegisterNames.Find(token.Text) : null;

    private static (InstructionRow? Row, int Order) Find(string name)
    {
        if (s_rows.TryGetValue(name, out InstructionRow? row)) return (row, 0);
        foreach ((string suffix, int order) in (ReadOnlySpan<(string, int)>)[(".aqrl", 3), (".aq", 2), (".rl", 1)])
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal) && s_rows.TryGetValue(name[..^suffix.Length], out row) && row.Format == InstructionFormat.Atomic)
                return (row, order);
        }

        return (null, 0);
    }

    private void AssembleOperands(string name, int position, List<TokenCursor> operands, InstructionRow? row, int order)
    {
        if (_pseudo.TryExpand(name, position, operands)) return;
        if (row is null)
            throw new SourceException(position, $"{name} does not take {operands.Count} operand{(operands.Count == 1 ? "" : "s")}", PseudoInstructions.Usage(name));
        if (row.Operands.Length != operands.Count)
            throw new SourceException(position, $"{name} takes {row.Operands.Length} operand{(row.Operands.Length == 1 ? "" : "s")}, not {operands.Count}", $"write {Usage(row)}");
        Encode(row, operands, order);
    }

    private void Encode(InstructionRow row, List<TokenCursor> operands, int order)
    {
        int rd = 0, rs1 = 0, rs2 = 0, immediate = order;
        OperandKind constantKind = default;
        Expression? constant = null;
        var relocation = Relocation.None;
        for (int i = 0; i < operands.Count; i++)
        {
            TokenCursor operand = operands[i];
            switch (row.Operands[i])
            {
                case OperandKind.Rd:
                    rd = Register(operand);
                    break;
                case OperandKind.Rs1:
                    rs1 = Register(operand);
                    break;
                case OperandKind.Rs2:
                    rs2 = Register(operand);
                    break;
                case OperandKind.Predecessor:
                    immediate |= FenceSet(operand) << 4;
                    break;
                case OperandKind.Successor:
                    immediate |= FenceSet(operand);
                    break;
                case OperandKind.Csr:
                    immediate = Csr(operand);
                    break;
                case OperandKind.Address:
                    rs1 = BaseAlone(operand, row);
                    break;
                case OperandKind.Memory:
                    (rs1, constant, relocation) = Memory(operand, row);
                    constantKind = OperandKind.Memory;
                    break;
                default:
                    constantKind = row.Operands[i];
                    (constant, relocation) = Constant(operand, constantKind);
                    operand.ExpectEnd();
                    break;
            }
        }

        if (row.Format == InstructionFormat.B)
        {
            Branch(row, rs1, rs2, constant!);
            return;
        }

        // csrrwi has two constants: the CSR number is in the immediate already, zimm takes the place of rs1.
        if (constantKind == OperandKind.Zimm)
        {
            long zimm = _state.Evaluator.Number(constant!);
            if (zimm is < 0 or > 31)
                throw new SourceException(constant!.Position, $"{zimm} is out of range for {row.Mnemonic}: 0 to 31", "the register form takes any value");
            rs1 = (int)zimm;
            constant = null;
        }

        Location place = _state.Current.Here;
        _state.Emit(Encoder.Encode(row.Op, rd, rs1, rs2, immediate));
        if (constant is not null)
            _state.Fixups.Add(new InstructionFixup(place, _state.Statement!, row, rd, rs1, rs2, constantKind, relocation, constant));
    }

    private void Branch(InstructionRow row, int rs1, int rs2, Expression target)
    {
        if (_state.Current.MemoryOnly) throw _state.Current.NoContent();
        _state.Current.Add(new Fragment(_state.Current, FragmentKind.Branch)
        {
            Condition = row.Op,
            Rs1 = rs1,
            Rs2 = rs2,
            Target = target,
            Source = _state.Statement,
            Length = 4,
        });
    }

    private static int Register(TokenCursor operand)
    {
        Token token = operand.Next();
        if (RegisterOf(token) is not int number)
        {
            string found = token.Kind == TokenKind.End ? "nothing" : $"'{token.Text}'";
            throw new SourceException(token.Position, $"expected a register but found {found}", token.Kind == TokenKind.Identifier ? NearestName.Hint(token.Text, RegisterNames.All) : "");
        }

        operand.ExpectEnd();
        return number;
    }

    private (int Base, Expression Offset, Relocation Relocation) Memory(TokenCursor operand, InstructionRow row)
    {
        if (row.Op == Instruction.Jalr && IsRegister(operand))
            return (Register(operand), new ConstantExpression(0, operand.EndPosition), Relocation.None);
        if (!HasBase(operand))
            throw new SourceException(operand.Peek.Position, $"expected offset(register) for {row.Mnemonic}", row.Operands[0] == OperandKind.Rs2 ? "or a symbol and a register for its address: sw a0, symbol, t0" : "for example 8(a0)");
        ReadOnlySpan<Token> tokens = operand.Rest;
        int register = RegisterOf(tokens[^2])!.Value;
        if (tokens.Length == 3)
            return (register, new ConstantExpression(0, tokens[0].Position), Relocation.None);
        var offset = new TokenCursor(tokens[..^3].ToArray(), 0, tokens.Length - 3, tokens[^3].Position);
        (Expression value, Relocation relocation) = Constant(offset, OperandKind.Memory);
        offset.ExpectEnd();
        return (register, value, relocation);
    }

    private int BaseAlone(TokenCursor operand, InstructionRow row)
    {
        int start = operand.Peek.Position;
        if (!HasBase(operand))
            throw new SourceException(start, $"expected (register) for {row.Mnemonic}");
        (int register, Expression offset, _) = Memory(operand, row);
        if (_state.Evaluator.TryNumber(offset) != 0)
            throw new SourceException(start, $"{row.Mnemonic} takes no offset", "add it to the register first");
        return register;
    }

    private (Expression Value, Relocation Relocation) Constant(TokenCursor operand, OperandKind kind)
    {
        Token token = operand.Peek;
        if (token.Kind != TokenKind.Relocation)
            return (_state.Expressions.Parse(operand), Relocation.None);

        bool high = token.Text.EndsWith("hi", StringComparison.Ordinal);
        bool takesHigh = kind == OperandKind.Immediate20;
        if (high != takesHigh || kind is not (OperandKind.Immediate20 or OperandKind.Immediate or OperandKind.Memory))
            throw new SourceException(token.Position, $"%{token.Text} cannot be used here", high ? "%hi and %pcrel_hi belong to lui and auipc" : "%lo and %pcrel_lo belong to addi, loads and stores");
        operand.Next();
        operand.Expect("(");
        Expression value = _state.Expressions.Parse(operand);
        operand.Expect(")");
        Relocation relocation = token.Text switch
        {
            "hi" => Relocation.High,
            "lo" => Relocation.Low,
            "pcrel_hi" => Relocation.PcrelHigh,
            _ => Relocation.PcrelLow,
        };
        return (value, relocation);
    }

    private int Csr(TokenCursor operand)
    {
        Token token = operand.Peek;
        if (token.Kind == TokenKind.Identifier && !_state.Symbols.IsDefined(token.Text))
        {
            operand.Next();
            CsrRow? row = CsrTable.Find(token.Text);
            if (row is null)
                throw new SourceException(token.Position, $"there is no CSR '{token.Text}'", NearestName.Hint(token.Text, CsrTable.Rows.ToArray().Select(r => r.Name)));
            operand.ExpectEnd();
            return row.Number;
        }

        long number = _state.Evaluator.Number(_state.Expressions.ParseAll(operand));
        return number is >= 0 and <= 4095 ? (int)number : throw new SourceException(token.Position, $"CSR numbers are 0 to 4095, not {number}");
    }

    private int FenceSet(TokenCursor operand)
    {
        Token token = operand.Peek;
        if (token.Kind != TokenKind.Identifier)
        {
            long number = _state.Evaluator.Number(_state.Expressions.ParseAll(operand));
            return number is >= 0 and <= 15 ? (int)number : throw new SourceException(token.Position, "a fence set is 0 to 15");
        }

        operand.Next();
        operand.ExpectEnd();
        if (token.Text == Disassembler.EmptyFenceSet)
            return 0;
        int set = 0;
        foreach (char c in token.Text)
        {
            int index = "wroi".IndexOf(c);
            if (index < 0) throw new SourceException(token.Position, $"'{token.Text}' is no fence set", "use letters of iorw");
            set |= 1 << index;
        }

        return set;
    }

    private static string Usage(InstructionRow row)
    {
        IEnumerable<string> names = row.Operands.Select(kind => kind switch
        {
            OperandKind.Memory => "offset(rs1)",
            OperandKind.Address => "(rs1)",
            OperandKind.Immediate or OperandKind.Immediate20 => "constant",
            _ => kind.ToString().ToLowerInvariant(),
        });
        return $"{row.Mnemonic} {string.Join(", ", names)}".TrimEnd();
    }

    private static Dictionary<string, InstructionRow> BuildRows()
    {
        var rows = new Dictionary<string, InstructionRow>(StringComparer.Ordinal);
        foreach (InstructionRow row in InstructionTable.Rows)
        {
            if (row.Op != Instruction.Illegal) rows.Add(row.Mnemonic, row);
        }

        return rows;
    }
}
