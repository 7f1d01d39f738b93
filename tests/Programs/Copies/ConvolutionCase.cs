using HybridEmu.Chip;
using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>Sizes of firmware/conv, its program, and what it must leave in memory.</summary>
internal sealed record ConvolutionCase
{
    public static readonly ConvolutionCase Strided = new()
    {
        Images = 2,
        C = 4,
        H = 9,
        W = 7,
        Kh = 3,
        Kw = 3,
        Sh = 2,
        Sw = 1,
        Dh = 1,
        Dw = 1,
        Pt = 1,
        Pl = 1,
        Oh = 5,
        Ow = 7,
        Filters = 12,
        Block = 14,
    };

    public static readonly ConvolutionCase Dilated = new()
    {
        Images = 3,
        C = 3,
        H = 8,
        W = 10,
        Kh = 2,
        Kw = 4,
        Sh = 1,
        Sw = 2,
        Dh = 3,
        Dw = 2,
        Pt = 2,
        Pl = 3,
        Oh = 7,
        Ow = 4,
        Filters = 9,
        Block = 21,
    };

    public required int Images { get; init; }

    public required int C { get; init; }

    public required int H { get; init; }

    public required int W { get; init; }

    public required int Kh { get; init; }

    public required int Kw { get; init; }

    public required int Sh { get; init; }

    public required int Sw { get; init; }

    public required int Dh { get; init; }

    public required int Dw { get; init; }

    public required int Pt { get; init; }

    public required int Pl { get; init; }

    public required int Oh { get; init; }

    public required int Ow { get; init; }

    public required int Filters { get; init; }

    public required int Block { get; init; }

    public int Rounds { get; init; } = 2;

    public int Windows => Images * Oh * Ow;

    public ushort[] Pixels => Numbers(1, Images * H * W * C);

    public ushort[] Weights => Numbers(2, Kh * Kw * C * Filters);

    public static byte[] Packed => [.. Enumerable.Range(0, 100).Select(i => (byte)CounterRandom.Bits(3, (ulong)i))];

    /// <summary>Assembles the program for these sizes.</summary>
    /// <param name="change">Changes the source, for programs that are wrong.</param>
    public ElfImage Assemble(Func<string, string>? change = null)
    {
        string directory = Path.Combine(Firmware.Root, "firmware", "conv"), source = File.ReadAllText(Path.Combine(directory, "conv.s"));
        var options = new AssemblerOptions
        {
            IncludeResolver = AssemblerOptions.ResolveFrom(directory),
            Defines = new Dictionary<string, long>
            {
                ["IMAGES"] = Images,
                ["C"] = C,
                ["H"] = H,
                ["W"] = W,
                ["KH"] = Kh,
                ["KW"] = Kw,
                ["SH"] = Sh,
                ["SW"] = Sw,
                ["DH"] = Dh,
                ["DW"] = Dw,
                ["PT"] = Pt,
                ["PL"] = Pl,
                ["OH"] = Oh,
                ["OW"] = Ow,
                ["FILTERS"] = Filters,
                ["BLOCK"] = Block,
                ["ROUNDS"] = Rounds,
            },
        };
        AssemblyResult result = Assembler.Assemble("conv.s", change is null ? source : change(source), options);
        Assert.Empty(result.Diagnostics);
        return result.Image!;
    }

    public ChipRun Boot(string config, ElfImage image, RunOptions? options = null) => Firmware.Boot(
        config, image, options, ("images", Bytes(Pixels)), ("weights", Bytes(Weights)), ("packed", Packed));

    /// <summary>The convolution, straight from its definition; k ascends over ky, kx, c.</summary>
    public float[] Convolution()
    {
        ushort[] pixels = Pixels, weights = Weights;
        float[] result = new float[Windows * Filters];
        for (int at = 0; at < result.Length; at++)
        {
            int f = at % Filters, ox = at / Filters % Ow, oy = at / Filters / Ow % Oh, image = at / Filters / Ow / Oh;
            float sum = 0;
            for (int ky = 0; ky < Kh; ky++)
            {
                for (int kx = 0; kx < Kw; kx++)
                {
                    int y = (oy * Sh) + (ky * Dh) - Pt, x = (ox * Sw) + (kx * Dw) - Pl;
                    bool inside = y >= 0 && y < H && x >= 0 && x < W;
                    for (int c = 0; c < C; c++)
                    {
                        float pixel = inside ? Bf16.ToFloat(pixels[(((((image * H) + y) * W) + x) * C) + c]) : 0;
                        sum = Fp32.Fma(pixel, Bf16.ToFloat(weights[(((((ky * Kw) + kx) * C) + c) * Filters) + f]), sum);
                    }
                }
            }

            result[at] = sum;
        }

        return result;
    }

    private static byte[] Bytes(ushort[] numbers)
    {
        byte[] bytes = new byte[numbers.Length * 2];
        Buffer.BlockCopy(numbers, 0, bytes, 0, bytes.Length);
        return bytes;
    }

    private static ushort[] Numbers(ulong seed, int count) =>
        [.. Enumerable.Range(0, count).Select(i => Bf16.FromFloat((CounterRandom.Uniform(seed, (ulong)i) - 0.5f) * 4))];
}
