using HybridEmu.Isa;

namespace HybridEmu.Reference;

/// <content>Copies, windows of images, and sums in HBM.</content>
public partial class ReferenceTensor
{
    private static void Copy(in Descriptor d, ReferenceMemory source, ulong sourceBase, ReferenceMemory destination, ulong destinationBase)
    {
        int n1 = d.Dimensions > 1 ? d.N1 : 1, n2 = d.Dimensions > 2 ? d.N2 : 1;
        for (int i2 = 0; i2 < n2; i2++)
        {
            for (int i1 = 0; i1 < n1; i1++)
            {
                ulong from = (ulong)((long)(d.A - sourceBase) + ((long)i1 * d.SourceStride(1)) + ((long)i2 * d.SourceStride(2)));
                ulong to = (ulong)((long)(d.D - destinationBase) + ((long)i1 * d.DestinationStride(1)) + ((long)i2 * d.DestinationStride(2)));
                for (int j = 0; j < d.PadBefore + d.N0 + d.PadAfter; j++)
                {
                    int i0 = j - d.PadBefore;
                    uint bits = i0 < 0 || i0 >= d.N0 ? d.Fill : Narrow(Element(source, from, i0, d.SourceStride(0), d.TypeA), d.TypeA, d.TypeOut);
                    if (d.TypeOut != ElementType.Int4)
                    {
                        destination.Write(to + ((ulong)j * (ulong)d.DestinationStride(0)), bits, d.TypeOut.SizeBytes());
                        continue;
                    }

                    ulong place = to + ((ulong)j / 2);
                    destination[place] = (byte)(j % 2 == 0 ? bits & 15 : (destination[place] & 15u) | (bits << 4));
                }
            }
        }
    }

    private static uint Element(ReferenceMemory memory, ulong row, int index, int stride, ElementType type)
    {
        if (type != ElementType.Int4)
            return memory.Read(row + ((ulong)index * (ulong)stride), type.SizeBytes());
        int half = index % 2 == 0 ? memory[row + ((ulong)index / 2)] & 15 : memory[row + ((ulong)index / 2)] >> 4;
        return (uint)(half >= 8 ? half - 16 : half);
    }

    private static uint Narrow(uint bits, ElementType from, ElementType to)
    {
        if (from == ElementType.Fp32 && to == ElementType.Bf16)
            return Bf16.FromFloat(BitConverter.UInt32BitsToSingle(bits));
        if (from == ElementType.Bf16 && to == ElementType.Fp32)
            return bits << 16;
        return to == ElementType.Int4 ? (uint)Math.Clamp((int)(sbyte)bits, -8, 7) & 15 : bits;
    }

    private void Im2col(in Descriptor d)
    {
        // The fields, read here once more from their bytes.
        Span<byte> b = stackalloc byte[Descriptor.SizeBytes];
        d.Write(b);
        int m = b[22] | b[23] << 8, oh = b[24] | b[25] << 8, ow = b[30] | b[31] << 8, n = b[38] | b[39] << 8;
        int channels = b[40] | b[41] << 8, height = b[42] | b[43] << 8, width = b[44] | b[45] << 8, firstk = b[46] | b[47] << 8;
        int kw = b[49], sh = b[50], sw = b[51], dh = b[52], dw = b[53], pt = b[54], pl = b[55];
        int pitch = BitConverter.ToInt32(b[56..]);
        uint firstRow = BitConverter.ToUInt32(b[60..]);
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                long r = firstRow + (long)i, ox = r % ow, oy = r / ow % oh, image = r / ow / oh;
                int q = firstk + j, c = q % channels, kx = q / channels % kw, ky = q / channels / kw;
                long y = (oy * sh) + (ky * dh) - pt, x = (ox * sw) + (kx * dw) - pl;
                bool inside = y >= 0 && y < height && x >= 0 && x < width;
                long index = (((((image * height) + y) * width) + x) * channels) + c;
                uint bits = inside ? Element(Hbm, d.A - AddressMap.Hbm, (int)index, d.TypeA.SizeBytes(), d.TypeA) : 0;
                Scratchpad.Write(Place(d.D, i, pitch, j, d.TypeOut), inside ? Narrow(bits, d.TypeA, d.TypeOut) : 0, d.TypeOut.SizeBytes());
            }
        }
    }

    private void Accumulate(in Descriptor d)
    {
        int n1 = d.Dimensions > 1 ? d.N1 : 1, n2 = d.Dimensions > 2 ? d.N2 : 1;
        for (int i2 = 0; i2 < n2; i2++)
        {
            for (int i1 = 0; i1 < n1; i1++)
            {
                for (int i0 = 0; i0 < d.N0; i0++)
                {
                    long from = ((long)i0 * d.SourceStride(0)) + ((long)i1 * d.SourceStride(1)) + ((long)i2 * d.SourceStride(2));
                    long to = ((long)i0 * d.DestinationStride(0)) + ((long)i1 * d.DestinationStride(1)) + ((long)i2 * d.DestinationStride(2));
                    ulong place = (ulong)((long)(d.D - AddressMap.Hbm) + to);
                    float sum = Hbm.Float(place) + Value((ulong)((long)(d.A - AddressMap.Scratchpad) + from), d.TypeA);
                    Hbm.Float(place, CanonicalNaN.Of(sum));
                }
            }
        }
    }
}
