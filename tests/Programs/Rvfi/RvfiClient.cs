using System.Buffers.Binary;
using System.Globalization;
using System.IO.Pipes;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HybridEmu.Cli;

namespace HybridEmu.Programs.Tests;

/// <summary>A generator's side of RVFI-DII, and the verb that it talks to, in this process.</summary>
internal sealed class RvfiClient : IDisposable
{
    private const int SendTimeoutMilliseconds = 60_000;

    private readonly Task<ExitCode> _server;
    private readonly StringWriter _errors = new() { NewLine = "\n" };
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private int _version = 1;

    public RvfiClient()
    {
        var pipe = new AnonymousPipeServerStream(PipeDirection.In);
        var output = new AnonymousPipeClientStream(PipeDirection.Out, pipe.ClientSafePipeHandle);
        _server = Task.Run(() => EntryPoint.Run(["rvfi-dii", "--port", "0"], output, _errors));
        Connect(_socket, ReadPort(new StreamReader(pipe)));
    }

    public static int ReadPort(TextReader output)
    {
        string line = output.ReadLine() ?? "";
        Assert.StartsWith("listening on 127.0.0.1:", line, StringComparison.Ordinal);
        return int.Parse(line.AsSpan(line.LastIndexOf(':') + 1), CultureInfo.InvariantCulture);
    }

    public static void Connect(Socket socket, int port)
    {
        socket.SendTimeout = socket.ReceiveTimeout = SendTimeoutMilliseconds;
        socket.Connect(IPAddress.Loopback, port);
    }

    public static byte[] Packet(uint word, byte command)
    {
        byte[] packet = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(packet, word);
        packet[6] = command;
        return packet;
    }

    public void Send(uint word, byte command) => _socket.Send(Packet(word, command));

    public void Send(ReadOnlySpan<byte> bytes) => _socket.Send(bytes);

    /// <summary>Asks for a form of traces as QuickCheckVEngine does. Returns the one that holds then.</summary>
    public int Negotiate(uint version)
    {
        Send(0x5645_5253, 0);
        Assert.Equal(3, RvfiRecord.First(Read(RvfiRecord.FirstBytes)).Halt);
        Send(version, (byte)'v');
        byte[] answer = Read(16);
        Assert.Equal("version=", Encoding.ASCII.GetString(answer, 0, 8));
        return _version = (int)BinaryPrimitives.ReadInt64LittleEndian(answer.AsSpan(8));
    }

    /// <summary>Sends a whole trace and its end, then reads an answer to each, the last the end's.</summary>
    public IReadOnlyList<RvfiRecord> Trace(IReadOnlyList<uint> words)
    {
        Send([.. words.SelectMany(w => Packet(w, 1)), .. Packet(0, 0)]);
        return [.. Enumerable.Range(0, words.Count + 1).Select(_ => ReadRecord())];
    }

    public RvfiRecord ReadRecord()
    {
        if (_version == 1)
            return RvfiRecord.First(Read(RvfiRecord.FirstBytes));
        byte[] header = Read(RvfiRecord.HeaderBytes);
        Assert.Equal("trace-v2", Encoding.ASCII.GetString(header, 0, 8));
        byte[] integer = (header[56] & 1) != 0 ? Read(RvfiRecord.IntegerBytes) : [];
        byte[] memory = (header[56] & 2) != 0 ? Read(RvfiRecord.MemoryBytes) : [];
        Assert.Equal(header.Length + integer.Length + memory.Length, BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(8)));
        Assert.True(integer.Length == 0 || Encoding.ASCII.GetString(integer, 0, 8) == "int-data");
        Assert.True(memory.Length == 0 || Encoding.ASCII.GetString(memory, 0, 8) == "mem-data");
        return RvfiRecord.Second(header, integer, memory);
    }

    /// <summary>Goes, and says with what the verb ended.</summary>
    public (ExitCode Code, string Errors) Close()
    {
        _socket.Close();
        return (_server.GetAwaiter().GetResult(), _errors.ToString());
    }

    /// <summary>Sends no more, takes what still comes, and says with what the verb ended.</summary>
    public (ExitCode Code, string Errors) Finish()
    {
        byte[] answers = new byte[1 << 12];
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            while (_socket.Receive(answers) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // The verb had reason to go first; it says which.
        }

        return Ended();
    }

    /// <summary>What the verb ended with by itself.</summary>
    public (ExitCode Code, string Errors) Ended() => (_server.GetAwaiter().GetResult(), _errors.ToString());

    public void Dispose()
    {
        _socket.Dispose();
        _server.GetAwaiter().GetResult();
        _errors.Dispose();
    }

    private byte[] Read(int count)
    {
        byte[] bytes = new byte[count];
        for (int have = 0; have < count;)
        {
            int got = _socket.Receive(bytes.AsSpan(have));
            Assert.True(got > 0, $"the server closed: {_errors}");
            have += got;
        }

        return bytes;
    }
}
