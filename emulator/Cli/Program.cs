using HybridEmu.Cli;
using Microsoft.Win32.SafeHandles;

using Stream output = StandardOutput();
return (int)EntryPoint.Run(args, output, Console.Error);

// The console's own stream hides that a pipe was closed, and a run would go on for nobody. Files keep it: it appends,
// so that `> log 2>&1` does not overwrite itself.
static Stream StandardOutput()
{
    if (!OperatingSystem.IsWindows() && Console.IsOutputRedirected)
    {
        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        if (!stream.CanSeek)
            return stream; // a pipe
    }

    return Console.OpenStandardOutput();
}
