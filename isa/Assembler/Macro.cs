using System.Globalization;
using System.Text;

namespace HybridEmu.Isa;

/// <summary>A macro: a name, parameters, and statements in which \parameter is replaced.</summary>
internal sealed class Macro
{
    private readonly List<Parameter> _parameters;

    private Macro(string name, List<Parameter> parameters, List<Statement> body, Statement definition)
    {
        Name = name;
        _parameters = parameters;
        Body = body;
        Definition = definition;
    }

    public string Name { get; }

    public List<Statement> Body { get; }

    public Statement Definition { get; }

    /// <summary>Where an expansion comes from, as messages end with it.</summary>
    public static string Trail(Statement statement, string what) => $" (in {what} used at {statement.File}:{statement.Line}){statement.Trail}";

    /// <summary>.macro name a, b=4, c:req, rest:vararg</summary>
    public static Macro Parse(Statement statement, int start, List<Statement> body)
    {
        string text = statement.Text;
        int i = start;
        string name = Word(text, ref i);
        if (name.Length == 0) throw new SourceException(start, ".macro needs a name");
        var parameters = new List<Parameter>();
        while (true)
        {
            while (i < text.Length && text[i] is ' ' or ',') i++;
            if (i >= text.Length) break;
            int at = i;
            string parameter = Word(text, ref i);
            if (parameter.Length == 0) throw new SourceException(at, $"expected a parameter name but found '{text[at]}'");
            bool required = false, variable = false;
            string fallback = "";
            if (i < text.Length && text[i] == ':')
            {
                i++;
                int kindAt = i;
                string kind = Word(text, ref i);
                required = kind == "req";
                variable = kind == "vararg";
                if (!required && !variable) throw new SourceException(kindAt, $"unknown parameter kind '{kind}'", "known: req, vararg");
            }

            if (i < text.Length && text[i] == '=')
            {
                int valueStart = ++i;
                i = EndOfArgument(text, i, stopAtSpace: true);
                fallback = Unquoted(text[valueStart..i]);
            }

            parameters.Add(new Parameter(parameter, fallback, required, variable));
        }

        return new Macro(name, parameters, body, statement);
    }

    /// <summary>The values of the parameters for one use.</summary>
    public Dictionary<string, string> Bind(Statement use, int start)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        string text = use.Text;
        int i = start, position = 0;
        while (i < text.Length && text[i] == ' ') i++;
        while (i < text.Length)
        {
            int at = i;
            bool takesRest = position < _parameters.Count && _parameters[position].Variable;
            i = takesRest ? text.Length : EndOfArgument(text, i, stopAtSpace: false);
            string argument = text[at..i].Trim();
            int equals = argument.IndexOf('=');
            Parameter? named = equals > 0 ? _parameters.Find(p => p.Name == argument[..equals].Trim()) : null;
            if (named is not null && !takesRest)
                values[named.Name] = Unquoted(argument[(equals + 1)..].Trim());
            else if (position >= _parameters.Count)
                throw new SourceException(at, $"too many arguments: macro '{Name}' takes {_parameters.Count}", $"it is defined at {Definition.File}:{Definition.Line}");
            else
                values[_parameters[position++].Name] = takesRest ? argument : Unquoted(argument);
            i++;
            while (i < text.Length && text[i] == ' ') i++;
        }

        foreach (Parameter parameter in _parameters)
        {
            if (values.TryGetValue(parameter.Name, out string? value) && value.Length > 0) continue;
            if (parameter.Required)
                throw new SourceException(start, $"macro '{Name}' needs a value for '{parameter.Name}'", $"it is defined at {Definition.File}:{Definition.Line}");
            values[parameter.Name] = parameter.Default;
        }

        return values;
    }

    /// <summary>A statement of a body with its parameters replaced.</summary>
    /// <exception cref="SourceException">It has more than <paramref name="longest"/> characters then.</exception>
    public static Statement Substitute(Statement statement, Dictionary<string, string> values, int expansion, string trail, int longest)
    {
        string text = statement.Text;
        if (!text.Contains('\\'))
            return statement.With(trail);

        var result = new StringBuilder();
        var columns = new List<int>();
        int i = 0;
        while (i < text.Length)
        {
            int column = statement.Column(i);
            string? value = null;
            int end = i + 1;
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                if (text[i + 1] == '@')
                {
                    value = expansion.ToString(CultureInfo.InvariantCulture);
                    end = i + 2;
                }
                else if (text[i + 1] == '(' && i + 2 < text.Length && text[i + 2] == ')')
                {
                    value = "";
                    end = i + 3;
                }
                else
                {
                    end = i + 1;
                    while (end < text.Length && Lexer.ContinuesName(text[end]) && text[end] is not ('.' or '$')) end++;
                    values.TryGetValue(text[(i + 1)..end], out value);
                }
            }

            if (value is null)
            {
                result.Append(text[i]);
                columns.Add(column);
                i++;
                continue;
            }

            if (result.Length + value.Length > longest)
                throw new SourceException(-1, $"a statement of more than {longest} characters", "does an argument grow with each use?");
            result.Append(value);
            for (int n = 0; n < value.Length; n++) columns.Add(column);
            i = end;
        }

        columns.Add(statement.Column(text.Length));
        return new Statement(statement.File, statement.Line, result.ToString(), [.. columns], trail);
    }

    private static string Word(string text, ref int i)
    {
        while (i < text.Length && text[i] == ' ') i++;
        int start = i;
        while (i < text.Length && Lexer.ContinuesName(text[i])) i++;
        return text[start..i];
    }

    private static int EndOfArgument(string text, int i, bool stopAtSpace)
    {
        int depth = 0;
        bool quoted = false;
        for (; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '"') quoted = !quoted;
            if (quoted) continue;
            if (c == '(') depth++;
            else if (c == ')') depth--;
            else if (depth <= 0 && (c == ',' || (stopAtSpace && c == ' '))) return i;
        }

        return i;
    }

    private static string Unquoted(string text) => text.Length >= 2 && text[0] == '"' && text[^1] == '"' ? text[1..^1] : text;

    private sealed record Parameter(string Name, string Default, bool Required, bool Variable);
}
