using System.Buffers.Text;
using System.Text;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>
/// Writes DRAM commands as CSV, a line each: clock, command, channel, pseudo-channel, bank group, bank, row, column. In order
/// of the clock; within one, the row bus before the column bus, then by channel. What a command does not have is 0.
/// </summary>
public sealed class CommandFile(Stream stream, HbmAddressMap map)
{
    private const int BufferBytes = 1 << 16, MaximumLineBytes = 128;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly int _bankBits = map.Bits(HbmField.Bank);
    private readonly long[] _written = new long[map.Channels];
    private int _end = Encoding.ASCII.GetByteCount(Header);
    private bool _begun;

    private const string Header = "clk,cmd,ch,pc,bg,ba,row,col\n";

    /// <summary>A command's name in the file and in statistics.</summary>
    public static string NameOf(HbmCommand command) => command switch
    {
        HbmCommand.Activate => "ACT",
        HbmCommand.Precharge => "PRE",
        HbmCommand.PrechargeAll => "PREA",
        HbmCommand.Read => "RD",
        HbmCommand.Write => "WR",
        HbmCommand.RefreshAll => "REFab",
        HbmCommand.RefreshBank => "REFpb",
        HbmCommand.PowerDownEnter => "PDE",
        HbmCommand.PowerDownExit => "PDX",
        HbmCommand.SelfRefreshEnter => "SRE",
        HbmCommand.SelfRefreshExit => "SRX",
        _ => throw new ArgumentOutOfRangeException(nameof(command), command, "has no name yet"),
    };

    /// <summary>Writes what is left; the stream stays open.</summary>
    public void Finish()
    {
        Begin();
        stream.Write(_buffer, 0, _end);
        stream.Flush();
        _end = 0;
    }

    /// <summary>Writes the commands of the cycle that has just been.</summary>
    internal void Add(ReadOnlySpan<DramChannel> channels)
    {
        Add(channels, column: false);
        Add(channels, column: true);
        for (int c = 0; c < channels.Length; c++)
            _written[c] = channels[c].Log.Written;
    }

    private void Add(ReadOnlySpan<DramChannel> channels, bool column)
    {
        for (int c = 0; c < channels.Length; c++)
        {
            HbmCommandLog log = channels[c].Log;
            for (int i = log.Count - (int)(log.Written - _written[c]); i < log.Count; i++)
            {
                ref readonly HbmCommandRecord record = ref log[i];
                if (record.Command is HbmCommand.Read or HbmCommand.Write ? column : !column)
                    Add(c, in record);
            }
        }
    }

    private void Add(int channel, in HbmCommandRecord record)
    {
        Begin();
        if (_end > BufferBytes - MaximumLineBytes)
        {
            stream.Write(_buffer, 0, _end);
            _end = 0;
        }

        Number(record.Edge, ',');
        _end += Encoding.ASCII.GetBytes(NameOf(record.Command), _buffer.AsSpan(_end));
        _buffer[_end++] = (byte)',';
        Number(channel, ',');
        Number(record.PseudoChannel, ',');
        Number(record.Bank >> _bankBits, ',');
        Number(record.Bank & ((1 << _bankBits) - 1), ',');
        Number(record.Row, ',');
        Number(record.Column, '\n');
    }

    private void Begin()
    {
        if (!_begun)
            Encoding.ASCII.GetBytes(Header, _buffer);
        _begun = true;
    }

    private void Number(long value, char end)
    {
        Utf8Formatter.TryFormat(value, _buffer.AsSpan(_end), out int length);
        _end += length;
        _buffer[_end++] = (byte)end;
    }
}
