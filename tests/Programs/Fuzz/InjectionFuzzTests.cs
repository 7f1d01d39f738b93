using HybridEmu.Chip;
using HybridEmu.Cli;
using HybridEmu.Fuzz;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Programs.Tests;

/// <summary>RVFI-DII: any words have an answer each, any bytes a good end.</summary>
[Collection("Alone")]
public class InjectionFuzzTests
{
    private const int PacketBytes = 8;

    /// <summary>A chip, its memory and the answers.</summary>
    private const long MostBytes = 256L << 20;

    private static readonly InstructionRow[] s_rows = InstructionTable.Rows.ToArray();

    [Fact]
    [Trait("Depth", "Deep")]
    public void Any_instructions_retire_trap_or_fault()
    {
        var hart = new InjectedHart();
        FuzzRun.Check("inject", 300, Words, bytes =>
        {
            hart.Reset();
            for (int at = 0; at + 4 <= bytes.Length; at += 4)
            {
                if (hart.Execute(BitConverter.ToUInt32(bytes, at), out _) is not { } fault)
                    continue;
                Assert.True(fault.Where.Length > 0 && fault.Message.Length > 0);
                return;
            }
        }, MostBytes);
    }

    [Fact]
    [Trait("Depth", "Deep")]
    public void Any_bytes_of_a_client_end_its_session_well()
    {
        byte[][] corpus =
        [
            [.. RvfiClient.Packet(0x5645_5253, 0), .. RvfiClient.Packet(2, (byte)'v'), .. RvfiClient.Packet(0x0000_0013, 1), .. RvfiClient.Packet(0x8000_0537, 1), .. RvfiClient.Packet(0x00A5_2023, 1), .. RvfiClient.Packet(0, 0)],
            [.. RvfiClient.Packet(0x0000_0013, 1), .. RvfiClient.Packet(0, 0), .. RvfiClient.Packet(0x0000_0073, 1)],
        ];
        var mutator = new FieldMutator(corpus, Fields);
        FuzzRun.Check("rvfi-dii", 60, mutator.Next, bytes =>
        {
            using var client = new RvfiClient();
            client.Send(bytes);
            (ExitCode code, string errors) = client.Finish();
            Assert.Contains(code, (ExitCode[])[ExitCode.Passed, ExitCode.BadInput, ExitCode.Fault]);
            Assert.Contains(" instructions, ", errors, StringComparison.Ordinal);
        }, MostBytes);
    }

    /// <summary>Words of the table with any operands, and any words, some of them again.</summary>
    private static byte[] Words(FuzzRandom random)
    {
        var words = new List<uint>();
        for (int n = random.Below(40) + 1; n > 0; n--)
        {
            InstructionRow row = random.Of(s_rows);
            uint word = (uint)random.Next();
            words.Add(random.OneIn(8) ? word : random.OneIn(8) ? random.Of(words.Count > 0 ? words : [word]) : (word & ~row.Mask) | row.Match);
        }

        return [.. words.SelectMany(BitConverter.GetBytes)];
    }

    private static IEnumerable<FuzzField> Fields(byte[] bytes)
    {
        for (int at = 0; at < bytes.Length; at += PacketBytes)
        {
            yield return new FuzzField(at, 4);
            yield return new FuzzField(at + 6, 1);
        }
    }
}
