namespace HybridEmu.Cli;

/// <summary>Folds repeated options into one argument each, so that the parser sees --set once.</summary>
internal static class RepeatedOptions
{
    public const char Separator = '\u001F';

    private static readonly string[] Names = ["--set", "--data", "--flip", "-D"];

    /// <summary>Every occurrence of a repeatable option is joined into the first one's place.</summary>
    public static List<string> Fold(IReadOnlyList<string> args)
    {
        var folded = new List<string>();
        var values = Names.Select(_ => new List<string>()).ToArray();
        for (int i = 0; i < args.Count; i++)
        {
            int name = Array.FindIndex(Names, n => args[i] == n || IsJoined(args[i], n));
            if (name < 0)
                folded.Add(args[i]);
            else if (args[i] != Names[name])
                values[name].Add(args[i][Names[name].Length..].TrimStart('='));
            else if (i + 1 < args.Count)
                values[name].Add(args[++i]);
            else
                folded.Add(args[i]); // no value: the parser says so
        }

        // Behind everything else, and in the form of two arguments that no positional can be taken for.
        for (int name = 0; name < Names.Length; name++)
        {
            if (values[name].Count > 0)
                folded.AddRange([Names[name], string.Join(Separator, values[name])]);
        }

        return folded;
    }

    public static string[] Split(string? joined) => joined is null ? [] : joined.Split(Separator);

    private static bool IsJoined(string argument, string name) =>
        argument.StartsWith(name, StringComparison.Ordinal) && (name == "-D" ? argument.Length > 2 : argument.Length > name.Length && argument[name.Length] == '=');
}
