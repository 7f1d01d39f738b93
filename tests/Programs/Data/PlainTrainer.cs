using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

/// <summary>A textbook trainer in fp32: softmax regression, or one hidden ReLU layer. Judges data, not the chip.</summary>
internal static class PlainTrainer
{
    private const int BatchSize = 32;
    private const float LearningRate = 0.1f;

    /// <summary>Share of held-out digits that are recognised after training.</summary>
    /// <param name="hidden">Width of the hidden layer; 0 for a linear model.</param>
    public static double Accuracy(DigitData training, DigitData heldOut, int hidden, int epochs)
    {
        int[] widths = hidden > 0 ? [64, hidden, 10] : [64, 10];
        var random = new Random(1);
        float[][] weights = [.. Enumerable.Range(0, widths.Length - 1).Select(l => Initial(random, widths[l], widths[l + 1]))];
        float[][] gradients = [.. weights.Select(w => new float[w.Length])];
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            for (int first = 0; first < training.Count; first += BatchSize)
            {
                int count = Math.Min(BatchSize, training.Count - first);
                foreach (float[] g in gradients)
                    Array.Clear(g);
                for (int i = first; i < first + count; i++)
                    Backward(training, i, widths, weights, gradients, 1f / count);
                for (int l = 0; l < weights.Length; l++)
                {
                    for (int k = 0; k < weights[l].Length; k++)
                        weights[l][k] -= LearningRate * gradients[l][k];
                }
            }
        }

        int right = 0;
        for (int i = 0; i < heldOut.Count; i++)
        {
            float[] scores = Forward(heldOut, i, widths, weights)[^1];
            right += Array.IndexOf(scores, scores.Max()) == heldOut.Labels[i] ? 1 : 0;
        }

        return right / (double)heldOut.Count;
    }

    private static float[] Initial(Random random, int inputs, int outputs)
    {
        float limit = MathF.Sqrt(6f / inputs);
        float[] w = new float[(inputs + 1) * outputs]; // the last row is the bias
        for (int i = 0; i < inputs * outputs; i++)
            w[i] = ((random.NextSingle() * 2) - 1) * limit;
        return w;
    }

    private static float[][] Forward(DigitData data, int index, int[] widths, float[][] weights)
    {
        var values = new float[widths.Length][];
        values[0] = [.. data.Pixels.Skip(index * 64).Take(64).Select(p => p / 16f)];
        for (int l = 0; l < weights.Length; l++)
        {
            int n = widths[l + 1];
            float[] outputs = weights[l][(widths[l] * n)..];
            for (int k = 0; k < widths[l]; k++)
            {
                for (int j = 0; j < n; j++)
                    outputs[j] += values[l][k] * weights[l][(k * n) + j];
            }

            if (l < weights.Length - 1)
            {
                for (int j = 0; j < n; j++)
                    outputs[j] = MathF.Max(outputs[j], 0);
            }

            values[l + 1] = outputs;
        }

        return values;
    }

    private static void Backward(DigitData data, int index, int[] widths, float[][] weights, float[][] gradients, float scale)
    {
        float[][] values = Forward(data, index, widths, weights);
        float[] scores = values[^1];
        float top = scores.Max();
        float[] delta = [.. scores.Select(s => MathF.Exp(s - top))];
        float sum = delta.Sum();
        for (int j = 0; j < delta.Length; j++)
            delta[j] = ((delta[j] / sum) - (j == data.Labels[index] ? 1 : 0)) * scale;
        for (int l = weights.Length - 1; l >= 0; l--)
        {
            int n = widths[l + 1];
            float[] before = new float[widths[l]];
            for (int k = 0; k <= widths[l]; k++)
            {
                float input = k == widths[l] ? 1 : values[l][k];
                for (int j = 0; j < n; j++)
                {
                    gradients[l][(k * n) + j] += input * delta[j];
                    if (k < widths[l] && l > 0 && input > 0)
                        before[k] += weights[l][(k * n) + j] * delta[j];
                }
            }

            delta = before;
        }
    }
}
