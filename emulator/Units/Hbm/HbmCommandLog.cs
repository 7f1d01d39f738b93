namespace HybridEmu.Units;

/// <summary>One command as it went over a bus.</summary>
public struct HbmCommandRecord
{
    public long Edge;
    public HbmCommand Command;
    public byte PseudoChannel, Bank;
    public int Row, Column;
}

/// <summary>The last commands of a channel, for checkers and timelines; room is taken once.</summary>
public sealed class HbmCommandLog(int capacity)
{
    private readonly HbmCommandRecord[] _records = new HbmCommandRecord[capacity];
    private readonly long[] _counts = new long[Enum.GetValues<HbmCommand>().Length];
    private int _next;

    /// <summary>Commands since the log was attached, lost ones included.</summary>
    public long Written { get; private set; }

    public int Count => (int)Math.Min(Written, _records.Length);

    /// <summary>Record i, 0 the oldest that is still there.</summary>
    public ref readonly HbmCommandRecord this[int i] => ref _records[(Written - Count + i) % _records.Length];

    /// <summary>Commands of a kind since the log was attached, lost ones included.</summary>
    public long CountOf(HbmCommand command) => _counts[(int)command];

    internal void Add(long edge, HbmCommand command, int pseudoChannel, int bank, int row, int column)
    {
        ref HbmCommandRecord record = ref _records[_next];
        _next = _next + 1 == _records.Length ? 0 : _next + 1;
        Written++;
        _counts[(int)command]++;
        record.Edge = edge;
        record.Command = command;
        record.PseudoChannel = (byte)pseudoChannel;
        record.Bank = (byte)bank;
        record.Row = row;
        record.Column = column;
    }
}
