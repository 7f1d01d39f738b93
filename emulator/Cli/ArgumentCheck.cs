using System.Reflection;
using CommandLine;
using HybridEmu.Chip;
using HybridEmu.Isa;

namespace HybridEmu.Cli;

/// <summary>
/// Looks over the arguments of a verb before they are parsed: the parser lets a missing value and a superfluous
/// argument pass in silence, and knows no suggestions.
/// </summary>
internal static class ArgumentCheck
{
    private static readonly string[] General = ["--help", "--version"];

    /// <summary>One sentence a mistake; empty when there is none.</summary>
    public static List<string> Mistakes(Type verb, IReadOnlyList<string> args)
    {
        PropertyInfo[] properties = verb.GetProperties();
        var options = new List<(string Name, bool TakesValue)>();
        foreach (PropertyInfo property in properties)
        {
            if (property.GetCustomAttribute<OptionAttribute>() is not { } option)
                continue;
            if (option.LongName.Length > 0)
                options.Add(("--" + option.LongName, property.PropertyType != typeof(bool)));
            if (option.ShortName.Length > 0)
                options.Add(("-" + option.ShortName, property.PropertyType != typeof(bool)));
        }

        var mistakes = new List<string>();
        int positions = properties.Count(p => p.GetCustomAttribute<ValueAttribute>() is not null);
        for (int i = 1; i < args.Count; i++)
        {
            string argument = args[i];
            if (!argument.StartsWith('-') || argument == "-")
            {
                if (positions-- == 0)
                    mistakes.Add($"'{argument}' is one argument too many");
                continue;
            }

            // --name=value, -Dvalue and --name value are the forms.
            string name = argument.StartsWith("--", StringComparison.Ordinal) ? argument.Split('=')[0] : argument[..2];
            int known = options.FindIndex(o => o.Name == name);
            if (known < 0 && !General.Contains(argument))
                mistakes.Add($"there is no option '{name}'{(name.Length == 2 ? "" : NearestName.Aside(name, [.. options.Select(o => o.Name), .. General]))}");
            else if (known >= 0 && options[known].TakesValue && name == argument && (i + 1 == args.Count || options.Exists(o => o.Name == args[i + 1])))
                mistakes.Add($"option {name} has no value");
            else if (known >= 0 && options[known].TakesValue && name == argument)
                i++;
            else if (known >= 0 && !options[known].TakesValue && name != argument)
                mistakes.Add($"option {name} takes no value");
        }

        return mistakes;
    }
}
