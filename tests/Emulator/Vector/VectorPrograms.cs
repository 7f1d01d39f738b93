using HybridEmu.Isa;

namespace HybridEmu.Emulator.Tests;

/// <summary>Descriptors for tests: each operand in its own region of a 64 KiB scratchpad.</summary>
internal static class VectorPrograms
{
    public const int MemoryBytes = 64 * 1024;
    public const uint Parameters = Base + 0xF000, Labels = Base + 0xF100, Record = Base + 0xF400;
    private const uint Base = 0x4000_0000;
    private const uint RegionA = 0x0000, RegionB = 0x5000, RegionD = 0xA000;

    /// <summary>Memory with finite numbers of mixed size, some special ones, and a parameter block, labels and a record.</summary>
    public static byte[] Memory(ulong seed, int classes = 10)
    {
        byte[] memory = new byte[MemoryBytes];
        for (int i = 0; i < MemoryBytes; i += 2)
        {
            uint bits = CounterRandom.Bits(seed, (ulong)i);
            ushort value = (bits & 63) switch
            {
                0 => (ushort)(bits >> 16),
                1 => 0x8000,
                2 => 0x0003,
                _ => (ushort)(((bits >> 16) & 0x81FF) | 0x3E00), // magnitudes from 2^-3 to 2^1
            };
            BitConverter.GetBytes(value).CopyTo(memory, i);
        }

        for (int i = 0; i < 64; i++)
            Set(memory, Labels + (uint)(4 * i), CounterRandom.Bits(seed + 1, (ulong)i) % (uint)(classes + 1));
        for (uint i = 0; i < 32; i++)
            Set(memory, Record + (4 * i), i < 16 ? BitConverter.SingleToUInt32Bits(i * 0.25f) : i);
        SetParameters(memory, 0.3125f, seed, origin: 5, pitch: 37);
        return memory;
    }

    public static void SetParameters(byte[] memory, float constant, ulong seed, ulong origin, uint pitch)
    {
        Set(memory, Parameters, BitConverter.SingleToUInt32Bits(constant));
        Set(memory, Parameters + 32, (uint)seed);
        Set(memory, Parameters + 36, (uint)(seed >> 32));
        Set(memory, Parameters + 40, (uint)origin);
        Set(memory, Parameters + 44, (uint)(origin >> 32));
        Set(memory, Parameters + 48, pitch);
    }

    public static void Set(byte[] memory, uint address, uint value) => BitConverter.GetBytes(value).CopyTo(memory, VectorExpected.Offset(address));

    /// <param name="opcode">The operation.</param>
    /// <param name="m">Rows.</param>
    /// <param name="n">Columns.</param>
    /// <param name="a">Type of A (and B where there is one).</param>
    /// <param name="output">Type of D.</param>
    /// <param name="skew">Moves operands off 64-byte alignment by 16-byte steps: A by skew, B by 2 * skew, D by 3 * skew.</param>
    /// <param name="rounding">Rounding of D.</param>
    /// <param name="broadcast">B is one row for all rows.</param>
    public static Descriptor Make(
        DescriptorOpcode opcode, int m, int n, ElementType a = ElementType.Fp32, ElementType output = ElementType.Fp32, uint skew = 0,
        Rounding rounding = Rounding.NearestEven, bool broadcast = false)
    {
        bool binary = opcode is DescriptorOpcode.VxAdd or DescriptorOpcode.VxMul or DescriptorOpcode.VxMax or DescriptorOpcode.VxReluGrad;
        bool loss = opcode is DescriptorOpcode.LossXent or DescriptorOpcode.LossXentGrad;
        bool transpose = opcode == DescriptorOpcode.TrTranspose;
        Descriptor d = default;
        d.Opcode = opcode;
        d.Version = 1;
        d.N0 = m;
        d.N2 = n;
        d.TypeA = opcode == DescriptorOpcode.VxRandom ? ElementType.None : a;
        d.TypeB = binary ? a : ElementType.None;
        d.TypeOut = transpose ? a : output;
        d.Rounding = rounding;
        d.A = opcode == DescriptorOpcode.VxRandom ? 0 : Base + RegionA + (16 * skew);
        d.B = binary ? Base + RegionB + (32 * skew) : loss ? Record : 0;
        d.D = opcode == DescriptorOpcode.LossXent ? 0 : Base + RegionD + (48 * skew);
        if (opcode == DescriptorOpcode.OptSgd)
        {
            d.TypeA = ElementType.Fp32;
            d.TypeB = ElementType.Fp32;
            d.TypeOut = ElementType.Bf16;
            d.B = Base + RegionB + (32 * skew);
            d.OptimizerParameters = Parameters;
            return d;
        }

        d.PitchA = opcode == DescriptorOpcode.VxRandom ? 0 : Pitch(n, d.TypeA, skew);
        d.PitchB = binary && !broadcast ? Pitch(n, a, skew) : 0;
        d.PitchD = opcode switch
        {
            DescriptorOpcode.LossXent or DescriptorOpcode.VxSumRows => 0,
            DescriptorOpcode.VxSum => 16,
            DescriptorOpcode.TrTranspose => Pitch(m, a, skew),
            _ => Pitch(n, output, skew),
        };
        d.Auxiliary = loss ? Labels : 0;
        if (loss || opcode == DescriptorOpcode.VxRandom || rounding == Rounding.Stochastic)
            d.VectorParameters = Parameters;
        return d;
    }

    private static int Pitch(int columns, ElementType type, uint skew) =>
        (((columns * VectorExpected.Size(type)) + 15) / 16 * 16) + (16 * (int)(skew & 1));
}
