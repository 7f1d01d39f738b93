using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace HybridEmu.Rtl.Tests;

/// <summary>Holds what the RTL did at every edge against what the emulator did.</summary>
internal sealed class MatrixComparison
{
    private readonly MatrixSize _size;
    private readonly int[] _emulated;
    private readonly int[] _written;

    private MatrixComparison(MatrixSize size)
    {
        _size = size;
        _emulated = new int[size.Config.AccumulatorBytes / 4];
        _written = new int[size.Config.AccumulatorBytes / 4];
    }

    private int DataBytes => _size.PortBytes.D;

    private int Columns => _size.Config.Columns;

    private int RecordBytes => 4 + 4 + (3 * 8) + DataBytes + 4 + (3 * 4 * Columns);

    /// <summary>The first difference in words, or null.</summary>
    public static string? FirstDifference(MatrixSize size, MatrixEmulation emulation, ReadOnlySpan<byte> observed) =>
        new MatrixComparison(size).FirstDifference(emulation, observed);

    private string? FirstDifference(MatrixEmulation emulation, ReadOnlySpan<byte> observed)
    {
        int edges = emulation.Edges.Count;
        if (observed.Length != RecordBytes * (edges + 1))
            return $"The RTL made {observed.Length} bytes of observations, not {edges + 1} records of {RecordBytes}.";
        for (int edge = 0; edge < edges; edge++)
        {
            MatrixEdge expected = emulation.Edges[edge];
            ReadOnlySpan<byte> record = observed.Slice((edge + 1) * RecordBytes, RecordBytes);
            string? difference = Ports(expected, record) ?? Banks(expected, record, emulation.SeesSums);
            if (difference is not null)
                return $"edge {edge} of {edges}: {difference}";
        }

        return null;
    }

    private string? Ports(MatrixEdge expected, ReadOnlySpan<byte> record)
    {
        var moves = (MatrixMoves)record[0];
        if (moves != expected.Moves)
            return $"the emulator does {expected.Moves}, the RTL {moves}";
        uint sequence = BinaryPrimitives.ReadUInt32LittleEndian(record[4..]);
        if ((moves & MatrixMoves.DonePush) != 0 && sequence != expected.Sequence)
            return $"the emulator reports {expected.Sequence}, the RTL {sequence}";
        return Request("mx.a", expected.A, record[8..], []) ?? Request("mx.w", expected.W, record[16..], [])
            ?? Request("mx.d", expected.D, record[24..], record.Slice(32, DataBytes));
    }

    private static string? Request(string port, MatrixRequest? expected, ReadOnlySpan<byte> head, ReadOnlySpan<byte> data)
    {
        if (expected is null)
            return null;
        var made = new MatrixRequest { Head = BinaryPrimitives.ReadUInt64LittleEndian(head), Data = data[..expected.Data.Length].ToArray() };
        bool clean = data[expected.Data.Length..].IndexOfAnyExcept((byte)0) < 0;
        return made.Head == expected.Head && made.Data.AsSpan().SequenceEqual(expected.Data) && clean
            ? null
            : $"{port}: the emulator asks for {expected}, the RTL for {made}{(clean ? "" : ", with bytes behind it")}";
    }

    private string? Banks(MatrixEdge expected, ReadOnlySpan<byte> record, bool words)
    {
        ReadOnlySpan<int> banks = MemoryMarshal.Cast<byte, int>(record[(32 + DataBytes)..]);
        ReadOnlySpan<int> used = banks[1..], lines = used[Columns..], values = lines[Columns..];
        int reads = banks[0], writes = 0;
        for (int c = 0; c < Columns; c++)
        {
            reads += used[c] & 1;
            writes += used[c] >> 1;
            if (used[c] >> 1 != 0)
                _written[(lines[c] * Columns) + c] = values[c];
        }

        if (reads != expected.Reads || writes != expected.Writes)
            return $"the emulator reads {expected.Reads} and writes {expected.Writes} words of the accumulators, the RTL {reads} and {writes}";
        foreach ((int word, int value) in expected.Changed ?? [])
            _emulated[word] = value;
        if (!words || _written.AsSpan().SequenceEqual(_emulated))
            return null;
        int at = _written.AsSpan().CommonPrefixLength(_emulated);
        return $"line {at / Columns}, column {at % Columns}: the emulator holds 0x{_emulated[at]:X8}, the RTL 0x{_written[at]:X8}";
    }
}
