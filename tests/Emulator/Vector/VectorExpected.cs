using HybridEmu.Isa;

namespace HybridEmu.Emulator.Tests;

/// <summary>What a VX descriptor does to a scratchpad, in plain loops: the naive statement that the unit is held to.</summary>
internal static class VectorExpected
{
    public static void Apply(in Descriptor d, byte[] memory)
    {
        int m = d.N0, n = d.N2;
        byte[] before = [.. memory];
        uint parametersAddress = d.Opcode == DescriptorOpcode.OptSgd ? d.OptimizerParameters : d.VectorParameters;
        uint[] words = new uint[16];
        for (int i = 0; parametersAddress != 0 && i < 16; i++)
            words[i] = Word(before, Offset(parametersAddress) + (4 * i));
        float constant = BitConverter.UInt32BitsToSingle(words[0]);
        ulong seed = words[8] | ((ulong)words[9] << 32), origin = words[10] | ((ulong)words[11] << 32);
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                ulong index = origin + ((ulong)i * words[12]) + (ulong)j;
                float a = Element(before, d.A, i, d.PitchA, j, d.TypeA), b = Element(before, d.B, i, d.PitchB, j, d.TypeB);
                float z;
                switch (d.Opcode)
                {
                    case DescriptorOpcode.VxAdd: z = a + b; break;
                    case DescriptorOpcode.VxMul: z = a * b; break;
                    case DescriptorOpcode.VxMax: z = float.IsNaN(a) || float.IsNaN(b) ? float.NaN : a == 0 && b == 0 ? a + b : a > b ? a : b; break;
                    case DescriptorOpcode.VxConvert: z = parametersAddress != 0 ? a * constant : a; break;
                    case DescriptorOpcode.VxReluGrad: z = b > 0 ? a : 0f; break;
                    case DescriptorOpcode.VxExp: z = Functions.Exp(a); break;
                    case DescriptorOpcode.VxRsqrt: z = Functions.Rsqrt(a); break;
                    case DescriptorOpcode.VxReciprocal: z = 1f / a; break;
                    case DescriptorOpcode.VxRandom: z = constant * ((2f * ((CounterRandom.Bits(seed, index) >> 8) / 16777216f)) - 1f); break;
                    case DescriptorOpcode.TrTranspose:
                        int size = Size(d.TypeA);
                        Array.Copy(before, Offset(d.A) + (i * d.PitchA) + (j * size), memory, Offset(d.D) + (j * d.PitchD) + (i * size), size);
                        continue;
                    case DescriptorOpcode.OptSgd:
                        long at = ((long)i * n) + j;
                        float w = Fp32.Fma(-constant, BitConverter.ToSingle(before, Offset(d.B) + (int)(4 * at)), BitConverter.ToSingle(before, Offset(d.A) + (int)(4 * at)));
                        Store(memory, Offset(d.A) + (int)(4 * at), ElementType.Fp32, w, Rounding.NearestEven, 0, 0);
                        Store(memory, Offset(d.D) + (int)(2 * at), ElementType.Bf16, w, d.Rounding, seed, index);
                        continue;
                    default: continue;
                }

                Store(memory, Offset(d.D) + (i * d.PitchD) + (j * Size(d.TypeOut)), d.TypeOut, z, d.Rounding, seed, index);
            }
        }

        if (d.Opcode == DescriptorOpcode.VxSum)
        {
            for (int i = 0; i < m; i++)
                Store(memory, Offset(d.D) + (i * d.PitchD), ElementType.Fp32, Sum(Row(before, d, i)), 0, 0, 0);
        }
        else if (d.Opcode == DescriptorOpcode.VxSumRows)
        {
            for (int j = 0; j < n; j++)
            {
                float[] column = new float[m];
                for (int i = 0; i < m; i++)
                    column[i] = Element(before, d.A, i, d.PitchA, j, d.TypeA);
                Store(memory, Offset(d.D) + (4 * j), ElementType.Fp32, Sum(column), 0, 0, 0);
            }
        }
        else if (d.Opcode is DescriptorOpcode.LossXent or DescriptorOpcode.LossXentGrad)
        {
            for (int i = 0; i < m; i++)
                LossRow(d, before, memory, i, origin, constant, seed, words[12]);
        }
    }

    public static int Size(ElementType type) => type switch
    {
        ElementType.Int8 or ElementType.Uint8 => 1,
        ElementType.Bf16 => 2,
        _ => 4,
    };

    public static int Offset(ulong address) => (int)(address - AddressMap.Scratchpad);

    private static void LossRow(in Descriptor d, byte[] before, byte[] memory, int i, ulong origin, float scale, ulong seed, uint pitch)
    {
        float[] x = Row(before, d, i);
        int best = 0;
        for (int j = 1; j < x.Length; j++)
            best = x[j] > x[best] ? j : best;
        float[] e = [.. x.Select(v => Functions.Exp(v - x[best]))];
        float s = Sum(e), r = Functions.Reciprocal(s);
        uint label = Word(before, Offset(d.Auxiliary) + (4 * i));
        bool counts = label < x.Length;
        int partial = Offset(d.B) + (int)((origin + (ulong)i) % 16 * 4);
        float loss = counts ? Functions.Log(s) - (x[label] - x[best]) : 0f;
        if (counts)
            Store(memory, partial, ElementType.Fp32, BitConverter.ToSingle(memory, partial) + loss, 0, 0, 0);
        Count(memory, Offset(d.B) + 64, counts && best == label ? 1u : 0u);
        Count(memory, Offset(d.B) + 68, 1);
        for (int j = 0; d.Opcode == DescriptorOpcode.LossXentGrad && j < x.Length; j++)
        {
            float g = counts ? ((e[j] * r) - (j == label ? 1f : 0f)) * scale : 0f;
            Store(memory, Offset(d.D) + (i * d.PitchD) + (j * Size(d.TypeOut)), d.TypeOut, g, d.Rounding, seed, origin + ((ulong)i * pitch) + (ulong)j);
        }
    }

    private static float[] Row(byte[] memory, Descriptor d, int i) =>
        [.. Enumerable.Range(0, d.N2).Select(j => Element(memory, d.A, i, d.PitchA, j, d.TypeA))];

    private static float Sum(float[] values)
    {
        float[] p = new float[16];
        for (int i = 0; i < values.Length; i++)
            p[i % 16] += values[i];
        foreach (int width in new[] { 8, 4, 2, 1 })
        {
            for (int i = 0; i < width; i++)
                p[i] += p[i + width];
        }

        return p[0];
    }

    private static float Element(byte[] memory, ulong address, int row, int pitch, int column, ElementType type)
    {
        if (type == ElementType.None)
            return 0;
        int at = Offset(address) + (row * pitch) + (column * Size(type));
        return type switch
        {
            ElementType.Int8 => (sbyte)memory[at],
            ElementType.Uint8 => memory[at],
            ElementType.Int32 => BitConverter.ToInt32(memory, at),
            ElementType.Bf16 => BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(memory, at) << 16),
            _ => BitConverter.ToSingle(memory, at),
        };
    }

    private static void Store(byte[] memory, int at, ElementType type, float value, Rounding rounding, ulong seed, ulong index)
    {
        byte[] bytes = type switch
        {
            ElementType.Int8 => [(byte)Fp32.ToInt8(value)],
            ElementType.Int32 => BitConverter.GetBytes(Fp32.ToInt32(value)),
            ElementType.Bf16 => BitConverter.GetBytes(Bf16.FromFloat(value, rounding, seed, index)),
            _ => BitConverter.GetBytes(CanonicalNaN.BitsOf(value)),
        };
        bytes.CopyTo(memory, at);
    }

    private static uint Word(byte[] memory, int at) => BitConverter.ToUInt32(memory, at);

    private static void Count(byte[] memory, int at, uint by) => BitConverter.GetBytes(Word(memory, at) + by).CopyTo(memory, at);
}
