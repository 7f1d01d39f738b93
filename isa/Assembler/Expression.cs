namespace HybridEmu.Isa;

/// <summary>A value in source: constants, symbols, operators. Its position is an index into the statement's text.</summary>
internal abstract record Expression(int Position)
{
    /// <summary>Operators one inside the other; evaluation recurses so deep.</summary>
    public virtual int Depth => 1;
}

internal sealed record ConstantExpression(long Value, int Position) : Expression(Position);

internal sealed record SymbolExpression(Symbol Symbol, int Position) : Expression(Position);

/// <summary>The location counter "." where the expression stood.</summary>
internal sealed record HereExpression(Location Place, int Position) : Expression(Position);

internal sealed record UnaryExpression(string Operator, Expression Operand, int Position) : Expression(Position)
{
    public override int Depth { get; } = Operand.Depth + 1;
}

internal sealed record BinaryExpression(string Operator, Expression Left, Expression Right, int Position) : Expression(Position)
{
    public override int Depth { get; } = Math.Max(Left.Depth, Right.Depth) + 1;
}

/// <summary>What is known of places when an expression is evaluated.</summary>
internal enum EvaluationPhase
{
    /// <summary>While reading: only distances within one fragment.</summary>
    Reading,

    /// <summary>While fragments get their lengths: offsets in a section.</summary>
    Relaxing,

    /// <summary>Sections have addresses.</summary>
    Final,
}

/// <summary>A number, relative to a fragment (reading), a section (relaxing) or nothing.</summary>
internal readonly record struct ExpressionValue(long Number, object? Base)
{
    public bool IsNumber => Base is null;
}

/// <summary>Evaluates expressions with C's operators on 64-bit numbers.</summary>
internal sealed class Evaluator(SymbolTable symbols)
{
    private const int DeepestDefinition = 200;
    private const int DeepestNesting = 2000;

    /// <summary>Steps for one value, and for all of an assembly: .equ b, a + a over and over doubles them.</summary>
    private const long MostSteps = 100_000, MostStepsOfAll = 500_000_000;

    private readonly SymbolTable _symbols = symbols;
    private long _steps, _stepsOfAll;

    public EvaluationPhase Phase { get; set; } = EvaluationPhase.Reading;

    /// <summary>The number if it is known now.</summary>
    public long? TryNumber(Expression expression)
    {
        try
        {
            ExpressionValue value = Evaluate(expression);
            return value.IsNumber ? value.Number : null;
        }
        catch (SourceException)
        {
            return null;
        }
    }

    /// <summary>A number that is needed while reading (.space, .if, .align).</summary>
    /// <exception cref="SourceException">It depends on something not known yet.</exception>
    public long Number(Expression expression)
    {
        ExpressionValue value = Evaluate(expression);
        return value.IsNumber
            ? value.Number
            : throw new SourceException(expression.Position, "this value must be known here", "it depends on the address of a label; only distances without branches or alignment between are known while reading");
    }

    public ExpressionValue Evaluate(Expression expression)
    {
        _stepsOfAll += _steps;
        _steps = 0;
        return Evaluate(expression, 0, 0);
    }

    /// <param name="depth">Definitions of symbols on the way here.</param>
    /// <param name="nesting">Operators on the way here.</param>
    private ExpressionValue Evaluate(Expression expression, int depth, int nesting)
    {
        if (++nesting > DeepestNesting || ++_steps > MostSteps || _stepsOfAll > MostStepsOfAll)
            throw new SourceException(expression.Position, "this value is made of too many others", "name a part of it by .set, which keeps a number");
        switch (expression)
        {
            case ConstantExpression constant:
                return new ExpressionValue(constant.Value, null);
            case HereExpression here:
                return Place(here.Place);
            case SymbolExpression name:
                return EvaluateSymbol(name, depth, nesting);
            case UnaryExpression unary:
                long operand = NumberOf(Evaluate(unary.Operand, depth, nesting), unary);
                return new ExpressionValue(unary.Operator switch { "-" => -operand, "~" => ~operand, "!" => operand == 0 ? 1 : 0, _ => operand }, null);
            case BinaryExpression binary:
                return Apply(binary, Evaluate(binary.Left, depth, nesting), Evaluate(binary.Right, depth, nesting));
            default:
                throw new InvalidOperationException($"no evaluation for {expression.GetType().Name}");
        }
    }

    private ExpressionValue EvaluateSymbol(SymbolExpression name, int depth, int nesting)
    {
        Symbol symbol = name.Symbol;
        if (symbol.Label is Location place) return Place(place);
        if (symbol.Value is Expression value)
        {
            if (depth > DeepestDefinition)
                throw new SourceException(name.Position, $"'{symbol.Shown}' is defined by itself", "break the circle of .equ definitions");
            try
            {
                return Evaluate(value, depth + 1, nesting);
            }
            catch (SourceException error)
            {
                // The position inside the definition means nothing in the statement that uses the symbol.
                throw new SourceException(name.Position, error.Message, error.Hint);
            }
        }

        throw new SourceException(name.Position, $"'{symbol.Shown}' is not defined", symbol.IsNumeric ? $"there is no '{symbol.Shown.TrimEnd('f', 'b')}:' after this line" : _symbols.NearestDefined(symbol.Name));
    }

    private ExpressionValue Place(Location place) => Phase switch
    {
        EvaluationPhase.Reading => new ExpressionValue(place.Offset, place.Fragment),
        EvaluationPhase.Relaxing => new ExpressionValue(place.Fragment.Offset + place.Offset, place.Fragment.Section),
        _ => new ExpressionValue(place.Fragment.Section.Address + place.Fragment.Offset + place.Offset, null),
    };

    private static ExpressionValue Apply(BinaryExpression binary, ExpressionValue left, ExpressionValue right)
    {
        if (binary.Operator == "+" && (left.IsNumber || right.IsNumber))
            return new ExpressionValue(left.Number + right.Number, left.Base ?? right.Base);
        if (binary.Operator == "-" && (right.IsNumber || ReferenceEquals(left.Base, right.Base)))
            return new ExpressionValue(left.Number - right.Number, right.IsNumber ? left.Base : null);

        long a = NumberOf(left, binary), b = NumberOf(right, binary);
        if (b == 0 && binary.Operator is "/" or "%" && b == 0)
            throw new SourceException(binary.Position, "division by zero");
        return new ExpressionValue(Operate(binary.Operator, a, b), null);
    }

    private static long Operate(string name, long a, long b) => name switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => b == -1 ? -a : a / b,
        "%" => b == -1 ? 0 : a % b,
        "<<" => b is < 0 or > 63 ? 0 : a << (int)b,
        ">>" => b is < 0 or > 63 ? 0 : (long)((ulong)a >> (int)b),
        "&" => a & b,
        "|" => a | b,
        "^" => a ^ b,
        "==" => a == b ? 1 : 0,
        "!=" or "<>" => a != b ? 1 : 0,
        "<" => a < b ? 1 : 0,
        ">" => a > b ? 1 : 0,
        "<=" => a <= b ? 1 : 0,
        ">=" => a >= b ? 1 : 0,
        "&&" => a != 0 && b != 0 ? 1 : 0,
        "||" => a != 0 || b != 0 ? 1 : 0,
        _ => throw new InvalidOperationException($"no operator {name}"),
    };

    private static long NumberOf(ExpressionValue value, Expression expression) => value.IsNumber
        ? value.Number
        : throw new SourceException(expression.Position, "this operation needs numbers, but a label's address is not known yet", "only label + number and label - label are known while reading");
}
