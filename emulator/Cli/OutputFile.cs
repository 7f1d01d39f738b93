namespace HybridEmu.Cli;

/// <summary>
/// A file that comes into being whole: it is written beside its place under a temporary name and renamed when the work
/// has succeeded. Devices and pipes are written in place: a rename would put a file where they were. Of work that fails
/// or is killed the temporary file stays, and what was there before is untouched.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private const string Suffix = ".partial";

    private readonly FileStream _stream;
    private bool _committed;

    /// <exception cref="UserException">It cannot be created.</exception>
    public OutputFile(string path)
    {
        Path = path;
        try
        {
            if (Directory.Exists(path))
                throw new UserException($"{path}: is a directory, not a file to write");
            IsDevice = NamesDevice(path);
            if (IsDevice || new FileInfo(path) is { Exists: true, Length: 0 })
            {
                _stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 1 << 16);
                IsDevice |= !_stream.CanSeek; // a named pipe has no length, like an empty file
                if (IsDevice)
                    return;
                _stream.Dispose();
            }

            if (System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) is { } directory)
                Directory.CreateDirectory(directory);
            _stream = new FileStream(TemporaryPath, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UserException($"{path}: cannot be written: {e.Message}");
        }
    }

    public string Path { get; }

    public string TemporaryPath => Path + Suffix;

    public bool IsDevice { get; }

    public Stream Stream => _stream;

    /// <summary>Closes the file and gives it its name.</summary>
    public void Commit()
    {
        _stream.Dispose();
        if (IsDevice)
            return;
        try
        {
            _committed = true;
            File.Move(TemporaryPath, Path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{Path}: cannot be written: {e.Message}; the output is in {TemporaryPath}");
        }
    }

    /// <summary>Closes the file; a temporary one with nothing in it is removed.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        if (!_committed && !IsDevice && new FileInfo(TemporaryPath) is { Exists: true, Length: 0 } empty)
            empty.Delete();
    }

    /// <summary>Whether a path, or a link on the way to its file, lies among the system's devices: /dev/null, /dev/stdout.</summary>
    private static bool NamesDevice(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            return IsOfSystem(file);

        // Link by link: /dev/stdout may end at a plain file.
        for (FileSystemInfo? next = file; next is not null; next = next.ResolveLinkTarget(returnFinalTarget: false))
        {
            if (IsOfSystem(next))
                return true;
        }

        return false;
    }

    private static bool IsOfSystem(FileSystemInfo file) =>
        !OperatingSystem.IsWindows() && (file.FullName.StartsWith("/dev/", StringComparison.Ordinal) || file.FullName.StartsWith("/proc/", StringComparison.Ordinal));
}
