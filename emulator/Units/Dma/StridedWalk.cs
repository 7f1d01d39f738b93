using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>
/// Walks a strided copy as contiguous runs in element order, dimension 0 innermost. Dimensions that are contiguous in
/// source and destination alike are merged first, so that a dense matrix is one run. Places are counted in half bytes,
/// as two int4 lie in a byte.
/// </summary>
public struct StridedWalk
{
    private ulong _source, _destination;
    private long _run, _taken;
    private long _count0, _count1, _count2;
    private long _index0, _index1, _index2;
    private long _source0, _source1, _source2;
    private long _destination0, _destination1, _destination2;

    private int _sourceElement, _destinationElement;

    /// <summary>Source address of the element that comes next.</summary>
    public readonly ulong Source => SourceHalves >> 1;

    /// <summary>1 when that element is the high half of its byte.</summary>
    public readonly int SourceHalf => (int)(SourceHalves & 1);

    /// <summary>Destination address of the element that comes next; packed runs are never cut inside a byte.</summary>
    public readonly ulong Destination =>
        (_destination + (ulong)((_index0 * _destination0) + (_index1 * _destination1) + (_index2 * _destination2) + (_taken * _destinationElement))) >> 1;

    /// <summary>Elements left in the present run.</summary>
    public readonly long RunElements => _run - _taken;

    public readonly bool Finished => _index2 >= _count2;

    private readonly ulong SourceHalves =>
        _source + (ulong)((_index0 * _source0) + (_index1 * _source1) + (_index2 * _source2) + (_taken * _sourceElement));

    /// <param name="d">A checked LD or ST descriptor.</param>
    public static StridedWalk Of(in Descriptor d)
    {
        var walk = new StridedWalk
        {
            _sourceElement = ElementConversion.HalfBytes(d.TypeA),
            _destinationElement = ElementConversion.HalfBytes(d.TypeOut),
            _source = d.A << 1,
            _destination = (d.D + ((ulong)d.PadBefore * (ulong)d.DestinationStride(0))) << 1,
            _count0 = d.N0,
            _count1 = d.Dimensions > 1 ? d.N1 : 1,
            _count2 = d.Dimensions > 2 ? d.N2 : 1,
            _source0 = d.TypeA == ElementType.Int4 ? 1 : 2L * d.SourceStride(0),
            _source1 = 2L * d.SourceStride(1),
            _source2 = 2L * d.SourceStride(2),
            _destination0 = d.TypeOut == ElementType.Int4 ? 1 : 2L * d.DestinationStride(0),
            _destination1 = 2L * d.DestinationStride(1),
            _destination2 = 2L * d.DestinationStride(2),
            _run = 1,
        };
        walk.MergeInnermost();
        return walk;
    }

    /// <summary>Steps over elements of the present run.</summary>
    public void Take(long elements)
    {
        _taken += elements;
        if (_taken < _run)
            return;
        _taken = 0;
        if (++_index0 < _count0)
            return;
        _index0 = 0;
        if (++_index1 < _count1)
            return;
        _index1 = 0;
        _index2++;
    }

    // Folds the innermost dimension into the run for as long as it continues it on both sides.
    private void MergeInnermost()
    {
        for (int dimension = 0; dimension < 3; dimension++)
        {
            if (_count0 != 1 && (_source0 != _run * _sourceElement || _destination0 != _run * _destinationElement))
                return;
            _run *= _count0;
            (_count0, _source0, _destination0) = (_count1, _source1, _destination1);
            (_count1, _source1, _destination1) = (_count2, _source2, _destination2);
            (_count2, _source2, _destination2) = (1, 0, 0);
        }
    }
}
