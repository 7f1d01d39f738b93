using System.Globalization;
using HybridEmu.Isa;

namespace HybridEmu.Chip;

/// <summary>One mistake in data that a user asked to place in memory.</summary>
/// <param name="Source">File, or the argument as written.</param>
/// <param name="Line">Line in the file from 1; 0 when none is meant.</param>
public sealed record DataError(string Source, int Line, string Message)
{
    public override string ToString() => Line > 0 ? $"{Source}:{Line}: {Message}" : $"{Source}: {Message}";
}

/// <summary>Data that cannot be placed, with all its mistakes.</summary>
public sealed class DataException(IReadOnlyList<DataError> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    public DataException(string source, string message)
        : this([new DataError(source, 0, message)])
    {
    }

    public IReadOnlyList<DataError> Errors { get; } = errors;
}

/// <summary>Bytes to be in memory before reset.</summary>
/// <param name="Address">As cores see it: HBM byte b is at 0x8000_0000 + b.</param>
/// <param name="Source">What the user called it.</param>
public sealed record PlacedData(ulong Address, byte[] Bytes, string Source)
{
    public ulong End => Address + (ulong)Bytes.Length;
}

/// <summary>An argument KIND:FILE@SYMBOL, taken apart. The first ':' ends the kind, the last '@' starts the symbol.</summary>
/// <param name="Kind">One of <see cref="Kinds"/>.</param>
/// <param name="Content">File, for idx with its options, or for synth and word the value itself.</param>
/// <param name="Symbol">A symbol of the image or a number.</param>
public sealed record DataArgument(string Text, string Kind, string Content, string Symbol)
{
    public static readonly IReadOnlyList<string> Kinds = ["csv", "idx", "synth", "bin", "hex", "word"];

    /// <summary>The files it reads.</summary>
    public IReadOnlyList<string> Files => Kind switch
    {
        "synth" or "word" => [],
        "idx" => IdxSource.Parse(Content, $"--data {Text}").Files,
        _ => [Content],
    };

    /// <exception cref="DataException">It has not that form.</exception>
    public static DataArgument Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        int at = text.LastIndexOf('@');
        if (colon < 1 || at < colon + 2 || at == text.Length - 1)
            throw new DataException($"--data {text}", "is not of the form KIND:FILE@SYMBOL, as in csv:train.csv@train_data");
        string kind = text[..colon];
        if (!Kinds.Contains(kind))
            throw new DataException($"--data {text}", $"unknown kind '{kind}'{NearestName.Aside(kind, Kinds)} (kinds: {string.Join(", ", Kinds)})");
        return new DataArgument(text, kind, text[(colon + 1)..at], text[(at + 1)..]);
    }

    /// <summary>Reads or makes the bytes.</summary>
    /// <param name="seed">Seed of generated data.</param>
    /// <exception cref="DataException">The content is not right; all mistakes of a file together.</exception>
    public byte[] Load(ulong seed)
    {
        string source = $"--data {Text}";
        switch (Kind)
        {
            case "csv":
                return DigitCsv.Read(Content, ReadText(source)).ToBytes();
            case "idx":
                return IdxSource.Parse(Content, source).Read().ToBytes();
            case "synth":
                return LoadSynthetic(seed, source);
            case "bin":
                byte[] bytes = ReadBytes(source);
                return bytes.Length > 0 ? bytes : throw new DataException(Content, "is empty");
            case "hex":
                return HexWords.Read(Content, ReadText(source));
            default:
                if (!Number(Content, out ulong word) || word > uint.MaxValue)
                    throw new DataException(source, $"'{Content}' is not a 32-bit number");
                return BitConverter.GetBytes((uint)word);
        }
    }

    /// <summary>A decimal or 0x number.</summary>
    internal static bool Number(string text, out ulong value) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private byte[] LoadSynthetic(ulong seed, string source)
    {
        string[] parts = Content.Split('/');
        ulong offset = 0;
        if (parts.Length > 2 || !Number(parts[0], out ulong count) || (parts.Length == 2 && !Number(parts[1], out offset)))
            throw new DataException(source, $"'{Content}' is not COUNT or COUNT/OFFSET");
        if (count is 0 or > SyntheticDigits.MaximumCount || offset > SyntheticDigits.MaximumCount)
            throw new DataException(source, $"count and offset must lie in 1 to {SyntheticDigits.MaximumCount}");
        return SyntheticDigits.Generate(seed, (long)offset, (int)count).ToBytes();
    }

    private string ReadText(string source) => System.Text.Encoding.UTF8.GetString(ReadBytes(source));

    private byte[] ReadBytes(string source)
    {
        try
        {
            if (!File.Exists(Content))
                throw new DataException(source, $"there is no file '{Content}'");
            return new FileInfo(Content).Length <= Array.MaxLength ? File.ReadAllBytes(Content) : throw new DataException(source, "the file is too large");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException(source, $"'{Content}' cannot be read: {e.Message}");
        }
    }
}
