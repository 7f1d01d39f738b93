using HybridEmu.Isa;

namespace HybridEmu.Reference;

/// <summary>What an epoch of training reported: loss summed over its examples, and how many were right.</summary>
public sealed record PlainEpoch(float Loss, int Correct, int Seen);

/// <summary>
/// The network of firmware/mlp_train as a textbook would train it: loops over arrays, no descriptors, no tiles.
/// Only the numbers are the ISA's: bf16 operands, fp32 sums with one rounding a step and k ascending, sixteen partial
/// sums, the ISA's exp and log. Trained weights on the chip must be equal to these bit by bit.
/// </summary>
public sealed class PlainTraining
{
    public const int Classes = 10, Batch = 32;

    /// <summary>Classes with the padding of the weights in memory; padding stays 0.</summary>
    public const int PaddedClasses = 16;

    private const float LearningRate = 0.1f;
    private const float Sixth = 1f / 6;
    private const int Partials = 16;

    private readonly float[,] _w1, _w2;
    private readonly float[] _b1, _b2;
    private readonly float _pixelScale;

    /// <summary>He's uniform initialisation: within sqrt(6 / fan in), from a seed and the element's number.</summary>
    /// <param name="maximumPixel">What a pixel is divided by.</param>
    public PlainTraining(uint seed, int features = 64, int hidden = 32, int maximumPixel = 16)
    {
        _w1 = new float[features, hidden];
        _w2 = new float[hidden, Classes];
        _b1 = new float[hidden];
        _b2 = new float[Classes];
        _pixelScale = 1f / maximumPixel;
        Initialise(_w1, seed, 0);
        Initialise(_w2, seed, features * hidden);
    }

    private int Features => _w1.GetLength(0);

    private int Hidden => _w2.GetLength(0);

    /// <summary>One pass over the data in its order; the last batch may be smaller.</summary>
    /// <param name="pixels">Rows of as many numbers as the network has features.</param>
    /// <param name="labels">One class a row.</param>
    public PlainEpoch Epoch(byte[] pixels, byte[] labels)
    {
        float[] loss = new float[Partials];
        int correct = 0;
        for (int first = 0; first < labels.Length; first += Batch)
        {
            int rows = Math.Min(Batch, labels.Length - first);
            float[,] x = Inputs(pixels, first, rows);
            float[,] h = HiddenLayer(x);
            float[,] z = Logits(h);
            float[,] dz = new float[rows, Classes];
            for (int i = 0; i < rows; i++)
                correct += Loss(z, i, labels[first + i], 1f / rows, loss, dz) ? 1 : 0;
            Descend(x, h, dz);
        }

        return new PlainEpoch(Fold(loss), correct, labels.Length);
    }

    /// <summary>How many examples the network gets right; the weights stay.</summary>
    public int CountCorrect(byte[] pixels, byte[] labels)
    {
        int correct = 0;
        for (int first = 0; first < labels.Length; first += Batch)
        {
            int rows = Math.Min(Batch, labels.Length - first);
            float[,] z = Logits(HiddenLayer(Inputs(pixels, first, rows)));
            for (int i = 0; i < rows; i++)
                correct += Best(z, i) == labels[first + i] ? 1 : 0;
        }

        return correct;
    }

    /// <summary>W1, b1, W2 and b2 as bits, in the order and padding in which mlp_train leaves them.</summary>
    public uint[] Weights()
    {
        var words = new List<uint>();
        foreach (float w in _w1)
            words.Add(BitConverter.SingleToUInt32Bits(w));
        foreach (float b in _b1)
            words.Add(BitConverter.SingleToUInt32Bits(b));
        for (int i = 0; i < Hidden; i++)
        {
            for (int j = 0; j < PaddedClasses; j++)
                words.Add(j < Classes ? BitConverter.SingleToUInt32Bits(_w2[i, j]) : 0);
        }

        for (int j = 0; j < PaddedClasses; j++)
            words.Add(j < Classes ? BitConverter.SingleToUInt32Bits(_b2[j]) : 0);
        return [.. words];
    }

    private static float Narrow(float value) => Bf16.ToFloat(Bf16.FromFloat(value));

    private static void Initialise(float[,] w, uint seed, int firstElement)
    {
        int inputs = w.GetLength(0), outputs = w.GetLength(1);
        float limit = Functions.Rsqrt(inputs * Sixth);
        for (int i = 0; i < inputs; i++)
        {
            for (int j = 0; j < outputs; j++)
            {
                uint bits = CounterRandom.Bits(seed, (ulong)(firstElement + (i * outputs) + j));
                float u = (bits >> 8) / 16777216f;
                w[i, j] = limit * ((2 * u) - 1);
            }
        }
    }

    private float[,] Inputs(byte[] pixels, int first, int rows)
    {
        float[,] x = new float[rows, Features];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < Features; j++)
                x[i, j] = Narrow(pixels[((first + i) * Features) + j] * _pixelScale);
        }

        return x;
    }

    private float[,] HiddenLayer(float[,] x)
    {
        int rows = x.GetLength(0);
        float[,] h = new float[rows, Hidden];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < Hidden; j++)
            {
                float sum = 0;
                for (int k = 0; k < Features; k++)
                    sum = Fp32.Fma(x[i, k], Narrow(_w1[k, j]), sum);
                sum += _b1[j];
                h[i, j] = Narrow(sum > 0 ? sum : 0);
            }
        }

        return h;
    }

    private float[,] Logits(float[,] h)
    {
        int rows = h.GetLength(0);
        float[,] z = new float[rows, Classes];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < Classes; j++)
            {
                float sum = 0;
                for (int k = 0; k < Hidden; k++)
                    sum = Fp32.Fma(h[i, k], Narrow(_w2[k, j]), sum);
                z[i, j] = sum + _b2[j];
            }
        }

        return z;
    }

    /// <summary>Softmax cross-entropy of one row: adds its loss, fills its gradient, says whether it was right.</summary>
    private static bool Loss(float[,] z, int row, int label, float share, float[] loss, float[,] dz)
    {
        int best = Best(z, row);
        float[] powers = new float[Classes], partials = new float[Partials];
        for (int j = 0; j < Classes; j++)
        {
            powers[j] = Functions.Exp(z[row, j] - z[row, best]);
            partials[j % Partials] += powers[j];
        }

        float sum = Fold(partials);
        loss[row % Partials] += Functions.Log(sum) - (z[row, label] - z[row, best]);
        float inverse = 1f / sum;
        for (int j = 0; j < Classes; j++)
            dz[row, j] = Narrow(((powers[j] * inverse) - (j == label ? 1f : 0f)) * share);
        return best == label;
    }

    private static int Best(float[,] z, int row)
    {
        int best = 0;
        for (int j = 1; j < Classes; j++)
            best = z[row, j] > z[row, best] ? j : best;
        return best;
    }

    /// <summary>Gradients of all weights from the weights of before, then one step.</summary>
    private void Descend(float[,] x, float[,] h, float[,] dz)
    {
        int rows = x.GetLength(0);
        float[,] dh = new float[rows, Hidden];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < Hidden; j++)
            {
                float sum = 0;
                for (int k = 0; k < Classes; k++)
                    sum = Fp32.Fma(dz[i, k], Narrow(_w2[j, k]), sum);
                dh[i, j] = h[i, j] > 0 ? Narrow(sum) : 0;
            }
        }

        Step(_w2, _b2, h, dz);
        Step(_w1, _b1, x, dh);
    }

    private static void Step(float[,] w, float[] b, float[,] inputs, float[,] gradients)
    {
        int rows = inputs.GetLength(0);
        for (int j = 0; j < b.Length; j++)
        {
            for (int i = 0; i < w.GetLength(0); i++)
            {
                float sum = 0;
                for (int k = 0; k < rows; k++)
                    sum = Fp32.Fma(inputs[k, i], gradients[k, j], sum);
                w[i, j] = Fp32.Fma(-LearningRate, sum, w[i, j]);
            }

            float[] partials = new float[Partials];
            for (int k = 0; k < rows; k++)
                partials[k % Partials] += gradients[k, j];
            b[j] = Fp32.Fma(-LearningRate, Fold(partials), b[j]);
        }
    }

    /// <summary>Partial p takes p + 8, then p + 4, p + 2, p + 1.</summary>
    private static float Fold(float[] partials)
    {
        float[] sums = [.. partials];
        for (int apart = Partials / 2; apart >= 1; apart /= 2)
        {
            for (int p = 0; p < apart; p++)
                sums[p] += sums[p + apart];
        }

        return sums[0];
    }
}
