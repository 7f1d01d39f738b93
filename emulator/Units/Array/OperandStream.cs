using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Which operand a stream brings, and so in which order it walks a matrix.</summary>
public enum OperandRole
{
    /// <summary>X rows of a fold: rows 0 .. m - 1 of one block of k.</summary>
    Activations,

    /// <summary>Weight rows of a fold: the block's k descending, as the shift chain takes the bottom row first.</summary>
    Weights,
}

/// <summary>
/// Brings the rows of one operand from the scratchpad in the order in which the folds of a matmul use them: k blocks outer,
/// n blocks inner. Requests run ahead until the FIFO (or both transposer blocks) are spoken for.
/// </summary>
/// <remarks>
/// At each edge in this order: the unit takes a row, the transposer gives a column, a response arrives, a request leaves.
/// So a response that is visible at N can be used at N + 1, or through the transposer at N + 2.
/// A PE that packs p products takes words of p consecutive k. Where k runs along a row of memory those bytes are the word;
/// weights that are stored row by row are put together from p rows of memory, each with a request of its own.
/// </remarks>
public sealed class OperandStream
{
    // Of a request, back with its response: what the bytes are.
    private const int LastOfRow = 1;
    private const int LastOfBlock = 2;
    private const int LastOfWords = 4;  // the FIFO row that this row of memory belongs to is complete
    private const int HighHalfFirst = 8;  // int4: the row starts in the middle of a byte
    private const int LowHalfLast = 16;   // int4: it ends there
    private const int MemberShift = 5;    // which of the p consecutive k of its words the row is

    private readonly ScratchpadPort _port;
    private readonly ReadPort _reads;
    private readonly OperandRole _role;
    private readonly int _rows;
    private readonly int _columns;
    private readonly int _depth;
    private readonly int _rowBytes;
    private readonly byte[] _fifo;
    private readonly byte[] _unpacked; // on their way from the transposer into words
    private readonly Transposer _transposer;
    private OperandStreamState _state;

    /// <param name="role">Which operand.</param>
    /// <param name="config">Sizes.</param>
    /// <param name="port">Where rows are read.</param>
    public OperandStream(OperandRole role, MatrixConfig config, ScratchpadPort port)
    {
        _role = role;
        _port = port;
        _reads = new ReadPort(port);
        _rows = config.Rows;
        _columns = config.Columns;
        bool weights = role == OperandRole.Weights;
        _depth = weights ? config.WeightFifoRows : config.OperandFifoRows;
        _rowBytes = config.WordBytes * (weights ? _columns : _rows);
        _fifo = new byte[_depth * _rowBytes];
        _unpacked = new byte[_rows * config.MostPacking];
        _transposer = weights
            ? new Transposer(_columns, _rows * config.WordBytes)
            : new Transposer(_rows * config.MostPacking, _rows * sizeof(ushort));
    }

    /// <summary>Whether the next row is here.</summary>
    public bool Ready => _state.Ready > 0;

    /// <summary>Whether the stream goes through its transposer, which then is what the array waits for.</summary>
    public bool Transposed => _state.Transposed != 0;

    /// <summary>The port, which can be set apart.</summary>
    public ReadPort Reads => _reads;

    /// <summary>How the bytes of a row become words.</summary>
    public RowFormat Format => _state.Format;

    /// <summary>Scratchpad requests made so far.</summary>
    public long Requests => _state.Requests;

    private bool IsWeights => _role == OperandRole.Weights;

    /// <summary>Sets the stream on a matmul's operand. The stream must have run dry.</summary>
    /// <param name="descriptor">The matmul.</param>
    /// <param name="packing">p: elements of consecutive k in a word.</param>
    public void Start(in Descriptor descriptor, int packing)
    {
        bool weights = IsWeights;
        long requests = _state.Requests;
        ElementType type = weights ? descriptor.TypeB : descriptor.TypeA;
        _state = default;
        _state.Requests = requests;
        _state.Address = (uint)((weights ? descriptor.B : descriptor.A) - AddressMap.Scratchpad);
        _state.Pitch = weights ? descriptor.PitchB : descriptor.PitchA;
        _state.ElementBits = type == ElementType.Int4 ? 4 : 8 * type.SizeBytes();
        _state.Packing = packing;
        _state.Format = FormatOf(type, packing);
        bool transposed = weights ? descriptor.TransposeB : descriptor.TransposeA;
        bool alongRows = weights == transposed; // k runs along the rows of memory
        _state.Transposed = (byte)(transposed ? 1 : 0);
        _state.Arrival =
            packing > 1 && alongRows ? OperandArrival.Words
            : packing > 1 && weights ? OperandArrival.Gathered
            : type == ElementType.Int4 ? OperandArrival.Unpacked
            : OperandArrival.Copied;
        _state.M = descriptor.N0;
        _state.K = descriptor.N1;
        _state.N = descriptor.N2;
        _state.Asking = 1;
    }

    /// <summary>How the bytes of rows of a type become words.</summary>
    public static RowFormat FormatOf(ElementType type, int packing) => type switch
    {
        ElementType.Bf16 => RowFormat.Bf16,
        ElementType.Int16 => RowFormat.Int16,
        _ => packing > 1 ? RowFormat.Packed : RowFormat.Int8,
    };

    /// <summary>The bytes of the next row; valid until <see cref="Take"/>'s edge is over.</summary>
    public ReadOnlySpan<byte> Row => _fifo.AsSpan(_state.Head * _rowBytes, _rowBytes);

    /// <summary>Removes the next row.</summary>
    public void Take()
    {
        _state.Ready--;
        _state.Claimed--;
        _state.Head = _state.Head + 1 == _depth ? 0 : _state.Head + 1;
    }

    /// <summary>Everything of an edge but <see cref="Take"/>. Returns whether anything moved.</summary>
    public bool Advance(long edge)
    {
        bool moved = Transposed && Emit();
        if (_reads.CanTake(edge))
        {
            ReadOnlySpan<byte> bytes = _reads.Next(edge, out int tag);
            Arrive(bytes, tag);
            _reads.Take(edge);
            moved = true;
        }

        if (_state.Asking != 0 && MayAsk() && _reads.CanAsk(edge))
        {
            Ask(edge);
            moved = true;
        }

        return moved;
    }

    public void Walk(StateArchive archive)
    {
        archive.Value("stream", ref _state);
        archive.Array("fifo", _fifo);
        _transposer.Walk(archive);
        _port.Lines?.Walk(archive);
    }

    private int KRows(int kBlock) => Math.Min(_rows * _state.Packing, _state.K - (kBlock * _rows * _state.Packing));

    private int NColumns(int nBlock) => Math.Min(_columns, _state.N - (nBlock * _columns));

    private bool Emit()
    {
        if (!_transposer.CanEmit || _state.Ready == _depth)
            return false;
        ref FoldWalk walk = ref _state.Emitting;
        int kRows = KRows(walk.KBlock);
        int elementBytes = Math.Max(1, _state.ElementBits / 8); // int4 lies in the transposer a byte each
        Span<byte> row = Tail();
        int columns;
        if (IsWeights)
        {
            columns = (kRows + _state.Packing - 1) / _state.Packing;
            _transposer.Emit(columns - 1 - walk.Row, NColumns(walk.NBlock), _state.Packing > 1 ? OperandWords.PackedBytes : elementBytes, row);
        }
        else
        {
            columns = Math.Min(_rows, _state.M - (walk.Chunk * _rows));
            bool packs = _state.Packing > 1 && _state.ElementBits == 4;
            _transposer.Emit(walk.Row, kRows, elementBytes, packs ? _unpacked : row);
            if (packs)
                OperandWords.Pack(_unpacked.AsSpan(0, kRows), row);
            else if (_state.Packing > 1)
                OperandWords.Close(row, kRows, false);
        }

        _state.Ready++;
        _state.Claimed++;
        if (++walk.Row == columns)
        {
            NextBlock(ref walk);
            _transposer.Release();
            _state.Blocks--;
        }

        return true;
    }

    private Span<byte> Tail()
    {
        int slot = _state.Head + _state.Ready;
        return _fifo.AsSpan((slot >= _depth ? slot - _depth : slot) * _rowBytes, _rowBytes);
    }

    private void Arrive(ReadOnlySpan<byte> bytes, int tag)
    {
        bool rowEnds = (tag & LastOfRow) != 0;
        Span<byte> row = Transposed ? _transposer.Filling : Tail();
        int start = _state.ArrivedBytes;
        if (_state.Arrival == OperandArrival.Copied)
            bytes.CopyTo(row[start..]);
        else
            Convert(bytes, row, tag);

        _state.ArrivedBytes = rowEnds ? 0 : start + bytes.Length;
        if (rowEnds && Transposed)
            _transposer.EndRow((tag & LastOfBlock) != 0);
        else if (rowEnds && (tag & LastOfWords) != 0)
            _state.Ready++;
    }

    private void Convert(ReadOnlySpan<byte> bytes, Span<byte> row, int tag)
    {
        int start = _state.ArrivedBytes;
        int firstElement = _state.ElementBits == 8 ? start : (2 * start) - ((tag & HighHalfFirst) != 0 ? 1 : 0);
        switch (_state.Arrival)
        {
            case OperandArrival.Words:
                bytes.CopyTo(row[start..]);
                if ((tag & LastOfRow) != 0)
                    OperandWords.Close(row, start + bytes.Length, (tag & LowHalfLast) != 0);
                break;
            case OperandArrival.Unpacked:
                OperandWords.Unpack(bytes, row, firstElement);
                break;
            default:
                int member = tag >> MemberShift;
                if (member == 0 && start == 0)
                    row.Clear();
                OperandWords.Gather(bytes, row, firstElement, member, _state.ElementBits);
                break;
        }
    }

    private bool MayAsk()
    {
        if (_state.AskedBytes != 0 || _state.AskedMembers != 0)
            return true;
        return Transposed ? _state.Asked.Row != 0 || _state.Blocks < 2 : _state.Claimed < _depth;
    }

    private void Ask(long edge)
    {
        ref FoldWalk walk = ref _state.Asked;
        MemoryRow row = RowAt(in walk);
        if (_state.AskedBytes == 0)
        {
            if (!Transposed)
                _state.Claimed += row.Member == 0 ? 1 : 0;
            else if (walk.Row == 0)
                _state.Blocks++;
        }

        int firstBit = row.First * _state.ElementBits, endBit = firstBit + (row.Elements * _state.ElementBits);
        int firstByte = firstBit / 8, bytes = ((endBit + 7) / 8) - firstByte;
        uint address = (uint)(_state.Address + ((long)row.Row * _state.Pitch) + firstByte + _state.AskedBytes);
        int length = Math.Min(bytes - _state.AskedBytes, _port.RestOfLine(address));
        int tag = row.Member << MemberShift;
        if (firstBit % 8 != 0)
            tag |= HighHalfFirst;
        if (endBit % 8 != 0)
            tag |= LowHalfLast;
        _state.AskedBytes += length;
        if (_state.AskedBytes == bytes)
        {
            tag |= row.EndsWords ? LastOfRow | LastOfWords : LastOfRow;
            _state.AskedBytes = 0;
            _state.AskedMembers = row.EndsWords ? 0 : row.Member + 1;
            if (++walk.Row == row.Rows)
            {
                tag |= LastOfBlock;
                NextBlock(ref walk);
                if (walk.KBlock * _rows * _state.Packing >= _state.K)
                    _state.Asking = 0;
            }
        }

        _reads.Ask(address, length, tag, edge);
        _state.Requests++;
    }

    /// <summary>The row of memory that is asked for at a place of the walk.</summary>
    private MemoryRow RowAt(in FoldWalk walk)
    {
        int kRows = KRows(walk.KBlock);
        int kFirst = walk.KBlock * _rows * _state.Packing;
        if (!IsWeights)
        {
            return Transposed
                ? new(kRows, kFirst + walk.Row, walk.Chunk * _rows, Math.Min(_rows, _state.M - (walk.Chunk * _rows)))
                : new(_state.M, walk.Row, kFirst, kRows);
        }

        int nFirst = walk.NBlock * _columns, nColumns = NColumns(walk.NBlock);
        if (Transposed)
            return new(nColumns, nFirst + walk.Row, kFirst, kRows);
        int packing = _state.Packing;
        if (packing == 1)
            return new(kRows, kFirst + kRows - 1 - walk.Row, nFirst, nColumns);

        // The words of the array's last row first; the k of a word ascending.
        int rowsOfLast = ((kRows - 1) % packing) + 1, after = walk.Row - rowsOfLast;
        int word = after < 0 ? kRows - rowsOfLast : kRows - rowsOfLast - packing - (after / packing * packing);
        int member = after < 0 ? walk.Row : after % packing;
        bool ends = member == (after < 0 ? rowsOfLast : packing) - 1;
        return new(kRows, kFirst + word + member, nFirst, nColumns, member, ends);
    }

    private void NextBlock(ref FoldWalk walk)
    {
        walk.Row = 0;
        if (!IsWeights && Transposed && (++walk.Chunk * _rows) < _state.M)
            return;
        walk.Chunk = 0;
        if (++walk.NBlock * _columns < _state.N)
            return;
        walk.NBlock = 0;
        walk.KBlock++;
    }

    /// <param name="Rows">Rows of memory in the block.</param>
    /// <param name="Row">The one to be asked for now.</param>
    /// <param name="First">Its first element, and how many.</param>
    /// <param name="Elements">See <paramref name="First"/>.</param>
    /// <param name="Member">Which of p consecutive k it is.</param>
    /// <param name="EndsWords">Whether it is the last of them.</param>
    private readonly record struct MemoryRow(int Rows, int Row, int First, int Elements, int Member = 0, bool EndsWords = true);
}

/// <summary>A place in the walk over the folds of a matmul: k blocks outer, n blocks inner, then chunks of m, then rows.</summary>
public struct FoldWalk
{
    public int KBlock, NBlock, Chunk, Row;
}

/// <summary>The registers of an operand stream.</summary>
public struct OperandStreamState
{
    /// <summary>Scratchpad offset of the operand, and bytes from row to row.</summary>
    public uint Address;
    public int Pitch;

    /// <summary>4, 8 or 16; p, the elements of a word.</summary>
    public int ElementBits, Packing;
    public int M, K, N;
    public OperandArrival Arrival;
    public RowFormat Format;
    public byte Transposed;

    /// <summary>1 while requests are left to make.</summary>
    public byte Asking;

    /// <summary>The row being asked for, and the bytes of it already asked for.</summary>
    public FoldWalk Asked;
    public int AskedBytes;

    /// <summary>Rows asked for of words that more rows will fill.</summary>
    public int AskedMembers;

    /// <summary>Bytes of the arriving row that are here.</summary>
    public int ArrivedBytes;

    /// <summary>The column being read from the transposer.</summary>
    public FoldWalk Emitting;

    /// <summary>FIFO: slot of the next row, rows in it, rows in it or on their way.</summary>
    public int Head, Ready, Claimed;

    /// <summary>Transposer blocks that are full, filling or asked for.</summary>
    public int Blocks;
    public long Requests;
}
