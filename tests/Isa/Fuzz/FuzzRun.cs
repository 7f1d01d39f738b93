using System.Globalization;
using System.Text;
using Xunit.Sdk;

namespace HybridEmu.Fuzz;

/// <summary>
/// Gives a target many inputs. Each must come back in time, with no exception that the target does not expect itself, and
/// without allocating more than its bound. What breaks this is cut down, and told with seed and number, as text.
/// </summary>
internal sealed class FuzzRun
{
    private const int SecondsBeforeHang = 60, MostCuts = 3000, ShownCharacters = 4000;
    private const ulong DefaultSeed = 20260;

    /// <summary>Bytes that any input may allocate: what targets make for every input, and some air.</summary>
    private const long FreeBytes = 64L << 20;

    private readonly string _name;
    private readonly Func<FuzzRandom, byte[]> _next;
    private readonly Action<byte[]> _target;
    private readonly long _mostBytes;
    private readonly string _last;
    private volatile byte[] _current = [];
    private volatile int _number = -1;
    private Exception? _failure;

    private FuzzRun(string name, Func<FuzzRandom, byte[]> next, Action<byte[]> target, long mostBytes)
    {
        _name = name;
        _next = next;
        _target = target;
        _mostBytes = mostBytes;
        _last = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"hybridemu-fuzz-{name}-{Environment.ProcessId}"));
    }

    /// <summary>HYBRIDEMU_DEEP=1 runs <see cref="DeepFactor"/> times as many; HYBRIDEMU_FUZZ=seed chooses other ones.</summary>
    public const int DeepFactor = 40;

    /// <param name="name">What it is called in messages and in the file that keeps the input at work, should the process die.</param>
    /// <param name="count">Inputs of the quick run.</param>
    /// <param name="next">Makes an input.</param>
    /// <param name="target">Takes it; throws what is not right.</param>
    /// <param name="mostBytes">Bytes that one input may allocate.</param>
    public static void Check(string name, int count, Func<FuzzRandom, byte[]> next, Action<byte[]> target, long mostBytes = FreeBytes)
    {
        ulong seed = ulong.TryParse(Environment.GetEnvironmentVariable("HYBRIDEMU_FUZZ"), CultureInfo.InvariantCulture, out ulong given) ? given : DefaultSeed;
        if (Environment.GetEnvironmentVariable("HYBRIDEMU_DEEP") is not null)
            count *= DeepFactor;
        new FuzzRun(name, next, target, mostBytes).Run(seed, count);
    }

    private void Run(ulong seed, int count)
    {
        var worker = new Thread(() => Work(seed, count)) { IsBackground = true };
        worker.Start();
        int seen = -1;
        while (!worker.Join(TimeSpan.FromSeconds(SecondsBeforeHang)))
        {
            if (_number == seen)
                throw new XunitException($"{_name}: input {seen} of seed {seed} takes more than {SecondsBeforeHang} s:\n{Shown(_current)}");
            seen = _number;
        }

        File.Delete(_last);
        if (_failure is not null)
            throw new XunitException($"{_name}: input {_number} of seed {seed}, cut down to {_current.Length} bytes:\n{Shown(_current)}\n{_failure}");
    }

    private void Work(ulong seed, int count)
    {
        // An input on which the process dies (its stack overflows) stays in this file.
        using var last = new FileStream(_last, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0, FileOptions.None);
        for (int i = 0; i < count; i++)
        {
            byte[] input = _next(new FuzzRandom(seed, i));
            _current = input;
            _number = i;
            last.SetLength(0);
            last.Position = 0;
            last.Write(input);
            _failure = Try(input);
            if (_failure is null)
                continue;
            Shrink(input, Kind(_failure));
            return;
        }
    }

    private Exception? Try(byte[] input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            _target(input);
        }
        catch (Exception e)
        {
            return e;
        }

        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        return bytes <= _mostBytes ? null : new InsufficientMemoryException($"allocates {bytes} bytes, more than {_mostBytes}");
    }

    /// <summary>Takes out pieces, halves first, as long as the same thing goes wrong.</summary>
    private void Shrink(byte[] input, string kind)
    {
        int cuts = 0;
        for (int piece = Math.Max(1, input.Length / 2); piece > 0; piece /= 2)
        {
            for (int at = 0; at < input.Length && cuts < MostCuts; cuts++)
            {
                byte[] shorter = [.. input[..at], .. input[Math.Min(input.Length, at + piece)..]];
                if (Try(shorter) is { } failure && Kind(failure) == kind)
                    (input, _current, _failure) = (shorter, shorter, failure);
                else
                    at += piece;
            }
        }
    }

    private static string Kind(Exception failure) =>
        $"{failure.GetType()} {failure.StackTrace?.Split('\n').FirstOrDefault(l => l.Contains("HybridEmu", StringComparison.Ordinal))}";

    /// <summary>Printable bytes as they are, others as a C# string writes them.</summary>
    private static string Shown(byte[] input)
    {
        var text = new StringBuilder();
        foreach (byte b in input.Take(ShownCharacters))
        {
            if (b is >= 0x20 and < 0x7F and not ((byte)'\\' or (byte)'"'))
                text.Append((char)b);
            else
                text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
        }

        return text.Append(input.Length > ShownCharacters ? "..." : "").ToString();
    }
}
