using System.Runtime.CompilerServices;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// The L1 data cache of a control core: set-associative, write-back, MESI, blocking (one miss). It holds the data: the
/// bytes of a Modified line exist nowhere else. Evaluated inside its core's evaluation; talks to homes over channels only.
/// </summary>
public sealed partial class DataCache
{
    public const int LineBytes = 64;

    /// <summary>Tag of an empty frame; no line address, as those are multiples of 64.</summary>
    public const ulong NoLine = ulong.MaxValue;

    private readonly CoherencePort _port;
    private readonly Channel<CoherenceFlit> _snoop;
    private readonly HomeMap _homes;
    private readonly int _homeBase;
    private readonly int _ways;
    private readonly ulong _setMask;
    private readonly ulong[] _tags;
    private readonly byte[] _states;
    private readonly long[] _lastUse;
    private readonly byte[] _bytes;

    public DataCacheState State;

    /// <param name="sizeBytes">Capacity; sizeBytes / 64 / ways must be a power of two.</param>
    /// <param name="ways">Associativity.</param>
    /// <param name="port">Channels to the coherent plane.</param>
    /// <param name="homes">Which home a line belongs to.</param>
    /// <param name="homeBase">Endpoint number of home 0.</param>
    public DataCache(int sizeBytes, int ways, CoherencePort port, HomeMap homes, int homeBase)
    {
        int frames = sizeBytes / LineBytes;
        int sets = frames / ways;
        if (!int.IsPow2(sets) || sets * ways * LineBytes != sizeBytes)
            throw new ArgumentException("An L1D needs a power of two of sets.", nameof(sizeBytes));
        _port = port;
        _snoop = port.Snoop ?? throw new ArgumentException("An L1D must be snooped.", nameof(port));
        _homes = homes;
        _homeBase = homeBase;
        _ways = ways;
        _setMask = (ulong)sets - 1;
        _tags = new ulong[frames];
        _states = new byte[frames];
        _lastUse = new long[frames];
        _bytes = new byte[sizeBytes];
        Array.Fill(_tags, NoLine);
        State.ReservationLine = NoLine;
    }

    public int Sets => (int)_setMask + 1;

    public int Ways => _ways;

    /// <summary>Whether a channel or a phase gives <see cref="Step"/> something to do.</summary>
    public bool NeedsStep
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _port.Grant.Count + _snoop.Count + ((State.MissPhase | State.WritebackPhase | State.AnswerPhase) & 1) != 0;
    }

    /// <summary>Frame that holds the line in any valid state, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ulong line)
    {
        int frame = (int)((line / LineBytes) & _setMask) * _ways;
        ulong[] tags = _tags;
        for (int end = frame + _ways; frame < end; frame++)
        {
            if (tags[frame] == line)
                return frame;
        }

        return -1;
    }

    public LineState StateOf(int frame) => (LineState)_states[frame];

    public ulong LineOf(int frame) => _tags[frame];

    /// <summary>Whether the frame may be written now (Exclusive or Modified).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsWritable(int frame) => _states[frame] >= (byte)LineState.Exclusive;

    /// <summary>Reads 4 bytes at an offset of the frame's line; bytes past the line's end read as 0. Counts as a use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Read(int frame, int offset, int size)
    {
        _lastUse[frame] = ++State.Uses;
        ref byte first = ref _bytes[(frame * LineBytes) + offset];
        return size switch
        {
            4 => Unsafe.ReadUnaligned<uint>(ref first),
            2 => Unsafe.ReadUnaligned<ushort>(ref first),
            1 => first,
            _ => first | ((uint)Unsafe.Add(ref first, 1) << 8) | ((uint)Unsafe.Add(ref first, 2) << 16),
        };
    }

    /// <summary>The whole line, to read. Counts as a use.</summary>
    public ReadOnlySpan<byte> ReadLine(int frame)
    {
        _lastUse[frame] = ++State.Uses;
        return Bytes(frame);
    }

    /// <summary>Writes 1 to 4 bytes inside the line; the frame must be writable and becomes Modified.</summary>
    public void Write(int frame, int offset, int size, uint data)
    {
        if (!IsWritable(frame))
            throw new InvalidOperationException("Write to a line that is neither Exclusive nor Modified.");
        _states[frame] = (byte)LineState.Modified;
        _lastUse[frame] = ++State.Uses;
        ref byte first = ref _bytes[(frame * LineBytes) + offset];
        switch (size)
        {
            case 4:
                Unsafe.WriteUnaligned(ref first, data);
                break;
            case 2:
                Unsafe.WriteUnaligned(ref first, (ushort)data);
                break;
            case 1:
                first = (byte)data;
                break;
            default:
                Unsafe.WriteUnaligned(ref first, (ushort)data);
                Unsafe.Add(ref first, 2) = (byte)(data >> 16);
                break;
        }
    }

    /// <summary>
    /// Asks the home for the line, if the cache is free to: no other miss open, the line not on its way out, and room in
    /// the writeback buffer for a dirty victim. Ask again after each step until it is there.
    /// </summary>
    /// <param name="line">Line address.</param>
    /// <param name="type">GetShared or GetModified.</param>
    public void StartMiss(ulong line, CoherenceType type)
    {
        if (State.MissPhase != DataCacheState.Free)
            return;
        if (State.WritebackPhase != DataCacheState.Free && State.WritebackLine == line)
            return;
        int frame = Find(line);
        if (frame >= 0)
        {
            State.Upgrades++;
        }
        else
        {
            frame = Victim(line);
            if (!TryEvict(frame))
                return;
        }

        if (type == CoherenceType.GetShared)
            State.SharedMisses++;
        else
            State.ModifiedMisses++;
        State.MissPhase = DataCacheState.ToSend;
        State.MissType = type;
        State.MissLine = line;
        State.MissFrame = frame;
        State.MissHome = HomeOf(line);
    }

    /// <summary>Empties a frame; a Modified line goes to the writeback buffer. False, and nothing done, when that is taken.</summary>
    public bool TryEvict(int frame)
    {
        if (_states[frame] == (byte)LineState.Modified)
        {
            if (State.WritebackPhase != DataCacheState.Free)
                return false;
            State.WritebackPhase = DataCacheState.ToSend;
            State.WritebackHolds = 1;
            State.WritebackFlit = 0;
            State.WritebackLine = _tags[frame];
            Bytes(frame).CopyTo(Line64.Span(ref State.WritebackData));
            State.Writebacks++;
        }

        Drop(frame);
        return true;
    }

    /// <summary>
    /// Copies this cache's bytes over a memory image, for the host's view after a run. Any valid copy is current, and a
    /// Shared one can be newer than memory: of a line that a snoop took, the home writes the bytes while others read on.
    /// </summary>
    /// <param name="hbmOffset">HBM byte offset of the first byte.</param>
    /// <param name="bytes">Memory's bytes, overwritten where this cache has them.</param>
    public void Overlay(ulong hbmOffset, Span<byte> bytes)
    {
        if (State.WritebackPhase != DataCacheState.Free && State.WritebackHolds != 0)
            Line64.Overlay(State.WritebackLine, Line64.ReadSpan(in State.WritebackData), hbmOffset, bytes);
        for (int frame = 0; frame < _tags.Length; frame++)
        {
            if (_states[frame] != (byte)LineState.Invalid)
                Line64.Overlay(_tags[frame], Bytes(frame), hbmOffset, bytes);
        }
    }

    public void Walk(StateArchive archive)
    {
        archive.Value("l1d", ref State);
        archive.Array("l1d.tags", _tags);
        archive.Array("l1d.states", _states);
        archive.Array("l1d.uses", _lastUse);
        archive.Array("l1d.bytes", _bytes);
    }

    private byte HomeOf(ulong line) => (byte)(_homeBase + _homes.Index(line));

    private Span<byte> Bytes(int frame) => _bytes.AsSpan(frame * LineBytes, LineBytes);

    private void Drop(int frame)
    {
        if (_tags[frame] == State.ReservationLine)
            State.ReservationLine = NoLine;
        _tags[frame] = NoLine;
        _states[frame] = (byte)LineState.Invalid;
        Bytes(frame).Clear();
    }

    private int Victim(ulong line)
    {
        int first = (int)((line / LineBytes) & _setMask) * _ways;
        int victim = first;
        for (int frame = first; frame < first + _ways; frame++)
        {
            if (_states[frame] == (byte)LineState.Invalid)
                return frame;
            if (_lastUse[frame] < _lastUse[victim])
                victim = frame;
        }

        return victim;
    }
}
