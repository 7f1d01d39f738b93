using System.Globalization;

namespace HybridEmu.Reference;

/// <summary>What a thread of a litmus test does at a step.</summary>
public enum LitmusOperation : byte
{
    Load,
    Store,

    /// <summary>Adds a number to a variable, atomically, and loads what it was.</summary>
    FetchAdd,
    Fence,
}

/// <summary>One step of a thread.</summary>
/// <param name="Variable">Number of the variable.</param>
/// <param name="Value">Stored or added.</param>
/// <param name="Register">Loaded.</param>
public readonly record struct LitmusStep(LitmusOperation Operation, int Variable = 0, uint Value = 0, int Register = 0);

/// <summary>
/// A litmus test: a few threads of a few accesses to variables that start at 0. Written as in the literature, a thread
/// between bars: <c>x=1; r0=y | y=1; r0=x</c>; <c>fence</c> orders all, <c>r0=x+1</c> is a fetch-and-add.
/// </summary>
public sealed class LitmusProgram
{
    public const int MostVariables = 3, MostRegisters = 3;
    private const string VariableNames = "xyz";

    private LitmusProgram(string text, LitmusStep[][] threads)
    {
        Text = text;
        Threads = threads;
    }

    public string Text { get; }

    public IReadOnlyList<IReadOnlyList<LitmusStep>> Threads { get; }

    /// <exception cref="FormatException">A step has none of the forms.</exception>
    public static LitmusProgram Parse(string text) =>
        new(text, [.. text.Split('|').Select(t => t.Split(';').Select(s => Step(s.Trim())).ToArray())]);

    /// <summary>The place of a register in an outcome of sixteen: four bits at four times this.</summary>
    public static int Place(int thread, int register) => MostVariables + (thread * MostRegisters) + register;

    /// <summary>An outcome with all its values: final variables, then registers, four bits each.</summary>
    public string Describe(ulong outcome)
    {
        var words = new List<string>();
        for (int thread = 0; thread < Threads.Count; thread++)
        {
            foreach (int register in Threads[thread].Where(s => s.Operation is LitmusOperation.Load or LitmusOperation.FetchAdd).Select(s => s.Register).Distinct())
                words.Add(string.Create(CultureInfo.InvariantCulture, $"{thread}:r{register}={Value(outcome, Place(thread, register))}"));
        }

        for (int variable = 0; variable < MostVariables; variable++)
        {
            if (Threads.Any(t => t.Any(s => s.Operation != LitmusOperation.Fence && s.Variable == variable)))
                words.Add(string.Create(CultureInfo.InvariantCulture, $"{VariableNames[variable]}={Value(outcome, variable)}"));
        }

        return string.Join(' ', words);
    }

    /// <summary>Whether an outcome has all the values that a condition names, as <c>0:r0=0 1:r0=0 x=2</c>.</summary>
    public bool Matches(ulong outcome, string condition)
    {
        string[] words = Describe(outcome).Split(' ');
        return condition.Split(' ').All(words.Contains);
    }

    private static ulong Value(ulong outcome, int place) => (outcome >> (4 * place)) & 15;

    private static LitmusStep Step(string text)
    {
        if (text == "fence")
            return new(LitmusOperation.Fence);
        string[] sides = text.Split('=');
        if (sides.Length == 2 && sides[0].StartsWith('r'))
        {
            string[] terms = sides[1].Split('+');
            int register = int.Parse(sides[0].AsSpan(1), CultureInfo.InvariantCulture);
            return terms.Length == 1
                ? new(LitmusOperation.Load, Variable(terms[0]), 0, register)
                : new(LitmusOperation.FetchAdd, Variable(terms[0]), uint.Parse(terms[1], CultureInfo.InvariantCulture), register);
        }

        return sides.Length == 2
            ? new(LitmusOperation.Store, Variable(sides[0]), uint.Parse(sides[1], CultureInfo.InvariantCulture))
            : throw new FormatException($"'{text}' is no step of a litmus test");
    }

    private static int Variable(string name) =>
        VariableNames.IndexOf(name, StringComparison.Ordinal) is >= 0 and int found && name.Length == 1 ? found : throw new FormatException($"'{name}' is no variable");
}
