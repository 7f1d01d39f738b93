using System.Globalization;
using System.Text.RegularExpressions;
using HybridEmu.Chip;
using HybridEmu.Kernel;
using HybridEmu.Traces;

namespace HybridEmu.Cli;

/// <summary>Which core cycles a waveform has: from the first up to but not including the last, or those that firmware chooses.</summary>
/// <param name="ByFirmware">The cycles after which some hart's trace window is open; First and Last say nothing.</param>
internal readonly record struct WaveWindow(long First, long Last, bool ByFirmware = false)
{
    private const string Firmware = "firmware";

    /// <summary>All cycles.</summary>
    public static readonly WaveWindow Whole = new(0, long.MaxValue);

    /// <exception cref="UserException">It is neither A:B nor firmware.</exception>
    public static WaveWindow Parse(string text)
    {
        if (text == Firmware)
            return new WaveWindow(0, 0, ByFirmware: true);
        string[] parts = text.Split(':');
        if (parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long first)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long last)
            && first < last)
            return new WaveWindow(first, last);
        throw new UserException($"--window {text}: is neither A:B with cycles A < B, as in --window 1000:2000, nor {Firmware}, for what lies between hx.traceon and hx.traceoff");
    }

    /// <summary>Cycles that a run may go on without a sample, at most so many.</summary>
    public long Slice(ChipRun run, long most)
    {
        if (ByFirmware)
            return run.FirmwareTraces ? 1 : most; // it stops by itself where a window begins
        if (run.Cycles < First)
            return Math.Min(most, First - run.Cycles);
        return run.Cycles < Last ? 1 : most;
    }

    /// <summary>Whether the state that a run is in now belongs to the waveform: that after cycle <see cref="ChipRun.Cycles"/> - 1.</summary>
    public bool Has(ChipRun run) => ByFirmware ? run.FirmwareTraces : run.Cycles > First && run.Cycles <= Last;

    /// <summary>Why a waveform is empty when the run is over.</summary>
    public string WhyEmpty(ChipRun run) => ByFirmware
        ? "the run was over before an hx.traceon"
        : $"the run ended at cycle {run.Cycles}, before --window {First}:{Last}";
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

    /// <summary>What follows is left out, up to the next sample.</summary>
    public void Pause(long timePs)
    {
        if (timePs > _lastPs)
            _writer.Pause(timePs);
    }

    public void Finish(long timePs) => _writer.Finish(timePs);

    public void Dispose() => _writer.Dispose();
}
