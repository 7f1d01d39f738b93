using HybridEmu.Kernel;

namespace HybridEmu.Rtl.Tests;

/// <summary>Who is at the other end of a channel of the unit under test.</summary>
internal enum WireEnd
{
    /// <summary>A unit that has a twin too.</summary>
    Inside,

    /// <summary>The test pushes what the unit takes.</summary>
    Feeds,

    /// <summary>The test takes what the unit pushes.</summary>
    Drains,
}

/// <summary>A channel of the emulator of which everything that goes on in a cycle is noted, as Verilog/monitored_channel.sv does.</summary>
internal abstract class Wire(string name, WireEnd end, (string Name, int Bits)[] fields)
{
    protected const int FlagBytes = 4;

    private const int Ready = 1, Valid = 2, Push = 4, Pop = 8;
    private static readonly string[] s_flags = ["ready", "valid", "push", "pop"];

    public string Name => name;

    public WireEnd End => end;

    protected int MessageBytes { get; } = (fields.Sum(f => f.Bits) + 31) / 32 * FlagBytes;

    /// <summary>Bytes of an observation.</summary>
    public int SeenBytes => FlagBytes + MessageBytes;

    /// <summary>Before any unit is evaluated.</summary>
    public abstract void Before(long edge);

    /// <summary>After all are: appends what was seen, and what the test did.</summary>
    /// <returns>Whether something was pushed or taken.</returns>
    public abstract bool After(long edge, BitRecord seen, BitRecord driven);

    protected static byte Flags(bool ready, bool valid, int pushed, int popped)
    {
        Assert.InRange(pushed, 0, 1);
        Assert.InRange(popped, 0, 1);
        return (byte)((ready ? Ready : 0) | (valid ? Valid : 0) | (pushed * Push) | (popped * Pop));
    }

    /// <summary>What differs between two observations, for people.</summary>
    public string Difference(ReadOnlySpan<byte> emulator, ReadOnlySpan<byte> twin)
    {
        var differences = new List<string>();
        for (int i = 0; i < s_flags.Length; i++)
        {
            if (((emulator[0] ^ twin[0]) >> i & 1) != 0)
                differences.Add($"{s_flags[i]}: emulator {emulator[0] >> i & 1}, RTL {twin[0] >> i & 1}");
        }

        int first = 8 * FlagBytes;
        foreach ((string field, int bits) in fields)
        {
            string one = BitRecord.Hex(emulator, first, bits), other = BitRecord.Hex(twin, first, bits);
            if (one != other)
                differences.Add($"{field}: emulator {one}, RTL {other}");
            first += bits;
        }

        return $"{name}: {string.Join("; ", differences)}";
    }
}

/// <inheritdoc/>
internal sealed class Wire<T>(string name, WireEnd end, Channel<T> channel, Layout<T> layout) : Wire(name, end, layout.Fields)
    where T : unmanaged
{
    private readonly BitRecord _head = new(), _fed = new();
    private bool _ready, _valid;
    private int _count;

    public Channel<T> Channel => channel;

    public override void Before(long edge)
    {
        _ready = channel.CanPush(edge);
        _valid = channel.CanPop(edge);
        _count = channel.Count;
        _head.Clear();
        _fed.Clear();
        if (_valid)
            layout.Pack(channel.Peek(edge), _head);
    }

    /// <summary>The test pushes.</summary>
    public void Feed(in T entry, long edge)
    {
        channel.Push(entry, edge);
        layout.Pack(entry, _fed);
    }

    /// <summary>The test has pushed what is packed here.</summary>
    public BitRecord Fed => _fed;

    public override bool After(long edge, BitRecord seen, BitRecord driven)
    {
        int popped = channel.Depth - channel.Count - channel.Room(edge), pushed = channel.Count - _count + popped;
        seen.Add(Flags(_ready, _valid, pushed, popped), 8 * FlagBytes);
        seen.Add(_head, MessageBytes);
        if (End == WireEnd.Feeds)
        {
            driven.Add((ulong)pushed, 8 * FlagBytes);
            driven.Add(_fed, MessageBytes);
        }
        else if (End == WireEnd.Drains)
        {
            driven.Add((ulong)popped, 8 * FlagBytes);
        }

        return pushed + popped > 0;
    }
}
