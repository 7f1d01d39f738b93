using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CommandLine;

namespace HybridEmu.Cli;

[Verb("rvfi-dii", HelpText = "Execute instructions that a generator sends (TestRIG's RVFI-DII), and answer what each did. Exit codes: 0 the client went, 2 bad port or bad packets, 3 an instruction that never ends.")]
internal sealed class RvfiDiiVerb
{
    public const string Example = "hybridemu rvfi-dii --port 5001";

    [Option("port", Required = true, MetaValue = "N", HelpText = "Port on 127.0.0.1; 0 takes a free one. The first line on stdout tells it.")]
    public int Port { get; set; }

    [Option("keep", HelpText = "After a client take the next, until a signal ends it; a client's mistakes are told and end only that client.")]
    public bool Keep { get; set; }
}

/// <summary>The verb rvfi-dii: one hart of the real chip at a port of the loopback interface.</summary>
internal static class RvfiDiiCommand
{
    private const int PollMicroseconds = 50_000;

    public static ExitCode Run(RvfiDiiVerb verb, Stream output, TextWriter errors)
    {
        if (verb.Port is < 0 or > IPEndPoint.MaxPort)
            throw new UserException($"--port {verb.Port}: is not in 0 to {IPEndPoint.MaxPort}");
        using Socket listener = Listen(verb.Port);
        using var interruption = new Interruption();
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"listening on 127.0.0.1:{port}\n")));
        output.Flush();
        ExitCode code;
        do
        {
            while (!listener.Poll(PollMicroseconds, SelectMode.SelectRead))
                interruption.ThrowIfAsked();
            using Socket client = listener.Accept();
            code = Serve(client, interruption, errors);
        }
        while (verb.Keep);
        return code;
    }

    private static ExitCode Serve(Socket client, Interruption interruption, TextWriter errors)
    {
        var session = new RvfiDiiSession(client, interruption);
        ExitCode code = ExitCode.Passed;
        try
        {
            session.Run();
        }
        catch (ProtocolException e)
        {
            errors.WriteLine($"rvfi-dii: {e.Message}");
            code = ExitCode.BadInput;
        }
        catch (InjectionFaultException e)
        {
            errors.WriteLine($"rvfi-dii: {e.Message}");
            code = ExitCode.Fault;
        }

        errors.WriteLine($"rvfi-dii: {session.Instructions} instructions, {session.Resets} resets");
        return code;
    }

    private static Socket Listen(int port)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            listener.Listen();
            return listener;
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new UserException($"--port {port}: {e.Message} (0 takes a free port)");
        }
    }
}
