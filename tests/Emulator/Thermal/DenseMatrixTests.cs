using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>The matrices of the heat equation: every sum in one order, whatever the host's vectors.</summary>
public sealed class DenseMatrixTests
{
    [Fact]
    public void A_product_adds_its_terms_one_after_the_other_at_every_size()
    {
        for (int size = 1; size <= 70; size++)
        {
            DenseMatrix left = Numbers(size, 3), right = Numbers(size, 5);
            DenseMatrix product = left.Multiply(right);
            for (int i = 0; i < size; i++)
            {
                for (int j = 0; j < size; j++)
                {
                    double sum = 0;
                    for (int k = 0; k < size; k++)
                    {
                        double term = left[i, k] * right[k, j];
                        sum += term;
                    }

                    Assert.Equal(sum, product[i, j]);
                }
            }
        }
    }

    [Fact]
    public void An_inverse_times_its_matrix_is_one()
    {
        const int Size = 37;
        DenseMatrix matrix = Numbers(Size, 7);
        for (int i = 0; i < Size; i++)
            matrix[i, i] += Size; // diagonally dominant, as conductances are
        DenseMatrix one = matrix.Inverse().Multiply(matrix);
        for (int i = 0; i < Size; i++)
        {
            for (int j = 0; j < Size; j++)
                Assert.Equal(i == j ? 1 : 0, one[i, j], 12);
        }
    }

    private static DenseMatrix Numbers(int size, int step)
    {
        var matrix = new DenseMatrix(size);
        for (int i = 0; i < size * size; i++)
            matrix[i / size, i % size] = ((i * step % 101) - 50) / 49.0;
        return matrix;
    }
}
