using System.Runtime.CompilerServices;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// The requester's side of a scratchpad port that only reads. While the requester alone is at work, it and the scratchpad take turns at each
/// edge, so that its accesses need no channels' stamps and wakes: they are counted here, and the channels are set right in the end.
/// </summary>
/// <param name="port">The port.</param>
public sealed class ReadPort(ScratchpadPort port)
{
    private const int Kept = 8; // a power of two, not below the depths of both channels together

    private readonly Access[] _accesses = new Access[Kept];
    private bool _apart;

    // Numbers of accesses since the port was set apart: those below were asked for, granted, taken. Now, and before the edge, for the
    // scratchpad, whose turn comes second.
    private long _asked, _granted, _taken;
    private long _askedBefore, _takenBefore;
    private long _takenAt, _grantedAt; // when the last was
    private int _answered; // at first: answers in the channel
    private int _takeSlot, _answerSlot;

    /// <summary>Whether it can be set apart.</summary>
    public bool MayBeApart => port.Request.Depth + port.Response.Depth <= Kept;

    /// <summary>Whether the scratchpad may serve an access at this edge.</summary>
    public bool Asks => _granted < _askedBefore && _granted - _takenBefore < port.Response.Depth;

    /// <summary>The access to be served.</summary>
    public uint Address => _accesses[_granted & (Kept - 1)].Address;

    /// <summary>Its bytes.</summary>
    public int Length => _accesses[_granted & (Kept - 1)].Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool CanTake(long edge) => _apart ? _taken < _granted : port.Response.CanPop(edge);

    /// <summary>The bytes of the answer that is next, and what came back with it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Next(long edge, out int tag)
    {
        ref readonly ScratchpadResponse response = ref (_apart ? ref port.Response.InSlot(_takeSlot) : ref port.Response.Peek(edge));
        tag = response.Tag;
        return _apart && port.Lines is not null ? port.Lines.At(_taken)[..response.Length] : port.BytesOf(in response);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(long edge)
    {
        if (!_apart)
        {
            port.DiscardRead(edge);
            return;
        }

        _taken++;
        _takenAt = edge;
        _takeSlot = Next(_takeSlot);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool CanAsk(long edge) => _apart ? _asked - _granted < port.Request.Depth : port.Request.CanPush(edge);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Ask(uint address, int length, int tag, long edge)
    {
        if (_apart)
            _accesses[_asked++ & (Kept - 1)] = new Access { Address = address, Length = (ushort)length, Tag = (ushort)tag, At = edge };
        else
            ScratchpadRequest.PushRead(port.Request, address, length, tag, edge);
    }

    /// <summary>An edge begins: it is the requester's turn, then the scratchpad's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Begin() => (_askedBefore, _takenBefore) = (_asked, _taken);

    /// <summary>The scratchpad serves an access.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Grant(ReadOnlySpan<byte> bytes, long edge)
    {
        ref Access access = ref _accesses[_granted & (Kept - 1)];
        access.At = _grantedAt = edge;
        ref ScratchpadResponse response = ref port.Response.InSlot(_answerSlot);
        response.Set(access.Address, access.Length, 0, access.Tag);
        Line64.Copy(bytes, port.Lines is null ? Line64.Span(ref response.Data) : port.Lines.At(_granted), bytes.Length);
        _answerSlot = Next(_answerSlot);
        _granted++;
    }

    /// <summary>Takes over what the channels hold.</summary>
    public void SetApart()
    {
        _apart = true;
        (_taken, _granted) = (0, port.Response.Count);
        _asked = _granted + port.Request.Count;
        _answered = (int)_granted;
        (_takenAt, _grantedAt) = (Wake.Never, Wake.Never);
        (_takeSlot, _answerSlot) = (port.Response.SlotOf(0), port.Response.SlotOf(_granted));
        for (int i = 0; i < _granted; i++)
            _accesses[i].At = port.Response.PushedAt(i);
        for (int i = 0; i < port.Request.Count; i++)
        {
            ref ScratchpadRequest request = ref port.Request.At(i);
            _accesses[_answered + i] = new Access { Address = request.Address, Length = request.Length, Tag = request.Tag, At = port.Request.PushedAt(i) };
        }
    }

    /// <summary>Gives the channels what they would hold had everything gone through them.</summary>
    public void Rejoin()
    {
        _apart = false;
        for (long number = _granted; number < _asked; number++)
        {
            ref Access access = ref _accesses[number & (Kept - 1)];
            port.SetRead(number - _answered, access.Address, access.Length, access.Tag);
        }

        Span<long> pushedAt = stackalloc long[Kept];
        for (long number = _taken; number < _asked; number++)
            pushedAt[(int)(number - _taken)] = _accesses[number & (Kept - 1)].At;
        int answers = (int)(_granted - _taken);
        port.Response.Resume(_taken, _takenAt, pushedAt[..answers]);
        port.Lines?.Resume(_taken, answers);
        port.Request.Resume(_granted - _answered, _grantedAt, pushedAt[answers..(int)(_asked - _taken)]);
    }

    private int Next(int slot) => slot + 1 == port.Response.Depth ? 0 : slot + 1;

    private struct Access
    {
        public uint Address;
        public ushort Length, Tag;
        public long At; // edge at which it was pushed; once granted, at which its answer was
    }
}
