using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Chip;
using HybridEmu.Cli;
using HybridEmu.Isa;
using HybridEmu.Reference;
using Xunit.Abstractions;
using Encoder = HybridEmu.Isa.Encoder;

namespace HybridEmu.Programs.Tests;

/// <summary>The hart at a socket, driven as a public generator drives it, against the reference hart.</summary>
public sealed class RvfiDiiTests(ITestOutputHelper output)
{
    private const uint Memory = 0x8000_0000, MemoryBytes = 8 << 20;
    private static readonly uint s_load = Encoder.Encode(Instruction.Lw, 2, 1, 0, 0), s_store = Encoder.Encode(Instruction.Sw, 0, 1, 1, 0);

    private int _records, _traps, _stores, _loads, _jumps;

    // The constants of the chip behind the socket, read from another like it.
    private static readonly Lazy<Dictionary<int, uint>> s_constants = new(() =>
    {
        var chip = new HybridEmu.Chip.Chip(InjectedHart.Configuration);
        return CsrTable.Rows.ToArray().Where(r => r.Reset is null).ToDictionary(r => r.Number, r => chip.Control(0).ReadCsr(r.Number));
    });

    [Theory]
    [Trait("Depth", "Deep")]
    [InlineData(1u)]
    [InlineData(2u)]
    public void Every_answer_to_random_instructions_is_the_references(uint version)
    {
        using var client = new RvfiClient();
        Assert.Equal((int)version, client.Negotiate(version));
        int traces = DeepSuite.IsAsked ? 2000 : 40;
        Gen<uint[]> gen = Gen.Choose(0, int.MaxValue).SelectMany(seed => Gen.Choose(10, 400).Select(length => InjectedTrace.Words((ulong)seed, length)));
        Prop.ForAll(Arb.From(gen, Shorter), words => Differ(client, words))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(traces).WithReplay(version, 5));
        output.WriteLine($"{_records} answers, {_traps} of them traps, {_stores} stores, {_loads} loads, {_jumps} jumps and branches taken");
        Assert.True(_records > 100 * traces && _traps > traces && _stores > traces && _loads > traces && _jumps > traces);
        Assert.Equal(ExitCode.Passed, client.Close().Code);
    }

    [Fact]
    public void The_end_of_a_trace_restores_registers_pc_and_memory()
    {
        using var client = new RvfiClient();
        uint[] words = [Encoder.Encode(Instruction.Lui, 1, 0, 0, unchecked((int)Memory)), s_load, s_store, s_load];
        for (int i = 0; i < 3; i++)
        {
            IReadOnlyList<RvfiRecord> records = client.Trace(words);
            Assert.Equal([Memory, Memory + 4, Memory + 8, Memory + 12, 0], records.Select(r => r.Pc));
            Assert.Equal([1UL, 2, 3, 4, 0], records.Select(r => r.Order));
            Assert.Equal((0u, 0u, Memory), (records[1].RdValue, records[1].ReadData, records[3].RdValue));
            Assert.Equal(1, records[4].Halt);
        }
    }

    [Theory]
    [InlineData(Memory + MemoryBytes, 1)]
    [InlineData(Memory + MemoryBytes - 4, 0)]
    [InlineData(Memory, 0)]
    [InlineData(Memory - 4, 1)]
    [InlineData(0x1000_0000u, 1)]
    [InlineData(0x4000_0000u, 1)]
    [InlineData(0x0200_0000u, 1)]
    [InlineData(0u, 1)]
    public void Memory_is_8_MiB_and_there_is_nothing_else(uint address, byte trap)
    {
        using var client = new RvfiClient();
        List<uint> words = [];
        ScalarProgram.Load(words, 1, address);
        IReadOnlyList<RvfiRecord> records = client.Trace([.. words, s_load, s_store]);
        Assert.Equal([0, 0, trap, trap, 0], records.Select(r => r.Trap));
        Assert.Equal(trap != 0 ? 0 : Memory + 12, records[2].NextPc);
    }

    [Fact]
    public void Forms_of_traces_that_are_not_known_leave_the_old_one()
    {
        using var client = new RvfiClient();
        Assert.Equal(1, client.Negotiate(9));
        Assert.Equal(2, client.Negotiate(2));
        Assert.Equal(2, client.Negotiate(0));
        Assert.Equal(2, client.Trace([s_load]).Count);
    }

    [Fact]
    public void Waiting_for_an_interrupt_ends_at_once()
    {
        using var client = new RvfiClient();
        IReadOnlyList<RvfiRecord> records = client.Trace([Encoder.Encode(Instruction.Wfi, 0, 0, 0, 0), Encoder.Encode(Instruction.Addi, 1, 0, 0, 7)]);
        Assert.Equal((Memory + 4, 7u), (records[0].NextPc, records[1].RdValue));
    }

    [Fact]
    public void A_client_that_goes_between_two_packets_ends_the_verb_with_0()
    {
        using var client = new RvfiClient();
        client.Send(s_load, 1);
        client.ReadRecord();
        (ExitCode code, string errors) = client.Close();
        Assert.Equal((ExitCode.Passed, "rvfi-dii: 1 instructions, 0 resets\n"), (code, errors));
    }

    [Fact]
    public void A_command_that_there_is_not_gives_2_and_says_where()
    {
        using var client = new RvfiClient();
        client.Send(s_load, 1);
        client.Send(0x1234_5678, 0x55);
        client.ReadRecord();
        (ExitCode code, string errors) = client.Ended();
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("packet 1 (7856341200005500) has command 85", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_cut_inside_a_packet_gives_2()
    {
        using var client = new RvfiClient();
        client.Send([.. RvfiClient.Packet(s_load, 1), 1, 2, 3]);
        client.ReadRecord();
        (ExitCode code, string errors) = client.Close();
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("inside packet 1, after 3 of its 8 bytes", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void An_instruction_that_waits_for_ever_gives_3_and_says_for_what()
    {
        using var client = new RvfiClient();
        client.Send(Encoder.Encode(Instruction.Addi, 1, 0, 0, 1), 1);
        client.Send(Encoder.Encode(Instruction.HxSemwait, 0, 0, 1, 0), 1);
        client.ReadRecord();
        (ExitCode code, string errors) = client.Ended();
        Assert.Equal(ExitCode.Fault, code);
        Assert.Contains("Deadlock", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-1", "is not in 0 to 65535")]
    [InlineData("65536", "is not in 0 to 65535")]
    [InlineData("x", "wrong form")]
    public void A_bad_port_gives_2(string port, string words)
    {
        using var errors = new StringWriter();
        Assert.Equal(ExitCode.BadInput, EntryPoint.Run(["rvfi-dii", "--port", port], Stream.Null, errors));
        Assert.Contains(words, errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_in_use_gives_2()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        string port = $"{((IPEndPoint)other.LocalEndpoint).Port}";
        using var errors = new StringWriter();
        Assert.Equal(ExitCode.BadInput, EntryPoint.Run(["rvfi-dii", "--port", port], Stream.Null, errors));
        Assert.Contains($"--port {port}: ", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Kept_it_serves_one_client_after_the_other_until_a_signal()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [typeof(EntryPoint).Assembly.Location, "rvfi-dii", "--port", "0", "--keep"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        int port = RvfiClient.ReadPort(process.StandardOutput);
        foreach (byte command in (byte[])[0x55, 0, 0])
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            RvfiClient.Connect(socket, port);
            socket.Send(RvfiClient.Packet(0, command));
            byte[] answer = new byte[RvfiRecord.FirstBytes];
            Assert.Equal(command == 0 ? answer.Length : 0, socket.Receive(answer));
        }

        using (Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
            kill.WaitForExit();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal((int)ExitCode.Terminated, process.ExitCode);
        Assert.Contains("has command 85", errors, StringComparison.Ordinal);
    }

    private void Differ(RvfiClient client, uint[] words)
    {
        IReadOnlyList<RvfiRecord> records = client.Trace(words);
        _records += words.Length;
        _traps += records.Count(r => r.Trap != 0);
        _stores += records.Count(r => r.WriteMask != 0);
        _loads += records.Count(r => r.ReadMask != 0);
        _jumps += records.Count(r => r.Trap == 0 && r.NextPc != r.Pc + 4);
        string? difference = Difference(records, words);
        Assert.True(difference is null, difference);
    }

    private static string? Difference(IReadOnlyList<RvfiRecord> records, uint[] words)
    {
        var memory = new ReferenceMemory(256 << 20);
        var config = new ReferenceHartConfig { StreamOffset = MemoryBytes, Bare = true, Constants = s_constants.Value };
        var reference = new ReferenceHart(config, memory, memory, memory, Memory);
        for (int i = 0; i < words.Length; i++)
        {
            bool stored = Decoder.Decode(words[i]).Op == Instruction.ScW;
            uint given = stored ? (records[i].WriteMask != 0 ? 0u : 1) : records[i].RdValue;
            RvfiRecord expected = RvfiRecord.Expected(reference.Step(new Injection(Value: given, Word: words[i])), reference.Retired);
            if (records[i] != expected)
                return $"instruction {i}, {Disassembler.Text(words[i], expected.Pc)}\nfound     {records[i]}\nreference {expected}\ntrace:\n{string.Join('\n', words.Select(w => $"{w:x8}  {Disassembler.Text(w, 0)}"))}";
        }

        return records[^1].Halt == 1 ? null : "the end of the trace has no halt";
    }

    /// <summary>Without one part of it: halves first, then quarters, down to single instructions.</summary>
    private static IEnumerable<uint[]> Shorter(uint[] words)
    {
        for (int part = words.Length / 2; part > 0; part /= 2)
        {
            for (int at = 0; at + part <= words.Length; at += part)
                yield return [.. words[..at], .. words[(at + part)..]];
        }
    }
}
