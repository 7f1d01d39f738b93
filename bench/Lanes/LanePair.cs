using HybridEmu.Lanes;

namespace HybridEmu.Bench;

/// <summary>A lane operation and its scalar twin on the same operands.</summary>
/// <param name="Name">As the lane's file is called.</param>
/// <param name="Lane">Runs the vector body once.</param>
/// <param name="Scalar">Runs the twin once.</param>
internal sealed record LanePair(string Name, Action Lane, Action Scalar)
{
    /// <summary>Elements an operation is run on: what fits L1 with three operands.</summary>
    public const int Elements = 1024;

    private const int Side = 32; // Side * Side = Elements
    private const int FoldRows = 8, FoldK = 4; // FoldRows * FoldK * Side = Elements

    public static IReadOnlyList<LanePair> All { get; } = Make();

    private static List<LanePair> Make()
    {
        float[] a = [.. Enumerable.Range(0, Elements).Select(i => 0.25f * (i - 500))];
        float[] b = [.. Enumerable.Range(0, Elements).Select(i => 3f - (0.01f * i))];
        float[] d = new float[Elements];
        ushort[] narrow = new ushort[Elements];
        int[] pairs = [.. Enumerable.Range(0, Elements).Select(i => FoldInteger.Pair((sbyte)i, (sbyte)-i))];
        int[] sums = new int[Elements];
        SimdWidth width = SimdWidths.Choose(SimdWidth.Widest);
        byte[] block = new byte[2 * Elements], turned = new byte[2 * Elements];
        return
        [
            new("AddLane", () => AddLane.Run(a, b, d), () => AddLane.Scalar(a, b, d)),
            new("MultiplyLane", () => MultiplyLane.Run(a, b, d), () => MultiplyLane.Scalar(a, b, d)),
            new("MaxLane", () => MaxLane.Run(a, b, d), () => MaxLane.Scalar(a, b, d)),
            new("ReluGradientLane", () => ReluGradientLane.Run(a, b, d), () => ReluGradientLane.Scalar(a, b, d)),
            new("WidenBf16", () => WidenBf16.Run(narrow, d), () => WidenBf16.Scalar(narrow, d)),
            new("NarrowBf16", () => NarrowBf16.Run(a, narrow), () => NarrowBf16.Scalar(a, narrow)),
            new("FoldFloat", () => FoldFloat.Run(a, FoldK, b, Side, d, Side, FoldRows, FoldK, Side, width), () => FoldFloat.Scalar(a, FoldK, b, Side, d, Side, FoldRows, FoldK, Side)),
            new("FoldInteger", () => FoldInteger.Run(pairs, FoldK, pairs, Side, sums, Side, FoldRows, FoldK / 2, Side, width), () => FoldInteger.Scalar(pairs, FoldK, pairs, Side, sums, Side, FoldRows, FoldK / 2, Side)),
            new("Sgd", () => Sgd.Run(0f, b, a, narrow), () => Sgd.Scalar(0f, b, a, narrow)),
            new("Transpose", () => Transpose.Run(block, 2 * Side, turned, 2 * Side, Side, Side, 2), () => Transpose.Scalar(block, 2 * Side, turned, 2 * Side, Side, Side, 2)),
        ];
    }
}
