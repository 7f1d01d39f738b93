namespace HybridEmu.Isa;

/// <summary>One mistake in assembler source.</summary>
/// <param name="File">Path as given to the assembler or to .include.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Hint">What to do about it; may be empty.</param>
public sealed record Diagnostic(string File, int Line, int Column, string Message, string Hint)
{
    /// <summary>The form editors jump to: file:line:column: error: message.</summary>
    public override string ToString() =>
        Hint.Length == 0 ? $"{File}:{Line}:{Column}: error: {Message}" : $"{File}:{Line}:{Column}: error: {Message}\n    hint: {Hint}";
}

/// <summary>Stops the reading of one statement; becomes one <see cref="Diagnostic"/>, and reading goes on with the next.</summary>
internal sealed class SourceException(int position, string message, string hint = "") : Exception(message)
{
    /// <summary>Index of the character in the statement's text, or -1 for the statement as a whole.</summary>
    public int Position { get; } = position;

    public string Hint { get; } = hint;
}
