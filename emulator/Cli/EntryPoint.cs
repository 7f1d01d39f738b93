using System.Reflection;
using System.Text;
using CommandLine;
using CommandLine.Text;
using HybridEmu.Chip;

namespace HybridEmu.Cli;

/// <summary>From arguments to an exit code. No exception leaves it, and no stack trace reaches a user who did not ask.</summary>
public static class EntryPoint
{
    /// <summary>Set to 1, a defect's stack trace is printed.</summary>
    private const string DebugVariable = "HYBRIDEMU_DEBUG";

    private static readonly (string Name, Type Options, string Example)[] Verbs =
    [
        ("run", typeof(RunVerb), RunVerb.Example),
        ("asm", typeof(AssembleVerb), AssembleVerb.Example),
        ("disasm", typeof(DisassembleVerb), DisassembleVerb.Example),
        ("config", typeof(ConfigurationVerb), ConfigurationVerb.Example),
    ];

    /// <param name="output">Receives console bytes of firmware, and what a verb prints.</param>
    /// <param name="errors">Receives messages, progress and the report.</param>
    public static ExitCode Run(IReadOnlyList<string> args, Stream output, TextWriter errors)
    {
        try
        {
            using var parser = new Parser(s =>
            {
                s.HelpWriter = null;
                s.AutoHelp = true;
                s.AutoVersion = true;
                s.CaseSensitive = true;
            });
            ParserResult<object> result = parser.ParseArguments(RepeatedOptions.Fold(args), [.. Verbs.Select(v => v.Options)]);
            return result.MapResult(verb => Execute(verb, output, errors), mistakes => Explain(result, [.. mistakes], args, output, errors));
        }
        catch (UserException e)
        {
            return Reject(errors, e.Messages);
        }
        catch (ConfigurationException e)
        {
            return Reject(errors, e.Errors.Select(x => x.ToString()));
        }
        catch (DataException e)
        {
            return Reject(errors, e.Errors.Select(x => x.ToString()));
        }
        catch (IOException e)
        {
            return Reject(errors, [e.Message]); // a full disk, a closed pipe
        }
        catch (Exception e)
        {
            errors.WriteLine($"internal error (defect of the emulator): {e.Message}");
            if (Environment.GetEnvironmentVariable(DebugVariable) == "1")
                errors.WriteLine(e);
            else
                errors.WriteLine($"    set {DebugVariable}=1 to see where");
            return ExitCode.Defect;
        }
    }

    private static ExitCode Execute(object verb, Stream output, TextWriter errors) => verb switch
    {
        RunVerb run => RunCommand.Run(run, output, errors),
        AssembleVerb assemble => ProgramVerbs.Assemble(assemble),
        DisassembleVerb disassemble => ProgramVerbs.Disassemble(disassemble, output),
        ConfigurationVerb configuration => ProgramVerbs.Configuration(configuration, output),
        _ => throw new InvalidOperationException($"No command for {verb.GetType().Name}."),
    };

    private static ExitCode Reject(TextWriter errors, IEnumerable<string> messages)
    {
        foreach (string message in messages)
            errors.WriteLine(message);
        return ExitCode.BadInput;
    }

    private static ExitCode Explain(ParserResult<object> result, IReadOnlyList<Error> mistakes, IReadOnlyList<string> args, Stream output, TextWriter errors)
    {
        if (mistakes.Any(m => m is VersionRequestedError))
            return Print(output, $"hybridemu {Version}\n");
        if (mistakes.Any(m => m is HelpRequestedError or HelpVerbRequestedError))
            return Print(output, Help(result, args));
        if (mistakes.Any(m => m is NoVerbSelectedError))
        {
            errors.WriteLine(Help(result, args));
            return ExitCode.BadInput;
        }

        (string Name, Type Options, string Example) verb = Verbs.FirstOrDefault(v => args.Count > 0 && v.Name == args[0]);
        string[] options = verb.Options is null ? [] : OptionNames(verb.Options);
        foreach (Error mistake in mistakes)
            errors.WriteLine(Sentence(mistake, options));
        errors.WriteLine(verb.Name is null ? "see: hybridemu --help" : $"see: hybridemu {verb.Name} --help");
        return ExitCode.BadInput;
    }

    private static string Sentence(Error mistake, string[] options) => mistake switch
    {
        BadVerbSelectedError e => $"there is no verb '{e.Token}'{NearestName.Hint(e.Token, Verbs.Select(v => v.Name))}",
        UnknownOptionError e => $"there is no option '{Dashed(e.Token)}'{NearestName.Hint(Dashed(e.Token), options)}",
        MissingValueOptionError e => $"option {e.NameInfo.NameText} has no value",
        MissingRequiredOptionError e when e.NameInfo.NameText.Length > 0 => $"option {e.NameInfo.NameText} is missing",
        MissingRequiredOptionError => "an argument is missing",
        RepeatedOptionError e => $"option {e.NameInfo.NameText} is given twice",
        BadFormatConversionError e => $"the value of {e.NameInfo.NameText} has the wrong form",
        TokenError e => $"'{e.Token}' is not understood",
        NamedError e => $"option {e.NameInfo.NameText}: {e.Tag}",
        _ => $"bad usage: {mistake.Tag}",
    };

    private static string Dashed(string token) => token.Length > 1 ? "--" + token : "-" + token;

    private static string[] OptionNames(Type options) =>
    [
        .. options.GetProperties()
            .Select(p => p.GetCustomAttribute<OptionAttribute>())
            .Where(o => o is not null)
            .SelectMany(o => (string[])[.. o!.LongName.Length > 0 ? ["--" + o.LongName] : Array.Empty<string>(), .. o.ShortName.Length > 0 ? ["-" + o.ShortName] : Array.Empty<string>()]),
        "--help",
        "--version",
    ];

    private static string Help(ParserResult<object> result, IReadOnlyList<string> args)
    {
        (string Name, Type Options, string Example) verb = Verbs.FirstOrDefault(v => args.Contains(v.Name));
        HelpText help = HelpText.AutoBuild(
            result,
            h =>
            {
                h.Heading = "hybridemu: a cycle-accurate emulator of a hybrid AI chip";
                h.Copyright = "";
                h.AdditionalNewLineAfterOption = false;
                h.MaximumDisplayWidth = 100;
                h.AddPreOptionsLine(verb.Name is null ? "Usage:   hybridemu VERB [options]" : $"Example: {verb.Example}");
                return h;
            },
            e => e,
            verbsIndex: verb.Name is null);
        return help.ToString() + "\n";
    }

    private static string Version => typeof(EntryPoint).Assembly.GetName().Version?.ToString(3) ?? "";

    private static ExitCode Print(Stream output, string text)
    {
        output.Write(Encoding.UTF8.GetBytes(text));
        output.Flush();
        return ExitCode.Passed;
    }
}
