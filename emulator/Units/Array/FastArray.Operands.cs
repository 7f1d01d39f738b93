using System.Runtime.InteropServices;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>From rows as they entered to what the kernels take.</summary>
/// <remarks>
/// Integers of all kinds go by bytes where the host multiplies bytes, four k in a word, int4 as int8; else, and for 16-bit
/// words, by pairs of 16 bits, two k in a word.
/// </remarks>
public sealed partial class FastArray
{
    private enum Form : byte
    {
        None,
        Float, // a word a k
        Bytes, // four k a word, x biased
        Pairs, // two k a word
    }

    private static int ElementsOf(MacKind kind) => kind switch
    {
        MacKind.Int8x4 => 4,
        MacKind.Int4x8 => 8,
        _ => 1,
    };

    /// <summary>Words in k that the kernel takes for the enabled rows of a fold.</summary>
    private static int Depth(in FoldInput fold, Form form)
    {
        int perWord = form switch
        {
            Form.Float => 1,
            Form.Bytes => 4,
            _ => 2,
        };
        return ((fold.EnabledRows * ElementsOf(fold.Wave.Kind)) + perWord - 1) / perWord;
    }

    private Form FormOf(in FoldInput fold, RowFormat x)
    {
        if (fold.Wave.Kind == MacKind.Bf16)
            return Form.Float;
        if (!FoldBytes.HasVectors(_simd))
            return Form.Pairs;
        return fold.Wave.Kind != MacKind.Integer || (fold.OnlyInt8 && x == RowFormat.Int8) ? Form.Bytes : Form.Pairs;
    }

    /// <summary>Rows of one fold and one format, from a slot of the ring on, into <see cref="_x"/>.</summary>
    private void PackRows(in FoldInput fold, int slot, int count, Form form, int depth)
    {
        for (int i = 0; i < count; i++)
        {
            ref RowInput input = ref _rowInputs[slot + i];
            int words = Math.Min(input.Words, fold.EnabledRows);
            ReadOnlySpan<byte> row = _rowBytes.AsSpan((slot + i) * _rowPitch, words * RowFormats.BytesOf(input.Format));
            Span<int> x = _x.AsSpan(_xAt + (i * _xPitch), depth);
            if (form == Form.Float)
            {
                RowFormats.Widen(row, input.Format, x[..words]);
                x[words..].Clear();
            }
            else if (form == Form.Bytes)
            {
                Span<sbyte> bytes = MemoryMarshal.Cast<int, sbyte>(x);
                bytes[Int8Elements(row, input.Format, words, fold.Wave.Kind, bytes)..].Clear();
                FoldBytes.Bias(MemoryMarshal.AsBytes(x));
            }
            else
            {
                Span<short> halves = MemoryMarshal.Cast<int, short>(x);
                halves[Int16Elements(row, input.Format, words, fold.Wave.Kind, halves)..].Clear();
            }
        }
    }

    /// <summary>The elements of a row as int8; how many.</summary>
    private int Int8Elements(ReadOnlySpan<byte> row, RowFormat format, int words, MacKind kind, Span<sbyte> elements)
    {
        int count = words * ElementsOf(kind);
        if (kind != MacKind.Integer && format != RowFormat.Packed)
        {
            RowFormats.Widen(row, format, _row.AsSpan(0, words));
            row = MemoryMarshal.AsBytes(_row.AsSpan(0, words));
        }

        if (kind == MacKind.Int4x8)
            WidenInt4.Run(row, elements[..count]);
        else
            MemoryMarshal.Cast<byte, sbyte>(row).CopyTo(elements);
        return count;
    }

    /// <summary>The elements of a row as int16; how many.</summary>
    private int Int16Elements(ReadOnlySpan<byte> row, RowFormat format, int words, MacKind kind, Span<short> elements)
    {
        if (kind != MacKind.Integer)
        {
            int count = Int8Elements(row, format, words, kind, _elements);
            WidenInteger.Run(_elements.AsSpan(0, count), elements[..count]);
            return count;
        }

        if (format == RowFormat.Int8)
        {
            WidenInteger.Run(MemoryMarshal.Cast<byte, sbyte>(row), elements[..words]);
            return words;
        }

        Span<int> wide = _row.AsSpan(0, words);
        RowFormats.Widen(row, format, wide);
        for (int i = 0; i < words; i++)
            elements[i] = (short)wide[i];
        return words;
    }

    /// <summary>The weights of a fold into <see cref="_weights"/>, once.</summary>
    private void PackFold(in FoldInput fold, long number, Form form, int depth)
    {
        if (_packedFold == number && _packedForm == form)
            return;
        _packedFold = number;
        _packedForm = form;
        int rows = fold.EnabledRows;
        switch (form, fold.Wave.Kind)
        {
            case (Form.Float, _):
            case (Form.Bytes, MacKind.Int8x4):
                for (int r = 0; r < rows; r++)
                    WeightRow(number, r, rows).CopyTo(Packed(r));
                break;
            case (Form.Bytes, MacKind.Integer):
                for (int r = 0; r < rows; r += 4)
                    PackWeights.Quads(WeightRow(number, r, rows), WeightRow(number, r + 1, rows), WeightRow(number, r + 2, rows), WeightRow(number, r + 3, rows), Packed(r / 4));
                break;
            case (Form.Bytes, _):
                for (int r = 0; r < rows; r++)
                    PackWeights.NibblesToBytes(WeightRow(number, r, rows), Packed(2 * r), Packed((2 * r) + 1));
                break;
            case (_, MacKind.Integer):
                for (int r = 0; r < rows; r += 2)
                    FoldInteger.PairRows(WeightRow(number, r, rows), WeightRow(number, r + 1, rows), Packed(r / 2));
                break;
            case (_, MacKind.Int8x4):
                for (int r = 0; r < rows; r++)
                    PackWeights.BytesToPairs(WeightRow(number, r, rows), Packed(2 * r), Packed((2 * r) + 1));
                break;
            default:
                for (int r = 0; r < rows; r++)
                {
                    PackWeights.NibblesToBytes(WeightRow(number, r, rows), _row.AsSpan(0, _columns), _row.AsSpan(_columns, _columns));
                    PackWeights.BytesToPairs(_row.AsSpan(0, _columns), Packed(4 * r), Packed((4 * r) + 1));
                    PackWeights.BytesToPairs(_row.AsSpan(_columns, _columns), Packed((4 * r) + 2), Packed((4 * r) + 3));
                }

                break;
        }

        if (form == Form.Bytes)
            FoldBytes.Corrections(_weights.AsSpan(_weightsAt), _weightPitch, depth, _corrections);
    }

    private Span<int> Packed(int row) => _weights.AsSpan(_weightsAt + (row * _weightPitch), _columns);

    /// <summary>A row of a fold's weights; zeros from <paramref name="rows"/> on.</summary>
    private ReadOnlySpan<int> WeightRow(long fold, int row, int rows) => row < rows ? WeightRow(fold, row) : _zeros;
}
