using System.Runtime.InteropServices;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>From operands as PEs take them to what the kernels of this host take.</summary>
public sealed partial class FastArray
{
    private enum Form
    {
        /// <summary>fp32, a word a k.</summary>
        Floats,

        /// <summary>Four int8 of consecutive k a word.</summary>
        Quads,

        /// <summary>As quads, of int4.</summary>
        Nibbles,

        /// <summary>Two 16-bit values of consecutive k a word.</summary>
        Pairs,
    }

    /// <summary>The weights of some folds as the kernels take them, and rows of operands on their way there.</summary>
    private sealed class Packing
    {
        private readonly FastArray _array;
        private readonly WeightTokens _tokens;
        private readonly SimdWidth _simd;
        private readonly int _rows;
        private readonly int _columns;
        private readonly int _xPitch;
        private readonly int _weightPitch;
        private readonly int[] _weights;
        private readonly int _weightsAt;
        private readonly int[] _x;
        private readonly int[] _offsets;
        private readonly int[] _zeros;

        private WeightTile _tile;
        private Form _form;
        private MacKind _kind;
        private RowFormat _operands;
        private int _words; // of an operand row

        public Packing(FastArray array, MatrixConfig config, int rowsAtOnce)
        {
            _array = array;
            _tokens = array._tokens;
            _simd = SimdWidths.Choose(config.Simd);
            _rows = config.Rows;
            _columns = config.Columns;
            int most = _rows * Math.Max(1, config.MostPacking / 2);
            _xPitch = (most + CacheLines.Words - 1) / CacheLines.Words * CacheLines.Words;
            _weightPitch = _tokens.Pitch;
            _weights = CacheLines.Allocate(most * _weightPitch, out _weightsAt);
            _x = new int[rowsAtOnce * _xPitch];
            _offsets = new int[_weightPitch];
            _zeros = new int[_weightPitch];
        }

        /// <summary>What was packed is no more: tiles are numbered anew.</summary>
        public void Forget() => _tile.Number = -1;

        /// <summary>Whether the weights of a fold are ready, from where they are now.</summary>
        public bool Has(in FoldInput fold) => _tile.Number == fold.Weights.Number && _tile.KeptIn == fold.Weights.KeptIn;

        /// <summary>Makes the weights of a fold ready: once, however many folds have the same.</summary>
        /// <param name="fold">What it is. Those that share weights have X rows of one format.</param>
        public void TakeWeights(in FoldInput fold)
        {
            if (Has(in fold))
                return;
            _tile = fold.Weights;
            _kind = fold.Wave.Kind;
            _operands = fold.Operands;
            bool bytes = _operands != RowFormat.Int16 && fold.Format != RowFormat.Int16;
            _form = _kind switch
            {
                MacKind.Bf16 => Form.Floats,
                _ when bytes && FoldBytes.Suits(_simd) => Form.Quads,
                MacKind.Int4x8 when FoldNibbles.Suits(_simd) => Form.Nibbles,
                _ => Form.Pairs,
            };
            int elements = _kind switch
            {
                MacKind.Int4x8 => 8,
                MacKind.Int8x4 => 4,
                _ => 1,
            };
            int ofWord = _form switch
            {
                Form.Quads or Form.Nibbles => 4,
                Form.Pairs => 2,
                _ => 1,
            };
            _words = ((_tile.EnabledRows * elements) + ofWord - 1) / ofWord;
            switch (_form)
            {
                case Form.Floats:
                    CopyFloats();
                    break;
                case Form.Pairs:
                    PackPairs();
                    break;
                default:
                    PackQuads();
                    break;
            }
        }

        /// <summary>Adds the products of some rows with the fold to their sums.</summary>
        /// <param name="x">Bytes of the rows.</param>
        /// <param name="xPitch">Bytes from row to row.</param>
        /// <param name="place">First row's place among those that are multiplied at once.</param>
        /// <param name="sums">Rows of sums.</param>
        /// <param name="pitch">Words from row to row.</param>
        /// <param name="count">Rows.</param>
        /// <param name="columns">Columns, whole blocks.</param>
        public void Multiply(ReadOnlySpan<byte> x, int xPitch, int place, Span<int> sums, int pitch, int count, int columns)
        {
            ReadOnlySpan<int> weights = _weights.AsSpan(_weightsAt);
            if (_form == Form.Floats)
            {
                // Tokens bring the last row first: read backwards where they lie, unless the ring's end is among them.
                bool whole = LiesWhole(out Span<int> rows);
                FoldFloat.Run(
                    MemoryMarshal.Cast<byte, float>(x), xPitch / sizeof(float), MemoryMarshal.Cast<int, float>(whole ? rows : weights), whole ? -_weightPitch : _weightPitch,
                    MemoryMarshal.Cast<int, float>(sums), pitch, count, _tile.EnabledRows, columns, _simd);
                return;
            }

            Span<int> packed = _x.AsSpan(place * _xPitch, count * _xPitch);
            for (int i = 0; i < count; i++)
                PackRow(x.Slice(i * xPitch, xPitch), packed.Slice(i * _xPitch, _words));
            if (_form == Form.Quads)
                FoldBytes.Run(packed, _xPitch, weights, _weightPitch, _offsets, sums, pitch, count, _words, columns, _simd);
            else if (_form == Form.Nibbles)
                FoldNibbles.Run(packed, _xPitch, weights, _weightPitch, _offsets, sums, pitch, count, _words, columns, _simd);
            else
                FoldInteger.Run(packed, _xPitch, weights, _weightPitch, sums, pitch, count, _words, columns, _simd);
        }

        // Neighbours in k lie beside each other already: four int8 are a word of quads, two int16 one of pairs. Of int4, all even elements come
        // before all odd ones.
        private void PackRow(ReadOnlySpan<byte> x, Span<int> packed)
        {
            ReadOnlySpan<int> words = MemoryMarshal.Cast<byte, int>(x);
            if (_form == Form.Pairs && _operands == RowFormat.Int16)
            {
                words[..packed.Length].CopyTo(packed);
            }
            else if (_form == Form.Pairs)
            {
                Span<short> halves = MemoryMarshal.Cast<int, short>(packed);
                if (_kind == MacKind.Int4x8)
                {
                    // In the upper half, whose bytes are widened before others come there.
                    Span<int> split = packed[(packed.Length / 2)..];
                    FoldNibbles.SplitRow(words[.._tile.EnabledRows], split, split[_tile.EnabledRows..]);
                    x = MemoryMarshal.AsBytes(split);
                }

                WidenInteger.Run(MemoryMarshal.Cast<byte, sbyte>(x)[..halves.Length], halves);
            }
            else if (_kind == MacKind.Int4x8)
            {
                FoldNibbles.SplitBiased(words[.._tile.EnabledRows], packed, packed[_tile.EnabledRows..]);
            }
            else
            {
                FoldBytes.MakeUnsigned(words[..packed.Length], packed);
            }
        }

        private void CopyFloats()
        {
            if (LiesWhole(out _))
                return;
            for (int r = 0; r < _tile.EnabledRows; r++)
                Row(r).CopyTo(Packed(r));
        }

        private void PackQuads()
        {
            bool nibbles = _kind == MacKind.Int4x8;
            for (int r = 0; nibbles && r < _tile.EnabledRows; r++)
                FoldNibbles.SplitRow(Row(r), Packed(r), Packed(_tile.EnabledRows + r));
            _offsets.AsSpan().Clear();
            for (int q = 0; q < _words; q++)
            {
                Span<int> quads = Packed(q)[.._columns];
                if (_kind == MacKind.Integer)
                    FoldBytes.PackRows(Row(4 * q), Row((4 * q) + 1), Row((4 * q) + 2), Row((4 * q) + 3), quads);
                else if (!nibbles)
                    Row(q).CopyTo(quads);
                FoldBytes.AddOffsets(quads, nibbles ? FoldNibbles.Bias : FoldBytes.Bias, _offsets);
            }
        }

        private void PackPairs()
        {
            int rows = _tile.EnabledRows;
            switch (_kind)
            {
                case MacKind.Int4x8:
                    for (int r = 0; r < rows; r++)
                    {
                        Span<int> even = Packed(2 * r)[.._columns], odd = Packed(2 * (rows + r))[.._columns];
                        FoldNibbles.SplitRow(Row(r), even, odd);
                        FoldInteger.SplitRow(even, even, Packed((2 * r) + 1));
                        FoldInteger.SplitRow(odd, odd, Packed((2 * (rows + r)) + 1));
                    }

                    break;
                case MacKind.Int8x4:
                    for (int r = 0; r < rows; r++)
                        FoldInteger.SplitRow(Row(r), Packed(2 * r), Packed((2 * r) + 1));
                    break;
                default:
                    for (int p = 0; p < _words; p++)
                        FoldInteger.PairRows(Row(2 * p), Row((2 * p) + 1), Packed(p));
                    break;
            }
        }

        private bool LiesWhole(out Span<int> rows)
        {
            rows = default;
            return _tile.KeptIn == 0 && _tokens.TryBlock(_tile.First, _rows, out rows);
        }

        private Span<int> Packed(int row) => _weights.AsSpan(_weightsAt + (row * _weightPitch), _weightPitch);

        /// <summary>A row of the fold's weights; zeros beyond k.</summary>
        private ReadOnlySpan<int> Row(int row) => row < _tile.EnabledRows ? _array.WeightRow(in _tile, row) : _zeros.AsSpan(0, _columns);
    }
}
