using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Registers of an L1I apart from its arrays.</summary>
public struct InstructionCacheState
{
    /// <summary>As <see cref="DataCacheState.MissPhase"/>.</summary>
    public byte MissPhase;
    public byte MissHome;

    /// <summary>1: the cache was emptied while the line was on its way; it is acknowledged and not kept.</summary>
    public byte Discard;
    public int MissFrame;
    public ulong MissLine;
    public Line64 MissData;
    public long Uses;
    public long Misses, Flushes;
}

/// <summary>
/// The L1 instruction cache: fetches lines by ReadOnce, so it is no sharer and never snooped; fence.i empties it. Beside
/// each line lie its sixteen instructions, decoded when the line arrived; that copy is derived and not part of the state.
/// </summary>
public sealed class InstructionCache
{
    public const int InstructionsPerLine = DataCache.LineBytes / 4;

    private readonly CoherencePort _port;
    private readonly HomeMap _homes;
    private readonly int _homeBase;
    private readonly int _ways;
    private readonly ulong _setMask;
    private readonly ulong[] _tags;
    private readonly long[] _lastUse;
    private readonly byte[] _bytes;
    private readonly DecodedInstruction[] _decoded;

    public InstructionCacheState State;

    /// <inheritdoc cref="DataCache(int, int, CoherencePort, HomeMap, int)"/>
    public InstructionCache(int sizeBytes, int ways, CoherencePort port, HomeMap homes, int homeBase)
    {
        int frames = sizeBytes / DataCache.LineBytes;
        int sets = frames / ways;
        if (!int.IsPow2(sets) || sets * ways * DataCache.LineBytes != sizeBytes)
            throw new ArgumentException("An L1I needs a power of two of sets.", nameof(sizeBytes));
        _port = port;
        _homes = homes;
        _homeBase = homeBase;
        _ways = ways;
        _setMask = (ulong)sets - 1;
        _tags = new ulong[frames];
        _lastUse = new long[frames];
        _bytes = new byte[sizeBytes];
        _decoded = new DecodedInstruction[frames * InstructionsPerLine];
        System.Array.Fill(_tags, DataCache.NoLine);
    }

    public bool NeedsStep
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _port.Grant.Count + (State.MissPhase & 1) != 0;
    }

    /// <summary>The decoded instructions of all frames; frame f's begin at 16 f.</summary>
    public DecodedInstruction[] Decoded => _decoded;

    /// <summary>Frame that holds the line, counted as a use; or -1.</summary>
    public int Lookup(ulong line)
    {
        int frame = (int)((line / DataCache.LineBytes) & _setMask) * _ways;
        for (int end = frame + _ways; frame < end; frame++)
        {
            if (_tags[frame] == line)
            {
                _lastUse[frame] = ++State.Uses;
                return frame;
            }
        }

        return -1;
    }

    /// <summary>Asks the home for the line if no other is on its way. Ask again after each step until it is there.</summary>
    public void StartMiss(ulong line)
    {
        if (State.MissPhase != DataCacheState.Free)
            return;
        int first = (int)((line / DataCache.LineBytes) & _setMask) * _ways;
        int victim = first;
        for (int frame = first + _ways - 1; frame >= first; frame--)
        {
            if (_tags[frame] == DataCache.NoLine)
            {
                victim = frame;
                break;
            }

            if (_lastUse[frame] < _lastUse[victim])
                victim = frame;
        }

        // Gone from now on: a handler that runs meanwhile must not fetch from a frame that is about to be overwritten.
        _tags[victim] = DataCache.NoLine;
        State.MissPhase = DataCacheState.ToSend;
        State.MissLine = line;
        State.MissFrame = victim;
        State.MissHome = (byte)(_homeBase + _homes.Index(line));
        State.Discard = 0;
        State.Misses++;
    }

    /// <summary>Empties the cache, the line on its way included.</summary>
    public void Flush()
    {
        System.Array.Fill(_tags, DataCache.NoLine);
        System.Array.Clear(_lastUse);
        System.Array.Clear(_bytes);
        State.Flushes++;
        if (State.MissPhase != DataCacheState.Free)
            State.Discard = 1;
    }

    /// <summary>Sinks one flit of a grant and sends one flit.</summary>
    public void Step(long edge)
    {
        if (_port.Grant.CanPop(edge))
            ReceiveGrant(_port.Grant.Pop(edge));
        if (State.MissPhase == DataCacheState.ToSend && _port.Request.CanPush(edge))
        {
            _port.Request.Push(Flit(CoherenceType.ReadOnce), edge);
            State.MissPhase = DataCacheState.Waiting;
        }
        else if (State.MissPhase == DataCacheState.ToAcknowledge && _port.Answer.CanPush(edge))
        {
            _port.Answer.Push(Flit(CoherenceType.GrantAck), edge);
            State.MissPhase = DataCacheState.Free;
        }
    }

    public void Walk(StateArchive archive)
    {
        archive.Value("l1i", ref State);
        archive.Array("l1i.tags", _tags);
        archive.Array("l1i.uses", _lastUse);
        archive.Array("l1i.bytes", _bytes);
        if (!archive.IsLoad)
            return;
        for (int frame = 0; frame < _tags.Length; frame++)
        {
            if (_tags[frame] != DataCache.NoLine)
                Predecode(frame);
        }
    }

    private void ReceiveGrant(in CoherenceFlit flit)
    {
        if (flit.Type != CoherenceType.GrantOnce || State.MissPhase != DataCacheState.Waiting || flit.Line != State.MissLine)
            throw new InvalidOperationException("An L1I received a message that it did not ask for.");
        if (flit.Index > 0)
        {
            Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(Line64.Span(ref State.MissData));
            words[(flit.Index - 1) * 2] = flit.Data0;
            words[((flit.Index - 1) * 2) + 1] = flit.Data1;
        }

        if (flit.Last == 0)
            return;
        if (State.Discard == 0)
        {
            _tags[State.MissFrame] = State.MissLine;
            Line64.ReadSpan(in State.MissData).CopyTo(_bytes.AsSpan(State.MissFrame * DataCache.LineBytes));
            _lastUse[State.MissFrame] = ++State.Uses;
            Predecode(State.MissFrame);
        }

        State.MissData = default;
        State.MissPhase = DataCacheState.ToAcknowledge;
    }

    private void Predecode(int frame)
    {
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(_bytes.AsSpan(frame * DataCache.LineBytes, DataCache.LineBytes));
        for (int i = 0; i < words.Length; i++)
            _decoded[(frame * InstructionsPerLine) + i] = Decoder.Decode(words[i]);
    }

    private CoherenceFlit Flit(CoherenceType type) => new()
    {
        Type = type,
        Source = _port.Endpoint,
        Destination = State.MissHome,
        Last = 1,
        Line = State.MissLine,
    };
}
