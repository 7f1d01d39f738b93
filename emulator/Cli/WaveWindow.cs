using System.Globalization;
using System.Text.RegularExpressions;
using HybridEmu.Chip;
using HybridEmu.Kernel;
using HybridEmu.Traces;

namespace HybridEmu.Cli;

/// <summary>A span of core cycles, from the first up to but not including the last.</summary>
internal readonly record struct CycleWindow(long First, long Last)
{
    /// <exception cref="UserException">It is not A:B.</exception>
    public static CycleWindow Parse(string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long first)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long last)
            && first < last)
            return new CycleWindow(first, last);
        throw new UserException($"--window {text}: is not A:B with cycles A < B, as in --window 1000:2000");
    }
}

/// <summary>Records a waveform of a run: reads the named state after each cycle of a window.</summary>
internal sealed class WaveRecorder : IDisposable
{
    private readonly VcdWriter _writer;
    private readonly Signal[] _signals;
    private readonly ulong[] _values;
    private long _lastPs = -1;

    /// <exception cref="UserException">The scope matches nothing.</exception>
    public WaveRecorder(Stream stream, SignalMap map, string scope)
    {
        // A glob: * stands for anything, ? for one character; a scope's name alone means all of it.
        string pattern = "^" + Regex.Escape(scope).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal) + "(\\..*)?$";
        _signals = [.. map.Signals.Where(s => Regex.IsMatch(s.Path, pattern, RegexOptions.CultureInvariant))];
        if (_signals.Length == 0)
        {
            IEnumerable<string> scopes = map.Signals.Select(s => s.Path.Split('.')[0]).Distinct().Take(12);
            throw new UserException($"--scope {scope}: no signal matches (top scopes: {string.Join(", ", scopes)})");
        }

        _values = new ulong[_signals.Length];
        _writer = new VcdWriter(stream, [.. _signals.Select(s => new WaveSignal(s.Path, s.WidthBits))]);
    }

    public bool IsEmpty => _lastPs < 0;

    public void Sample(long timePs)
    {
        if (timePs <= _lastPs)
            return;
        for (int i = 0; i < _signals.Length; i++)
            _values[i] = _signals[i].Read();
        _writer.Sample(timePs, _values);
        _lastPs = timePs;
    }

    public void Finish(long timePs) => _writer.Finish(timePs);

    public void Dispose() => _writer.Dispose();
}
