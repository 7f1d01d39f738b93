using HybridEmu.Isa;

namespace HybridEmu.Reference;

/// <content>Pooling: every window is walked, and for a gradient every window is asked whether it covers the pixel.</content>
public partial class ReferenceTensor
{
    private void PoolMaximum(in Descriptor d)
    {
        (int Rows, int Columns) window = d.Window;
        (int Down, int Across) step = d.WindowStride;
        int across = ((d.N1 - window.Columns) / step.Across) + 1;
        for (int i = 0; i < d.N0; i++)
        {
            for (int c = 0; c < d.N2; c++)
            {
                float greatest = 0;
                int best = 0;
                for (int t = 0; t < window.Rows * window.Columns; t++)
                {
                    int y = (i / across * step.Down) + (t / window.Columns), x = (i % across * step.Across) + (t % window.Columns);
                    float pixel = Value(Place(d.A, (y * d.N1) + x, d.PitchA, c, d.TypeA), d.TypeA);
                    if (t == 0 || pixel > greatest)
                        (greatest, best) = (pixel, t);
                }

                Write(Place(d.D, i, d.PitchD, c, d.TypeOut), d.TypeOut, greatest, in d, ReadParameters(0), i, c);
                Scratchpad[Place(d.B, i, d.PitchB, c, ElementType.Uint8)] = (byte)best;
            }
        }
    }

    private void PoolAverage(in Descriptor d)
    {
        Parameters parameters = ReadParameters(d.VectorParameters);
        (int Rows, int Columns) window = d.Window;
        (int Down, int Across) step = d.WindowStride;
        int across = ((d.N1 - window.Columns) / step.Across) + 1;
        for (int i = 0; i < d.N0; i++)
        {
            for (int c = 0; c < d.N2; c++)
            {
                float sum = 0;
                for (int y = 0; y < window.Rows; y++)
                {
                    for (int x = 0; x < window.Columns; x++)
                    {
                        int pixel = (((i / across * step.Down) + y) * d.N1) + (i % across * step.Across) + x;
                        sum += Value(Place(d.A, pixel, d.PitchA, c, d.TypeA), d.TypeA);
                    }
                }

                Write(Place(d.D, i, d.PitchD, c, d.TypeOut), d.TypeOut, sum * parameters.Word0, in d, parameters, i, c);
            }
        }
    }

    private void PoolGradient(in Descriptor d)
    {
        Parameters parameters = ReadParameters(d.VectorParameters);
        bool greatest = d.Opcode == DescriptorOpcode.PoolMaxGrad;
        (int Rows, int Columns) window = d.Window;
        (int Down, int Across) step = d.WindowStride;
        int across = ((d.N1 - window.Columns) / step.Across) + 1, down = (((d.N0 / d.N1) - window.Rows) / step.Down) + 1;
        for (int i = 0; i < d.N0; i++)
        {
            for (int c = 0; c < d.N2; c++)
            {
                float sum = 0;
                for (int w = 0; w < down * across; w++)
                {
                    int y = (i / d.N1) - (w / across * step.Down), x = (i % d.N1) - (w % across * step.Across);
                    if (y < 0 || y >= window.Rows || x < 0 || x >= window.Columns)
                        continue;
                    if (greatest && Scratchpad[Place(d.B, w, d.PitchB, c, ElementType.Uint8)] != (y * window.Columns) + x)
                        continue;
                    sum += Value(Place(d.A, w, d.PitchA, c, d.TypeA), d.TypeA);
                }

                Write(Place(d.D, i, d.PitchD, c, d.TypeOut), d.TypeOut, greatest ? sum : sum * parameters.Word0, in d, parameters, i, c);
            }
        }
    }
}
