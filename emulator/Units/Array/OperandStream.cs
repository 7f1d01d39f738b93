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
/// </remarks>
public sealed class OperandStream
{
    private const ushort LastOfRow = 1;
    private const ushort LastOfBlock = 2;

    private readonly ScratchpadPort _port;
    private readonly OperandRole _role;
    private readonly int _rows;
    private readonly int _columns;
    private readonly int _depth;
    private readonly int _rowBytes;
    private readonly byte[] _fifo;
    private readonly Transposer _transposer;
    private OperandStreamState _state;

    /// <param name="role">Which operand.</param>
    /// <param name="config">Sizes.</param>
    /// <param name="port">Where rows are read.</param>
    public OperandStream(OperandRole role, MatrixConfig config, ScratchpadPort port)
    {
        _role = role;
        _port = port;
        _rows = config.Rows;
        _columns = config.Columns;
        bool weights = role == OperandRole.Weights;
        _depth = weights ? config.WeightFifoRows : config.OperandFifoRows;
        _rowBytes = 2 * (weights ? _columns : _rows);
        _fifo = new byte[_depth * _rowBytes];
        _transposer = new Transposer(weights ? _columns : _rows, _rows);
    }

    /// <summary>Whether the next row is here.</summary>
    public bool Ready => _state.Ready > 0;

    /// <summary>Whether the stream goes through its transposer, which then is what the array waits for.</summary>
    public bool Transposed => _state.Transposed != 0;

    /// <summary>Scratchpad requests made so far.</summary>
    public long Requests => _state.Requests;

    /// <summary>Sets the stream on a matmul's operand. The stream must have run dry.</summary>
    public void Start(in Descriptor descriptor)
    {
        bool weights = _role == OperandRole.Weights;
        long requests = _state.Requests;
        _state = default;
        _state.Requests = requests;
        _state.Address = (uint)((weights ? descriptor.B : descriptor.A) - AddressMap.Scratchpad);
        _state.Pitch = weights ? descriptor.PitchB : descriptor.PitchA;
        _state.ElementBytes = descriptor.TypeA == ElementType.Bf16 ? 2 : 1;
        _state.Transposed = (byte)((weights ? descriptor.TransposeB : descriptor.TransposeA) ? 1 : 0);
        _state.M = descriptor.N0;
        _state.K = descriptor.N1;
        _state.N = descriptor.N2;
        _state.Asking = 1;
    }

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
        if (_port.Response.CanPop(edge))
        {
            Arrive(in _port.Response.Peek(edge));
            _port.Response.Discard(edge);
            moved = true;
        }

        if (_state.Asking != 0 && MayAsk() && _port.Request.CanPush(edge))
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
    }

    private int KRows(int kBlock) => Math.Min(_rows, _state.K - (kBlock * _rows));

    private int NColumns(int nBlock) => Math.Min(_columns, _state.N - (nBlock * _columns));

    private bool Emit()
    {
        if (!_transposer.CanEmit || _state.Ready == _depth)
            return false;
        ref FoldWalk walk = ref _state.Emitting;
        int kRows = KRows(walk.KBlock);
        bool weights = _role == OperandRole.Weights;
        int columns = weights ? kRows : Math.Min(_rows, _state.M - (walk.Chunk * _rows));
        int column = weights ? kRows - 1 - walk.Row : walk.Row;
        int rows = weights ? NColumns(walk.NBlock) : kRows;
        _transposer.Emit(column, rows, _state.ElementBytes, Tail());
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

    private void Arrive(in ScratchpadResponse response)
    {
        ReadOnlySpan<byte> bytes = Line64.ReadSpan(in response.Data)[..response.Length];
        bool rowEnds = (response.Tag & LastOfRow) != 0;
        if (Transposed)
        {
            _transposer.Fill(bytes, _state.ArrivedBytes);
            if (rowEnds)
                _transposer.EndRow((response.Tag & LastOfBlock) != 0);
        }
        else
        {
            bytes.CopyTo(Tail()[_state.ArrivedBytes..]);
            if (rowEnds)
                _state.Ready++;
        }

        _state.ArrivedBytes = rowEnds ? 0 : _state.ArrivedBytes + response.Length;
    }

    private bool MayAsk()
    {
        if (_state.AskedBytes != 0)
            return true;
        return Transposed ? _state.Asked.Row != 0 || _state.Blocks < 2 : _state.Claimed < _depth;
    }

    private void Ask(long edge)
    {
        ref FoldWalk walk = ref _state.Asked;
        bool weights = _role == OperandRole.Weights;
        int kRows = KRows(walk.KBlock);
        int kFirst = walk.KBlock * _rows;
        int nFirst = walk.NBlock * _columns;
        int rows;
        int row;
        int firstElement;
        int elements;
        if (weights && Transposed)
            (rows, row, firstElement, elements) = (NColumns(walk.NBlock), nFirst + walk.Row, kFirst, kRows);
        else if (weights)
            (rows, row, firstElement, elements) = (kRows, kFirst + kRows - 1 - walk.Row, nFirst, NColumns(walk.NBlock));
        else if (Transposed)
            (rows, row, firstElement, elements) = (kRows, kFirst + walk.Row, walk.Chunk * _rows, Math.Min(_rows, _state.M - (walk.Chunk * _rows)));
        else
            (rows, row, firstElement, elements) = (_state.M, walk.Row, kFirst, kRows);

        if (_state.AskedBytes == 0)
        {
            if (!Transposed)
                _state.Claimed++;
            else if (walk.Row == 0)
                _state.Blocks++;
        }

        int bytes = elements * _state.ElementBytes;
        uint address = (uint)(_state.Address + ((long)row * _state.Pitch) + (firstElement * _state.ElementBytes) + _state.AskedBytes);
        int length = Math.Min(bytes - _state.AskedBytes, 64 - (int)(address & 63));
        int tag = 0;
        _state.AskedBytes += length;
        bool rowEnds = _state.AskedBytes == bytes;
        if (rowEnds)
        {
            tag = LastOfRow;
            _state.AskedBytes = 0;
            if (++walk.Row == rows)
            {
                tag |= LastOfBlock;
                NextBlock(ref walk);
                if (walk.KBlock * _rows >= _state.K)
                    _state.Asking = 0;
            }
        }

        ScratchpadRequest.PushRead(_port.Request, address, length, tag, edge);
        _state.Requests++;
    }

    private void NextBlock(ref FoldWalk walk)
    {
        walk.Row = 0;
        if (_role == OperandRole.Activations && Transposed && (++walk.Chunk * _rows) < _state.M)
            return;
        walk.Chunk = 0;
        if (++walk.NBlock * _columns < _state.N)
            return;
        walk.NBlock = 0;
        walk.KBlock++;
    }
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

    /// <summary>1 (int8) or 2 (bf16).</summary>
    public int ElementBytes;
    public int M, K, N;
    public byte Transposed;

    /// <summary>1 while requests are left to make.</summary>
    public byte Asking;

    /// <summary>The row being asked for, and the bytes of it already asked for.</summary>
    public FoldWalk Asked;
    public int AskedBytes;

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
