namespace HybridEmu.Chip;

/// <summary>One mistake in a configuration file or in an override.</summary>
/// <param name="File">The file as the user named it, or --set.</param>
/// <param name="Line">Line in the file from 1; 0 when the file as a whole is meant.</param>
/// <param name="Key">The dotted key, or empty.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="LegalRange">What would be right, or empty.</param>
public sealed record ConfigurationError(string File, long Line, string Key, string Message, string LegalRange)
{
    public override string ToString()
    {
        string place = Line > 0 ? $"{File}:{Line}" : File;
        string key = Key.Length > 0 ? $" {Key}:" : "";
        string range = LegalRange.Length > 0 ? $" (legal: {LegalRange})" : "";
        return $"{place}:{key} {Message}{range}";
    }
}

/// <summary>A configuration that cannot be used, with all its mistakes.</summary>
public sealed class ConfigurationException(IReadOnlyList<ConfigurationError> errors)
    : Exception(string.Join(Environment.NewLine, errors))
{
    public IReadOnlyList<ConfigurationError> Errors { get; } = errors;
}
