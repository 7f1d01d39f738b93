using System.Buffers.Binary;
using HybridEmu.Units;

namespace HybridEmu.Cli;

/// <summary>
/// The packets of RVFI-DII, little endian (CTSRD-CHERI/TestRIG, RVFI-DII.md; the second form of traces and its negotiation as
/// QuickCheckVEngine reads them).
/// </summary>
internal static class RvfiPackets
{
    /// <summary>Instruction packet: word, time:16, command, 0.</summary>
    public const int RequestBytes = 8;

    /// <summary>Commands of instruction packets.</summary>
    public const byte EndOfTrace = 0, Inject = 1, SetVersion = (byte)'v';

    /// <summary>The word of an end of trace that asks which forms are known.</summary>
    public const uint AskVersion = 0x5645_5253; // "VERS"

    public const int NewestVersion = 2;

    private const int FirstBytes = 88, HeaderBytes = 64, IntegerBytes = 40, MemoryBytes = 88;
    private const int HasInteger = 1, HasMemory = 2;
    private const byte Machine = 3, Width32 = 1;

    /// <summary>What an instruction did.</summary>
    /// <param name="output">Grows by the packet.</param>
    /// <param name="version">Form of the trace, 1 or 2.</param>
    /// <param name="order">Instructions retired when it had been done.</param>
    /// <param name="r">The record.</param>
    public static void Write(List<byte> output, int version, long order, in Retirement r)
    {
        if (version == 1)
            WriteFirst(output, order, in r);
        else
            WriteSecond(output, order, in r);
    }

    /// <summary>The answer to an end of trace.</summary>
    public static void WriteHalt(List<byte> output, int version)
    {
        Span<byte> packet = stackalloc byte[FirstBytes];
        packet.Clear();
        if (version == 1)
        {
            packet[86] = 1;
            output.AddRange(packet);
            return;
        }

        Header(packet, HeaderBytes, 0);
        packet[33] = 1;
        output.AddRange(packet[..HeaderBytes]);
    }

    /// <summary>The answer to <see cref="AskVersion"/>, always in the first form: a halt whose higher bits say how many more forms there are.</summary>
    public static void WriteNewestVersion(List<byte> output)
    {
        Span<byte> packet = stackalloc byte[FirstBytes];
        packet.Clear();
        packet[86] = 1 | ((NewestVersion - 1) << 1);
        output.AddRange(packet);
    }

    /// <summary>The answer to <see cref="SetVersion"/>: the form that holds from now on.</summary>
    public static void WriteVersion(List<byte> output, int version)
    {
        output.AddRange("version="u8);
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, version);
        output.AddRange(number);
    }

    private static void WriteFirst(List<byte> output, long order, in Retirement r)
    {
        Span<byte> packet = stackalloc byte[FirstBytes];
        packet.Clear();
        Word(packet, 0, (ulong)order);
        Word(packet, 8, r.Pc);
        Word(packet, 16, r.NextPc);
        Word(packet, 24, r.Word);
        Word(packet, 32, r.Rs1Value);
        Word(packet, 40, r.Rs2Value);
        Word(packet, 48, r.RdValue);
        Word(packet, 56, r.MemoryAddress);
        Word(packet, 64, r.ReadData);
        Word(packet, 72, r.WriteData);
        packet[80] = r.ReadMask;
        packet[81] = r.WriteMask;
        packet[82] = r.Rs1;
        packet[83] = r.Rs2;
        packet[84] = r.Rd;
        packet[85] = r.Trap;
        packet[87] = r.Intr;
        output.AddRange(packet);
    }

    private static void WriteSecond(List<byte> output, long order, in Retirement r)
    {
        bool memory = r.MemorySize != 0;
        Span<byte> packet = stackalloc byte[HeaderBytes + IntegerBytes + MemoryBytes];
        packet.Clear();
        int length = HeaderBytes + IntegerBytes + (memory ? MemoryBytes : 0);
        Header(packet, length, HasInteger | (memory ? HasMemory : 0));
        Word(packet, 16, (ulong)order);
        Word(packet, 24, r.Word);
        packet[32] = r.Trap;
        packet[34] = r.Intr;
        packet[37] = 1; // valid
        Word(packet, 40, r.Pc);
        Word(packet, 48, r.NextPc);

        Span<byte> integer = packet.Slice(HeaderBytes, IntegerBytes);
        "int-data"u8.CopyTo(integer);
        Word(integer, 8, r.RdValue);
        Word(integer, 16, r.Rs1Value);
        Word(integer, 24, r.Rs2Value);
        integer[32] = r.Rd;
        integer[33] = r.Rs1;
        integer[34] = r.Rs2;

        Span<byte> access = packet.Slice(HeaderBytes + IntegerBytes, MemoryBytes);
        "mem-data"u8.CopyTo(access);
        Word(access, 8, r.ReadData); // 32 bytes
        Word(access, 40, r.WriteData); // 32 bytes
        access[72] = r.ReadMask; // 32 bits each
        access[76] = r.WriteMask;
        Word(access, 80, r.MemoryAddress);
        output.AddRange(packet[..length]);
    }

    private static void Header(Span<byte> packet, int length, int parts)
    {
        "trace-v2"u8.CopyTo(packet);
        Word(packet, 8, (ulong)length);
        packet[35] = Machine;
        packet[36] = Width32;
        Word(packet, 56, (ulong)parts);
    }

    private static void Word(Span<byte> packet, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(packet[at..], value);
}
