using System.Runtime.InteropServices;
using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// Where a graph's operands lie, and what is there at first. The scratchpad's data is small, so that descriptors get
/// into each other's way; parameter blocks are read only.
/// </summary>
internal static class GraphMemory
{
    /// <summary>Scratchpad: data that any descriptor may touch, then parameter blocks, then the slots as they are at the end.</summary>
    public const int DataBytes = 12 << 10, ParameterBlocks = 8, SlotDumpBytes = 4 << 10, Slots = 4;

    public const int ParametersAt = DataBytes, SlotDumpAt = ParametersAt + (ParameterBlocks * BlockBytes);
    public const int ScratchpadBytes = SlotDumpAt + (Slots * SlotDumpBytes);

    /// <summary>HBM: data that LD and ST may touch, then what the scratchpad starts with, then what it ends with.</summary>
    public const int StreamBytes = 12 << 10;

    public const int InitialAt = StreamBytes, FinalAt = InitialAt + ParametersAt + (ParameterBlocks * BlockBytes);
    public const int HbmBytes = FinalAt + ScratchpadBytes;
    private const int BlockBytes = 64;

    /// <summary>The smallest array that graphs run on: weights that are loaded fit it.</summary>
    public const int ArrayRows = 3, ArrayColumns = 5;

    /// <summary>What HBM holds at first, from the stream's beginning.</summary>
    public static byte[] Initial(ulong seed)
    {
        byte[] bytes = new byte[HbmBytes];
        var random = new GraphRandom(seed);
        Span<byte> data = bytes.AsSpan(0, InitialAt + DataBytes);
        for (int at = 0; at < data.Length; at += BlockBytes)
            Fill(data.Slice(at, BlockBytes), random);
        for (int block = 0; block < ParameterBlocks; block++)
            Parameters(bytes.AsSpan(InitialAt + ParametersAt + (block * BlockBytes), BlockBytes), random);
        return bytes;
    }

    // A line of one kind of value; the kinds lie so close together that operands see several.
    private static void Fill(Span<byte> line, GraphRandom random)
    {
        int kind = random.Below(6);
        for (int i = 0; i < BlockBytes; i += 4)
        {
            uint bits = random.Bits();
            uint word = kind switch
            {
                0 => bits,
                1 => bits & 15,
                2 => (uint)((sbyte)bits & 0xFF) * 0x0101_0101u,
                3 => Half(bits) | ((uint)Half(bits * 77) << 16),
                _ => BitConverter.SingleToUInt32Bits(((int)bits >> 8) * 1e-6f),
            };
            if (random.Below(40) == 0)
                word = Special(random.Below(6));
            MemoryMarshal.Write(line[i..], in word);
        }
    }

    private static ushort Half(uint bits) => Bf16.FromFloat(((int)(bits << 8) >> 8) * 2e-7f);

    private static uint Special(int which) => which switch
    {
        0 => 0x8000_0000, // -0
        1 => 0x7F80_0000, // infinity
        2 => 0xFFC1_2345, // NaN with a payload
        3 => 0x0000_0001, // smallest subnormal
        4 => 0xFF7F_FFFF, // most negative
        _ => 0x7F80_FF80, // two bf16 infinities
    };

    private static void Parameters(Span<byte> block, GraphRandom random)
    {
        Span<uint> words = MemoryMarshal.Cast<byte, uint>(block);
        float[] constants = [random.Below(100) * 0.02f, 0.9f, 0.97f, 1e-3f, 0.01f, 1.5f, 2.5f, 3f];
        MemoryMarshal.Cast<float, uint>(constants).CopyTo(words);
        words[8] = random.Bits();
        words[9] = random.Bits();
        words[10] = random.Bits();
        words[11] = (uint)random.Below(2);
        words[12] = (uint)random.Below(5000);
        words[13] = BitConverter.SingleToUInt32Bits(20f);
    }
}
