using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Multiply(ReadOnlySpan<double> vector, Span<double> result, bool add)
    {
        int i = 0;
        for (; i + 4 <= size; i += 4)
        {
            // Each sum is a chain of additions: four go at once.
            ReadOnlySpan<double> first = Row(i), second = Row(i + 1), third = Row(i + 2), fourth = Row(i + 3);
            double a = 0, b = 0, c = 0, d = 0;
            for (int j = 0; j < first.Length; j++)
            {
                double factor = vector[j], product = first[j] * factor;
                a += product;
                product = second[j] * factor;
                b += product;
                product = third[j] * factor;
                c += product;
                product = fourth[j] * factor;
                d += product;
            }

            Set(ref result[i], a);
            Set(ref result[i + 1], b);
            Set(ref result[i + 2], c);
            Set(ref result[i + 3], d);
        }

        for (; i < size; i++)
        {
            ReadOnlySpan<double> row = Row(i);
            double sum = 0;
            for (int j = 0; j < row.Length; j++)
            {
                double product = row[j] * vector[j];
                sum += product;
            }

            Set(ref result[i], sum);
        }

        void Set(ref double to, double sum) => to = add ? to + sum : sum;
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

                // Columns of the left before p are done with, those of the right behind it still 0 in row p.
                int done = p / Vector<double>.Count * Vector<double>.Count, begun = done + Vector<double>.Count;
                AddMultiple(left.Cells(i)[done..], left.Cells(p)[done..], -factor);
                AddMultiple(right.Cells(i)[..begun], right.Cells(p)[..begun], -factor);
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyBlock(int i, DenseMatrix other, int j, DenseMatrix result)
    {
        Vector<double> a = default, b = default, c = default, d = default;
        ref double from = ref other[0, j];
        nuint at = 0, vector = (nuint)Vector<double>.Count;
        foreach (double factor in Row(i))
        {
            var factors = new Vector<double>(factor);
            Vector<double> product = factors * Vector.LoadUnsafe(ref from, at);
            a += product;
            product = factors * Vector.LoadUnsafe(ref from, at + vector);
            b += product;
            product = factors * Vector.LoadUnsafe(ref from, at + (2 * vector));
            c += product;
            product = factors * Vector.LoadUnsafe(ref from, at + (3 * vector));
            d += product;
            at += (nuint)_pitch;
        }

        Span<double> to = result.Cells(i)[j..];
        a.CopyTo(to);
        b.CopyTo(to[Vector<double>.Count..]);
        c.CopyTo(to[(2 * Vector<double>.Count)..]);
        d.CopyTo(to[(3 * Vector<double>.Count)..]);
    }

    private static int PitchOf(int size) => (size + s_block - 1) / s_block * s_block;

    private Span<double> Cells(int row) => _cells.AsSpan(row * _pitch, _pitch);

    /// <summary>to += factor * from, each product rounded before it is added; -factor is exact, so this subtracts too. Whole vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddMultiple(Span<double> to, ReadOnlySpan<double> from, double factor)
    {
        var factors = new Vector<double>(factor);
        ref double target = ref MemoryMarshal.GetReference(to), source = ref MemoryMarshal.GetReference(from[..to.Length]);
        for (nuint j = 0; j < (nuint)to.Length; j += (nuint)Vector<double>.Count)
        {
            Vector<double> product = factors * Vector.LoadUnsafe(ref source, j);
            (Vector.LoadUnsafe(ref target, j) + product).StoreUnsafe(ref target, j);
        }
    }
}
