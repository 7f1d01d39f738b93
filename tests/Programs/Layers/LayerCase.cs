using System.Runtime.InteropServices;
using HybridEmu.Chip;
using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>What a layer must leave in memory, by plain loops over the operands that its run had.</summary>
internal static class LayerCase
{
    /// <summary>Runs it and compares every row of the result.</summary>
    public static LayerResult Check(ChipConfiguration configuration, Layer layer, LayerType type, bool separate = false)
    {
        var run = new LayerRun(configuration, layer, type, separate);
        LayerResult result = run.Finish();
        Assert.Equal(layer.Macs, result.Measures.Macs);
        LayerOperands operands = run.Operands;
        byte[] a = operands.BytesOfA(), b = operands.BytesOfB();
        for (int row = 0; row < layer.M; row++)
        {
            byte[] expected = type == LayerType.Int8 ? RowOfInt8(operands, row, a, b) : RowOfBf16(operands, row, a, b);
            if (!expected.AsSpan().SequenceEqual(run.ResultRow(row)))
                Assert.Fail($"{layer.Name}: row {row} is {Convert.ToHexString(run.ResultRow(row))} instead of {Convert.ToHexString(expected)}");
        }

        return result;
    }

    /// <summary>Element of A, counted in elements of the bytes; -1 for a pixel outside the image.</summary>
    private static long PlaceOfA(LayerOperands operands, int row, int k)
    {
        if (operands.Layer.Image is not { } image)
            return (row * operands.PitchA / operands.ElementBytes) + k;
        int channel = k % image.Channels, pixel = k / image.Channels;
        int y = (row / image.WindowsAcross * image.Stride) + (pixel / image.FilterWidth), x = (row % image.WindowsAcross * image.Stride) + (pixel % image.FilterWidth);
        return y < image.Height && x < image.Width ? ((((long)y * image.Width) + x) * image.Channels) + channel : -1;
    }

    private static byte[] RowOfInt8(LayerOperands operands, int row, byte[] a, byte[] b)
    {
        Layer layer = operands.Layer;
        byte[] result = new byte[layer.N];
        int[] sums = new int[layer.N];
        for (int k = 0; k < layer.K; k++)
        {
            long place = PlaceOfA(operands, row, k);
            int value = place < 0 ? 0 : (sbyte)a[place];
            for (int n = 0; n < layer.N; n++)
                sums[n] += value * (sbyte)b[(k * operands.PitchB) + n];
        }

        for (int n = 0; n < layer.N; n++)
            result[n] = (byte)(sbyte)Math.Clamp(MathF.Round(sums[n] * operands.Scale, MidpointRounding.ToEven), sbyte.MinValue, sbyte.MaxValue);
        return result;
    }

    private static byte[] RowOfBf16(LayerOperands operands, int row, byte[] a, byte[] b)
    {
        Layer layer = operands.Layer;
        ReadOnlySpan<ushort> rows = MemoryMarshal.Cast<byte, ushort>(a), columns = MemoryMarshal.Cast<byte, ushort>(b);
        float[] sums = new float[layer.N];
        for (int k = 0; k < layer.K; k++)
        {
            long place = PlaceOfA(operands, row, k);
            float value = place < 0 ? 0 : Bf16.ToFloat(rows[(int)place]);
            for (int n = 0; n < layer.N; n++)
                sums[n] = Fp32.Fma(value, Bf16.ToFloat(columns[(int)(k * operands.PitchB / 2) + n]), sums[n]);
        }

        return MemoryMarshal.AsBytes(sums.Select(s => Bf16.FromFloat(s)).ToArray().AsSpan()).ToArray();
    }
}
