namespace HybridEmu.Cli;

/// <summary>The files that a verb writes: all opened before its work, all given their names when it has succeeded.</summary>
internal sealed class OutputFiles : IDisposable
{
    private readonly List<OutputFile> _files = [];

    /// <param name="path">Where; null opens nothing.</param>
    /// <param name="inputs">Files that the verb reads.</param>
    /// <exception cref="UserException">It cannot be written, or is another output or an input.</exception>
    public OutputFile? Open(string? path, IEnumerable<string> inputs)
    {
        if (path is null)
            return null;
        if (_files.Any(f => Path.GetFullPath(f.Path) == Path.GetFullPath(path)))
            throw new UserException($"{path}: two outputs have the same name");
        if (inputs.Any(i => i.Length > 0 && Path.GetFullPath(i) == Path.GetFullPath(path)))
            throw new UserException($"{path}: is read by this run; name another file to write");
        var file = new OutputFile(path);
        _files.Add(file);
        return file;
    }

    public void Commit() => _files.ForEach(f => f.Commit());

    /// <summary>Of work that failed: where each file's part is, a sentence each. An empty part goes away.</summary>
    public IEnumerable<string> Leavings() =>
        _files.Where(f => !f.IsDevice && f.Stream.Length > 0).Select(f => $"{f.Path} is left as it was; what this run wrote is in {f.TemporaryPath}");

    public void Dispose() => _files.ForEach(f => f.Dispose());
}
