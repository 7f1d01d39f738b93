using System.Text;
using CommandLine;
using CommandLine.Text;
using HybridEmu.Chip;
using HybridEmu.Isa;

namespace HybridEmu.Cli;

/// <summary>From arguments to an exit code. No exception leaves it, and no stack trace reaches a user who did not ask.</summary>
public static class EntryPoint
{
    /// <summary>Set to 1, a defect's stack trace is printed.</summary>
    private const string DebugVariable = "HYBRIDEMU_DEBUG";

    /// <summary>errno EPIPE.</summary>
    private const int BrokenPipe = 32;

    private static readonly (string Name, Type Options, string Example)[] Verbs =
    [
        ("run", typeof(RunVerb), RunVerb.Example),
        ("dram", typeof(DramVerb), DramVerb.Example),
        ("rvfi-dii", typeof(RvfiDiiVerb), RvfiDiiVerb.Example),
        ("layers", typeof(LayersVerb), LayersVerb.Example),
        ("latencies", typeof(LatenciesVerb), LatenciesVerb.Example),
        ("compare", typeof(CompareVerb), CompareVerb.Example),
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
            args = [.. args.Select(a => a == "-h" ? "--help" : a)];
            if (args is ["help", var about and not ("help" or "version"), ..])
            {
                if (!Verbs.Any(v => v.Name == about))
                    return RejectUsage(errors, args, [NoSuchVerb(about)]);
                args = [about, "--help"];
            }

            if (args.Count > 0 && Array.Find(Verbs, v => v.Name == args[0]).Options is { } options && ArgumentCheck.Mistakes(options, args) is { Count: > 0 } wrong)
                return RejectUsage(errors, args, wrong);
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
        catch (InterruptedException e)
        {
            errors.WriteLine(e.Message);
            return e.Code;
        }
        catch (IOException e) when (!OperatingSystem.IsWindows() && e.HResult == BrokenPipe)
        {
            return ExitCode.PipeClosed; // `| head` has seen enough; that is no mistake to tell about
        }
        catch (IOException e)
        {
            return Reject(errors, [e.Message]); // a full disk
        }
        catch (OutOfMemoryException)
        {
            return Reject(errors, ["this host has not the memory for that: a file without an end, or a configuration that is too large"]);
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
        DramVerb dram => ReplayCommand.Run(dram, output, errors),
        RvfiDiiVerb injection => RvfiDiiCommand.Run(injection, output, errors),
        LayersVerb layers => LayersCommand.Run(layers, output, errors),
        LatenciesVerb latencies => LatenciesCommand.Run(latencies, output),
        CompareVerb compare => CompareCommand.Run(compare, output),
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

    private static ExitCode RejectUsage(TextWriter errors, IReadOnlyList<string> args, IEnumerable<string> messages)
    {
        Reject(errors, messages);
        bool verb = args.Count > 0 && Verbs.Any(v => v.Name == args[0]);
        errors.WriteLine(verb ? $"see: hybridemu {args[0]} --help" : "see: hybridemu --help");
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

        return RejectUsage(errors, args, mistakes.Select(Sentence));
    }

    private static string Sentence(Error mistake) => mistake switch
    {
        BadVerbSelectedError e => NoSuchVerb(e.Token),
        MissingRequiredOptionError e when e.NameInfo.NameText.Length > 0 => $"option {Dashed(e.NameInfo)} is missing",
        MissingRequiredOptionError => "an argument is missing",
        RepeatedOptionError e => $"option {Dashed(e.NameInfo)} is given twice",
        BadFormatConversionError e => $"the value of {Dashed(e.NameInfo)} has the wrong form",
        TokenError e => $"'{e.Token}' is not understood",
        NamedError e => $"option {Dashed(e.NameInfo)}: {e.Tag}",
        _ => $"bad usage: {mistake.Tag}",
    };

    private static string NoSuchVerb(string token) =>
        $"there is no verb '{token}'{NearestName.Aside(token, [.. Verbs.Select(v => v.Name), "--help", "--version"])}";

    /// <summary>As the user types it: the parser names an option 'o, output' or 'seed'.</summary>
    private static string Dashed(NameInfo name) => name.LongName.Length > 0 ? "--" + name.LongName : "-" + name.ShortName;

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
