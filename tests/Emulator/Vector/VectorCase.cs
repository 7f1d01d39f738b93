using HybridEmu.Isa;
using HybridEmu.Reference;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>One vector descriptor of any operation of m x n elements, run on the unit and by the reference.</summary>
internal sealed record VectorCase(DescriptorOpcode Opcode, int M, int N)
{
    public const uint Parameters = Base + 0xF000;
    private const uint Base = 0x4000_0000;

    private static readonly uint[] Special =
    [
        0x0000_0000, 0x8000_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0xFFC1_2345, 0x7F80_0001, 0x0000_0001, 0x8000_0003, 0x0040_0000, 0x7F7F_FFFF,
        0xFF7F_FFFF, 0x4F00_0000, 0xCF00_0000, 0x3F00_0000, 0xC2FE_0000,
    ];

    public ElementType A { get; init; } = ElementType.Fp32;

    public ElementType B { get; init; } = ElementType.Fp32;

    public ElementType Out { get; init; } = ElementType.Fp32;

    /// <summary>16-byte steps that operands lie off 64-byte alignment.</summary>
    public int Skew { get; init; }

    /// <summary>16-byte steps more from row to row; -1: every row of A, B and mask is the same.</summary>
    public int Gap { get; init; }

    public bool Scaled { get; init; }

    public Rounding Rounding { get; init; }

    public int Lanes { get; init; } = 16;

    public uint StallPercent { get; init; }

    public ulong Seed { get; init; } = 1;

    public Descriptor Descriptor
    {
        get
        {
            DescriptorRow row = DescriptorTable.Find((byte)Opcode)!;
            bool binary = row.Operands.Any(o => o.Role == RegionRole.B), masked = row.Operands.Any(o => o.Role == RegionRole.Mask);
            bool narrow = row.Operands.Any(o => o.Role == RegionRole.D && o.Columns == Extent.One);
            bool block = row.Operands.Any(o => o.Role == RegionRole.Params && !o.Optional);
            return new Descriptor
            {
                Opcode = Opcode,
                Version = 1,
                N0 = M,
                N2 = N,
                TypeA = A,
                TypeB = binary ? B : ElementType.None,
                TypeOut = Out,
                Rounding = Rounding,
                A = Base + (ulong)(16 * (Skew & 3)),
                B = binary ? Base + 0x5000 + (ulong)(16 * ((Skew >> 2) & 3)) : 0,
                D = Base + 0xA000 + (ulong)(16 * ((Skew >> 4) & 3)),
                PitchA = Pitch(A, Gap),
                PitchB = binary ? Pitch(B, Gap) : 0,
                PitchD = narrow ? 16 + (16 * Math.Max(0, Gap)) : Pitch(Out, Math.Max(0, Gap)),
                Auxiliary = masked ? Base + 0xD800 + (uint)(16 * ((Skew >> 6) & 3)) : 0,
                PitchMask = masked ? Pitch(ElementType.Uint8, Gap) : 0,
                VectorParameters = Scaled || block || Rounding == Rounding.Stochastic ? Parameters : 0,
            };
        }
    }

    public byte[] Memory()
    {
        byte[] memory = new byte[64 * 1024];
        for (int i = 0; i < memory.Length; i += 4)
        {
            uint bits = CounterRandom.Bits(Seed, (ulong)i);
            bool awkward = (CounterRandom.Bits(Seed + 1, (ulong)i) & 7) == 0;
            uint word = awkward ? Special[bits % (uint)Special.Length] : (bits & 0x80FF_FFFF) | (0x3C + ((bits >> 24) % 7) << 24); // 2^-7 to 2^6
            BitConverter.GetBytes(word).CopyTo(memory, i);
        }

        for (int i = 0xD800; i < 0xF000; i++)
            memory[i] &= (byte)-(int)(CounterRandom.Bits(Seed + 2, (ulong)i) & 1);
        SetParameters(memory, 1.375f, 0.3f, Seed, 5, 1000);
        return memory;
    }

    public static void SetParameters(byte[] memory, float word0, float word1, ulong seed, ulong origin, uint pitch)
    {
        BitConverter.GetBytes(word0).CopyTo(memory, 0xF000);
        BitConverter.GetBytes(word1).CopyTo(memory, 0xF004);
        BitConverter.GetBytes(seed).CopyTo(memory, 0xF020);
        BitConverter.GetBytes(origin).CopyTo(memory, 0xF028);
        BitConverter.GetBytes(pitch).CopyTo(memory, 0xF030);
    }

    public VectorBench Bench(byte[]? memory = null, VectorConfig? config = null, bool skip = true, ulong shuffle = 0) => new(
        memory ?? Memory(), [Descriptor], config ?? new VectorConfig { Lanes = Lanes }, 1 + (int)(StallPercent % 7), StallPercent, Seed, skip, shuffle);

    /// <summary>What the reference leaves in the scratchpad.</summary>
    public byte[] Expected(byte[]? memory = null)
    {
        memory ??= Memory();
        ReferenceTensor tensor = new(new ReferenceTensorConfig(), new ReferenceMemory(1ul << 32), new ReferenceMemory(1 << 20));
        tensor.Scratchpad.Load(0, memory);
        Assert.Equal(QueueFaultCause.None, tensor.Execute(Descriptor));
        return tensor.Scratchpad.Bytes(0, memory.Length);
    }

    private int Pitch(ElementType type, int gap) => gap < 0 ? 0 : ((VectorPlan.Bytes(N, type.SizeBytes()) + 15) / 16 * 16) + (16 * gap);
}
