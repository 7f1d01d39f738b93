using System.Text;
using HybridEmu.Chip;
using HybridEmu.Isa;

namespace HybridEmu.Cli;

/// <summary>The verbs that need no chip: asm, disasm, config.</summary>
internal static class ProgramVerbs
{
    public static ExitCode Assemble(AssembleVerb verb)
    {
        if (Path.GetFullPath(verb.Source) == Path.GetFullPath(verb.Output))
            throw new UserException($"{verb.Output}: is the source itself; name another file to write");
        AssemblyResult result = ImageLoading.Assemble(verb.Source, RepeatedOptions.Split(verb.Define));
        using var file = new OutputFile(verb.Output);
        file.Stream.Write(result.Bytes);
        file.Commit();
        return ExitCode.Passed;
    }

    public static ExitCode Disassemble(DisassembleVerb verb, Stream output)
    {
        ElfImage image = ImageLoading.Load(verb.Image, []);
        using StreamWriter text = Writer(output);
        string blank = "";
        foreach (ElfSegment segment in image.Segments.Where(s => s.Executable))
        {
            ReadOnlySpan<byte> bytes = segment.Bytes.Span;
            for (int offset = 0; offset + 4 <= bytes.Length; offset += 4)
            {
                uint pc = segment.Address + (uint)offset;
                foreach (ElfSymbol symbol in image.Symbols.Where(s => s.Value == pc && !s.Absolute))
                {
                    text.Write($"{blank}{symbol.Name}:\n");
                    blank = "\n";
                }

                uint word = BitConverter.ToUInt32(bytes[offset..]);
                text.Write($"{pc:x8}:  {word:x8}  {Disassembler.Text(word, pc)}\n");
            }
        }

        return ExitCode.Passed;
    }

    public static ExitCode Configuration(ConfigurationVerb verb, Stream output)
    {
        using StreamWriter text = Writer(output);
        string[] overrides = RepeatedOptions.Split(verb.Set);
        switch (verb.Action)
        {
            case "list" when verb.Name is not null:
                throw new UserException($"config list: '{verb.Name}' is one argument too many");
            case "list":
                foreach ((string name, string summary) in ConfigurationLoader.Presets)
                    text.Write($"{name,-12} {summary}\n");
                return ExitCode.Passed;
            case "show":
                text.Write(ConfigurationLoader.Show(Named(verb), overrides));
                return ExitCode.Passed;
            case "check":
                ConfigurationLoader.Load(Named(verb), overrides);
                text.Write($"{verb.Name}: good\n");
                return ExitCode.Passed;
            default:
                throw new UserException($"config {verb.Action}: unknown action{NearestName.Aside(verb.Action, ["list", "show", "check"])} (list, show NAME, check FILE)");
        }
    }

    private static string Named(ConfigurationVerb verb) =>
        verb.Name ?? throw new UserException($"config {verb.Action}: needs a NAME or FILE, as in: {ConfigurationVerb.Example}");

    private static StreamWriter Writer(Stream output) => new(output, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
}
