using System.Numerics;

namespace HybridEmu.Units;

/// <summary>
/// A square matrix of doubles by rows. Every sum runs in one fixed order of plain + - * / and no fused operations, so the
/// bits of a temperature, which may gate a clock, are the same on every host.
/// </summary>
public sealed class DenseMatrix(int size)
{
    // Rows are as long as whole blocks of the product, so that it has no rest; nobody sees what is behind their end.
    private static readonly int s_block = 4 * Vector<double>.Count;
    private readonly int _pitch = PitchOf(size);
    private readonly double[] _cells = new double[size * PitchOf(size)];

    public int Size => size;

    public ref double this[int row, int column] => ref _cells[(row * _pitch) + column];

    public ReadOnlySpan<double> Row(int row) => _cells.AsSpan(row * _pitch, size);

    /// <summary>result = this * vector, or result += when <paramref name="add"/>.</summary>
    public void Multiply(ReadOnlySpan<double> vector, Span<double> result, bool add)
    {
        for (int i = 0; i < size; i++)
        {
            ReadOnlySpan<double> row = Row(i);
            double sum = 0;
            for (int j = 0; j < row.Length; j++)
            {
                double product = row[j] * vector[j];
                sum += product;
            }

            result[i] = add ? result[i] + sum : sum;
        }
    }

    public DenseMatrix Multiply(DenseMatrix other)
    {
        DenseMatrix result = new(size);
        for (int j = 0; j < _pitch; j += s_block)
        {
            for (int i = 0; i < size; i++)
                MultiplyBlock(i, other, j, result);
        }

        return result;
    }

    /// <summary>this += other.</summary>
    public void Add(DenseMatrix other)
    {
        for (int j = 0; j < _cells.Length; j += Vector<double>.Count)
            (new Vector<double>(_cells, j) + new Vector<double>(other._cells, j)).CopyTo(_cells, j);
    }

    /// <summary>The inverse, by Gauss-Jordan without pivoting: the matrices here are diagonally dominant.</summary>
    public DenseMatrix Inverse()
    {
        DenseMatrix left = new(size), right = new(size);
        _cells.AsSpan().CopyTo(left._cells);
        for (int i = 0; i < size; i++)
            right[i, i] = 1;
        for (int p = 0; p < size; p++)
        {
            double pivot = left[p, p];
            if (!(Math.Abs(pivot) > 0))
                throw new InvalidOperationException("The thermal matrix is singular: some block has no way to the ambient.");
            Scale(left, p, 1 / pivot);
            Scale(right, p, 1 / pivot);
            for (int i = 0; i < size; i++)
            {
                double factor = left[i, p];
                if (i == p || factor == 0)
                    continue;
                AddMultiple(left.Cells(i), left.Cells(p), -factor);
                AddMultiple(right.Cells(i), right.Cells(p), -factor);
            }
        }

        return right;
    }

    private static void Scale(DenseMatrix matrix, int row, double factor)
    {
        for (int j = 0; j < matrix.Size; j++)
            matrix[row, j] *= factor;
    }

    /// <summary>Four vectors of a row of the product from column j on, in registers over all terms.</summary>
    private void MultiplyBlock(int i, DenseMatrix other, int j, DenseMatrix result)
    {
        Vector<double> a = default, b = default, c = default, d = default;
        ReadOnlySpan<double> factors = Row(i);
        for (int k = 0; k < factors.Length; k++)
        {
            ReadOnlySpan<double> from = other.Cells(k)[j..];
            var factor = new Vector<double>(factors[k]);
            Vector<double> product = factor * new Vector<double>(from);
            a += product;
            product = factor * new Vector<double>(from[Vector<double>.Count..]);
            b += product;
            product = factor * new Vector<double>(from[(2 * Vector<double>.Count)..]);
            c += product;
            product = factor * new Vector<double>(from[(3 * Vector<double>.Count)..]);
            d += product;
        }

        Span<double> to = result.Cells(i)[j..];
        a.CopyTo(to);
        b.CopyTo(to[Vector<double>.Count..]);
        c.CopyTo(to[(2 * Vector<double>.Count)..]);
        d.CopyTo(to[(3 * Vector<double>.Count)..]);
    }

    private static int PitchOf(int size) => (size + s_block - 1) / s_block * s_block;

    private Span<double> Cells(int row) => _cells.AsSpan(row * _pitch, _pitch);

    /// <summary>to += factor * from, each product rounded before it is added; -factor is exact, so this subtracts too.</summary>
    private static void AddMultiple(Span<double> to, ReadOnlySpan<double> from, double factor)
    {
        var factors = new Vector<double>(factor);
        for (int j = 0; j < to.Length; j += Vector<double>.Count)
        {
            Vector<double> product = factors * new Vector<double>(from[j..]);
            (new Vector<double>(to[j..]) + product).CopyTo(to[j..]);
        }
    }
}
