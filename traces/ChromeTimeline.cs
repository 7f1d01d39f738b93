using System.Text.Json;

namespace HybridEmu.Traces;

/// <summary>
/// Writes a timeline in the Trace Event Format that chrome://tracing and Perfetto read: one complete event a span, a
/// process a tile, a thread a queue. Times are microseconds of emulated time.
/// </summary>
public sealed class ChromeTimeline : IDisposable
{
    private readonly Utf8JsonWriter _json;

    /// <param name="stream">Where the text goes; not closed.</param>
    public ChromeTimeline(Stream stream)
    {
        // Indentation would double the size of files that are long already.
        _json = new Utf8JsonWriter(stream);
        _json.WriteStartObject();
        _json.WriteString("displayTimeUnit", "ns");
        _json.WriteStartArray("traceEvents");
    }

    /// <summary>Names a process, or a thread of it when <paramref name="thread"/> is not negative.</summary>
    public void Name(int process, int thread, string name)
    {
        _json.WriteStartObject();
        _json.WriteString("name", thread < 0 ? "process_name" : "thread_name");
        _json.WriteString("ph", "M");
        _json.WriteNumber("pid", process);
        if (thread >= 0)
            _json.WriteNumber("tid", thread);
        _json.WriteStartObject("args");
        _json.WriteString("name", name);
        _json.WriteEndObject();
        _json.WriteEndObject();
    }

    /// <summary>A span of work.</summary>
    /// <param name="startPs">Picoseconds of emulated time.</param>
    /// <param name="endPs">Not before the start.</param>
    /// <param name="arguments">Shown when a person selects the span.</param>
    public void Span(int process, int thread, string name, long startPs, long endPs, params ReadOnlySpan<(string Key, long Value)> arguments)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(endPs, startPs);
        _json.WriteStartObject();
        _json.WriteString("name", name);
        _json.WriteString("ph", "X");
        _json.WriteNumber("pid", process);
        _json.WriteNumber("tid", thread);
        _json.WriteNumber("ts", startPs / 1_000_000m);
        _json.WriteNumber("dur", (endPs - startPs) / 1_000_000m);
        if (arguments.Length > 0)
        {
            _json.WriteStartObject("args");
            foreach ((string key, long value) in arguments)
                _json.WriteNumber(key, value);
            _json.WriteEndObject();
        }

        _json.WriteEndObject();
        if (_json.BytesPending > 1 << 16)
            _json.Flush();
    }

    /// <summary>Closes the document.</summary>
    public void Finish()
    {
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
    }

    public void Dispose() => _json.Dispose();
}
