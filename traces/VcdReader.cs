using System.Globalization;

namespace HybridEmu.Traces;

/// <summary>One change of a signal.</summary>
/// <param name="Unknown">It is x from here on; Value is 0.</param>
public readonly record struct WaveChange(long TimePs, string Path, ulong Value, bool Unknown = false);

/// <summary>A value change dump read back: signals as declared, changes in file order. A signal is two-valued, or x as a whole.</summary>
/// <param name="DumpedAtStart">Changes inside $dumpvars.</param>
/// <param name="EndPs">The last time stamp.</param>
public sealed record VcdReader(IReadOnlyList<WaveSignal> Signals, IReadOnlyList<WaveChange> Changes, int DumpedAtStart, long EndPs)
{
    /// <exception cref="FormatException">It is not a dump that follows the standard.</exception>
    public static VcdReader Read(TextReader text)
    {
        var signals = new List<WaveSignal>();
        var byId = new SortedDictionary<string, WaveSignal>(StringComparer.Ordinal);
        var changes = new List<WaveChange>();
        var scopes = new List<string>();
        var words = new Queue<string>(text.ReadToEnd().Split([' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries));
        long time = -1;
        int dumped = 0;
        bool defined = false;
        string block = "";
        while (words.TryDequeue(out string? word))
        {
            switch (word)
            {
                case "$scope":
                    words.Dequeue();
                    scopes.Add(words.Dequeue());
                    Skip(words);
                    break;
                case "$upscope":
                    scopes.RemoveAt(scopes.Count - 1);
                    Skip(words);
                    break;
                case "$var":
                    words.Dequeue();
                    int width = int.Parse(words.Dequeue(), CultureInfo.InvariantCulture);
                    string id = words.Dequeue();
                    var signal = new WaveSignal(string.Join('.', scopes.Skip(1).Append(words.Dequeue())), width);
                    Skip(words);
                    signals.Add(signal);
                    if (!byId.TryAdd(id, signal))
                        throw new FormatException($"id {id} is declared twice");
                    break;
                case "$enddefinitions":
                    if (scopes.Count != 0)
                        throw new FormatException("a scope is open at the end of the definitions");
                    defined = true;
                    Skip(words);
                    break;
                case "$dumpvars" or "$dumpoff" or "$dumpon":
                    block = word;
                    break;
                case "$end" when block.Length > 0:
                    block = "";
                    break;
                case "$version" or "$timescale" or "$comment" or "$date":
                    Skip(words);
                    break;
                default:
                    if (!defined)
                        throw new FormatException($"'{word}' stands before $enddefinitions");
                    if (word[0] == '#')
                    {
                        long next = long.Parse(word.AsSpan(1), CultureInfo.InvariantCulture);
                        time = next > time ? next : throw new FormatException($"time {next} follows {time}");
                        break;
                    }

                    bool vector = word[0] is 'b' or 'B';
                    WaveSignal changed = byId[vector ? words.Dequeue() : word[1..]];
                    string digits = vector ? word[1..] : word[..1];
                    changes.Add(digits == "x" ? new WaveChange(time, changed.Path, 0, true) : new WaveChange(time, changed.Path, Convert.ToUInt64(digits, 2)));
                    dumped += block == "$dumpvars" ? 1 : 0;
                    break;
            }
        }

        return new VcdReader(signals, changes, dumped, time);
    }

    /// <summary>The value of a signal at a time.</summary>
    public ulong At(string path, long timePs) => Changes.Last(c => c.Path == path && c.TimePs <= timePs).Value;

    private static void Skip(Queue<string> words)
    {
        while (words.Dequeue() != "$end")
        {
        }
    }
}
