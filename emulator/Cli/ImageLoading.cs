using System.Globalization;
using HybridEmu.Isa;

namespace HybridEmu.Cli;

/// <summary>An image from a file: read as ELF, or assembled when it is source.</summary>
internal static class ImageLoading
{
    public static bool IsSource(string path) => path.EndsWith(".s", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="UserException">With all mistakes of the file.</exception>
    public static ElfImage Load(string path, IReadOnlyList<string> defines, uint? streamBase = null)
    {
        if (IsSource(path))
            return Assemble(path, defines, streamBase).Image!;
        if (defines.Count > 0)
            throw new UserException($"-D {defines[0]}: {path} is an image, not source; symbols can be defined when assembling only");
        ElfReading reading = ElfImage.ReadFile(path);
        return reading.Image ?? throw new UserException([.. reading.Errors.Select(e => $"{path}: {e}")]);
    }

    /// <exception cref="UserException">With all mistakes of the source.</exception>
    public static AssemblyResult Assemble(string path, IReadOnlyList<string> defines, uint? streamBase = null)
    {
        string text;
        try
        {
            if (!File.Exists(path))
                throw new UserException($"there is no file {path} (check the path)");
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{path} cannot be read: {e.Message}");
        }

        string directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        var options = new AssemblerOptions
        {
            IncludeResolver = AssemblerOptions.ResolveFrom(directory, Path.Combine(directory, "..", "lib")),
            Defines = Defines(defines),
        };
        if (streamBase is { } address)
            options = options with { StreamBase = address };
        AssemblyResult result = Assembler.Assemble(path, text, options);
        return result.Succeeded ? result : throw new UserException([.. result.Diagnostics.Select(d => d.ToString())]);
    }

    private static SortedDictionary<string, long> Defines(IReadOnlyList<string> texts)
    {
        var defines = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? text : text[..equals], value = equals < 0 ? "1" : text[(equals + 1)..];
            bool legal = name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '$');
            if (!legal || !Number(value, out long number))
                throw new UserException($"-D {text}: is not NAME=VALUE with a number, as in -D COUNT=3");
            defines[name] = number;
        }

        return defines;
    }

    private static bool Number(string text, out long value)
    {
        bool negative = text.StartsWith('-');
        string digits = negative ? text[1..] : text;
        bool read = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? long.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        value = negative ? -value : value;
        return read;
    }
}
