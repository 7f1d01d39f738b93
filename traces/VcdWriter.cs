using System.Globalization;
using System.Text;

namespace HybridEmu.Traces;

/// <summary>A signal of a waveform.</summary>
/// <param name="Path">Dotted path; all but the last part are scopes.</param>
/// <param name="WidthBits">1 to 64.</param>
public sealed record WaveSignal(string Path, int WidthBits);

/// <summary>
/// Writes a value change dump (IEEE 1364-2005, clause 18): scopes by path, short identifiers, initial values in
/// $dumpvars, then changes at rising times; $dumpoff and $dumpon around what was left out. The same changes give the same bytes: there is no date in it.
/// </summary>
public sealed class VcdWriter : IDisposable
{
    private const int FirstIdCharacter = '!';
    private const int IdCharacters = '~' - '!' + 1;

    private readonly StreamWriter _writer;
    private readonly IReadOnlyList<WaveSignal> _signals;
    private readonly string[] _ids;
    private readonly ulong[] _values;
    private long _timePs = -1;
    private bool _started, _paused;

    /// <param name="stream">Where the text goes; not closed.</param>
    /// <param name="signals">In any order; paths must differ.</param>
    /// <param name="top">Name of the outermost scope.</param>
    public VcdWriter(Stream stream, IReadOnlyList<WaveSignal> signals, string top = "chip")
    {
        _writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        _signals = signals;
        _ids = new string[signals.Count];
        _values = new ulong[signals.Count];
        WriteHeader(top);
    }

    /// <summary>The values of all signals at a time; only what changed is written.</summary>
    /// <param name="timePs">Picoseconds; must rise from call to call.</param>
    /// <param name="values">One a signal, in the order of construction.</param>
    public void Sample(long timePs, ReadOnlySpan<ulong> values)
    {
        if (timePs <= _timePs)
            throw new ArgumentOutOfRangeException(nameof(timePs), "A waveform's time must rise.");
        if (values.Length != _signals.Count)
            throw new ArgumentException("One value a signal is needed.", nameof(values));
        _timePs = timePs;
        bool stamped = false;
        for (int i = 0; i < values.Length; i++)
        {
            ulong value = values[i] & Mask(i);
            bool all = !_started || _paused;
            if (!all && value == _values[i])
                continue;
            if (!stamped)
            {
                Stamp(timePs);
                if (all)
                    _writer.Write(_started ? "$dumpon\n" : "$dumpvars\n");
                stamped = true;
            }

            _values[i] = value;
            WriteChange(i, value);
        }

        if ((!_started || _paused) && stamped)
            _writer.Write("$end\n");
        _started = true;
        _paused = false;
    }

    /// <summary>From this time to the next sample nothing is known: viewers show x. Nothing happens before the first sample.</summary>
    /// <param name="timePs">Picoseconds, after those of the last sample.</param>
    public void Pause(long timePs)
    {
        if (!_started || _paused)
            return;
        if (timePs <= _timePs)
            throw new ArgumentOutOfRangeException(nameof(timePs), "A waveform's time must rise.");
        _timePs = timePs;
        _paused = true;
        Stamp(timePs);
        _writer.Write("$dumpoff\n");
        for (int i = 0; i < _signals.Count; i++)
            _writer.Write(_signals[i].WidthBits == 1 ? $"x{_ids[i]}\n" : $"bx {_ids[i]}\n");
        _writer.Write("$end\n");
    }

    /// <summary>Ends the dump: viewers show the last values until this time.</summary>
    public void Finish(long timePs)
    {
        if (timePs > _timePs)
            Stamp(timePs);
        _writer.Flush();
    }

    public void Dispose() => _writer.Dispose();

    private void Stamp(long timePs) => _writer.Write(string.Create(CultureInfo.InvariantCulture, $"#{timePs}\n"));

    private ulong Mask(int signal) => _signals[signal].WidthBits == 64 ? ulong.MaxValue : (1UL << _signals[signal].WidthBits) - 1;

    private void WriteHeader(string top)
    {
        _writer.Write("$version HybridEmu $end\n$timescale 1 ps $end\n");

        // Declared by path, so that a scope appears once however units added their fields; ids are short and contiguous.
        int[] order = [.. Enumerable.Range(0, _signals.Count).OrderBy(i => ScopeOf(i), StringComparer.Ordinal).ThenBy(i => i)];
        var open = new List<string>();
        Open(open, top);
        int id = 0;
        foreach (int i in order)
        {
            WaveSignal signal = _signals[i];
            ArgumentOutOfRangeException.ThrowIfLessThan(signal.WidthBits, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(signal.WidthBits, 64);
            string[] parts = [top, .. signal.Path.Split('.')];
            int common = 0;
            while (common < open.Count && common < parts.Length - 1 && open[common] == parts[common])
                common++;
            while (open.Count > common)
                Close(open);
            while (open.Count < parts.Length - 1)
                Open(open, parts[open.Count]);
            _ids[i] = Id(id++);
            string range = signal.WidthBits > 1 ? string.Create(CultureInfo.InvariantCulture, $" [{signal.WidthBits - 1}:0]") : "";
            _writer.Write(string.Create(CultureInfo.InvariantCulture, $"$var wire {signal.WidthBits} {_ids[i]} {Name(parts[^1])}{range} $end\n"));
        }

        while (open.Count > 0)
            Close(open);
        _writer.Write("$enddefinitions $end\n");
    }

    private string ScopeOf(int signal)
    {
        string path = _signals[signal].Path;
        int dot = path.LastIndexOf('.');

        // '!' sorts before every letter: a scope's own signals come before its inner scopes.
        return dot < 0 ? "" : path[..dot].Replace('.', '!');
    }

    private void Open(List<string> open, string name)
    {
        _writer.Write($"$scope module {Name(name)} $end\n");
        open.Add(name);
    }

    private void Close(List<string> open)
    {
        _writer.Write("$upscope $end\n");
        open.RemoveAt(open.Count - 1);
    }

    /// <summary>Viewers cut names at blanks and take brackets for ranges.</summary>
    private static string Name(string name) =>
        string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c == '_' ? c : '_'));

    private static string Id(int index)
    {
        string id = "";
        for (index++; index > 0; index = (index - 1) / IdCharacters)
            id += (char)(FirstIdCharacter + ((index - 1) % IdCharacters));
        return id;
    }

    private void WriteChange(int signal, ulong value)
    {
        if (_signals[signal].WidthBits == 1)
        {
            _writer.Write((char)('0' + (int)value));
        }
        else
        {
            // Leading zeros are implied by the standard when the value is shorter than its variable.
            _writer.Write('b');
            _writer.Write(value.ToString("b", CultureInfo.InvariantCulture));
            _writer.Write(' ');
        }

        _writer.Write(_ids[signal]);
        _writer.Write('\n');
    }
}
