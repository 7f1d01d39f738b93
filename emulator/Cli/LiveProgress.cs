using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using HybridEmu.Chip;
using Spectre.Console;

namespace HybridEmu.Cli;

/// <summary>One line on a terminal that says how far the run is; silent where stderr is not a terminal.</summary>
internal sealed class LiveProgress
{
    private const int RefreshMilliseconds = 100;
    private const string EraseLine = "\r\u001b[2K";

    private readonly IAnsiConsole? _console;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private MailboxPost? _training;
    private long _lastMilliseconds = -RefreshMilliseconds;
    private bool _drawn;

    public LiveProgress(TextWriter errors, bool enabled)
    {
        if (enabled && !Console.IsErrorRedirected && ReferenceEquals(errors, Console.Error))
            _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(errors) });
    }

    /// <summary>Wall time since the start.</summary>
    public double Seconds => _clock.Elapsed.TotalSeconds;

    /// <summary>What is being done, before the figures; null: nothing to say.</summary>
    public string? Title { get; set; }

    /// <summary>The host, and how fast it was since the start.</summary>
    public HostStatistics Host(long cycles) => new(
        Seconds, cycles / 1e6 / Math.Max(Seconds, 1e-6), RuntimeInformation.FrameworkDescription, RuntimeInformation.OSDescription, Environment.ProcessorCount);

    public void Post(MailboxPost post)
    {
        if (post.HeldOut)
            return;
        if (_training is { } before && before.EpochNumber != post.EpochNumber && _console is not null)
        {
            Clear();
            _console.MarkupLine(Text(before));
        }

        _training = post;
    }

    public void Update(long cycles)
    {
        if (_console is null || _clock.ElapsedMilliseconds < _lastMilliseconds + RefreshMilliseconds)
            return;
        _lastMilliseconds = _clock.ElapsedMilliseconds;
        Clear();
        string speed = string.Create(CultureInfo.InvariantCulture, $"{cycles / 1e6:0.0} Mcycles, {cycles / 1e6 / Math.Max(Seconds, 0.001):0.00} Mcycles/s");
        if (Title is not null)
            speed = $"{Markup.Escape(Title)}  {speed}";
        _console.Markup(_training is { } post ? $"{Text(post)}  [grey]{speed}[/]" : $"[grey]{speed}[/]");
        _drawn = true;
    }

    /// <summary>Takes the line away, so that other text can be written.</summary>
    public void Clear()
    {
        if (!_drawn)
            return;
        _console!.Profile.Out.Writer.Write(EraseLine);
        _drawn = false;
    }

    private static string Text(MailboxPost post) => string.Create(
        CultureInfo.InvariantCulture,
        $"epoch [bold]{post.EpochNumber,3}[/]  loss {post.MeanLoss:0.0000}  accuracy [green]{post.Accuracy * 100:0.0} %[/]");
}
