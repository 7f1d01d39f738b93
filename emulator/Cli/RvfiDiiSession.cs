using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using HybridEmu.Chip;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Cli;

/// <summary>A client did what the protocol does not have, or went away inside a packet.</summary>
internal sealed class ProtocolException(string message) : Exception(message);

/// <summary>An injected instruction ended the hart.</summary>
internal sealed class InjectionFaultException(string message) : Exception(message);

/// <summary>
/// One client of RVFI-DII: reads instruction packets, answers each. Answers are sent when no more requests have come, as
/// generators send a whole trace before they read.
/// </summary>
internal sealed class RvfiDiiSession(Socket socket, Interruption interruption)
{
    private const int InputBytes = 1 << 16, MostOutputBytes = 1 << 22;
    private const int PollMicroseconds = 50_000;

    private readonly InjectedHart _hart = new();
    private readonly byte[] _input = new byte[InputBytes];
    private readonly List<byte> _output = [];
    private int _version = 1;
    private bool _fresh = true;
    private long _retired;
    private long _packets;

    /// <summary>Instructions that were answered.</summary>
    public long Instructions { get; private set; }

    public long Resets { get; private set; }

    /// <summary>Serves until the client goes.</summary>
    /// <exception cref="ProtocolException">The client did not keep to the protocol.</exception>
    /// <exception cref="InjectionFaultException">An instruction can have no answer.</exception>
    /// <exception cref="InterruptedException">A signal came.</exception>
    public void Run()
    {
        socket.Blocking = false;
        socket.NoDelay = true;
        int held = 0;
        while (true)
        {
            if (_output.Count > 0 && (socket.Available == 0 || _output.Count > MostOutputBytes))
                Send();
            int got = Receive(_input.AsSpan(held));
            if (got == 0 && held > 0)
                throw new ProtocolException($"the connection ended inside packet {_packets}, after {held} of its {RvfiPackets.RequestBytes} bytes");
            if (got == 0)
                return;
            held += got;
            int whole = held - (held % RvfiPackets.RequestBytes);
            try
            {
                for (int at = 0; at < whole; at += RvfiPackets.RequestBytes)
                    Answer(_input.AsSpan(at, RvfiPackets.RequestBytes));
            }
            catch (Exception e) when (e is ProtocolException or InjectionFaultException)
            {
                Send(); // what was good before is answered
                throw;
            }

            _input.AsSpan(whole, held - whole).CopyTo(_input);
            held -= whole;
        }
    }

    private void Answer(ReadOnlySpan<byte> packet)
    {
        uint word = BinaryPrimitives.ReadUInt32LittleEndian(packet);
        byte command = packet[6];
        switch (command)
        {
            case RvfiPackets.Inject:
                Inject(word);
                break;
            case RvfiPackets.EndOfTrace:
                if (!_fresh)
                    _hart.Reset();
                _fresh = true;
                _retired = 0;
                Resets++;
                if (word == RvfiPackets.AskVersion)
                    RvfiPackets.WriteNewestVersion(_output);
                else
                    RvfiPackets.WriteHalt(_output, _version);
                break;
            case RvfiPackets.SetVersion:
                if (word is >= 1 and <= RvfiPackets.NewestVersion)
                    _version = (int)word;
                RvfiPackets.WriteVersion(_output, _version);
                break;
            default:
                throw new ProtocolException(
                    $"packet {_packets} ({Convert.ToHexStringLower(packet)}) has command {command} in its byte 6: 0 ends a trace, 1 injects, {RvfiPackets.SetVersion} sets the form of traces");
        }

        _packets++;
    }

    private void Inject(uint word)
    {
        _fresh = false;
        if (_hart.Execute(word, out Retirement record) is { } fault)
            throw new InjectionFaultException($"instruction 0x{word:x8}, packet {_packets}: {fault.Kind} at {fault.Where}: {fault.Message}");
        _retired += 1 - record.Trap;
        RvfiPackets.Write(_output, _version, _retired, in record);
        Instructions++;
    }

    private int Receive(Span<byte> into)
    {
        while (true)
        {
            Await(SelectMode.SelectRead);
            int got = socket.Receive(into, SocketFlags.None, out SocketError error);
            if (error == SocketError.Success)
                return got;
            Check(error);
        }
    }

    private void Send()
    {
        Span<byte> rest = CollectionsMarshal.AsSpan(_output);
        while (!rest.IsEmpty)
        {
            Await(SelectMode.SelectWrite);
            int sent = socket.Send(rest, SocketFlags.None, out SocketError error);
            if (error == SocketError.Success)
                rest = rest[sent..];
            else
                Check(error);
        }

        _output.Clear();
    }

    private void Await(SelectMode mode)
    {
        do
            interruption.ThrowIfAsked();
        while (!socket.Poll(PollMicroseconds, mode));
    }

    private void Check(SocketError error)
    {
        if (error is not (SocketError.WouldBlock or SocketError.Interrupted))
            throw new ProtocolException($"the connection was cut after packet {_packets - 1} ({error})");
    }
}
